#include "run/subject_ranges.hpp"

#include <algorithm>
#include <iterator>

namespace raad::run {

bool SubjectRanges::add(SubjectRange range) {
  if (range.empty()) return true;
  const auto after = intervals_.lower_bound(range.first);
  if (after != intervals_.end() && after->first < range.last) return false;
  if (after != intervals_.begin() && std::prev(after)->second > range.first) return false;
  count_ += range.count();
  const bool joins_after = after != intervals_.end() && after->first == range.last;
  const bool joins_before = after != intervals_.begin() && std::prev(after)->second == range.first;
  const std::int64_t last = joins_after ? after->second : range.last;
  if (joins_before)
    std::prev(after)->second = last;
  else
    intervals_.emplace_hint(after, range.first, last);
  if (joins_after) intervals_.erase(after);
  return true;
}

bool SubjectRanges::add(const SubjectRanges& other) {
  return std::all_of(other.intervals_.begin(), other.intervals_.end(),
                     [&](const auto& interval) { return add({interval.first, interval.second}); });
}

SubjectRange SubjectRanges::take_front(std::int64_t most) {
  if (intervals_.empty() || most <= 0) return {};
  const auto front = *intervals_.begin();
  intervals_.erase(intervals_.begin());
  const SubjectRange taken{front.first, std::min(front.second, front.first + most)};
  if (taken.last < front.second) intervals_.emplace(taken.last, front.second);
  count_ -= taken.count();
  return taken;
}

bool SubjectRanges::contains(std::int64_t subject) const {
  const auto after = intervals_.upper_bound(subject);
  return after != intervals_.begin() && std::prev(after)->second > subject;
}

SubjectRanges SubjectRanges::complement(std::int64_t total) const {
  SubjectRanges rest;
  std::int64_t next = 0;
  for (const auto& [first, last] : intervals_) {
    if (first > next) rest.intervals_.emplace(next, std::min(first, total));
    next = std::max(next, last);
  }
  if (next < total) rest.intervals_.emplace(next, total);
  for (const auto& [first, last] : rest.intervals_) rest.count_ += last - first;
  return rest;
}

}  // namespace raad::run
