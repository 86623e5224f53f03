#include <map>

#include "base/sha256.hpp"
#include "postgres/engine_transaction.hpp"
#include "postgres/queries.gen.hpp"

namespace sagad::postgres {

namespace {

/// What makes two letters one. Commands and results have in them when they were sent, so that one
/// that was sent again is another letter; a start that comes back is the same. NUL is in none of
/// the parts.
std::string digest_of(const ports::DeadLetter& letter) {
  std::string all = letter.saga ? letter.saga->str() : "";
  for (const auto* part : {&letter.participant, &letter.subject, &letter.reason, &letter.payload}) {
    all.append(*part).push_back('\0');
  }
  return base::sha256_hex(all);
}

}  // namespace

void EngineTransaction::append_dead_letters(std::span<const ports::DeadLetter> letters) {
  if (letters.empty()) return;
  // One statement may not touch a row twice. In the order of the digests, so that two transactions
  // with the same letters wait for each other and do not deadlock.
  std::map<std::string, std::pair<const ports::DeadLetter*, int>> distinct;
  for (const ports::DeadLetter& letter : letters) {
    auto& [last, times] = distinct[digest_of(letter)];
    last = &letter;
    ++times;
  }
  UuidArray saga(distinct.size());
  IntArray times(distinct.size());
  TextArray digest(distinct.size(), 64), participant(distinct.size()), subject(distinct.size()),
      reason(distinct.size()), message(distinct.size()), payload(distinct.size(), 500);
  for (const auto& [key, counted] : distinct) {
    const ports::DeadLetter& letter = *counted.first;
    digest.add(key);
    times.add(counted.second);
    letter.saga ? saga.add(*letter.saga) : saga.add_null();
    participant.add(letter.participant);
    subject.add(letter.subject);
    reason.add(letter.reason);
    message.add(letter.message);
    payload.add(letter.payload);
  }
  connection().exec(queries::kDeadLetterInsert, digest, times, saga, participant, subject, reason,
                    message, payload);
}

}  // namespace sagad::postgres
