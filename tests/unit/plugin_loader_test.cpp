#include "plugins/loader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include "unit/plugin_temp_folder.hpp"

namespace {

namespace fs = std::filesystem;
using sagad::plugins::Loader;
using sagad::plugins::PluginError;
using sagad::tests::TempFolder;
using testing::AllOf;
using testing::HasSubstr;

fs::path built(const std::string& name) { return fs::path(LOADER_PLUGINS) / (name + ".so"); }

std::string refusal(Loader& loader, const fs::path& file, const boost::json::object& config = {},
                    std::string_view expected_name = {}) {
  try {
    loader.open_plugin(file, config, expected_name);
  } catch (const PluginError& error) {
    return error.what();
  }
  return "accepted";
}

std::string refusal(const fs::path& file) {
  Loader loader;
  return refusal(loader, file);
}

std::size_t count(const std::string& text, char c) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), c));
}

TEST(PluginLoader, OpensAPlugin) {
  Loader loader;
  const auto plugin = loader.open_plugin(built("bare"), {}, "bare");
  EXPECT_EQ(plugin->name, "bare");
  EXPECT_EQ(plugin->version, "1.0.0");
  EXPECT_EQ(plugin->path, fs::canonical(built("bare")));
  ASSERT_EQ(plugin->actions.size(), 1U);
  EXPECT_NE(plugin->find("act"), nullptr);
  EXPECT_EQ(plugin->find("other"), nullptr);
}

struct Patch {
  const char* plugin;
  const char* message;
};

class PluginFingerprints : public testing::TestWithParam<Patch> {};

TEST_P(PluginFingerprints, AreComparedBeforeAnythingIsCalled) {
  const auto file = built(std::string("patched_") + GetParam().plugin);
  const auto message = refusal(file);  // calling it would end this process
  EXPECT_THAT(message,
              AllOf(HasSubstr("plugin " + fs::canonical(file).string() + ": it was built with "),
                    HasSubstr(GetParam().message), HasSubstr("; rebuild it with the SDK")));
  EXPECT_EQ(count(message, '\n'), 0U);
}

INSTANTIATE_TEST_SUITE_P(
    EveryField, PluginFingerprints,
    testing::Values(Patch{"struct_size", "a fingerprint of 8 bytes, this engine with 56 bytes"},
                    Patch{"sdk_abi", "sagad SDK ABI 999, this engine with SDK ABI 2"},
                    Patch{"cxx11_abi", "_GLIBCXX_USE_CXX11_ABI=0, this engine with _GLIBCXX_USE_"},
                    Patch{"libstdcxx", "libstdc++ 5, this engine with libstdc++ "},
                    Patch{"libstdcxx_debug", "_GLIBCXX_DEBUG=7, this engine with _GLIBCXX_DEBUG="},
                    Patch{"pqxx_major", "libpqxx 4."}, Patch{"pqxx_minor", ".99, this engine with"},
                    Patch{"boost", "Boost 1.74.0, this engine with Boost 1."}),
    [](const auto& patch) { return std::string(patch.param.plugin); });

TEST(PluginLoader, RefusesALibraryWithoutTheSymbol) {
  EXPECT_THAT(refusal(built("no_symbol")),
              AllOf(HasSubstr("it is not a sagad plugin: no symbol sagad_plugin_v1"),
                    HasSubstr("build it with sagad_add_plugin")));
}

TEST(PluginLoader, RefusesBadNamesAndMissingParts) {
  EXPECT_THAT(refusal(built("patched_name")), HasSubstr("its name is 'Acme-Pay'"));
  EXPECT_THAT(refusal(built("patched_no_name")), HasSubstr("its name is ''"));
  EXPECT_THAT(refusal(built("patched_no_version")), HasSubstr("it has no version"));
  EXPECT_THAT(refusal(built("patched_no_describe")), HasSubstr("SAGAD_PLUGIN(registry)"));
}

TEST(PluginLoader, RefusesAFileThatIsNoElf) {
  TempFolder folder;
  const auto file = folder.path() / "text.so";
  std::ofstream(file) << "not a library";
  EXPECT_THAT(refusal(file), HasSubstr("no ELF header"));
}

TEST(PluginLoader, RefusesABrokenElf) {
  TempFolder folder;
  const auto file = folder.path() / "cut.so";
  std::ofstream(file, std::ios::binary) << "\177ELF but nothing behind it";
  EXPECT_THAT(refusal(file), AllOf(HasSubstr("it cannot be opened: "), HasSubstr("rebuild it")));
}

TEST(PluginLoader, RefusesAFileThatOthersCanWrite) {
  TempFolder folder;
  const auto file = folder.add(built("bare"));
  fs::permissions(file, fs::perms{0757});
  EXPECT_THAT(refusal(file), HasSubstr("chmod go-w " + file.string()));
}

TEST(PluginLoader, RefusesAnotherPluginThanWasAskedFor) {
  Loader loader;
  EXPECT_THAT(refusal(loader, built("bare"), {}, "pay"),
              HasSubstr("it is the plugin 'bare', but 'pay' was asked for"));
}

TEST(PluginLoader, RefusesTwoPluginsOfOneNameFromTwoFiles) {
  TempFolder folder;
  const auto copy = folder.add(built("bare"), "other.so");
  Loader loader;
  loader.open_plugin(built("bare"));
  EXPECT_THAT(refusal(loader, copy), AllOf(HasSubstr("there is another plugin 'bare' in " +
                                                     fs::canonical(built("bare")).string()),
                                           HasSubstr("remove one of the two files")));
}

TEST(PluginLoader, OpensOneFileForTwoParticipants) {
  Loader loader;
  const auto first = loader.open_plugin(built("odd"), {{"case", "ok"}});
  const auto second = loader.open_plugin(built("odd"), {{"case", "ok"}, {"level", 2}});
  EXPECT_EQ(first->path, second->path);
}

TEST(PluginLoader, ALibraryOutlivesItsLoaderAndItsPlugin) {
  sagad::ActionFunction act;
  {
    Loader loader;
    act = loader.open_plugin(built("bare"))->find("act")->function;
  }
  ASSERT_TRUE(act);
  // Its code is still mapped: copying and destroying the function runs in it.
  const auto copy = act;
  EXPECT_TRUE(copy);
}

TEST(PluginLoader, LoadsAFolderWithTheConfigurationOfEach) {
  TempFolder folder;
  folder.add(built("odd"), "a.so");
  folder.add(built("bare"), "b.so");
  std::ofstream(folder.path() / "README") << "not a plugin";
  Loader loader;
  const auto plugins = loader.load_folder(folder.path(), {{"odd", {{"case", "ok"}}}});
  ASSERT_EQ(plugins.size(), 2U);
  EXPECT_EQ(plugins[0]->name, "odd");
  EXPECT_EQ(plugins[0]->migrations.size(), 2U);
  EXPECT_EQ(plugins[1]->name, "bare");
}

TEST(PluginLoader, LoadsAFolderWhollyOrNotAtAll) {
  TempFolder folder;
  folder.add(built("bare"));
  folder.add(built("no_symbol"));
  Loader loader;
  EXPECT_THROW(loader.load_folder(folder.path()), PluginError);
  EXPECT_THROW(loader.load_folder(folder.path() / "none"), PluginError);
}

}  // namespace
