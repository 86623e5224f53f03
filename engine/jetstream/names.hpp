#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ports/bus.hpp"

namespace sagad::jetstream {

/// A durable consumer, as it has to be. A value.
struct ConsumerSpec {
  ports::StreamRef stream;
  std::string durable;
  std::string filter;  ///< full subject; empty: the whole stream
};

/// How streams, subjects and consumers of a namespace are called (docs/messages.md). Immutable.
class Names {
 public:
  /// Throws std::invalid_argument if the namespace has empty tokens or other characters than
  /// [A-Za-z0-9_-] and dots.
  explicit Names(std::string name_space);

  /// `cmd.pay.do.order-pay` -> `sagad.cmd.pay.do.order-pay`, and back.
  std::string subject(std::string_view plain) const;
  std::string_view strip(std::string_view full) const;

  /// `SAGAD_CMD_pay`. Throws std::invalid_argument for a participant whose name cannot be in it.
  std::string stream(const ports::StreamRef& stream) const;
  /// The one subject, with a wildcard, that the stream holds.
  std::string stream_subject(const ports::StreamRef& stream) const;
  /// The stream that holds a plain subject; none if it is not one of ours.
  static std::optional<ports::StreamRef> stream_of(std::string_view plain);

  ConsumerSpec command_consumer(const std::string& participant, ports::CommandLane lane) const;
  /// `coordinator`, `starter`, `signals`, `dead-letters`.
  ConsumerSpec single_consumer(ports::StreamRef::Kind kind) const;
  /// All consumers that a stream has.
  std::vector<ConsumerSpec> consumers(const ports::StreamRef& stream) const;

  const std::string& prefix() const { return prefix_; }  ///< the namespace with its dot

 private:
  std::string prefix_;
  std::string stream_prefix_;
};

/// May the text be published to? No white space, control characters, wildcards or empty tokens.
bool is_publishable_subject(std::string_view subject);

}  // namespace sagad::jetstream
