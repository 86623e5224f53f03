#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/sync.hpp"
#include "ports/bus.hpp"
#include "runtime/definitions.hpp"
#include "runtime/isolation.hpp"
#include "runtime/start_batch.hpp"
#include "runtime/threads.hpp"

namespace sagad::runtime {

/// The definition for a start: looks once more into the database, but not more often than once a
/// second, if it is not known. nullptr if there is none. Thread-safe.
class StartableDefinitions {
 public:
  StartableDefinitions(Definitions& definitions, std::shared_ptr<spdlog::logger> log);

  definition::DefinitionPtr find(const std::string& name, std::optional<int> version);
  /// After find() has found none: whether that is because it is retired.
  bool retired(const std::string& name, std::optional<int> version) const {
    return definitions_.retired(name, version);
  }

 private:
  Definitions& definitions_;
  std::shared_ptr<spdlog::logger> log_;
  base::Mutex mutex_;
  base::SteadyClock::time_point next_refresh_;  ///< guarded by mutex_
};

/// What is wrong with an input: one sentence an error; empty if nothing is.
std::vector<std::string> check_input(const definition::Definition& definition,
                                     const boost::json::value& input);

/// One thread's loop over the starts that came over the bus and from SQL: fetch, start all of them
/// in one transaction, answer, ack.
class StartLoop {
 public:
  struct Options {
    std::size_t max_batch = 256;
    base::Duration fetch_wait{1000};
    int give_up_after = 5;  ///< deliveries of a start that fails alone
  };

  StartLoop(Options options, std::unique_ptr<ports::Consumer> consumer, ports::Bus& bus,
            StartBatch batch, StartableDefinitions& definitions,
            std::shared_ptr<spdlog::logger> log, StopSignal& stop);

  void run();
  /// Any thread.
  void interrupt() { consumer_->interrupt(); }

 private:
  /// A start message on its way: it has an item, or an outcome already, with a letter.
  struct Message {
    ports::DeliveryPtr delivery;
    std::unique_ptr<StartItem> item;
    StartOutcome outcome{StartOutcome::Kind::kUnavailable, {}, {}};
    std::optional<ports::DeadLetter> letter;
  };

  Message read(ports::DeliveryPtr delivery);
  void refuse(Message& message, StartOutcome::Kind kind, std::string reason, std::string why);
  void process(std::vector<Message> messages);
  void process_alone(Message& message);
  void run_batch(const std::vector<Message*>& messages);
  void answer(Message& message);

  Options options_;
  std::unique_ptr<ports::Consumer> consumer_;
  ports::Bus& bus_;
  StartBatch batch_;
  StartableDefinitions& definitions_;
  std::shared_ptr<spdlog::logger> log_;
  StopSignal& stop_;
  Outage outage_;
};

}  // namespace sagad::runtime
