#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "ports/participant_store.hpp"
#include "simulation/database.hpp"
#include "simulation/outbox_table.hpp"

namespace sagad::simulation {

/// What an action or a compensation did to the business, once it is committed.
struct Effect {
  ports::ExecutionKey key;
  std::int64_t token = 0;    ///< of an action: what its output says; of a
                             ///< compensation: of its action
  std::int64_t order = 0;    ///< in which it was committed, over all databases
  std::string answer_token;  ///< of an action: with which its final answer is given
};

/// The tables of a participant's database, with what is committed.
class ParticipantDatabase : public Database {
 public:
  ParticipantDatabase(World& world, std::string name, std::vector<Effect>& all_effects)
      : Database(world, std::move(name)), effects(all_effects) {}

  std::unique_ptr<ports::ParticipantStore> store();

  std::map<ports::ExecutionKey, ports::InboxRow> inbox;
  std::map<ports::ExecutionKey, int> starts;
  std::map<ports::ExecutionKey, int> crashes;  ///< that the plugin has caused
  OutboxTable outbox;
  std::vector<Effect>& effects;
};

}  // namespace sagad::simulation

namespace sagad {

/// What the simulated plugin writes through, in place of the SDK's transaction.
class Transaction {
 public:
  Transaction(simulation::Transaction& tx, std::vector<simulation::Effect>& staged)
      : tx_(tx), staged_(staged) {}
  /// A statement of the plugin; what it writes stays locked until the end of the transaction.
  void write(const simulation::Effect& effect) {
    tx_.statement("business");
    tx_.lock("business/" + effect.key.saga.str() + "/" + effect.key.step + "/" +
             std::to_string(effect.key.item));
    staged_.push_back(effect);
  }
  void read() { tx_.statement("business read"); }

 private:
  simulation::Transaction& tx_;
  std::vector<simulation::Effect>& staged_;
};

}  // namespace sagad
