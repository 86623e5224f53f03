#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "plugins/fingerprint.hpp"

namespace {

using sagad::plugins::engine_fingerprint;
using sagad::plugins::fingerprint_difference;

constexpr sagad_abi_v1 kOurs = {
    sizeof(sagad_abi_v1), 1, 1, 12, 0, 6, 4, 108100, nullptr, nullptr, nullptr};

std::optional<std::string> difference(void (*change)(sagad_abi_v1&)) {
  auto theirs = kOurs;
  change(theirs);
  return fingerprint_difference(theirs, kOurs);
}

TEST(PluginFingerprint, OurOwnIsAccepted) {
  EXPECT_EQ(fingerprint_difference(engine_fingerprint(), engine_fingerprint()), std::nullopt);
}

TEST(PluginFingerprint, NamesThePartAndBothValues) {
  EXPECT_EQ(difference([](auto& abi) { abi.struct_size = 48; }),
            "built with a fingerprint of 48 bytes, this engine with 56 bytes");
  EXPECT_EQ(difference([](auto& abi) { abi.sdk_abi = 2; }),
            "built with sagad SDK ABI 2, this engine with SDK ABI 1");
  EXPECT_EQ(difference([](auto& abi) { abi.cxx11_abi = 0; }),
            "built with _GLIBCXX_USE_CXX11_ABI=0, this engine with _GLIBCXX_USE_CXX11_ABI=1");
  EXPECT_EQ(difference([](auto& abi) { abi.libstdcxx = 14; }),
            "built with libstdc++ 14, this engine with libstdc++ 12");
  EXPECT_EQ(difference([](auto& abi) { abi.libstdcxx_debug = 1; }),
            "built with _GLIBCXX_DEBUG=1, this engine with _GLIBCXX_DEBUG=0");
  EXPECT_EQ(difference([](auto& abi) { abi.pqxx_major = 7; }),
            "built with libpqxx 7.4, this engine with libpqxx 6.4");
  EXPECT_EQ(difference([](auto& abi) { abi.pqxx_minor = 5; }),
            "built with libpqxx 6.5, this engine with libpqxx 6.4");
  EXPECT_EQ(difference([](auto& abi) { abi.boost_version = 108300; }),
            "built with Boost 1.83.0, this engine with Boost 1.81.0");
}

TEST(PluginFingerprint, AnotherSizeIsReportedBeforeWhatItMayHaveMoved) {
  EXPECT_EQ(difference([](auto& abi) {
              abi.struct_size = 48;
              abi.sdk_abi = 9;
            }),
            "built with a fingerprint of 48 bytes, this engine with 56 bytes");
}

}  // namespace
