// Sums of doubles without rounding, so that their order cannot matter.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace raad::base {

/// Adds finite doubles exactly: every bit of every term is kept in integers, each for a stretch of 32
/// exponents (a long accumulator in the manner of Kulisch 2013, ISBN 978-3-11-030173-1, chapter 8). Terms and
/// accumulators may come in any order and give the same bits. 2^43 terms fit before an integer could
/// overflow.
class ExactSum {
 public:
  /// A finite number; others are the caller's mistake and are not looked for.
  void add(double value) {
    const auto bits = std::bit_cast<std::uint64_t>(value);
    const auto field = static_cast<int>((bits >> 52) & 0x7ff);
    auto mantissa = static_cast<std::int64_t>(bits & k_mantissa_mask);
    if (field != 0) mantissa |= std::int64_t{1} << 52;
    const int exponent = field != 0 ? field : 1;
    if ((bits >> 63) != 0) mantissa = -mantissa;
    bins_[static_cast<std::size_t>(exponent >> 5)] +=
        static_cast<Integer>(mantissa) * (Integer{1} << (exponent & 31));
  }
  void add(const ExactSum& other) {
    for (std::size_t i = 0; i < bins_.size(); ++i) bins_[i] += other.bins_[i];
  }
  /// The sum rounded once to the nearest double (twice where the sum is subnormal).
  double value() const;
  /// What value() leaves out, rounded: value() + remainder() holds about 106 bits of the sum.
  double remainder() const;

  /// Appends the bins that are not zero; equal sums give equal bytes.
  void serialise(std::string& bytes) const;
  /// Takes an accumulator from the front of `bytes`; std::runtime_error when they end too early.
  static ExactSum deserialise(std::string_view& bytes);

 private:
  __extension__ using Integer = __int128;
  static constexpr std::uint64_t k_mantissa_mask = (std::uint64_t{1} << 52) - 1;
  /// Bin k counts units of 2^(32 k - 1075).
  std::array<Integer, 64> bins_{};
};

}  // namespace raad::base
