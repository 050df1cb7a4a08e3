// Quantiles of any number of values in bounded memory, whatever their order.
#pragma once

#include <bit>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace raad::base {

/// Counts values in buckets that are named by the first bits of the double itself: sign, exponent and 7 bits
/// of the mantissa, so 128 buckets for each doubling and no bucket wider than 1/128 of its values (the
/// log-linear histogram of Tene's HdrHistogram and of DDSketch, Masson et al. 2019,
/// doi:10.14778/3352063.3352135). Counts are integers: adding and merging commute exactly. Values below 2^-64
/// in size count as 0 and values above 2^64 as 2^64, which bounds a sketch to 2 x 128 x 128 buckets; least
/// and greatest are exact.
class QuantileSketch {
 public:
  /// A quantile comes from the bucket that holds it, so it is off by less than the bucket's width.
  static constexpr double k_relative_error = 1.0 / 128.0;

  /// A finite number.
  void add(double value, std::uint64_t count = 1) {
    const int bucket = bucket_of(value);
    if (bucket < first_ || bucket >= first_ + static_cast<int>(counts_.size())) make_room(bucket);
    counts_[static_cast<std::size_t>(bucket - first_)] += count;
    total_ += count;
    if (value < least_) least_ = value;
    if (value > greatest_) greatest_ = value;
  }
  void add(const QuantileSketch& other);

  std::uint64_t total() const { return total_; }
  double least() const { return least_; }        ///< +infinity without values
  double greatest() const { return greatest_; }  ///< -infinity without values
  /// Type-7 quantile (Hyndman and Fan 1996, doi:10.1080/00031305.1996.10473566) with the values of a bucket
  /// spread evenly over it; NaN without values. `counts_per_value`: what a value of weight 1 was added with.
  double quantile(double probability, double counts_per_value = 1.0) const;

  void serialise(std::string& bytes) const;
  static QuantileSketch deserialise(std::string_view& bytes);

 private:
  static constexpr int k_bucket_shift = 52 - 7;
  static constexpr int k_lowest = (1023 - 64) << 7;   ///< Bucket of 2^-64
  static constexpr int k_highest = (1023 + 64) << 7;  ///< Bucket of 2^64

  /// Ascending with the value; 0 for 0.
  static int bucket_of(double value) {
    const auto bits = std::bit_cast<std::uint64_t>(value);
    const int size = static_cast<int>((bits & ~(std::uint64_t{1} << 63)) >> k_bucket_shift);
    if (size < k_lowest) return 0;
    const int bucket = (size > k_highest ? k_highest : size) - k_lowest + 1;
    return (bits >> 63) != 0 ? -bucket : bucket;
  }
  static double lower_edge(int bucket);
  void make_room(int bucket);
  double value_at(double rank) const;

  std::vector<std::uint64_t> counts_;
  int first_ = 0;  ///< Bucket of counts_[0]
  std::uint64_t total_ = 0;
  double least_ = std::numeric_limits<double>::infinity();
  double greatest_ = -std::numeric_limits<double>::infinity();
};

}  // namespace raad::base
