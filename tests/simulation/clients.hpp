#pragma once

#include <functional>
#include <string>

#include "simulation/installation.hpp"

namespace sagad::simulation {

/// The people and programs around the installation. They ask for the sagas of the plan, by their
/// doors, until each is acknowledged (or, if it is not persistent, a few times), and note the
/// acknowledgements in the plan's wishes; they send signals, give the answers that come later,
/// pause, resume and cancel.
class Clients {
 public:
  Clients(World& world, Plan& plan, Installation& site) : world_(world), plan_(plan), site_(site) {}
  void start(const ProcessPtr& process);
  /// Nobody wants anything any more.
  bool done() const { return open_ == 0; }

 private:
  using Api = Installation::Api;

  void spawn(const ProcessPtr& process, std::function<void()> body);
  void pause(double least, double most);
  /// Serves a request in a process with an API. False if there is none, or no answer in time: then
  /// it may be served yet, and `over` says when it no longer can be.
  bool request(std::function<void(Api&)> serve, std::shared_ptr<bool> over = nullptr);

  void ask_for(Wish& wish);
  /// True if it was acknowledged.
  bool by_api(const Wish& wish);
  bool by_bus(const Wish& wish);
  bool by_sql(const Wish& wish);
  void send_signal(const Wish& wish, const definition::Step& step);
  void operate(const Wish& wish);
  void order(const Wish& wish, saga::Verb verb, const std::shared_ptr<bool>& over);
  const saga::Instance* instance_of(const Wish& wish) const;
  /// Gives the final answers of what answers `later`.
  void answer_later();
  void give_answer(const Effect& effect);

  World& world_;
  Plan& plan_;
  Installation& site_;
  int open_ = 0;
};

}  // namespace sagad::simulation
