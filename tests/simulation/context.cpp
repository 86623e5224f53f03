// glibc's checked longjmp takes a jump to another stack for a mistake.
#undef _FORTIFY_SOURCE

#include "simulation/context.hpp"

#include <cxxabi.h>
#include <sys/mman.h>

#include <cstdint>
#include <cstring>
#include <new>
#include <utility>
#include <vector>

namespace sagad::simulation {
namespace {

constexpr std::size_t kStackSize = 256 * 1024;
constexpr std::size_t kGuard = 4096;

/// Stacks that are free to be used again: making one costs three calls of the
/// kernel.
std::vector<void*>& free_stacks() {
  static thread_local std::vector<void*> stacks;
  return stacks;
}

void* take_stack() {
  auto& stacks = free_stacks();
  if (!stacks.empty()) {
    void* stack = stacks.back();
    stacks.pop_back();
    return stack;
  }
  void* stack = mmap(nullptr, kStackSize + kGuard, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
  if (stack == MAP_FAILED) throw std::bad_alloc();
  mprotect(stack, kGuard, PROT_NONE);
  return stack;
}

}  // namespace

Context::Context(std::function<void()> body) : body_(std::move(body)), stack_(take_stack()) {
  getcontext(&first_);
  first_.uc_stack.ss_sp = static_cast<char*>(stack_) + kGuard;
  first_.uc_stack.ss_size = kStackSize;
  first_.uc_link = nullptr;
  const auto self = reinterpret_cast<std::uintptr_t>(this);
  makecontext(&first_, reinterpret_cast<void (*)()>(&Context::start), 2,
              static_cast<unsigned int>(self >> 32), static_cast<unsigned int>(self));
}

Context::~Context() { free_stacks().push_back(stack_); }

void Context::start(unsigned int high, unsigned int low) {
  auto* self = reinterpret_cast<Context*>(static_cast<std::uintptr_t>(high) << 32 |
                                          static_cast<std::uintptr_t>(low));
  self->body_();
  self->ended_ = true;
  self->swap_exceptions();
  _longjmp(self->outside_, 1);
}

/// The layout of what __cxa_get_globals() returns is fixed by the Itanium C++
/// ABI.
void Context::swap_exceptions() {
  auto* here = reinterpret_cast<Exceptions*>(abi::__cxa_get_globals());
  std::swap(*here, other_);
}

bool Context::enter() {
  swap_exceptions();
  if (_setjmp(outside_) == 0) {
    if (started_) _longjmp(inside_, 1);
    started_ = true;
    setcontext(&first_);
  }
  return !ended_;
}

void Context::leave() {
  swap_exceptions();
  if (_setjmp(inside_) == 0) _longjmp(outside_, 1);
}

}  // namespace sagad::simulation
