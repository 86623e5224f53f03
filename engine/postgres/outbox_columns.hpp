#pragma once

#include <span>

#include "ports/outbox.hpp"
#include "postgres/array.hpp"

namespace sagad::postgres {

/// The columns of outbox rows, each one array.
struct OutboxColumns {
  explicit OutboxColumns(std::span<const ports::OutboxRow> rows)
      : id(rows.size()),
        saga(rows.size()),
        sent_at(rows.size()),
        subject(rows.size()),
        payload(rows.size(), 500) {
    for (const ports::OutboxRow& row : rows) {
      id.add(row.id);
      saga.add(row.saga);
      sent_at.add(row.sent_at);
      subject.add(row.subject);
      payload.add(row.payload);
    }
  }

  UuidArray id, saga;
  TimeArray sent_at;
  TextArray subject, payload;
};

inline UuidArray id_column(std::span<const base::SagaId> ids) {
  UuidArray column(ids.size());
  for (const base::SagaId& id : ids) column.add(id);
  return column;
}

}  // namespace sagad::postgres
