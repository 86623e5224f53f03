#include "runtime/participant.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/sync.hpp"
#include "runtime/participant_context.hpp"
#include "runtime/participant_slow.hpp"
#include "runtime/participant_worker.hpp"
#include "runtime/watchdog.hpp"

namespace sagad::runtime {
namespace {

/// The bus sends a message again after 10 s without a sign of life.
constexpr base::Duration kKeepAlive{3000};

using Lane = Worker::Lane;

std::string thread_name(const std::string& participant, Lane lane) {
  const char* what = lane == Lane::kDo     ? "-do"
                     : lane == Lane::kUndo ? "-undo"
                     : lane == Lane::kSlow ? "-slow"
                                           : "-ext";
  return participant.substr(0, 10) + what;
}

}  // namespace

/// The threads: starts them, replaces those that hang, keeps alive what they hold.
class Participant::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(Options options, ports::ParticipantStoreFactory stores, ports::SessionTerminator& terminator,
       ports::StepRunner& runner, ports::Bus& bus, Relay& relay, const base::Clock& clock,
       ports::Metrics& metrics, std::shared_ptr<spdlog::logger> log, std::function<void()> hung)
      : context_(std::move(options), std::move(stores), runner, bus, relay, clock, metrics, log),
        slow_(context_.options.max_batch),
        external_(context_.options.max_batch),
        watchdog_({}, terminator, std::move(log)),
        hung_(std::move(hung)) {}

  void start() {
    watchdog_.start();
    keeper_.run(context_.options.name.substr(0, 10) + "-keep", [this] { keep_alive(); });
    add(Lane::kUndo);
    for (int i = 0; i < context_.options.workers; ++i) add(Lane::kDo);
  }

  void stop();

  std::vector<std::string> missing_actions() const { return context_.missing.all(); }

 private:
  /// A worker and its thread. `ended` and `abandoned` are guarded by mutex_.
  struct Member {
    std::shared_ptr<Worker> worker;
    base::Thread thread;
    bool ended = false;
    bool abandoned = false;
  };
  using MemberPtr = std::shared_ptr<Member>;
  /// Tells that a worker's thread ends, when it goes out of scope.
  struct Ending {
    Impl& participant;
    const MemberPtr& member;
    ~Ending() { participant.ended(member); }
  };

  void add(Lane lane);
  void ended(const MemberPtr& member);
  void add_workers(Lane lane, int count, bool& has_them);
  void keep_alive();
  void give_up(const MemberPtr& member);
  void answer_for(const Worker& worker);
  void forget_start(const HeldCommand& held);
  void stop_fetching();
  bool idle() const;

  ParticipantContext context_;
  SlowQueue slow_;
  SlowQueue external_;
  Watchdog watchdog_;
  const std::function<void()> hung_;
  StopSignal keeper_stop_;
  Threads keeper_;

  base::Mutex mutex_;
  base::ConditionVariable changed_;
  std::vector<MemberPtr> members_;  ///< guarded by mutex_, as all below
  bool has_slow_workers_ = false;
  bool has_external_workers_ = false;
  bool stopping_ = false;
  int hanging_ = 0;
};

void Participant::Impl::add(Lane lane) {
  const auto member = std::make_shared<Member>();
  const auto self = shared_from_this();
  const auto& options = context_.options;
  member->worker = std::make_shared<Worker>(
      context_, lane,
      Worker::Handover{
          slow_,
          [this, &options] { add_workers(Lane::kSlow, options.workers, has_slow_workers_); }},
      Worker::Handover{external_, [this, &options] {
                         add_workers(Lane::kExternal, options.external_workers,
                                     has_external_workers_);
                       }});
  const std::weak_ptr<Member> weak = member;
  auto slot = watchdog_.watch([this, weak] {
    if (const auto hanging = weak.lock()) give_up(hanging);
  });
  const std::lock_guard lock(mutex_);
  if (stopping_) return;
  members_.push_back(member);
  member->thread = base::Thread([self, member, slot = std::move(slot)]() mutable {
    base::name_thread(thread_name(self->context_.options.name, member->worker->lane()));
    // However it ends: who stops the participant waits for it.
    const Ending ending{*self, member};
    member->worker->run(std::move(slot));
  });
}

void Participant::Impl::ended(const MemberPtr& member) {
  const std::lock_guard lock(mutex_);
  member->ended = true;
  if (member->abandoned) {
    --hanging_;
    // What the metrics belong to may be gone by now.
    if (!stopping_) {
      context_.metrics.set("sagad_hung_threads", {{"participant", context_.options.name}},
                           hanging_);
    }
  }
  changed_.notify_all();
}

/// Once: `has_them` is guarded by mutex_.
void Participant::Impl::add_workers(Lane lane, int count, bool& has_them) {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(has_them, true)) return;
  }
  for (int i = 0; i < count; ++i) add(lane);
}

void Participant::Impl::keep_alive() {
  while (!keeper_stop_.wait_for(kKeepAlive)) {
    std::vector<MemberPtr> members;
    {
      const std::lock_guard lock(mutex_);
      members = members_;
    }
    for (const auto& member : members) member->worker->held().keep_alive();
    slow_.keep_alive();
    external_.keep_alive();
  }
}

/// By the watchdog's thread: the session of this worker is gone and its thread is stuck in the
/// plugin.
void Participant::Impl::give_up(const MemberPtr& member) {
  int hanging = 0;
  {
    const std::lock_guard lock(mutex_);
    member->abandoned = true;
    member->worker->abandon();
    member->thread.detach();
    members_.erase(std::remove(members_.begin(), members_.end(), member), members_.end());
    hanging = ++hanging_;
    changed_.notify_all();
  }
  context_.metrics.set("sagad_hung_threads", {{"participant", context_.options.name}}, hanging);
  answer_for(*member->worker);
  if (hanging <= context_.options.max_hung_threads) {
    add(member->worker->lane());
    return;
  }
  context_.log->critical("participant {}: {} threads hang in actions: fetching no more",
                         context_.options.name, hanging);
  stop_fetching();
  if (hanging == context_.options.max_hung_threads + 1) hung_();
}

/// What the hung one ran is a timeout; the rest of what it held has not happened.
void Participant::Impl::answer_for(const Worker& worker) {
  const auto running = worker.held().running();
  for (const auto& held : worker.held().all()) {
    if (held != running) held->nak(base::Duration{0});
  }
  if (!running) return;
  const auto& command = running->command();
  context_.log->error(
      "participant {}: action {} of saga {} step {} hangs outside of the database: its thread is "
      "given up",
      context_.options.name, command.action, command.saga.str(), command.step);
  const auto answer = retry_answer(
      "timeout", "it took longer than " + base::format_duration(command.timeout) + " and hangs");
  base::IdGenerator ids;
  auto row = result_row(fresh_result(command, answer), ids.next(context_.clock.now()));
  if (context_.publisher.publish({std::move(row)}).front()) {
    running->ack();
  } else {
    running->nak(base::Duration{1000});
  }
  context_.metrics.add(
      "sagad_step_attempts_total",
      {{"participant", context_.options.name}, {"action", command.action}, {"result", "retry"}});
  if (running->redelivered()) forget_start(*running);
}

void Participant::Impl::forget_start(const HeldCommand& held) {
  const auto store = context_.stores();
  try {
    store->clear_starts(std::vector{execution_key(held.command())});
  } catch (...) {
    const auto fault = store->classify(std::current_exception());
    context_.log->warn("participant {}: the start of a hung execution stays counted: {}",
                       context_.options.name, fault.message);
  }
}

void Participant::Impl::stop_fetching() {
  context_.no_fetch.request();
  const std::lock_guard lock(mutex_);
  for (const auto& member : members_) member->worker->interrupt();
}

bool Participant::Impl::idle() const {
  return std::all_of(members_.begin(), members_.end(),
                     [](const MemberPtr& member) { return member->ended; });
}

void Participant::Impl::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  context_.stop.request();
  stop_fetching();
  std::vector<MemberPtr> members;
  {
    // The watchdog still runs: who hangs now is given up, and not waited for.
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return idle(); });
    members.swap(members_);
  }
  for (const auto& member : members) member->thread.join();
  watchdog_.stop();
  keeper_stop_.request();
  keeper_.join();
  context_.leases.stop();
  slow_.give_back();
  external_.give_back();
}

Participant::Participant(Options options, ports::ParticipantStoreFactory stores,
                         ports::SessionTerminator& terminator, ports::StepRunner& runner,
                         ports::Bus& bus, Relay& relay, const base::Clock& clock,
                         ports::Metrics& metrics, std::shared_ptr<spdlog::logger> log,
                         std::function<void()> hung)
    : impl_(std::make_shared<Impl>(std::move(options), std::move(stores), terminator, runner, bus,
                                   relay, clock, metrics, std::move(log), std::move(hung))) {}

Participant::~Participant() { stop(); }

void Participant::start() { impl_->start(); }

void Participant::stop() { impl_->stop(); }

std::vector<std::string> Participant::missing_actions() const { return impl_->missing_actions(); }

}  // namespace sagad::runtime
