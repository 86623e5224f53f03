#pragma once

#include <boost/json.hpp>
#include <vector>

#include "definition/definition.hpp"
#include "ports/engine_store.hpp"
#include "saga/instance.hpp"

namespace sagad::api {

/// A saga in a list: what can be told without its steps and documents.
boost::json::object saga_summary(const saga::Instance& instance);

/// A saga in full. Without its definition (nullptr: its database lost it), steps are named by
/// their number.
boost::json::object saga_view(const saga::Instance& instance,
                              const definition::Definition* definition);

/// The history as one flat list of events.
boost::json::array history_view(const std::vector<ports::HistoryRow>& rows);

boost::json::object definition_view(const ports::StoredDefinition& definition);

}  // namespace sagad::api
