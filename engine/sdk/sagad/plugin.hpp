#pragma once

/// All that a plugin includes. A plugin is a shared library made with `sagad_add_plugin()` that
/// says SAGAD_PLUGIN(registry) { … } once and registers its actions by name in there.

#include <boost/json.hpp>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sagad/abi.hpp>
#include <sagad/answer.hpp>
#include <sagad/array.hpp>
#include <sagad/context.hpp>
#include <sagad/input.hpp>

namespace sagad {

/// One numbered, forward-only step of the schema of the plugin's own tables. The first line of
/// `sql` is `-- sagad: oldest=X.Y.Z`, the oldest release that can still run on it.
struct Migration {
  int version;
  std::string_view name;
  std::string_view sql;
};

/// An action or a compensation, one execution a call. Called by several threads at once, each
/// with a context of its own. Whatever it throws is a retry with code `exception`.
using ActionFunction = std::function<Answer(Context&)>;

/// The batch form: as many answers as contexts, in their order, and the same answers as the
/// contexts one after the other would have got. All share one transaction. Answering `retry` for
/// one of them runs the batch again one by one, and so does `failed`, unless the action
/// refuses_before_writing.
using BatchFunction = std::function<std::vector<Answer>(std::span<Context>)>;

/// An external action: it calls the outside world, which knows no transaction of ours. One
/// execution runs at a time, but it may run again after a crash or a timeout, with the same
/// idempotency key: hand that key to the outside. `retry` says that it has not taken effect.
/// Whoever does not know throws: then a later `failed` is undone all the same. Called by several
/// threads at once, each with a context of its own.
using ExternalFunction = std::function<Answer(ExternalContext&)>;

/// What a plugin says of an action beside its code.
struct ActionOptions {
  /// JSON Pointer into the input of the value whose order the executions of a batch follow
  /// (`/account`): the row that the action locks. Without one, batches of the action take turns
  /// on an advisory lock, because rows locked in arrival order deadlock. An action that locks no
  /// row that another saga could want (it only inserts) names any member of its input.
  std::string lock_key;
  /// The action answers `failed` only before its first write, so that a refusal needs no rollback.
  bool refuses_before_writing = false;
};

struct Action {
  std::string name;  ///< without the participant: `create`
  ActionFunction function;
  BatchFunction batch;  ///< may be empty
  ActionOptions options;
  ExternalFunction external;  ///< instead of `function`, of an external action
};

/// Checks a configuration against a JSON Schema (text); throws what the loader reports.
using ConfigCheck = std::function<void(std::string_view schema, const boost::json::object& config)>;

/// What a plugin fills when it is opened: its actions, its schema, its configuration.
/// Used by one thread, while the plugin is opened.
class Registry {
 public:
  /// For the engine. `config` is the plugin's section of the daemon's configuration.
  Registry(boost::json::object config, ConfigCheck check)
      : config_(std::move(config)), check_(std::move(check)) {}

  /// Registers an action. Names are `[a-z][a-z0-9_]*`; the loader refuses a plugin that names one
  /// twice or none at all.
  void action(std::string name, ActionFunction function, ActionOptions options = {}) {
    actions_.push_back({std::move(name), std::move(function), {}, std::move(options), {}});
  }
  /// Registers an action that also has a batch form.
  void batch_action(std::string name, ActionFunction function, BatchFunction batch,
                    ActionOptions options = {}) {
    actions_.push_back(
        {std::move(name), std::move(function), std::move(batch), std::move(options), {}});
  }
  /// Registers an external action.
  void external_action(std::string name, ExternalFunction function) {
    actions_.push_back({std::move(name), {}, {}, {}, std::move(function)});
  }
  /// The plugin's own migrations, in the order of their versions; static storage.
  void migrations(std::span<const Migration> migrations) {
    migrations_.assign(migrations.begin(), migrations.end());
  }
  /// A JSON Schema (draft 7; text, static storage) of the plugin's section of the configuration.
  /// The configuration is checked before this returns, by an exception that is not to be caught;
  /// so say it first and read config() after it. A plugin without a schema takes no configuration.
  void config_schema(std::string_view schema) {
    config_schema_ = schema;
    check_(schema, config_);
  }

  /// The plugin's section of the daemon's configuration; `{}` without one.
  const boost::json::object& config() const { return config_; }
  const std::vector<Action>& actions() const { return actions_; }
  const std::vector<Migration>& migrations() const { return migrations_; }
  std::string_view config_schema() const { return config_schema_; }

 private:
  boost::json::object config_;
  ConfigCheck check_;
  std::vector<Action> actions_;
  std::vector<Migration> migrations_;
  std::string_view config_schema_;
};

}  // namespace sagad
