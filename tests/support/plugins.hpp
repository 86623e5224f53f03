#pragma once

#include <filesystem>

namespace sagad::tests {

/// The files of the built plugins. Needs LIBS sagad::test_plugins.
inline std::filesystem::path order_plugin() { return SAGAD_TEST_PLUGIN_ORDER; }
inline std::filesystem::path pay_plugin() { return SAGAD_TEST_PLUGIN_PAY; }
/// What goes wrong in services, on demand: see tests/support/plugins/flaky/flaky.cpp.
inline std::filesystem::path flaky_plugin() { return SAGAD_TEST_PLUGIN_FLAKY; }

}  // namespace sagad::tests
