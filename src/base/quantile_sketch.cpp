#include "base/quantile_sketch.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "base/bytes.hpp"

namespace raad::base {
namespace {

// Room on either side of a new bucket, so that a growing range does not copy the counts for every value: an
// eighth of a doubling.
constexpr int k_margin = 16;

// Seven bits a byte, the lowest first; the highest bit says that more follow. Most buckets are empty and most
// others hold few: a sketch takes about a tenth of its size in memory.
void append_small(std::string& bytes, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) bytes += static_cast<char>((value & 0x7f) | 0x80);
  bytes += static_cast<char>(value);
}

std::uint64_t take_small(std::string_view& bytes) {
  std::uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    const auto next = take_bytes<std::uint8_t>(bytes);
    value |= static_cast<std::uint64_t>(next & 0x7f) << shift;
    if (next < 0x80) return value;
  }
  throw std::runtime_error("damaged sketch");
}

}  // namespace

void QuantileSketch::make_room(int bucket) {
  const int end = first_ + static_cast<int>(counts_.size());
  const int low = counts_.empty() ? bucket - k_margin : std::min(first_, bucket - k_margin);
  const int high = counts_.empty() ? bucket + k_margin : std::max(end, bucket + k_margin);
  std::vector<std::uint64_t> counts(static_cast<std::size_t>(high - low), 0);
  std::ranges::copy(counts_, counts.begin() + (counts_.empty() ? 0 : first_ - low));
  counts_ = std::move(counts);
  first_ = low;
}

void QuantileSketch::add(const QuantileSketch& other) {
  for (std::size_t i = 0; i < other.counts_.size(); ++i) {
    if (other.counts_[i] == 0) continue;
    const int bucket = other.first_ + static_cast<int>(i);
    if (bucket < first_ || bucket >= first_ + static_cast<int>(counts_.size())) make_room(bucket);
    counts_[static_cast<std::size_t>(bucket - first_)] += other.counts_[i];
  }
  total_ += other.total_;
  least_ = std::min(least_, other.least_);
  greatest_ = std::max(greatest_, other.greatest_);
}

/// Of a bucket above 0: the least value that it takes. Those below 0 mirror them.
double QuantileSketch::lower_edge(int bucket) {
  const auto size = static_cast<std::uint64_t>(std::int64_t{bucket} - 1 + k_lowest);
  return std::bit_cast<double>(size << k_bucket_shift);
}

/// The value of a rank from 0 to total - 1, between whole ranks by interpolation.
double QuantileSketch::value_at(double rank) const {
  double before = 0.0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    if (counts_[i] == 0) continue;
    const auto count = static_cast<double>(counts_[i]);
    if (rank >= before + count) {
      before += count;
      continue;
    }
    const int bucket = first_ + static_cast<int>(i);
    if (bucket == 0) return std::clamp(0.0, least_, greatest_);
    const double inner = lower_edge(std::abs(bucket)), outer = lower_edge(std::abs(bucket) + 1);
    const double low = bucket > 0 ? inner : -outer, high = bucket > 0 ? outer : -inner;
    return std::clamp(low + (high - low) * ((rank - before + 0.5) / count), least_, greatest_);
  }
  return greatest_;
}

double QuantileSketch::quantile(double probability, double counts_per_value) const {
  if (total_ == 0) return std::numeric_limits<double>::quiet_NaN();
  // With weights a value fills several ranks; type 7 runs from the first value's rank to the last one's.
  const double last = std::max(0.0, static_cast<double>(total_) - counts_per_value);
  if (probability <= 0.0) return least_;
  if (probability >= 1.0) return greatest_;
  const double rank = probability * last + 0.5 * (counts_per_value - 1.0);
  const double floor = std::floor(rank);
  const double low = value_at(floor), high = value_at(floor + 1.0);
  return low + (high - low) * (rank - floor);
}

void QuantileSketch::serialise(std::string& bytes) const {
  std::size_t begin = 0, end = counts_.size();
  while (begin < end && counts_[begin] == 0) ++begin;
  while (end > begin && counts_[end - 1] == 0) --end;
  append_bytes(bytes, static_cast<std::int32_t>(begin < end ? first_ + static_cast<int>(begin) : 0));
  append_bytes(bytes, static_cast<std::uint32_t>(end - begin));
  for (std::size_t i = begin; i < end;) {
    append_small(bytes, counts_[i]);
    if (counts_[i++] != 0) continue;
    std::uint64_t more = 0;
    for (; counts_[i] == 0; ++i) ++more;  // The last count is not zero.
    append_small(bytes, more);
  }
  append_bytes(bytes, least_);
  append_bytes(bytes, greatest_);
}

QuantileSketch QuantileSketch::deserialise(std::string_view& bytes) {
  QuantileSketch sketch;
  sketch.first_ = take_bytes<std::int32_t>(bytes);
  const auto size = take_bytes<std::uint32_t>(bytes);
  if (size > 2 * k_highest || std::abs(sketch.first_) > k_highest) throw std::runtime_error("damaged sketch");
  while (sketch.counts_.size() < size) {
    const std::uint64_t count = take_small(bytes);
    sketch.total_ += count;
    const std::uint64_t more = count == 0 ? take_small(bytes) : 0;
    if (more >= size - sketch.counts_.size()) throw std::runtime_error("damaged sketch");
    sketch.counts_.push_back(count);
    sketch.counts_.resize(sketch.counts_.size() + more, 0);
  }
  sketch.least_ = take_bytes<double>(bytes);
  sketch.greatest_ = take_bytes<double>(bytes);
  return sketch;
}

}  // namespace raad::base
