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

TEST(Journal, JoinsTouchingRangesAndRefusesOverlaps) {
  EXPECT_EQ(joined({{5, 9}, {0, 3}, {3, 5}, {20, 21}}), (std::vector<SubjectRange>{{0, 9}, {20, 21}}));
  EXPECT_THROW(joined({{0, 5}, {4, 6}}), std::runtime_error);
}

TEST(Journal, FindsWhatIsLeft) {
  EXPECT_EQ(missing_chunks({{0, 10}, {15, 18}}, 30, 4),
            (std::vector<SubjectRange>{{10, 14}, {14, 15}, {18, 22}, {22, 26}, {26, 30}}));
  EXPECT_TRUE(missing_chunks({{0, 30}}, 30, 4).empty());
  EXPECT_EQ(missing_chunks({}, 3, 4), (std::vector<SubjectRange>{{0, 3}}));
}

TEST(Journal, KeepsCheckpointsOfAllRanksAndTheEarlierRun) {
  const auto folder = fresh("ranks");
  Journal::begin(folder, k_identity, {{}, "nothing"});
  Journal(folder, k_identity, 0).write({{{0, 4}}, "a"});
  Journal(folder, k_identity, 1).write({{{4, 8}}, "b"});
  Journal(folder, k_identity, 1).write({{{4, 8}, {12, 16}}, "bb"});
  ASSERT_EQ(Journal::read(folder, k_identity).size(), 3u);
  // The next generation holds what the earlier one had, and nothing of it twice.
  Journal::begin(folder, k_identity, {{{0, 8}, {12, 16}}, "all"});
  const auto next = Journal::read(folder, k_identity);
  ASSERT_EQ(next.size(), 1u);
  EXPECT_EQ(next[0].results, "all");
  EXPECT_EQ(next[0].done, (std::vector<SubjectRange>{{0, 8}, {12, 16}}));
  Journal::remove(folder);
  EXPECT_FALSE(fs::exists(folder));
}

TEST(Journal, IsRefusedToOtherRunsAndWhenDamaged) {
  const auto folder = fresh("refused");
  Journal::begin(folder, k_identity, {{{0, 4}}, "x"});
  try {
    Journal::read(folder, {{"seed", "1"}, {"model", "other"}});
    FAIL() << "another run's journal was accepted";
  } catch (const base::InputError& error) {
    ASSERT_EQ(error.findings().all().size(), 1u);
    EXPECT_NE(error.findings().all()[0].message.find("its model is m, this run's is other"),
              std::string::npos);
  }
  Journal(folder, k_identity, 0).write({{{3, 8}}, "y"});
  EXPECT_THROW(Journal::read(folder, k_identity), base::InputError);  // Subject 3 twice
  Journal(folder, k_identity, 0).write({{{4, 8}}, "y"});
  const auto file = folder / "generation-1" / "rank-0.checkpoint";
  fs::resize_file(file, fs::file_size(file) - 1);
  EXPECT_THROW(Journal::read(folder, k_identity), base::InputError);
}

}  // namespace
}  // namespace raad::run
