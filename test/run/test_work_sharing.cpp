#include "run/work_sharing.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace raad::run {
namespace {

TEST(SubjectRanges, AreASetOfNumbers) {
  // Against a plain set, on ranges that touch, overlap and nest.
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    SubjectRanges ranges;
    std::set<std::int64_t> reference;
    for (int i = 0; i < 60; ++i) {
      const std::int64_t first = random() % 200, last = first + random() % 6;
      bool overlaps = false;
      for (auto k = first; k < last; ++k) overlaps |= reference.count(k) > 0;
      ASSERT_EQ(ranges.add({first, last}), !overlaps);
      if (!overlaps)
        for (auto k = first; k < last; ++k) reference.insert(k);
      if (i % 7 == 0 && !reference.empty()) {
        const auto taken = ranges.take_front(3);
        ASSERT_EQ(taken.first, *reference.begin());
        for (auto k = taken.first; k < taken.last; ++k) ASSERT_EQ(reference.erase(k), 1u);
      }
    }
    ASSERT_EQ(ranges.count(), static_cast<std::int64_t>(reference.size()));
    const auto rest = ranges.complement(150);
    for (std::int64_t k = 0; k < 210; ++k) {
      ASSERT_EQ(ranges.contains(k), reference.count(k) > 0) << k;
      ASSERT_EQ(rest.contains(k), k < 150 && reference.count(k) == 0) << k;
    }
    std::int64_t before = -1;  // Neighbours are joined: a gap between any two.
    for (const auto& [first, last] : ranges.intervals()) {
      ASSERT_GT(first, before);
      ASSERT_GT(last, first);
      before = last;
    }
  }
}

TEST(SubjectRanges, OverlapOfSetsIsNoticed) {
  SubjectRanges one, other;
  ASSERT_TRUE(one.add({0, 10}) && one.add({20, 30}));
  ASSERT_TRUE(other.add({10, 20}));
  ASSERT_TRUE(one.add(other));
  EXPECT_EQ(one.intervals().size(), 1u);
  EXPECT_FALSE(one.add(other));
}

TEST(GuidedChunks, CoverWhatIsLeftOnce) {
  SubjectRanges done;
  ASSERT_TRUE(done.add({5, 100}) && done.add({1000, 1001}) && done.add({4321, 9999}));
  for (const int workers : {1, 2, 7, 64}) {
    auto again = done;
    for (const auto& chunk : guided_chunks(done.complement(10'000), workers)) {
      EXPECT_FALSE(chunk.empty());
      EXPECT_TRUE(again.add(chunk));
    }
    EXPECT_EQ(again.count(), 10'000);
    EXPECT_EQ(again.intervals().size(), 1u);
  }
}

TEST(GuidedChunks, AreFewAndShrink) {
  SubjectRanges all;
  ASSERT_TRUE(all.add({0, 1'000'000'000}));
  const auto chunks = guided_chunks(all, 1000);
  // 8 x 1000 x ln(10^9 / (8 x 1000 x 8)) = 77 000, and 8 000 of the shortest length: no burden for 10^9
  // subjects.
  EXPECT_LT(chunks.size(), 100'000u);
  for (std::size_t i = 1; i < chunks.size(); ++i) ASSERT_LE(chunks[i].count(), chunks[i - 1].count());
  EXPECT_LE(chunks.back().count(), 8);
}

TEST(GuidedChunks, GiveEveryWorkerOfASmallPopulationSomething) {
  SubjectRanges few;
  ASSERT_TRUE(few.add({0, 16}));
  EXPECT_GE(guided_chunks(few, 16).size(), 16u);
}

TEST(GuidedChunks, KeepSlowAndFastWorkersBusyToTheEnd) {
  // Workers of which one needs four times as long for a subject: each takes the next chunk when it is free.
  SubjectRanges all;
  ASSERT_TRUE(all.add({0, 100'000}));
  constexpr int workers = 8;
  std::vector<double> free_at(workers, 0.0);
  double work = 0.0;
  for (const auto& chunk : guided_chunks(all, workers)) {
    const auto next = std::min_element(free_at.begin(), free_at.end());
    *next += static_cast<double>(chunk.count()) * (next == free_at.begin() ? 4.0 : 1.0);
  }
  for (int i = 0; i < workers; ++i) work += free_at[static_cast<std::size_t>(i)];
  // 1 %: the last chunks are a few subjects of 100 000.
  EXPECT_LT(*std::max_element(free_at.begin(), free_at.end()), 1.01 * work / workers);
}

}  // namespace
}  // namespace raad::run
