#pragma once

#include <cstdint>
#include <string>

namespace sagad::tests {

/// Looks into the three databases and complains (as gtest failures) about everything that is not
/// as it must be once all sagas have ended, whatever was killed on the way:
/// - an order that stands (created, confirmed) is paid exactly once, a cancelled one is not paid;
/// - nobody pays for what was not ordered, and every payment is for the amount of its order;
/// - the sum of balances and standing payments is `total`;
/// - every outbox is empty, and no saga runs.
void check_books(const std::string& engine, const std::string& order, const std::string& pay,
                 std::int64_t total);

}  // namespace sagad::tests
