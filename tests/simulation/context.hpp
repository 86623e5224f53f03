#pragma once

#include <ucontext.h>
#include <csetjmp>
#include <functional>
#include <memory>

namespace sagad::simulation {

/// A stack of its own that is switched to and from: by longjmp, because
/// swapcontext asks the kernel for the signal mask at every switch. The
/// exceptions in flight belong to the stack and are switched with it.
class Context {
 public:
  /// `body` must not throw.
  explicit Context(std::function<void()> body);
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  /// Goes on with the body until it calls leave() or ends. False if it has
  /// ended.
  bool enter();
  /// From the body: back to who entered.
  void leave();

 private:
  struct Exceptions {
    void* caught = nullptr;
    unsigned int uncaught = 0;
  };
  static void start(unsigned int high, unsigned int low);
  void swap_exceptions();

  std::function<void()> body_;
  void* stack_;
  bool started_ = false;
  bool ended_ = false;
  ucontext_t first_{};
  ucontext_t back_{};
  std::jmp_buf inside_{};
  std::jmp_buf outside_{};
  Exceptions other_;  ///< of the side that does not run
};

}  // namespace sagad::simulation
