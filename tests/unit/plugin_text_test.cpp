#include <gtest/gtest.h>

#include <string>

#include "plugins/answer_text.hpp"

namespace {

using sagad::plugins::clean_text;

TEST(PluginText, LeavesGoodTextAlone) {
  EXPECT_EQ(clean_text("zu wenig für Tee", 100), "zu wenig für Tee");
}

TEST(PluginText, ReplacesWhatJsonAndTheDatabaseCannotCarry) {
  EXPECT_EQ(clean_text(std::string("a\0b", 3), 100), "a?b");
  EXPECT_EQ(clean_text("caf\xE9", 100), "caf?");
}

TEST(PluginText, CutsBetweenCharacters) {
  EXPECT_EQ(clean_text("abcdef", 4), "abcd");
  EXPECT_EQ(clean_text("abcü", 4), "abc");
  EXPECT_EQ(clean_text("üü", 1), "");
}

}  // namespace
