#include "runtime/signal_batch.hpp"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <set>
#include <tuple>
#include <utility>

#include "runtime/start_message.hpp"

namespace sagad::runtime {
namespace {

using Kind = SignalOutcome::Kind;

void settle(SignalItem& item, Kind kind, std::string detail = {}) {
  item.outcome = {kind, item.request.saga, std::move(detail)};
}

void unknown(SignalItem& item, const std::string& saga) {
  settle(item, Kind::kUnknownSaga, "there is no saga " + saga);
}

/// An event that changes nothing.
saga::Event nothing() { return saga::event::Rescue{}; }

/// The names of the signals that a definition waits for.
std::set<std::string> names_of(const definition::Definition& definition) {
  std::set<std::string> names;
  for (const auto& step : definition.steps) {
    if (step.kind == definition::StepKind::kSignal) names.insert(step.signal->name);
  }
  return names;
}

std::string unknown_signal(const definition::Definition& definition, const std::string& name) {
  std::string known;
  for (const auto& one : names_of(definition)) known += (known.empty() ? "'" : ", '") + one + "'";
  return "definition '" + definition.name + "' of version " + std::to_string(definition.version) +
         " waits for no signal '" + name + "'" +
         (known.empty() ? "; it waits for none" : "; it waits for " + known);
}

/// What happens to a locked saga because of a signal that has not come before.
saga::Event event_for(SignalItem& item, const saga::Instance& instance,
                      const definition::Definition& definition) {
  const auto& request = item.request;
  if (!request.definition.empty() && request.definition != instance.definition) {
    unknown(item, instance.id.str() + " of definition '" + request.definition + "'");
    return nothing();
  }
  if (names_of(definition).count(request.name) == 0) {
    settle(item, Kind::kUnknownSignal, unknown_signal(definition, request.name));
    return nothing();
  }
  if (saga::is_final(instance.status)) {
    settle(item, Kind::kEnded,
           "saga " + instance.id.str() + " is " + std::string(saga::to_string(instance.status)) +
               " already");
    return nothing();
  }
  if (instance.signals.size() >= static_cast<std::size_t>(kMostKeptSignals)) {
    settle(item, Kind::kTooMany,
           "saga " + instance.id.str() + " keeps " + std::to_string(kMostKeptSignals) +
               " signals already that no step has taken");
    return nothing();
  }
  settle(item, Kind::kAccepted);
  return saga::event::Signalled{{item.id,
                                 request.name,
                                 request.key,
                                 std::make_shared<const boost::json::value>(request.payload),
                                 {}}};
}

void compare(SignalItem& item, const std::string& payload) {
  if (payload == base::canonical_json(item.request.payload)) {
    settle(item, Kind::kExisting);
  } else {
    settle(item, Kind::kConflict,
           "the key '" + item.request.key + "' has come with another payload for the signal '" +
               item.request.name + "'");
  }
}

/// What makes two signals of one batch the same.
using Place = std::tuple<base::SagaId, std::string, std::string>;

Happening happening_for(SignalItem& item, base::Time now) {
  Happening happening;
  happening.saga = *item.request.saga;
  happening.make = [&item, now](const saga::Instance& instance,
                                const definition::Definition& definition) {
    auto event = event_for(item, instance, definition);
    if (auto* signalled = std::get_if<saga::event::Signalled>(&event)) {
      signalled->signal.received_at = now;
    }
    return event;
  };
  return happening;
}

}  // namespace

std::string check_signal(const SignalRequest& request) {
  const auto& name = request.name;
  const bool is_name = !name.empty() && name.size() <= 200 &&
                       std::all_of(name.begin(), name.end(), [](unsigned char c) {
                         return std::isalnum(c) != 0 || c == '_' || c == '-';
                       });
  if (!is_name) {
    return "the name of a signal has 1 to 200 letters, digits, '_' and '-', and this is '" + name +
           "'";
  }
  if (auto bad_key = check_key(request.key); !bad_key.empty()) return bad_key;
  try {
    base::check_document(request.payload);
  } catch (const base::DocumentError& error) {
    return std::string("the payload: ") + error.what();
  }
  return {};
}

SignalBatch::SignalBatch(ports::EngineStoreFactory stores, BatchTools tools)
    : batch_(std::move(stores), std::move(tools), "signals") {}

void SignalBatch::run(const std::vector<SignalItem*>& items) {
  std::vector<SignalItem*> valid;
  for (auto* item : items) {
    if (auto wrong = check_signal(item->request); !wrong.empty()) {
      settle(*item, Kind::kInvalid, std::move(wrong));
    } else {
      valid.push_back(item);
    }
  }
  if (valid.empty()) return;
  batch_.run([&](ports::EngineTransaction& transaction) { return collect(valid, transaction); });
}

void SignalBatch::store(const std::vector<ports::DeadLetter>& letters) {
  if (letters.empty()) return;
  batch_.run([&](ports::EngineTransaction&) { return BatchWork{{}, letters}; });
}

std::vector<SignalItem*> SignalBatch::find_sagas(const std::vector<SignalItem*>& items,
                                                 ports::EngineTransaction& transaction) {
  std::vector<ports::SagaKey> keys;
  std::vector<SignalItem*> keyed;
  for (auto* item : items) {
    if (item->request.saga) continue;
    keyed.push_back(item);
    keys.push_back(item->request.saga_key);
  }
  const auto found = transaction.find(keys);
  for (std::size_t i = 0; i < keyed.size(); ++i) {
    keyed[i]->request.saga = found[i];
    if (found[i]) continue;
    unknown(*keyed[i],
            "of definition '" + keys[i].definition + "' with the key '" + keys[i].key + "'");
  }
  std::vector<SignalItem*> known;
  std::copy_if(items.begin(), items.end(), std::back_inserter(known),
               [](const SignalItem* item) { return item->request.saga.has_value(); });
  return known;
}

BatchWork SignalBatch::collect(const std::vector<SignalItem*>& items,
                               ports::EngineTransaction& transaction) {
  const auto known = find_sagas(items, transaction);
  std::set<base::SagaId> sagas;
  for (const auto* item : known) sagas.insert(*item->request.saga);
  const std::vector<base::SagaId> ids(sagas.begin(), sagas.end());
  // Locked before it is asked what has come before: else two of one key would both be new.
  std::set<base::SagaId> there;
  for (const auto& instance : transaction.lock(ids)) there.insert(instance.id);

  std::vector<ports::SignalKey> keys;
  for (auto* item : known) {
    if (item->id == base::SagaId{}) item->id = ids_.next(transaction.now());
    keys.push_back({*item->request.saga, item->id, item->request.name, item->request.key});
  }
  const auto before = transaction.known_signals(keys);
  BatchWork work;
  std::set<Place> in_batch;
  for (std::size_t i = 0; i < known.size(); ++i) {
    auto& item = *known[i];
    const auto& request = item.request;
    if (there.count(*request.saga) == 0) {
      unknown(item, request.saga->str());
    } else if (before[i]) {
      compare(item, *before[i]);
    } else if (!request.key.empty() &&
               !in_batch.insert({*request.saga, request.name, request.key}).second) {
      settle(item, Kind::kUnavailable, "it was sent twice at once; send it again");
    } else {
      work.happenings.push_back(happening_for(item, transaction.now()));
    }
  }
  return work;
}

}  // namespace sagad::runtime
