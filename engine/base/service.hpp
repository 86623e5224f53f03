#pragma once

namespace sagad::base {

/// Something that runs in the background. start() returns once it runs, or throws; stop() ends
/// its work at a safe point and returns when its threads are joined. stop() may be called
/// without start(), and twice. start() and stop() are called by one thread.
class Service {
 public:
  Service() = default;
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;
  virtual ~Service() = default;

  virtual void start() = 0;
  virtual void stop() = 0;
};

}  // namespace sagad::base
