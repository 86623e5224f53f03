#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

#include "base/time.hpp"
#include "ports/engine_store.hpp"

namespace sagad::api {

/// Lends the readers of the engine's database, which serve one thread at a time; makes them as
/// they are needed, up to a limit. Thread-safe.
class ReaderPool {
 public:
  ReaderPool(ports::EngineReaderFactory make, std::size_t limit,
             base::Duration patience = base::Duration{5000});

  /// Runs `work` with a reader and returns what it returns. Throws ports::Unavailable if none is
  /// free in time. A reader that throws is not used again: its connection may be broken.
  template <typename Work>
  auto with(Work work) {
    Loan loan(*this);
    auto result = work(loan.reader());
    loan.keep();
    return result;
  }

 private:
  using ReaderPtr = std::unique_ptr<ports::EngineReader>;

  /// A reader that is lent; not given back unless keep() was called.
  class Loan {
   public:
    explicit Loan(ReaderPool& pool);
    ~Loan();
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;
    ports::EngineReader& reader() { return *reader_; }
    void keep() { keep_ = true; }

   private:
    ReaderPool& pool_;
    ReaderPtr reader_;
    bool keep_ = false;
  };

  ReaderPtr take();
  void give_back(ReaderPtr reader);

  const ports::EngineReaderFactory make_;
  const std::size_t limit_;
  const base::Duration patience_;
  std::mutex mutex_;
  std::condition_variable freed_;
  std::vector<ReaderPtr> idle_;  ///< guarded by mutex_
  std::size_t lent_ = 0;         ///< guarded by mutex_
};

}  // namespace sagad::api
