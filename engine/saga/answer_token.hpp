#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/hmac.hpp"
#include "base/id.hpp"

namespace sagad::saga {

/// Makes and checks the tokens with which the final answer of a step is given (`later`). A token
/// is derived from a secret of the installation and names one execution of an action, so that
/// none has to be kept, and a final answer is known to be genuine even before the engine hears
/// that the action answered `later`: `<item>.<round>.<128 bits of an HMAC>`. One thread at a time.
class AnswerTokens {
 public:
  explicit AnswerTokens(std::string_view secret) : hmac_(secret) {}

  /// For the action of (saga, step, item) in a round.
  std::string make(base::SagaId saga, std::string_view step, int item, int round);

  /// What a genuine token of this saga and step says of itself.
  struct Claim {
    int item;
    int round;
  };
  /// Nothing if the token is not genuine. Takes as long for every wrong token of a length.
  std::optional<Claim> check(base::SagaId saga, std::string_view step, std::string_view token);

 private:
  base::Hmac hmac_;
};

}  // namespace sagad::saga
