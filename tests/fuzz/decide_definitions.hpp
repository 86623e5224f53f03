#pragma once

#include <array>

namespace sagad::fuzz {

/// What decide() is fuzzed over: a chain, a graph with every policy, a pivot, conditions, signals,
/// a fan-out with a sleep, children.
inline constexpr std::array kDefinitions{
    R"(
name: chain
deadline: 10m
steps:
  - id: create
    action: order.create
    input: { amount: "${ .input.amount }" }
    compensate: order.cancel
  - id: pay
    action: pay.charge
    input: { order: "${ .steps.create.output.id }" }
    compensate: { action: pay.refund, input: { id: "${ .steps.pay.output.id.deep }" } }
    retry: { max_attempts: 2, initial_interval: 1s, non_retryable_errors: [e1] }
output: { id: "${ .steps.create.output.id }" }
)",
    R"(
name: graph
steps:
  - id: a
    action: one.a
    compensate: one.undo_a
    total_timeout: 1m
  - id: b
    action: two.b
    needs: []
    compensate: { action: two.undo_b, retry: { max_attempts: 2, initial_interval: 1s } }
    retry: { max_attempts: 1 }
  - id: c
    action: one.c
    needs: [a, b]
    on_exhausted: pause
    retry: { max_attempts: 3, initial_interval: 100ms }
  - id: d
    action: three.d
    needs: [b]
    compensate: three.undo_d
  - id: e
    action: two.e
    needs: [c, d]
)",
    R"(
name: pivot
deadline: 1m
steps:
  - id: reserve
    action: stock.reserve
    compensate: stock.release
  - id: commit
    action: pay.capture
    pivot: true
    retry: { max_attempts: 2, initial_interval: 1s }
  - id: ship
    action: stock.ship
    retry: { max_attempts: 2, initial_interval: 1s }
)",
    R"(
name: conditions
deadline: 5m
steps:
  - id: look
    action: one.look
  - id: maybe
    action: two.maybe
    when: "${ .steps.look.output.go }"
    compensate: two.undo
  - id: count
    action: one.count
    input: { total: "${ .steps.look.output.n + 1 }" }
    compensate: { action: one.uncount, input: { of: "${ .steps.count.output.list | length }" } }
output: { total: "${ .steps.count.output.total }" }
)",
    R"(
name: signals
deadline: 5m
steps:
  - id: create
    action: order.create
    compensate: order.cancel
  - id: paid
    signal: paid
    timeout: 1m
    on_exhausted: pause
  - id: sent
    signal: sent
    needs: [create]
    timeout: 1m
  - id: paid_again
    signal: paid
    needs: [paid, sent]
  - id: close
    action: order.close
    input: { by: "${ .steps.paid.output.id }" }
)",
    R"(
name: fan
deadline: 10m
steps:
  - id: look
    action: one.look
    compensate: one.unlook
  - id: each
    action: two.each
    foreach: "${ .steps.look.output.list }"
    max_parallel: 2
    input: { n: "${ .item }", at: "${ .index }" }
    compensate: { action: two.undo_each, input: { was: "${ .steps.each.output.id }" } }
    retry: { max_attempts: 2, initial_interval: 1s }
    total_timeout: 2m
  - id: rest
    sleep: 10s
  - id: last
    action: one.last
    on_exhausted: pause
    retry: { max_attempts: 1 }
)",
    R"(
name: family
deadline: 10m
steps:
  - id: a
    action: one.a
    compensate: one.undo_a
  - id: child
    child: order-pay@1
    input: { n: "${ .steps.a.output.n }" }
    total_timeout: 1m
  - id: beside
    child: order-pay@1
    needs: [a]
  - id: last
    action: two.last
    needs: [child, beside]
)"};

}  // namespace sagad::fuzz
