#include "base/files.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>
#include <vector>

#include "base/diagnostics.hpp"

namespace raad::base {
namespace {

namespace fs = std::filesystem;

// A fresh folder for each test, removed afterwards.
class Files : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("raad_test_files_" + std::to_string(::getpid()) + "_" +
                                           testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::set<std::string> names() const {
    std::set<std::string> found;
    for (const auto& entry : fs::directory_iterator(folder_)) found.insert(entry.path().filename().string());
    return found;
  }

  fs::path folder_;
};

template <class Action>
std::string code_of(Action action) {
  try {
    action();
  } catch (const InputError& error) {
    return error.findings().all().at(0).code;
  }
  return "none";
}

TEST_F(Files, WrittenContentReadsBack) {
  const std::string content("a\0b\r\n\xFF", 6);
  write_file_atomically(folder_ / "out.bin", content);
  EXPECT_EQ(read_file(folder_ / "out.bin"), content);
  write_file_atomically(folder_ / "out.bin", "second");
  EXPECT_EQ(read_file(folder_ / "out.bin"), "second");
  write_file_atomically(folder_ / "empty", "");
  EXPECT_EQ(read_file(folder_ / "empty"), "");
  EXPECT_EQ(names(), (std::set<std::string>{"out.bin", "empty"}));
}

TEST_F(Files, LargeContentSurvivesPartialWrites) {
  const std::string content(3'000'000, 'x');
  write_file_atomically(folder_ / "large", content);
  EXPECT_EQ(read_file(folder_ / "large"), content);
}

TEST_F(Files, FullDiskIsNamedAndDevicesAreKept) {
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "this system has no /dev/full";
  EXPECT_EQ(code_of([] { write_file_atomically("/dev/full", "x"); }), "R085");
  EXPECT_TRUE(fs::is_character_file("/dev/full"));
  EXPECT_EQ(code_of([] { write_file_atomically("/dev/null", "x"); }), "none");
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

TEST_F(Files, AWriteThatFailsHalfwayLeavesTheOldFileAndNoTemporary) {
  write_file_atomically(folder_ / "out", "old");
  // A limit on file size makes write() fail after part of the content, as a full disk does.
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit old_limit{};
  getrlimit(RLIMIT_FSIZE, &old_limit);
  const rlimit small{.rlim_cur = 1000, .rlim_max = old_limit.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  const std::string code = code_of([&] { write_file_atomically(folder_ / "out", std::string(5000, 'x')); });
  const std::string fresh = code_of([&] { write_file_atomically(folder_ / "new", std::string(5000, 'x')); });
  setrlimit(RLIMIT_FSIZE, &old_limit);
  std::signal(SIGXFSZ, old_handler);
  EXPECT_EQ(code, "R084");
  EXPECT_EQ(fresh, "R084");
  EXPECT_EQ(read_file(folder_ / "out"), "old");
  EXPECT_EQ(names(), (std::set<std::string>{"out"}));
}

TEST_F(Files, PlacesThatCannotBeWrittenAreNamed) {
  write_file_atomically(folder_ / "file", "x");
  EXPECT_EQ(code_of([&] { write_file_atomically(folder_ / "missing" / "out", "x"); }), "R084");
  EXPECT_EQ(code_of([&] { write_file_atomically(folder_ / "file" / "out", "x"); }), "R084");
  EXPECT_EQ(code_of([&] { write_file_atomically(folder_, "x"); }), "R084");
  EXPECT_EQ(code_of([&] { write_file_atomically("/proc/raad_out", "x"); }), "R084");
  EXPECT_EQ(code_of([&] { create_folder(folder_ / "file" / "sub"); }), "R084");
  EXPECT_EQ(code_of([&] { create_folder(folder_ / "file"); }), "R084");
  EXPECT_EQ(names(), (std::set<std::string>{"file"}));
}

TEST_F(Files, FilesThatCannotBeReadAreNamed) {
  EXPECT_EQ(code_of([&] { read_file(folder_ / "missing"); }), "R086");
  EXPECT_EQ(code_of([&] { read_file(folder_); }), "R086");
}

TEST_F(Files, FoldersAreCreatedWithParents) {
  create_folder(folder_ / "a" / "b");
  EXPECT_TRUE(fs::is_directory(folder_ / "a" / "b"));
  EXPECT_EQ(code_of([&] { create_folder(folder_ / "a" / "b"); }), "none");
}

TEST_F(Files, ALinkKeepsPointingAndModesAreKept) {
  write_file_atomically(folder_ / "real", "old");
  fs::permissions(folder_ / "real", fs::perms::owner_read | fs::perms::owner_write);
  fs::create_symlink("real", folder_ / "link");
  write_file_atomically(folder_ / "link", "new");
  EXPECT_TRUE(fs::is_symlink(folder_ / "link"));
  EXPECT_EQ(read_file(folder_ / "real"), "new");
  EXPECT_EQ(fs::status(folder_ / "real").permissions(), fs::perms::owner_read | fs::perms::owner_write);
  const mode_t mask = ::umask(022);
  write_file_atomically(folder_ / "fresh", "x");
  ::umask(mask);
  struct stat status{};
  ASSERT_EQ(::stat((folder_ / "fresh").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0644U);
}

TEST_F(Files, WritersInParallelNeverMix) {
  std::vector<std::thread> writers;
  for (int i = 0; i < 4; ++i)
    writers.emplace_back([this, i] {
      for (int k = 0; k < 20; ++k)
        write_file_atomically(folder_ / "shared", std::string(20000, static_cast<char>('a' + i)));
    });
  for (auto& writer : writers) writer.join();
  const std::string content = read_file(folder_ / "shared");
  EXPECT_EQ(content, std::string(20000, content.at(0)));
  EXPECT_EQ(names(), (std::set<std::string>{"shared"}));
}

TEST(ContentHash, MatchesThePublishedVectors) {
  // FNV-1a 64 test vectors of the authors (test_fnv.c): "", "a", "foobar".
  EXPECT_EQ(content_hash(""), "cbf29ce484222325");
  EXPECT_EQ(content_hash("a"), "af63dc4c8601ec8c");
  EXPECT_EQ(content_hash("foobar"), "85944171f73967e8");
}

}  // namespace
}  // namespace raad::base
