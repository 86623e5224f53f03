#include "sagabench/starts.hpp"

#include <gtest/gtest.h>
#include <boost/json.hpp>

#include <algorithm>
#include <set>

namespace sagad::bench {
namespace {

bool is_poor(const Start& start) {
  const auto input = boost::json::parse(start.input);
  return input.at("account").as_string().starts_with("poor-");
}

TEST(Starts, EveryTenthIsRefusedWhenATenthIs) {
  const auto starts = StartMaker(1).make(1005, 0.1);
  EXPECT_EQ(std::count_if(starts.begin(), starts.end(), is_poor), 100);
  EXPECT_EQ(refused_of(1005, 0.1), 100U);
  for (std::size_t first = 0; first + 10 <= starts.size(); first += 10) {
    EXPECT_EQ(std::count_if(&starts[first], &starts[first] + 10, is_poor), 1) << first;
  }
}

TEST(Starts, KeysNeverRepeatAndNameTheOrder) {
  StartMaker maker(1);
  std::set<std::string> keys;
  for (int piece = 0; piece < 3; ++piece) {
    for (const auto& start : maker.make(100)) {
      EXPECT_TRUE(keys.insert(start.key).second) << start.key;
      const auto input = boost::json::parse(start.input);
      EXPECT_EQ(input.at("order_name").as_string(), start.key);
      EXPECT_EQ(input.at("amount").as_int64(), start.amount);
      EXPECT_FALSE(is_poor(start));
    }
  }
}

TEST(Starts, CarryThePayloadOfTheirKind) {
  const auto starts = StartMaker(1).make(1, 0, {.definition = "payload", .payload_bytes = 1024});
  EXPECT_EQ(starts[0].definition, "payload");
  EXPECT_EQ(boost::json::parse(starts[0].input).at("note").as_string().size(), 1024U);
}

}  // namespace
}  // namespace sagad::bench
