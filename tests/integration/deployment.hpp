#pragma once

#include <boost/json.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dev/child_process.hpp"
#include "dev/files.hpp"

namespace sagad::tests {

namespace json = boost::json;

/// A complete installation: a database each for the engine, the order service, the payment service
/// and the flaky plugin, and a namespace on the bus, in the servers of this test process; and the
/// real program `sagad`, one process or several, which end with the object.
class Deployment {
 public:
  static constexpr std::int64_t kTotal = 1'000'000;  ///< alice's and bob's money together

  /// Which parts one process of the daemon runs.
  struct Parts {
    bool engine = false;
    std::vector<std::string> participants;
  };
  static Parts everything() { return {true, {"order", "pay", "flaky"}}; }

  Deployment();
  ~Deployment();
  Deployment(const Deployment&) = delete;
  Deployment& operator=(const Deployment&) = delete;

  /// Adds a definition beside the shipped ones, before the engine is started.
  void define(const std::string& name, const std::string& yaml);
  /// Removes the file of a definition.
  void undefine(const std::string& name);

  /// Starts a process and waits until it is ready. A process of that name must not run.
  void start(const std::string& name, const Parts& parts);
  /// SIGTERM; expects exit code 0 within the grace period.
  void stop(const std::string& name);
  /// SIGKILL.
  void kill(const std::string& name);
  bool running(const std::string& name) const;
  /// How it ended, if it has.
  std::optional<dev::ExitStatus> ended(const std::string& name, std::chrono::milliseconds timeout);

  struct Reply {
    int status = 0;  ///< of HTTP; 0 if there was no answer
    json::value body;
  };
  Reply post(const std::string& path, const json::value& body, const std::string& key = {});
  Reply get(const std::string& path);
  /// Starts a saga; fails the test unless it was accepted. Returns its id.
  std::string start_saga(const std::string& definition, const json::value& input,
                         const std::string& key = {});
  /// Waits until the saga has ended or paused; its document. Fails the test after `timeout`.
  json::object wait_end(const std::string& id,
                        std::chrono::milliseconds timeout = std::chrono::seconds(30));
  /// Waits until no saga runs or compensates.
  void wait_idle(std::chrono::milliseconds timeout = std::chrono::seconds(60));

  /// The first column of the first row, as text; `NULL` and no row are "".
  std::string sql(const std::string& database, const std::string& statement);
  void set_balance(const std::string& account, std::int64_t balance);
  std::int64_t balance(const std::string& account);
  /// Publishes a copy of a command that the engine would send, as a bus that doubles would.
  void publish_command(const std::string& saga, const std::string& step, const std::string& action,
                       const std::string& kind, const json::value& input);
  /// How many of the streams hold messages.
  int full_streams();

  void expect_clean_books(std::int64_t total = kTotal);

  const std::string& url(const std::string& database) const { return databases_.at(database); }
  std::filesystem::path log(const std::string& name) const;

 private:
  std::filesystem::path write_config(const std::string& name, const Parts& parts);
  /// Reads what the log says after `log_before`, its length when the process was started.
  void wait_ready(const std::string& name, std::uintmax_t log_before);

  dev::TempDir folder_;
  std::map<std::string, std::string> databases_;
  std::string namespace_;
  int api_port_ = 0;
  std::map<std::string, std::unique_ptr<dev::ChildProcess>> daemons_;
};

}  // namespace sagad::tests
