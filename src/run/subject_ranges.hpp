// Sets of subject numbers as intervals: what is done and what is left, in memory that does not grow with the
// number of subjects.
#pragma once

#include <cstdint>
#include <map>

namespace raad::run {

/// The subjects first, first + 1, ..., last - 1.
struct SubjectRange {
  std::int64_t first = 0, last = 0;
  std::int64_t count() const { return last - first; }
  bool empty() const { return last <= first; }
  bool operator==(const SubjectRange&) const = default;
};

/// Disjoint intervals; neighbours are joined, so a set that is nearly contiguous is a few numbers.
class SubjectRanges {
 public:
  /// False, and nothing changes, when a subject of `range` is there already: adding twice would count it
  /// twice.
  [[nodiscard]] bool add(SubjectRange range);
  /// False when the sets overlap; this set is then of no more use.
  [[nodiscard]] bool add(const SubjectRanges& other);
  /// Removes and returns at most `most` subjects with the lowest numbers, one contiguous range.
  SubjectRange take_front(std::int64_t most);

  bool contains(std::int64_t subject) const;
  std::int64_t count() const { return count_; }
  /// What of 0, ..., total - 1 is not in the set.
  SubjectRanges complement(std::int64_t total) const;
  /// First -> last (exclusive), ascending.
  const std::map<std::int64_t, std::int64_t>& intervals() const { return intervals_; }
  bool operator==(const SubjectRanges&) const = default;

 private:
  std::map<std::int64_t, std::int64_t> intervals_;
  std::int64_t count_ = 0;
};

}  // namespace raad::run
