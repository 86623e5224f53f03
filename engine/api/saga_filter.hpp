#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "ports/engine_store.hpp"

namespace sagad::api {

/// Reads a filter of sagas: `status`, `definition`, `key`, `retrying`, `reason`, `error_code`,
/// `older_than`, `younger_than`. `text` gives the value of a name, or nothing. Throws ProblemError
/// (400) that names what is wrong.
ports::SagaFilter read_filter(
    const std::function<std::optional<std::string>(std::string_view)>& text);

/// A cursor as the API has given it. Throws ProblemError (400).
base::SagaId read_cursor(const std::string& text);

}  // namespace sagad::api
