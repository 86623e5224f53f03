#include "simulation/plan.hpp"

#include "simulation/definitions.hpp"

namespace sagad::simulation {
namespace {

/// Off in half of the runs, else between a hundredth of `most` and `most`.
double chance(World& world, double most) {
  if (world.one_in(2)) return 0;
  const double share = world.random.uniform();
  return most * (0.01 + 0.99 * share * share);
}

/// One of the faults happens all the time: what is tried again for ever has to go on trying.
void draw_storm(World& world, Faults& faults) {
  double* const all[] = {&faults.lost_statement, &faults.conflict,     &faults.unknown_commit,
                         &faults.lost_publish,   &faults.lost_confirm, &faults.lost_ack};
  *all[world.below(std::size(all))] = world.between(0.4, 0.8);
}

Faults draw_faults(World& world, const Plan& plan) {
  Faults faults;
  if (world.one_in(20)) return faults;  // fair weather
  faults.kill = chance(world, 0.02);
  faults.lost_statement = chance(world, 0.05);
  faults.conflict = chance(world, 0.1);
  faults.unknown_commit = chance(world, 0.2);
  faults.slow_statement = chance(world, 0.02);
  faults.lost_publish = chance(world, 0.3);
  faults.lost_confirm = chance(world, 0.3);
  faults.double_publish = chance(world, 0.5);
  faults.late_message = chance(world, 0.3);
  faults.early_redelivery = chance(world, 0.5);
  faults.lost_ack = chance(world, 0.5);
  faults.reorder = chance(world, 1.0);
  faults.lost_reply = chance(world, 0.5);
  faults.bus_loses = plan.rescuer && world.one_in(2);
  faults.lost_message = chance(world, 0.3);
  if (world.one_in(10)) draw_storm(world, faults);
  faults.mean_between_events = world.one_in(3) ? 0 : world.between(1, 15);
  return faults;
}

Temper draw_temper(World& world) {
  Temper temper;
  temper.refuses = world.one_in(12);
  temper.later = world.one_in(8);
  temper.later_fails = world.one_in(4);
  temper.writes_first = world.one_in(2);
  temper.retries = world.one_in(2) ? 0 : world.between(0, 0.7);
  temper.throws = world.one_in(3) ? world.between(0, 0.4) : 0;
  temper.slow = world.one_in(8) ? world.between(0, 0.5) : 0;
  temper.hangs = world.one_in(40) ? world.between(0, 0.5) : 0;
  temper.fatal = world.one_in(20) ? 0.3 : 0;
  temper.poison = world.one_in(150);
  temper.undo_retries = world.one_in(2) ? 0 : world.between(0, 0.6);
  temper.undo_fails = world.one_in(40);
  return temper;
}

/// What a foreach fans out over: item i is kFirstItem + i.
boost::json::array draw_list(World& world) {
  boost::json::array list;
  const auto size = static_cast<int>(world.below(5));
  for (int item = 0; item < size; ++item) list.emplace_back(kFirstItem + item);
  return list;
}

Wish draw_wish(World& world, int number, const definition::DefinitionPtr& definition) {
  Wish wish;
  wish.number = number;
  wish.definition = definition;
  wish.key = "k" + std::to_string(number);
  boost::json::object flags;
  boost::json::object lists;
  for (std::uint64_t step = 0; step < kMostSteps; ++step) {
    const auto id = step_id(step);
    flags[id] = world.one_in(2);
    wish.tempers[id] = draw_temper(world);
    lists[id] = draw_list(world);
  }
  for (const auto& step : definition->steps) {
    if (step.foreach) wish.tempers[step.id].refused_item = static_cast<int>(world.below(4));
  }
  wish.input = {{"n", number}, {"flags", flags}, {"lists", lists}};
  wish.order = world.one_in(8) ? Order::kPause : world.one_in(8) ? Order::kCancel : Order::kNone;
  wish.door = static_cast<Door>(world.below(3));
  wish.at = static_cast<Micros>(world.between(0, 10) * kSecond);
  wish.copies = world.one_in(4) ? 2 : 1;
  wish.persistent = !world.one_in(6);
  return wish;
}

}  // namespace

Plan draw_plan(World& world) {
  Plan plan;
  plan.engines = world.one_in(3) ? 2 : 1;
  plan.participants_workers = world.one_in(3) ? 2 : 1;
  plan.one_daemon = world.one_in(4);
  plan.rescuer = !world.one_in(4);
  plan.faults_until = static_cast<Micros>(world.between(5, 30) * kSecond);
  world.faults = draw_faults(world, plan);
  world.scheduler.slowness(world.one_in(4) ? 2 : 12);
  const auto kinds = 1 + world.below(3);
  std::vector<definition::DefinitionPtr> definitions;
  for (std::uint64_t i = 0; i < kinds; ++i) {
    definitions.push_back(definition_number(world.below(kDefinitions)));
  }
  const auto count = static_cast<int>(1 + world.below(world.one_in(4) ? 12 : 5));
  for (int number = 0; number < count; ++number) {
    plan.wishes.push_back(draw_wish(world, number, definitions[world.below(kinds)]));
  }
  return plan;
}

std::string describe(const Plan& plan, const Faults& faults) {
  const auto number = [](double value) { return std::to_string(value); };
  std::string text = "plan: engines " + std::to_string(plan.engines) + ", workers " +
                     std::to_string(plan.participants_workers) +
                     (plan.one_daemon ? ", one daemon" : "") +
                     (plan.rescuer ? "" : ", no rescuer") + ", faults until " +
                     number(static_cast<double>(plan.faults_until) / kSecond) + " s";
  text += "\nfaults: kill " + number(faults.kill) + ", lost statement " +
          number(faults.lost_statement) + ", conflict " + number(faults.conflict) +
          ", unknown commit " + number(faults.unknown_commit) + ", slow statement " +
          number(faults.slow_statement) + ", lost publish " + number(faults.lost_publish) +
          ", lost confirm " + number(faults.lost_confirm) + ", double publish " +
          number(faults.double_publish) + ", lost message " +
          number(faults.bus_loses ? faults.lost_message : 0) + ", late message " +
          number(faults.late_message) + ", early redelivery " + number(faults.early_redelivery) +
          ", lost ack " + number(faults.lost_ack) + ", reorder " + number(faults.reorder) +
          ", lost reply " + number(faults.lost_reply) + ", events every " +
          number(faults.mean_between_events) + " s" + (faults.bus_loses ? ", the bus loses" : "");
  for (const auto& wish : plan.wishes) {
    text += "\nsaga " + wish.key + " of " + wish.definition->name +
            (wish.order == Order::kPause    ? ", paused for a while:"
             : wish.order == Order::kCancel ? ", cancelled:"
                                            : ":");
    for (const auto& [step, temper] : wish.tempers) {
      text += " " + step;
      if (temper.refuses) text += " refuses";
      if (temper.later) text += temper.later_fails ? " fails-later" : " later";
      if (temper.poison) text += " poison";
      if (temper.undo_fails) text += " undo-fails";
    }
  }
  return text;
}

}  // namespace sagad::simulation
