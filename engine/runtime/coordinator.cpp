#include "runtime/coordinator.hpp"

#include <spdlog/spdlog.h>

#include <utility>
#include <vector>

#include "runtime/dead_letter.hpp"
#include "runtime/final_answers.hpp"
#include "runtime/message_loop.hpp"

namespace sagad::runtime {
namespace {

/// The participant in `res.<shard>.<participant>.<definition>`.
std::string_view sender_of(std::string_view subject) {
  for (int dots = 0; dots < 2; ++dots) {
    const auto dot = subject.find('.');
    if (dot == std::string_view::npos) return {};
    subject.remove_prefix(dot + 1);
  }
  return subject.substr(0, subject.find('.'));
}

ports::DeadLetter letter_about(const ports::Delivery& delivery, std::string reason,
                               std::string message) {
  return {std::nullopt,      "coordinator",      std::string(delivery.subject()),
          std::move(reason), std::move(message), std::string(delivery.payload())};
}

/// The answer, or, if the engine could not carry its output, the dead letter of its step.
Happening happening_of(saga::Result result, const ports::Delivery& delivery) {
  Happening happening;
  happening.saga = result.saga;
  happening.subject = delivery.subject();
  happening.payload = delivery.payload();
  result.code = printable(result.code);
  result.message = printable(result.message);
  try {
    base::check_document(result.output);
    happening.event = std::make_shared<const saga::Event>(saga::event::Answered{std::move(result)});
  } catch (const base::DocumentError& error) {
    happening.letter = letter_about(delivery, "bad_output", error.what());
    happening.letter->saga = result.saga;
    happening.letter->participant = result.participant;
    happening.event = std::make_shared<const saga::Event>(
        saga::event::DeadLettered{std::move(result.step), "bad_output", result.item});
  }
  return happening;
}

/// A final answer that was given on the bus with its token.
Happening given_answer(const ports::Delivery& delivery) {
  auto happening = decode_final_answer(delivery.payload());
  happening.subject = delivery.subject();
  happening.payload = delivery.payload();
  return happening;
}

Decoded decode_result_message(const ports::Delivery& delivery) {
  Decoded decoded;
  try {
    if (delivery.subject().substr(0, ports::kAnswerSubjects.size()) == ports::kAnswerSubjects) {
      decoded.happening = given_answer(delivery);
      return decoded;
    }
    auto result = saga::decode_result(delivery.payload());
    const auto sender = sender_of(delivery.subject());
    if (sender != result.participant) {
      decoded.letter = letter_about(delivery, "wrong_participant",
                                    "a result of '" + result.participant +
                                        "' came on the subject of '" + std::string(sender) + "'");
      return decoded;
    }
    decoded.happening = happening_of(std::move(result), delivery);
  } catch (const std::exception& error) {
    decoded.letter = letter_about(delivery, "unreadable", error.what());
  }
  return decoded;
}

Decoded decode_dead_message(const ports::Delivery& delivery) {
  Decoded decoded;
  try {
    auto report = decode_dead_letter(delivery.payload());
    if (!report.letter.saga) {
      decoded.letter = std::move(report.letter);
      return decoded;
    }
    Happening happening;
    happening.saga = *report.letter.saga;
    happening.event = std::make_shared<const saga::Event>(
        saga::event::DeadLettered{report.step, report.letter.reason, report.item});
    happening.letter = std::move(report.letter);
    decoded.happening = std::move(happening);
  } catch (const std::exception& error) {
    decoded.letter = letter_about(delivery, "unreadable", error.what());
  }
  return decoded;
}

}  // namespace

class Coordinator::Impl {
 public:
  Impl(Options options, ports::EngineStoreFactory stores, ports::Bus& bus, BatchTools tools)
      : options_(options),
        stores_(std::move(stores)),
        bus_(bus),
        tools_(std::move(tools)),
        failures_(tools_.log, "coordinator") {}

  void start() {
    if (threads_.running()) return;
    stop_.reset();
    for (int worker = 0; worker < options_.workers; ++worker) {
      run("coordinator-" + std::to_string(worker), bus_.result_consumer(),
          InstanceBatch(stores_, tools_, "coordinator"), decode_result_message);
    }
    auto tools = tools_;
    tools.count_letters = false;
    run("dead-letters", bus_.dead_consumer(), InstanceBatch(stores_, tools, "dead-letters"),
        decode_dead_message);
  }

  void stop() {
    stop_.request();
    for (const auto& loop : loops_) loop->interrupt();
    threads_.join();
    loops_.clear();
  }

 private:
  void run(const std::string& name, std::unique_ptr<ports::Consumer> consumer, InstanceBatch batch,
           MessageLoop::Decode decode) {
    MessageLoop::Options options;
    options.max_batch = options_.max_batch;
    options.fetch_wait = options_.fetch_wait;
    options.name = name;
    options.give_up_after = options_.give_up_after;
    loops_.push_back(std::make_unique<MessageLoop>(options, std::move(consumer), std::move(batch),
                                                   std::move(decode), failures_, stop_));
    threads_.run(name, [loop = loops_.back().get()] { loop->run(); });
  }

  const Options options_;
  const ports::EngineStoreFactory stores_;
  ports::Bus& bus_;
  const BatchTools tools_;
  Failures failures_;
  StopSignal stop_;
  std::vector<std::unique_ptr<MessageLoop>> loops_;
  Threads threads_;
};

Coordinator::Coordinator(Options options, ports::EngineStoreFactory stores, ports::Bus& bus,
                         Relay& relay, Definitions& definitions, Completions& completions,
                         ports::Metrics& metrics, std::shared_ptr<spdlog::logger> log)
    : impl_(std::make_unique<Impl>(
          options, std::move(stores), bus,
          BatchTools{relay, definitions, &completions, metrics, std::move(log)})) {}

Coordinator::~Coordinator() { stop(); }

void Coordinator::start() { impl_->start(); }

void Coordinator::stop() { impl_->stop(); }

}  // namespace sagad::runtime
