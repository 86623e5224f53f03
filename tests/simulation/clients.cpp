#include "simulation/clients.hpp"

#include "simulation/definitions.hpp"

namespace sagad::simulation {
namespace {

using Kind = runtime::StartOutcome::Kind;

constexpr Micros kPatience = 8 * kSecond;

}  // namespace

void Clients::spawn(const ProcessPtr& process, std::function<void()> body) {
  ++open_;
  world_.scheduler.spawn(process, [this, body = std::move(body)] {
    body();
    --open_;
  });
}

void Clients::pause(double least, double most) {
  sleep_until(world_.scheduler.now() + static_cast<Micros>(world_.between(least, most) * kSecond));
}

void Clients::start(const ProcessPtr& process) {
  for (auto& wish : plan_.wishes) {
    for (int copy = 0; copy < wish.copies; ++copy) spawn(process, [this, &wish] { ask_for(wish); });
    for (const auto& step : wish.definition->steps) {
      if (step.signal) spawn(process, [this, &wish, &step] { send_signal(wish, step); });
    }
    if (wish.order != Order::kNone) spawn(process, [this, &wish] { operate(wish); });
  }
  // It has no end of its own: who waits for an answer is not at rest.
  world_.scheduler.spawn(process, [this] { answer_later(); });
}

bool Clients::request(std::function<void(Api&)> serve, std::shared_ptr<bool> over) {
  struct Exchange {
    WaitList answered;
    bool served = false;
    std::shared_ptr<bool> over;
  };
  const auto api = site_.api();
  if (over) *over = api == nullptr;
  if (api == nullptr) return false;
  const auto exchange = std::make_shared<Exchange>();
  exchange->over = std::move(over);
  ++api->requests;
  world_.scheduler.spawn(api->process, [this, api, exchange, serve = std::move(serve)] {
    struct Served {
      Api& api;
      Exchange& exchange;
      ~Served() {
        --api.requests;
        if (exchange.over) *exchange.over = true;
      }
    } const served{*api, *exchange};
    try {
      serve(*api);
      world_.touch("http answer", 0);
      exchange->served = true;
    } catch (const ports::Unavailable& error) {
      world_.trace(std::string("http 503: ") + error.what());
    }
    exchange->answered.wake_all();
  });
  exchange->answered.wait(world_.scheduler.now() + kPatience);
  return exchange->served;
}

void Clients::ask_for(Wish& wish) {
  sleep_until(wish.at + static_cast<Micros>(world_.between(0, 0.05) * kSecond));
  for (int tries = 1;; ++tries) {
    const bool acknowledged = wish.door == Door::kApi   ? by_api(wish)
                              : wish.door == Door::kBus ? by_bus(wish)
                                                        : by_sql(wish);
    if (acknowledged) {
      world_.trace("start of " + wish.key + " is acknowledged");
      wish.acknowledged = true;
    }
    if (acknowledged || (!wish.persistent && tries == 2)) break;
    pause(0.2, 4);
  }
}

bool Clients::by_api(const Wish& wish) {
  const auto outcome = std::make_shared<runtime::StartOutcome>();
  const bool answered = request([&wish, outcome](Api& api) {
    *outcome = api.starter.submit(
        {wish.definition->name, std::nullopt, wish.key, wish.input, std::nullopt});
  });
  if (!answered) return false;
  if (outcome->kind == Kind::kConflict || outcome->kind == Kind::kInvalidInput) {
    world_.violate("start of " + wish.key + " is refused");
  }
  return outcome->kind == Kind::kStarted || outcome->kind == Kind::kExisting;
}

/// Until it is accepted or the saga has ended; nobody signals what never was.
void Clients::send_signal(const Wish& wish, const definition::Step& step) {
  using Kind = runtime::SignalOutcome::Kind;
  sleep_until(wish.at + static_cast<Micros>(world_.between(0, 25) * kSecond));
  for (int unknown = 0; unknown < 40; pause(0.2, 3)) {
    const auto outcome = std::make_shared<runtime::SignalOutcome>();
    const bool answered = request([&wish, &step, outcome](Api& api) {
      runtime::SignalRequest request;
      request.saga_key = {wish.definition->name, wish.key};
      request.name = step.signal->name;
      request.key = step.id;
      request.payload = {{"from", step.id}};
      *outcome = api.signals.send(std::move(request));
    });
    if (!answered) continue;
    const auto kind = outcome->kind;
    if (kind == Kind::kAccepted || kind == Kind::kExisting || kind == Kind::kEnded) return;
    if (kind == Kind::kUnknownSaga) {
      ++unknown;
    } else if (kind != Kind::kUnavailable) {
      world_.violate("a signal to " + wish.key + " is refused: " + outcome->detail);
      return;
    }
  }
}

const saga::Instance* Clients::instance_of(const Wish& wish) const {
  const auto key = site_.engine.keys.find(wish.definition->name + "/" + wish.key);
  return key == site_.engine.keys.end() ? nullptr
                                        : &site_.engine.instances.at(key->second).instance;
}

void Clients::order(const Wish& wish, saga::Verb verb, const std::shared_ptr<bool>& over) {
  const auto* instance = instance_of(wish);
  if (instance == nullptr) return;
  world_.trace("orders to " + std::string(saga::to_string(verb)) + " " + wish.key);
  request(
      [id = instance->id, verb](Api& api) {
        saga::Intervention order;
        order.verb = verb;
        order.id = std::string(saga::to_string(verb));
        order.by = "somebody";
        api.operators.order(id, order);
      },
      over);
}

/// Who pauses a saga does not leave it so, whenever the pause comes to pass.
void Clients::operate(const Wish& wish) {
  sleep_until(wish.at + static_cast<Micros>(world_.between(0, 20) * kSecond));
  const auto over = std::make_shared<bool>(true);
  if (wish.order == Order::kCancel) return order(wish, saga::Verb::kCancel, over);
  order(wish, saga::Verb::kPause, over);
  const auto is_paused = [&] {
    const auto* instance = instance_of(wish);
    return instance != nullptr && instance->status == saga::SagaStatus::kPaused &&
           instance->reason == "operator";
  };
  for (pause(0.1, 15); !*over || is_paused(); pause(0.2, 3)) {
    if (is_paused()) order(wish, saga::Verb::kResume, std::make_shared<bool>(true));
  }
}

void Clients::answer_later() {
  for (std::size_t known = 0;; pause(0.5, 2)) {
    for (; known < site_.effects.size(); ++known) {
      const auto effect = site_.effects[known];
      if (effect.answer_token.empty() || effect.key.kind != saga::Kind::kDo) continue;
      world_.scheduler.spawn(world_.scheduler.process_ptr(),
                             [this, effect] { give_answer(effect); });
    }
  }
}

/// Whatever the saga says of it is right, but for that the answer is not the step's.
void Clients::give_answer(const Effect& effect) {
  const auto row = site_.engine.instances.find(effect.key.saga);
  if (row == site_.engine.instances.end()) return;
  const auto& instance = row->second.instance;
  const auto& temper =
      plan_.wishes.at(instance.input->at("n").to_number<std::size_t>()).tempers.at(effect.key.step);
  if (!temper.later) return;
  const auto* step = definition_named(instance.definition)->find_step(effect.key.step);
  saga::FinalAnswer answer;
  answer.done = !temper.later_fails || step->pivot;
  if (answer.done) answer.output = {{"token", effect.token}};
  if (!answer.done) answer.error = {"refused_later", "says somebody"};
  for (pause(0, 6);; pause(0.2, 3)) {
    const auto verdict = std::make_shared<std::optional<saga::FinalVerdict>>();
    request([effect, answer, verdict](Api& api) {
      *verdict =
          api.final_answers.submit(effect.key.saga, effect.key.step, effect.answer_token, answer);
    });
    if (!*verdict) continue;
    using Verdict = saga::FinalVerdict;
    if (saga::is_accepted(**verdict) || **verdict == Verdict::kTurnedBack ||
        **verdict == Verdict::kNotWaiting) {
      return;
    }
    world_.violate("the final answer of " + effect.key.step +
                   " is refused: " + std::string(saga::to_string(**verdict)));
    return;
  }
}

bool Clients::by_bus(const Wish& wish) {
  if (!site_.bus.up()) return false;
  BusServer::Message message;
  message.subject = ports::start_subject(wish.definition->name);
  message.payload =
      boost::json::serialize(boost::json::object{{"key", wish.key}, {"input", wish.input}});
  message.reply_to = "program." + std::to_string(world_.random.next());
  struct Exchange {
    WaitList answered;
    std::string reply;
  };
  const auto exchange = std::make_shared<Exchange>();
  site_.bus.listen(message.reply_to, [exchange](const std::string& payload) {
    exchange->reply = payload;
    exchange->answered.wake_all();
  });
  world_.trace("asks for " + wish.key);
  site_.bus.store(message, {});
  exchange->answered.wait(world_.scheduler.now() + kPatience);
  site_.bus.forget(message.reply_to);
  if (exchange->reply.empty()) return false;
  const auto status = boost::json::parse(exchange->reply).at("status").as_string();
  if (status == "started" || status == "existing") return true;
  // A definition is not known before the first daemon has started.
  if (status != "unknown_definition") world_.violate("start of " + wish.key + " is refused");
  return false;
}

/// sagad.start_saga() in a transaction of the caller's own, in the engine's
/// database or in that of a participant.
bool Clients::by_sql(const Wish& wish) {
  const bool in_engine = world_.one_in(2);
  auto& participant = *site_.participants.front();
  Database& database = in_engine ? static_cast<Database&>(site_.engine) : participant;
  auto& table = in_engine ? site_.engine.outbox : participant.outbox;
  // Refused at once while the definition is not there: that would be a dead
  // letter.
  if (site_.engine.definitions.count(wish.definition->digest) == 0) return false;
  try {
    Session session(database);
    Transaction transaction(session);
    transaction.statement("start_saga");
    base::IdGenerator ids;
    const auto id = ids.next(transaction.now());
    const auto payload =
        boost::json::serialize(boost::json::object{{"id", id.str()},
                                                   {"definition", wish.definition->name},
                                                   {"key", wish.key},
                                                   {"input", wish.input}});
    const ports::OutboxRow row{id, id, ports::start_subject(wish.definition->name), payload,
                               transaction.now()};
    transaction.commit([&] { table.insert({&row, 1}, world_.scheduler.now()); });
    return true;
  } catch (const std::runtime_error& error) {
    world_.trace(std::string("start_saga: ") + error.what());
    return false;
  }
}

}  // namespace sagad::simulation
