#include "sagabench/script.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace sagad::bench {
namespace {

TEST(Script, PutsParametersIntoThePluginsOwnStatement) {
  const auto text = expand_script(
      "BEGIN;\n{order.ConfirmOrder: :order_id}\n{order.ReadOrder: :order_id} \\gset o_\nCOMMIT;\n");
  EXPECT_EQ(text.substr(0, 7), "BEGIN;\n");
  EXPECT_NE(text.find("WHERE id = (:order_id) AND status = 'created';\n"), std::string::npos)
      << text;
  EXPECT_NE(text.find("WHERE id = (:order_id) \\gset o_\n"), std::string::npos) << text;
  EXPECT_EQ(text.find('$'), std::string::npos) << text;
}

TEST(Script, LeavesOutCommentsAndKeepsTheOperatorOfStrings) {
  const auto text = expand_script(
      "{pay.Charge: gen_random_uuid() | :order_id | 'account-' || :account | :amount} \\gset");
  EXPECT_EQ(text.find("--"), std::string::npos) << text;
  EXPECT_NE(text.find("WHERE id = ('account-' || :account)"), std::string::npos) << text;
}

TEST(Script, RefusesWhatItCannotExpand) {
  EXPECT_THROW(expand_script("{order.NoSuchQuery: 1}"), std::runtime_error);
  EXPECT_THROW(expand_script("{stock.Reserve: 1}"), std::runtime_error);
  EXPECT_THROW(expand_script("{order.CreateOrder: 1 | 2}"), std::runtime_error);
  EXPECT_THROW(expand_script("{order.CreateOrder}"), std::runtime_error);
}

}  // namespace
}  // namespace sagad::bench
