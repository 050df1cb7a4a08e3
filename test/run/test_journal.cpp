#include "run/journal.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "base/diagnostics.hpp"

namespace raad::run {
namespace {

namespace fs = std::filesystem;

const RunIdentity k_identity = {{"seed", "1"}, {"model", "m"}};

fs::path fresh(const std::string& name) {
  const fs::path folder = fs::path(RAAD_BINARY_DIR) / "journal" / name;
  fs::remove_all(folder);
  return folder;
}

SubjectRanges ranges(const std::vector<SubjectRange>& given) {
  SubjectRanges set;
  for (const auto& range : given) EXPECT_TRUE(set.add(range));
  return set;
}

TEST(Journal, KeepsCheckpointsOfAllRanksAndTheEarlierRun) {
  const auto folder = fresh("ranks");
  Journal::begin(folder, k_identity, {{}, "nothing"});
  Journal(folder, k_identity, 0).write({ranges({{0, 4}}), "a"});
  Journal(folder, k_identity, 1).write({ranges({{4, 8}}), "b"});
  Journal(folder, k_identity, 1).write({ranges({{4, 8}, {12, 16}}), "bb"});
  ASSERT_EQ(Journal::read(folder, k_identity).size(), 3u);
  // The next generation holds what the earlier one had, and nothing of it twice.
  Journal::begin(folder, k_identity, {ranges({{0, 8}, {12, 16}}), "all"});
  const auto next = Journal::read(folder, k_identity);
  ASSERT_EQ(next.size(), 1u);
  EXPECT_EQ(next[0].results, "all");
  EXPECT_EQ(next[0].done, ranges({{0, 8}, {12, 16}}));
  Journal::remove(folder);
  EXPECT_FALSE(fs::exists(folder));
}

TEST(Journal, IsRefusedToOtherRunsAndWhenDamaged) {
  const auto folder = fresh("refused");
  Journal::begin(folder, k_identity, {ranges({{0, 4}}), "x"});
  try {
    Journal::read(folder, {{"seed", "1"}, {"model", "other"}});
    FAIL() << "another run's journal was accepted";
  } catch (const base::InputError& error) {
    ASSERT_EQ(error.findings().all().size(), 1u);
    EXPECT_NE(error.findings().all()[0].message.find("its model is m, this run's is other"),
              std::string::npos);
  }
  Journal(folder, k_identity, 0).write({ranges({{3, 8}}), "y"});
  EXPECT_THROW(Journal::read(folder, k_identity), base::InputError);  // Subject 3 twice
  Journal(folder, k_identity, 0).write({ranges({{4, 8}}), "y"});
  const auto file = folder / "generation-1" / "rank-0.checkpoint";
  fs::resize_file(file, fs::file_size(file) - 1);
  EXPECT_THROW(Journal::read(folder, k_identity), base::InputError);
}

TEST(Journal, IsOneRunsAtATime) {
  const auto folder = fresh("locked");
  {
    const JournalLock first(folder);
    EXPECT_THROW(JournalLock{folder}, base::InputError);
  }
  EXPECT_NO_THROW(JournalLock{folder});
  Journal::remove(folder);
  EXPECT_FALSE(fs::exists(folder));
}

TEST(Journal, IgnoresWhatAKilledProcessLeft) {
  const auto folder = fresh("leftovers");
  Journal::begin(folder, k_identity, {ranges({{0, 4}}), "x"});
  std::ofstream(folder / "generation-1" / ".raad-1-2.tmp") << "half a checkp";
  fs::create_directory(folder / "generation-2.unfinished");
  ASSERT_EQ(Journal::read(folder, k_identity).size(), 1u);
  Journal::begin(folder, k_identity, {ranges({{0, 4}}), "x"});
  EXPECT_FALSE(fs::exists(folder / "generation-1"));
  EXPECT_EQ(Journal::read(folder, k_identity).size(), 1u);
}

}  // namespace
}  // namespace raad::run
