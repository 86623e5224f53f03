#include "api/reader_pool.hpp"

#include "ports/errors.hpp"

namespace sagad::api {

ReaderPool::ReaderPool(ports::EngineReaderFactory make, std::size_t limit, base::Duration patience)
    : make_(std::move(make)), limit_(limit), patience_(patience) {}

ReaderPool::ReaderPtr ReaderPool::take() {
  std::unique_lock lock(mutex_);
  if (!freed_.wait_for(lock, patience_, [this] { return lent_ < limit_; })) {
    throw ports::Unavailable("no database connection for reading came free in " +
                             base::format_duration(patience_));
  }
  ++lent_;
  if (idle_.empty()) return nullptr;
  auto reader = std::move(idle_.back());
  idle_.pop_back();
  return reader;
}

void ReaderPool::give_back(ReaderPtr reader) {
  {
    const std::lock_guard lock(mutex_);
    --lent_;
    if (reader) idle_.push_back(std::move(reader));
  }
  freed_.notify_one();
}

ReaderPool::Loan::Loan(ReaderPool& pool) : pool_(pool), reader_(pool.take()) {
  if (reader_) return;
  try {
    reader_ = pool_.make_();
  } catch (...) {
    pool_.give_back(nullptr);
    throw;
  }
}

ReaderPool::Loan::~Loan() { pool_.give_back(keep_ ? std::move(reader_) : nullptr); }

}  // namespace sagad::api
