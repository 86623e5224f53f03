#pragma once

#include <map>
#include <memory>
#include <vector>

#include "runtime/final_answers.hpp"
#include "runtime/operators.hpp"
#include "runtime/signals.hpp"
#include "runtime/starter.hpp"
#include "simulation/bus_server.hpp"
#include "simulation/engine_database.hpp"
#include "simulation/participant_database.hpp"
#include "simulation/plan.hpp"

namespace sagad::simulation {

/// The servers and the daemons. Daemons are processes that are made anew when
/// they are killed.
class Installation {
 public:
  Installation(World& world, const Plan& plan);
  Installation(const Installation&) = delete;
  Installation& operator=(const Installation&) = delete;

  /// Starts all daemons; `around` is the process of whoever watches them.
  void start(const ProcessPtr& around);
  /// Kills everything; then the scheduler has to run until ended().
  void shut_down();
  bool ended() const;

  std::size_t daemons() const { return daemons_.size(); }
  const ProcessPtr& process(std::size_t daemon) const { return daemons_[daemon].process; }
  /// Asks it to drain and to end, as SIGTERM does.
  void terminate(std::size_t daemon);
  /// How often the daemon with this participant has been started again.
  int restarts(std::size_t participant) const;

  /// What a process serves over HTTP.
  struct Api {
    ProcessPtr process;
    runtime::Starter& starter;
    runtime::Signals& signals;
    runtime::FinalAnswers& final_answers;
    runtime::Operators& operators;
    int requests = 0;  ///< that are being served
  };
  /// Null if there is none now.
  std::shared_ptr<Api> api();

  EngineDatabase engine;
  std::vector<Effect> effects;
  std::vector<std::unique_ptr<ParticipantDatabase>> participants;
  BusServer bus;

 private:
  struct Daemon {
    bool has_engine = false;
    std::vector<std::size_t> participants;
    ProcessPtr process;
    std::shared_ptr<Api> api;
    std::shared_ptr<WaitList> leave;
    bool leaving = false;
    int restarts = 0;
  };
  struct Parts;

  void watch(std::size_t daemon);
  void main(Daemon& daemon, const std::shared_ptr<WaitList>& leave);
  void run_daemon(Daemon& daemon, const std::shared_ptr<WaitList>& leave);

  World& world_;
  const Plan& plan_;
  std::vector<Daemon> daemons_;
  bool shut_ = false;
};

}  // namespace sagad::simulation
