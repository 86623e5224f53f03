#include "runtime/relay.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <map>
#include <utility>

#include "base/mutant.hpp"
#include "ports/errors.hpp"
#include "runtime/dead_letter.hpp"

namespace sagad::runtime {
namespace {

/// How often the thread looks around, and how long confirmed rows are left to the next batch:
/// together less than 200 ms.
constexpr base::Duration kTick{80};
constexpr base::Duration kLeftToBatches{100};
constexpr std::size_t kRemoveLimit = 5000;
/// A sweep holds row locks while it waits to be confirmed; what is confirmed later is deleted
/// later.
constexpr base::Duration kSweepWait{1000};
constexpr base::Duration kLongestPause{2000};
/// Sweeps that find only rows that the bus refuses (a full stream) look further, up to so many
/// times their limit, so that the rows behind get their turn.
constexpr std::size_t kWidest = 16;

}  // namespace

Relay::Relay(Options options, ports::OutboxStoreFactory stores, ports::Bus& bus,
             ports::Metrics& metrics, std::shared_ptr<spdlog::logger> log)
    : options_(std::move(options)),
      stores_(std::move(stores)),
      bus_(bus),
      metrics_(metrics),
      log_(std::move(log)),
      book_(options_.capacity),
      outage_(log_, "relay: database of " + options_.database),
      sweep_limit_(options_.sweep_limit) {}

Relay::~Relay() {
  stop();
  // The bus must not call a sink that is gone.
  while (book_.in_flight() > 0 && !bus_.flush(*this, options_.confirm_timeout)) {
  }
}

void Relay::start() {
  if (threads_.running()) return;
  stop_.reset();
  next_sweep_ = next_depth_ = Clock::now();
  threads_.run("relay-" + options_.database, [this] { work(); });
}

void Relay::stop() {
  if (!threads_.running()) return;
  stop_.request();
  threads_.join();
  bus_.flush(*this, options_.confirm_timeout);
  try {
    if (!store_) store_ = stores_();
    while (book_.confirmed_age()) remove_confirmed(kRemoveLimit);
  } catch (const std::exception& error) {
    log_->warn("relay of {}: confirmed rows are left in the outbox and will be sent again: {}",
               options_.database, error.what());
  }
  store_.reset();
}

void Relay::publish(std::vector<ports::OutboxRow> rows) {
  if (rows.empty() || !book_.enter(rows)) return;  // the sweep finds what did not fit
  if (SAGAD_MUTANT("outbox_deleted_before_confirmation")) {
    for (const auto& row : rows) book_.confirmed(row.id);
  }
  bus_.publish(std::move(rows), *this);
}

std::vector<ports::OutboxId> Relay::take_confirmed(std::size_t limit) {
  return book_.take_confirmed(limit);
}

void Relay::give_back(const std::vector<ports::OutboxId>& ids) { book_.give_back(ids); }

void Relay::confirmed(ports::OutboxId id) { book_.confirmed(id); }

void Relay::refused(ports::OutboxId id, const std::string& reason, bool permanent) {
  book_.refused(id, reason, permanent);
}

void Relay::work() {
  auto pause = base::Duration{0};
  while (!stop_.wait_for(pause)) {
    pause = std::min(kTick, options_.idle_interval);
    try {
      round();
      outage_.over();
      const auto left = std::chrono::duration_cast<base::Duration>(next_sweep_ - Clock::now());
      pause = std::clamp(left, base::Duration{1}, pause);
    } catch (const ports::Conflict&) {
      // Somebody else's transaction was first; the rows are looked at again.
    } catch (const std::exception& error) {
      store_.reset();
      pause = outage_.failed(error.what());
    }
  }
}

void Relay::round() {
  if (!store_) store_ = stores_();
  const auto age = book_.confirmed_age();
  if (age && *age >= kLeftToBatches) remove_confirmed(kRemoveLimit);
  if (Clock::now() >= next_sweep_) sweep();
  if (Clock::now() >= next_depth_) sample_depth();
  if (const auto count = book_.take_count(); count > 0) {
    metrics_.add("sagad_outbox_published_total", {{"database", options_.database}},
                 static_cast<double>(count));
  }
}

void Relay::remove_confirmed(std::size_t limit) {
  auto ids = book_.take_confirmed(limit);
  if (ids.empty()) return;
  try {
    store_->remove(ids);
  } catch (...) {
    book_.give_back(ids);
    throw;
  }
}

void Relay::sweep() {
  next_sweep_ = Clock::now() + options_.idle_interval;
  if (!bus_.connected()) return;
  std::size_t confirmed = 0;
  const auto found = store_->sweep(options_.leftover_age, sweep_limit_,
                                   [&](const std::vector<ports::OutboxRow>& rows) {
                                     auto ids = publish_swept(rows);
                                     confirmed = ids.size();
                                     return ids;
                                   });
  if (confirmed > 0) {
    fruitless_sweeps_ = 0;
    sweep_limit_ = options_.sweep_limit;
    next_sweep_ = Clock::now() + options_.busy_interval;
  } else if (found > 0) {
    if (found >= sweep_limit_) {
      sweep_limit_ = std::min(sweep_limit_ * 2, options_.sweep_limit * kWidest);
    }
    fruitless_sweeps_ = std::min(fruitless_sweeps_ + 1, 10);
    next_sweep_ =
        Clock::now() + std::min(options_.idle_interval * (1 << fruitless_sweeps_), kLongestPause);
  } else {
    fruitless_sweeps_ = 0;
    sweep_limit_ = options_.sweep_limit;
  }
}

std::vector<ports::OutboxId> Relay::publish_swept(const std::vector<ports::OutboxRow>& rows) {
  auto fresh = book_.open_sweep(rows);
  if (!fresh.empty()) bus_.publish(std::move(fresh), *this);
  auto swept = book_.close_sweep(kSweepWait);
  if (!swept.never.empty()) {
    const auto reported = report_dead(rows, swept.never);
    swept.confirmed.insert(swept.confirmed.end(), reported.begin(), reported.end());
  }
  return std::move(swept.confirmed);
}

/// Publishes a dead letter for each row and returns the ids of those rows whose letter is
/// confirmed: only they may be deleted.
std::vector<ports::OutboxId> Relay::report_dead(
    const std::vector<ports::OutboxRow>& rows,
    const std::map<ports::OutboxId, std::string>& reasons) {
  const auto now = base::SystemClock().now();
  std::map<ports::OutboxId, ports::OutboxId> originals;
  std::vector<ports::OutboxRow> letters;
  for (const auto& row : rows) {
    const auto reason = reasons.find(row.id);
    if (reason == reasons.end()) continue;
    log_->error("outbox of {}: a message to {} of saga {} can never be published: {}",
                options_.database, row.subject, row.saga.str(), reason->second);
    const auto report = report_unpublishable(row, options_.database, reason->second);
    letters.push_back(dead_letter_row(report, ids_.next(now), now));
    originals.emplace(letters.back().id, row.id);
  }
  auto fresh = book_.open_sweep(letters);
  bus_.publish(std::move(fresh), *this);
  std::vector<ports::OutboxId> reported;
  for (const auto& letter : book_.close_sweep(kSweepWait).confirmed) {
    reported.push_back(originals.at(letter));
    metrics_.add("sagad_dead_letters_total",
                 {{"participant", options_.database}, {"reason", "unpublishable"}});
  }
  return reported;
}

void Relay::sample_depth() {
  next_depth_ = Clock::now() + options_.depth_interval;
  const auto depth = store_->depth();
  metrics_.set("sagad_outbox_depth", {{"database", options_.database}},
               static_cast<double>(depth.rows));
  metrics_.set("sagad_outbox_oldest_age_seconds", {{"database", options_.database}},
               std::chrono::duration<double>(depth.oldest).count());
}

}  // namespace sagad::runtime
