#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sagabench/daemon.hpp"
#include "sagabench/http_load.hpp"
#include "sagabench/installation.hpp"
#include "sagabench/starts.hpp"

namespace sagad::bench {

/// A way to start sagas. Used by one thread.
class Door {
 public:
  Door() = default;
  Door(const Door&) = delete;
  Door& operator=(const Door&) = delete;
  virtual ~Door() = default;

  virtual std::string name() const = 0;
  /// Makes the messages, so that their making is not measured.
  virtual void prepare(const std::vector<Start>& starts) = 0;
  /// Sends what is prepared; returns when every start is durably accepted: confirmed by
  /// JetStream, answered with 201, committed. Throws std::runtime_error if one is not.
  virtual void send() = 0;
};

/// Publishes to `<ns>.start.order-pay`, without waiting for one confirmation before the next
/// message.
class JetStreamDoor final : public Door {
 public:
  explicit JetStreamDoor(const Installation& installation);
  ~JetStreamDoor() override;

  std::string name() const override { return "jetstream"; }
  void prepare(const std::vector<Start>& starts) override;
  void send() override;

  /// How many messages the streams of sagad have ever taken.
  std::int64_t messages() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// POST /v1/sagas/order-pay, over connections that stay open.
class HttpDoor final : public Door {
 public:
  HttpDoor(const Daemon& daemon, int connections) : daemon_(daemon), connections_(connections) {}

  std::string name() const override { return "http"; }
  void prepare(const std::vector<Start>& starts) override;
  void send() override;

 private:
  const Daemon& daemon_;
  int connections_;
  std::vector<HttpRequest> requests_;
};

/// `SELECT sagad.start_saga(…)`, one a transaction, in the database of the order service.
class SqlDoor final : public Door {
 public:
  SqlDoor(const Installation& installation, int sessions)
      : installation_(installation), sessions_(sessions) {}

  std::string name() const override { return "sql"; }
  void prepare(const std::vector<Start>& starts) override { starts_ = starts; }
  void send() override;

 private:
  const Installation& installation_;
  int sessions_;
  std::vector<Start> starts_;
};

}  // namespace sagad::bench
