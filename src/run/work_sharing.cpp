#include "run/work_sharing.hpp"

#include <algorithm>

namespace raad::run {
namespace {

// A chunk is an eighth of a worker's fair share of what is left: a worker that is eight times slower than the
// others still ends with them.
constexpr std::int64_t k_shares = 8;

// The shortest chunk fills the lanes of a worker once; for small populations it is shorter, so that they too
// are spread over all workers.
constexpr std::int64_t k_lanes = 8;
constexpr std::int64_t k_least_chunks = 64;

}  // namespace

std::vector<SubjectRange> guided_chunks(SubjectRanges remaining, int worker_count) {
  const std::int64_t workers = std::max(worker_count, 1);
  const std::int64_t least =
      std::clamp(remaining.count() / (workers * k_least_chunks), std::int64_t{1}, k_lanes);
  std::vector<SubjectRange> chunks;
  while (remaining.count() > 0)
    chunks.push_back(remaining.take_front(std::max(remaining.count() / (workers * k_shares), least)));
  return chunks;
}

}  // namespace raad::run
