#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "definition/definition.hpp"
#include "simulation/world.hpp"

namespace sagad::simulation {

/// Then even a plugin that crashes is mended: each copy of its command that the bus still has costs
/// some more crashes, and a daemon that has all in one process makes more of them.
constexpr int kMostCrashes = 200;

/// How the plugin treats one step of one saga: chances for each execution.
struct Temper {
  bool refuses = false;       ///< its action answers `failed`, always
  int refused_item = 0;       ///< of a foreach: only this one, if there is such
  bool later = false;         ///< what is done answers `later`, and `done` by and by
  bool later_fails = false;   ///< … or `failed`
  bool writes_first = false;  ///< before it decides to answer anything but `done`
  double retries = 0;
  double throws = 0;
  double slow = 0;      ///< takes up to twice its timeout
  double hangs = 0;     ///< never comes back
  double fatal = 0;     ///< `retry` with a code that may not be retried
  bool poison = false;  ///< crashes its process, kMostCrashes times
  double undo_retries = 0;
  bool undo_fails = false;

  bool refuses_item(int item) const { return refuses && item == refused_item; }
};

enum class Door { kApi, kBus, kSql };
/// What an operator does with a saga; who pauses resumes.
enum class Order { kNone, kPause, kCancel };

/// Item i of every list is this + i.
constexpr int kFirstItem = 100;

/// One saga that a client wants.
struct Wish {
  int number = 0;
  definition::DefinitionPtr definition;
  std::string key;
  boost::json::value input;
  std::map<std::string, Temper> tempers;  ///< by step; a child has those of its parent
  Door door = Door::kApi;
  Micros at = 0;
  int copies = 1;          ///< clients that ask for it at once
  bool persistent = true;  ///< asks until it is acknowledged
  Order order = Order::kNone;
  bool acknowledged = false;
};

/// What one run is to be. A value.
struct Plan {
  int engines = 1;
  int participants_workers = 1;
  bool one_daemon = false;  ///< everything in one process
  bool rescuer = true;      ///< without it nothing may need it: then the bus loses nothing
  Micros faults_until = 0;
  std::vector<Wish> wishes;
};

/// Draws plan and faults of a run.
Plan draw_plan(World& world);
/// For the trace.
std::string describe(const Plan& plan, const Faults& faults);

}  // namespace sagad::simulation
