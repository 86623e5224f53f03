#pragma once

#include <cstddef>
#include <string>

#include "postgres/array.hpp"
#include "saga/decide.hpp"

/// The columns of the tables that a batch of transitions writes, each one array.
namespace sagad::postgres {

/// What a transition changes of an instance.
struct StateColumns {
  explicit StateColumns(std::size_t rows);
  void add(const saga::Instance& instance);

  TextArray status, paused_from, reason, error_code, error_message;
  JsonArray output;
  TimeArray updated_at, ended_at, unanswered_since;
  BigintArray sequence;
  JsonArray steps;
  TimeArray deadline_at;  ///< forgotten once it no longer counts
  JsonArray control;      ///< null where no operator has touched the saga
};

/// What stays as it was at the start.
struct StartColumns {
  explicit StartColumns(std::size_t rows);
  void add(const saga::Instance& instance);

  TextArray definition;
  IntArray version;
  TextArray digest, key;
  JsonArray input;
  TimeArray created_at;
};

/// History, outputs and timers of decisions.
struct DecisionColumns {
  explicit DecisionColumns(std::size_t rows);
  void add(const saga::Decision& decision);

  UuidArray history_saga;
  BigintArray history_sequence;
  TimeArray history_at;
  JsonArray history_events;
  UuidArray output_saga;
  IntArray output_step;
  JsonArray output;
  UuidArray timer_saga;
  IntArray timer_step;
  TextArray timer_kind;
  TimeArray timer_due_at;
  IntArray timer_item;
};

/// Items of a foreach, and their outputs.
struct ItemColumns {
  void add(const saga::Decision& decision);

  UuidArray saga;
  IntArray step, item;
  JsonArray state;
  UuidArray output_saga;
  IntArray output_step, output_item;
  JsonArray output;
};

/// The entries as a JSON array of {type, step?, …detail}.
std::string encode_history(const std::vector<saga::HistoryEntry>& entries);

}  // namespace sagad::postgres
