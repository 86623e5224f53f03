#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sagad::bench {

/// What a saga does in the books. A value.
struct SagaKind {
  std::string definition = "order-pay";
  std::size_t orders = 1;         ///< that one saga creates, all of the name of its key
  bool pays = true;               ///< it pays its order, or cancels it
  std::size_t payload_bytes = 0;  ///< of a member `note` of the input
};

/// One saga that is to be started. A value.
struct Start {
  std::string definition;
  std::string key;    ///< also the name of the order: its orders have this name
  std::string input;  ///< JSON text
  std::int64_t amount = 0;
};

/// Makes starts over random accounts; repeatable. Used by one thread.
class StartMaker {
 public:
  explicit StartMaker(std::uint64_t seed) : state_(seed) {}

  /// The payments of a `refused` part (0.1: every tenth, evenly spread) are refused, for lack of
  /// funds.
  std::vector<Start> make(std::size_t count, double refused = 0, const SagaKind& kind = {});

 private:
  std::uint64_t random(std::uint64_t below);

  std::uint64_t state_;
  std::uint64_t made_ = 0;
};

/// How many of `count` starts StartMaker lets be refused.
std::size_t refused_of(std::size_t count, double refused);

}  // namespace sagad::bench
