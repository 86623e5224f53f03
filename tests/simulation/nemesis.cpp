#include "simulation/nemesis.hpp"

#include <cmath>

namespace sagad::simulation {
namespace {

class Nemesis {
 public:
  Nemesis(World& world, Installation& site) : world_(world), site_(site) {}

  void strike() {
    switch (world_.below(9)) {
      case 0:
      case 1:
        return kill();
      case 2:
        return freeze();
      case 3:
        return drain();
      case 4:
        return restart_database();
      case 5:
        return cut_bus();
      case 6:
        return world_.faults.bus_loses ? lose_bus() : cut_bus();
      case 7:
        return world_.faults.bus_loses ? lose_tail() : kill();
      default:
        return move_clock();
    }
  }

 private:
  Micros in(double low, double high) {
    return world_.scheduler.now() + static_cast<Micros>(world_.between(low, high) * kSecond);
  }
  std::size_t any_daemon() { return world_.below(site_.daemons()); }

  void kill() {
    const auto& process = site_.process(any_daemon());
    if (!process) return;
    world_.trace("nemesis: kills " + process->name());
    world_.scheduler.kill(process);
  }
  void freeze() {
    const auto& process = site_.process(any_daemon());
    if (!process) return;
    world_.trace("nemesis: freezes " + process->name());
    world_.scheduler.freeze(process, in(0.5, 25));
  }
  void drain() {
    const auto daemon = any_daemon();
    world_.trace("nemesis: terminates daemon " + std::to_string(daemon));
    site_.terminate(daemon);
  }
  void restart_database() {
    const auto which = world_.below(site_.participants.size() + 1);
    Database& database =
        which == 0 ? static_cast<Database&>(site_.engine) : *site_.participants[which - 1];
    world_.trace("nemesis: restarts database " + database.name());
    database.restart(in(0, 10));
  }
  void cut_bus() {
    world_.trace("nemesis: cuts the bus");
    site_.bus.down_until(in(0.1, 15));
  }
  void lose_bus() {
    world_.trace("nemesis: wipes the bus");
    site_.bus.down_until(in(0, 5));
    site_.bus.wipe();
  }
  void lose_tail() {
    world_.trace("nemesis: the bus loses its last messages");
    site_.bus.down_until(in(0, 3));
    site_.bus.lose_last(1 + world_.below(5));
  }
  void move_clock() {
    const auto by = static_cast<Micros>(world_.between(-30, 30) * kSecond);
    world_.trace("nemesis: moves the clock by " + std::to_string(by));
    world_.clock_offset += by;
  }

  World& world_;
  Installation& site_;
};

}  // namespace

void torment(World& world, const Plan& plan, Installation& site) {
  const double mean = world.faults.mean_between_events;
  Nemesis nemesis(world, site);
  while (mean > 0) {
    const double wait = -mean * std::log(1.0 - world.random.uniform());
    const Micros next = world.scheduler.now() + static_cast<Micros>(wait * kSecond);
    if (next >= plan.faults_until) break;
    sleep_until(next);
    nemesis.strike();
  }
  sleep_until(plan.faults_until);
  world.trace("the faults are over");
  world.faults_on = false;
  site.bus.down_until(0);
}

}  // namespace sagad::simulation
