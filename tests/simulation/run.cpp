#include "simulation/run.hpp"

#include <cstdio>

#include "simulation/clients.hpp"
#include "simulation/definitions.hpp"
#include "simulation/nemesis.hpp"
#include "simulation/oracle.hpp"

namespace sagad::simulation {
namespace {

/// After the last fault: compensations give up after an hour.
constexpr Micros kPatience = 3 * 3600 * kSecond;
/// A run that does so much does nothing but go round in circles.
constexpr std::uint64_t kMostSwitches = 20'000'000;

void print(World& world, const Plan& plan) {
  std::printf("%s\n", describe(plan, world.faults).c_str());
  for (const auto& wish : plan.wishes) {
    for (const auto& one : with_children(wish.definition)) {
      std::printf("%s", definition_text(std::stoull(one->name.substr(1))).c_str());
    }
  }
}

}  // namespace

Outcome run(std::uint64_t seed, bool trace) {
  World world(seed, trace);
  Plan plan = draw_plan(world);
  if (trace) print(world, plan);
  Installation site(world, plan);
  Clients clients(world, plan, site);
  const auto stage = std::make_shared<Process>("stage", false);
  bool quiet = false;
  world.scheduler.spawn(stage, [&] {
    torment(world, plan, site);
    while (!clients.done() || !is_quiet(plan, site)) {
      sleep_until(world.scheduler.now() + kSecond / 2);
    }
    quiet = true;
  });
  site.start(stage);
  clients.start(stage);
  world.scheduler.run([&] { return quiet || world.scheduler.switches() > kMostSwitches; },
                      plan.faults_until + kPatience);
  const auto ended_at = world.scheduler.now();
  if (!quiet) world.violate("never comes to rest: " + unrest(plan, site).substr(2));
  world.faults_on = false;
  site.shut_down();
  world.scheduler.kill(stage);
  world.scheduler.run([&] { return stage->ended() && site.ended(); }, ended_at + kSecond);
  if (!stage->ended() || !site.ended()) world.violate("a killed process does not end");
  judge(world, plan, site);
  return {world.violations, world.trace_hash(), ended_at, world.scheduler.switches(), census(site)};
}

}  // namespace sagad::simulation
