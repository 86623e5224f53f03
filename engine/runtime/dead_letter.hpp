#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "ports/engine_store.hpp"
#include "ports/outbox.hpp"

namespace sagad::runtime {

/// A report on the subject `dead`: a message that is given up. A value. The coordinator stores it
/// and pauses the saga if it knows it.
struct DeadLetterReport {
  ports::DeadLetter letter;
  std::string step;  ///< id of the step; empty if it is not known
  int item = 0;      ///< of a `foreach`
};

/// JSON text `{"saga"?, "step"?, "item"?, "participant", "subject", "reason", "message", "payload",
/// "truncated"?}`. The payload is cut to 128 KB, and made UTF-8, so that every report fits the bus.
std::string encode_dead_letter(const DeadLetterReport& report);
/// Unknown members are ignored. Throws saga::MessageError.
DeadLetterReport decode_dead_letter(std::string_view text);

/// The letter as the database can keep it: text is made UTF-8 without NUL (`?` instead).
ports::DeadLetter storable(ports::DeadLetter letter);
/// Text that PostgreSQL and JSON can carry: what is not UTF-8, and NUL, become `?`.
std::string printable(std::string_view text);

/// The report about an outbox row that can never be published: saga and step are read from its
/// payload where it is a command or a result. `database` is the one whose outbox holds the row.
DeadLetterReport report_unpublishable(const ports::OutboxRow& row, const std::string& database,
                                      const std::string& why);

/// The member `step` of a command or result; empty if the payload is neither.
std::string step_in(std::string_view payload);
/// Likewise the member `item`; 0 if there is none.
int item_in(std::string_view payload);

/// A row for the outbox (or the bus) that carries the report.
ports::OutboxRow dead_letter_row(const DeadLetterReport& report, ports::OutboxId id,
                                 base::Time now);

}  // namespace sagad::runtime
