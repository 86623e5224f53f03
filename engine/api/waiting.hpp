#pragma once

#include <atomic>
#include <cstddef>
#include <new>

namespace sagad::api {

/// Bounds the requests that wait for the end of a saga, so that they leave threads to others.
/// Thread-safe.
class WaitingRoom {
 public:
  explicit WaitingRoom(std::size_t seats) : free_(static_cast<std::ptrdiff_t>(seats)) {}

  /// A seat for as long as it lives. Throws ProblemError (429) if all are taken.
  class Seat {
   public:
    explicit Seat(WaitingRoom& room);
    /// None, without a word, if all are taken.
    Seat(WaitingRoom& room, std::nothrow_t);
    ~Seat();
    Seat(const Seat&) = delete;
    Seat& operator=(const Seat&) = delete;
    bool taken() const { return taken_; }

   private:
    WaitingRoom& room_;
    bool taken_;
  };

  /// Those who wait are to answer with what they have.
  void close() { closed_ = true; }
  bool closed() const { return closed_; }

 private:
  std::atomic<std::ptrdiff_t> free_;
  std::atomic<bool> closed_{false};
};

}  // namespace sagad::api
