#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "plugins/loader.hpp"

// What a plugin says of itself when it is opened.

namespace {

using sagad::plugins::Loader;
using sagad::plugins::PluginError;
using testing::HasSubstr;

std::string refusal(const std::string& plugin, const boost::json::object& config) {
  Loader loader;
  try {
    loader.open_plugin(std::filesystem::path(LOADER_PLUGINS) / (plugin + ".so"), config);
  } catch (const PluginError& error) {
    return error.what();
  }
  return "accepted";
}

std::string refusal(const std::string& which) { return refusal("odd", {{"case", which}}); }

TEST(PluginRegistry, AcceptsWhatIsRight) { EXPECT_EQ(refusal("ok"), "accepted"); }

TEST(PluginRegistry, RefusesARegistrationThatThrows) {
  EXPECT_THAT(refusal("throw"), HasSubstr("registering its actions failed: no shipping today"));
  EXPECT_THAT(refusal("throw_int"), HasSubstr("something that is not a std::exception"));
}

TEST(PluginRegistry, RefusesActionsThatCannotBeCalledByName) {
  EXPECT_THAT(refusal("none"), HasSubstr("it registers no action"));
  EXPECT_THAT(refusal("twice"), HasSubstr("it registers the action act twice"));
  EXPECT_THAT(refusal("bad_name"), HasSubstr("it registers an action 'Act'"));
  EXPECT_THAT(refusal("no_function"), HasSubstr("action other is registered without a function"));
  EXPECT_THAT(refusal("bad_lock_key"), HasSubstr("it is a JSON Pointer into the input"));
}

TEST(PluginRegistry, RefusesMigrationsWithGaps) {
  EXPECT_THAT(refusal("gap"), HasSubstr("found 3 (third) where 2 was expected"));
  EXPECT_THAT(refusal("from_zero"), HasSubstr("found 0 (initial) where 1 was expected"));
  EXPECT_THAT(refusal("empty_migration"), HasSubstr("its migration 1 has no name or no SQL"));
}

TEST(PluginRegistry, ChecksTheConfigurationBeforeThePluginReadsIt) {
  // The registration would throw another error on a missing `case`.
  EXPECT_THAT(refusal("odd", {}), HasSubstr("its configuration is not what the plugin expects: "));
  EXPECT_THAT(refusal("odd", {{"case", "ok"}, {"level", 0}}), HasSubstr("/level"));
  EXPECT_THAT(refusal("odd", {{"case", "ok"}, {"lvel", 1}}), HasSubstr("lvel"));
}

TEST(PluginRegistry, RefusesAConfigurationWhereNoneIsTaken) {
  EXPECT_THAT(
      refusal("bare", {{"a", 1}}),
      HasSubstr(R"(it takes no configuration, but the daemon's configuration has {"a":1})"));
}

TEST(PluginRegistry, RefusesASchemaThatIsWrongItself) {
  EXPECT_THAT(refusal("schema_not_json"), HasSubstr("its config_schema is not JSON: "));
  EXPECT_THAT(refusal("schema_wrong"), HasSubstr("its config_schema is wrong at '"));
}

}  // namespace
