#pragma once

#include <pthread.h>

#include <chrono>
#include <condition_variable>
#include <future>
#include <mutex>
#include <string>
#include <thread>

// Threads, locks and waiting, under the names by which the runtime uses them. Here they are those
// of the standard library; the simulation compiles the runtime with a header of its own in place
// of this one, in which threads are scheduled from a seed and time is virtual. So the runtime uses
// nothing of <mutex>, <thread>, <condition_variable>, <future> but the lock guards and what is here
// (scripts/check_layers sees to it).

namespace sagad::base {

using Mutex = std::mutex;
using ConditionVariable = std::condition_variable;
using Thread = std::thread;
template <typename Value>
using Promise = std::promise<Value>;
template <typename Value>
using Future = std::future<Value>;

/// What measures how long something takes; it never goes back.
using SteadyClock = std::chrono::steady_clock;

template <typename Rep, typename Period>
void sleep_for(const std::chrono::duration<Rep, Period>& duration) {
  std::this_thread::sleep_for(duration);
}

/// Names the calling thread for debuggers and `top`; cut to 15 characters (Linux).
inline void name_thread(const std::string& name) {
  pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
}

}  // namespace sagad::base
