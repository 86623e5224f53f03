#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "plugins/file_checks.hpp"
#include "plugins/plugin.hpp"
#include "unit/plugin_temp_folder.hpp"

namespace {

namespace fs = std::filesystem;
using sagad::plugins::check_plugin_file;
using sagad::plugins::PluginError;
using sagad::tests::TempFolder;
using testing::AllOf;
using testing::HasSubstr;

constexpr unsigned kNobody = 65534;

std::string refusal(const fs::path& file) {
  try {
    check_plugin_file(file);
  } catch (const PluginError& error) {
    return error.what();
  }
  return "accepted";
}

class PluginFiles : public testing::Test {
 protected:
  fs::path write(const std::string& name, const std::string& content = "\177ELF and more") {
    const auto file = folder_.path() / name;
    std::ofstream(file, std::ios::binary) << content;
    chmod(file, 0644);
    return file;
  }
  static void chmod(const fs::path& path, unsigned mode) {
    ASSERT_EQ(::chmod(path.c_str(), mode), 0);
  }

  TempFolder folder_;
};

TEST_F(PluginFiles, AcceptsAFileThatOnlyItsOwnerWrites) {
  const auto file = write("good.so");
  EXPECT_EQ(check_plugin_file(file), file);
}

TEST_F(PluginFiles, RefusesWhatIsNotThere) {
  EXPECT_THAT(refusal(folder_.path() / "none.so"), HasSubstr("No such file"));
}

TEST_F(PluginFiles, RefusesWhatIsNoRegularFile) {
  fs::create_directory(folder_.path() / "folder.so");
  EXPECT_THAT(refusal(folder_.path() / "folder.so"), HasSubstr("it is not a regular file"));
  ASSERT_EQ(::mkfifo((folder_.path() / "pipe.so").c_str(), 0600), 0);
  EXPECT_THAT(refusal(folder_.path() / "pipe.so"), HasSubstr("it is not a regular file"));
}

TEST_F(PluginFiles, RefusesWhatIsNoSharedLibrary) {
  EXPECT_THAT(refusal(write("text.so", "#!/bin/sh\n")), HasSubstr("no ELF header"));
  EXPECT_THAT(refusal(write("short.so", "\177E")), HasSubstr("no ELF header"));
  EXPECT_THAT(refusal(write("empty.so", "")), HasSubstr("no ELF header"));
}

TEST_F(PluginFiles, RefusesAFileThatEverybodyCanWriteAndSaysWhatMendsIt) {
  const auto file = write("open.so");
  chmod(file, 0646);
  EXPECT_EQ(refusal(file), file.string() +
                               ": the file can be written by everybody (mode 0646), who could so "
                               "run code in this daemon; mend it with: chmod go-w " +
                               file.string());
}

TEST_F(PluginFiles, RefusesAFolderThatEverybodyCanWrite) {
  const auto file = write("good.so");
  chmod(folder_.path(), 01777);
  EXPECT_THAT(refusal(file), AllOf(HasSubstr("the folder can be written by everybody (mode 1777)"),
                                   HasSubstr("chmod go-w " + folder_.path().string())));
}

TEST_F(PluginFiles, RefusesAFileThatAnotherGroupCanWrite) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file to another group";
  const auto file = write("group.so");
  ASSERT_EQ(::chown(file.c_str(), 0, kNobody), 0);
  chmod(file, 0664);
  EXPECT_THAT(refusal(file), HasSubstr("the file can be written by group 65534 (mode 0664)"));
  chmod(file, 0644);
  EXPECT_EQ(refusal(file), "accepted");
}

TEST_F(PluginFiles, AcceptsAFileThatOnlyOurOwnGroupCanWrite) {
  const auto file = write("ours.so");
  ASSERT_EQ(::chown(file.c_str(), ::geteuid(), ::getegid()), 0);
  chmod(file, 0664);
  EXPECT_EQ(refusal(file), "accepted");
}

TEST_F(PluginFiles, RefusesAFileOrFolderOfAnotherUser) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file to another user";
  const auto file = write("theirs.so");
  ASSERT_EQ(::chown(file.c_str(), kNobody, 0), 0);
  EXPECT_THAT(refusal(file), AllOf(HasSubstr("the file belongs to user 65534"),
                                   HasSubstr("chown root " + file.string())));
  ASSERT_EQ(::chown(file.c_str(), 0, 0), 0);
  ASSERT_EQ(::chown(folder_.path().c_str(), kNobody, 0), 0);
  EXPECT_THAT(refusal(file), HasSubstr("the folder belongs to user 65534"));
}

TEST_F(PluginFiles, LooksAtBothEndsOfALink) {
  const auto target = write("target.so");
  TempFolder links;
  const auto link = links.path() / "link.so";
  fs::create_symlink(target, link);
  EXPECT_EQ(check_plugin_file(link), target);

  chmod(target, 0666);
  EXPECT_THAT(refusal(link), HasSubstr(target.string() + ": the file can be written by everybody"));
  chmod(target, 0644);
  chmod(folder_.path(), 0777);
  EXPECT_THAT(refusal(link),
              HasSubstr(folder_.path().string() + ": the folder can be written by everybody"));
  chmod(folder_.path(), 0700);
  chmod(links.path(), 0777);
  EXPECT_THAT(refusal(link),
              HasSubstr(links.path().string() + ": the folder can be written by everybody"));
}

}  // namespace
