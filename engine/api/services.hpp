#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/metrics.hpp"
#include "api/reader_pool.hpp"
#include "runtime/completions.hpp"
#include "runtime/definitions.hpp"
#include "runtime/final_answers.hpp"
#include "runtime/operators.hpp"
#include "runtime/starter.hpp"

namespace spdlog {
class logger;
}

namespace sagad::api {

/// What the handlers of sagas and definitions work with; all of it outlives them.
struct SagaServices {
  runtime::Starter& starter;
  runtime::Definitions& definitions;
  runtime::Completions& completions;
  ReaderPool& readers;
  runtime::Operators& operators;
  runtime::FinalAnswers& final_answers;
};

/// One thing that must be well before this daemon can do its work. Thread-safe.
struct ReadinessCheck {
  std::string name;                                     ///< `database engine`, `bus`
  std::function<std::optional<std::string>()> problem;  ///< what is wrong, or nothing
};

}  // namespace sagad::api
