#pragma once

#include <memory>
#include <string>
#include <vector>

#include "ports/bus.hpp"

namespace sagad::tests {

/// For what needs a bus and does not use it: it is never connected and carries nothing.
class IdleBus final : public ports::Bus {
 public:
  bool connected() const override { return false; }
  void publish(std::vector<ports::OutboxRow> rows, ports::PublishSink& sink) override {
    for (const auto& row : rows) sink.refused(row.id, "not connected", false);
  }
  bool flush(ports::PublishSink&, base::Duration) override { return true; }
  void reply(const std::string&, const std::string&) override {}
  std::unique_ptr<ports::Consumer> command_consumer(const std::string&,
                                                    ports::CommandLane) override {
    return nullptr;
  }
  std::unique_ptr<ports::Consumer> result_consumer() override { return nullptr; }
  std::unique_ptr<ports::Consumer> start_consumer() override { return nullptr; }
  std::unique_ptr<ports::Consumer> signal_consumer() override { return nullptr; }
  std::unique_ptr<ports::Consumer> dead_consumer() override { return nullptr; }
  void ensure_stream(const ports::StreamRef&) override {}
  ports::StreamHead head(const ports::StreamRef&) override { return {}; }
  int repair_consumers(const ports::StreamRef&, base::Duration) override { return 0; }
};

}  // namespace sagad::tests
