#pragma once

#include <httplib.h>

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace sagad::api {

/// The threads that serve connections: made as they are needed, up to a limit; above it
/// connections wait. The library has 8 threads, so that 8 idle connections would stop the service.
class ConnectionPool final : public httplib::TaskQueue {
 public:
  explicit ConnectionPool(std::size_t max_threads) : max_threads_(max_threads) {}

  /// `void` in older releases of the library, `bool` in newer ones.
  using Enqueued = decltype(std::declval<httplib::TaskQueue&>().enqueue(std::function<void()>()));

  Enqueued enqueue(std::function<void()> connection) override;
  void shutdown() override;

 private:
  void run();

  const std::size_t max_threads_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> waiting_;  ///< guarded by mutex_
  std::size_t idle_ = 0;                       ///< guarded by mutex_
  bool stopping_ = false;                      ///< guarded by mutex_
  std::vector<std::thread> threads_;           ///< only of the accepting thread
};

}  // namespace sagad::api
