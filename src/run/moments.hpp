// Mean, spread and correlation from exact sums.
#pragma once

#include <cmath>
#include <limits>
#include <string>
#include <string_view>

#include "base/exact_sum.hpp"

namespace raad::run {

/// Adds a product with what its rounding leaves out, so that the sum of squares of equal values is exactly
/// their number times one square.
inline void add_product(base::ExactSum& sum, double a, double b) {
  const double product = a * b;
  sum.add(product);
  // Far below the normal range the remainder is not a double any more, and does not matter.
  const double rest = std::fma(a, b, -product);
  if (rest != 0.0) sum.add(rest);
}

__extension__ using Extended = __float128;  ///< 113 bits: what sums of 2^40 squares of 53-bit numbers need

/// A sum with about 106 bits.
inline Extended extended(const base::ExactSum& sum) {
  return static_cast<Extended>(sum.value()) + static_cast<Extended>(sum.remainder());
}

// What arithmetic with 113 bits cannot tell from rounding: 2^-100 of the terms that cancel.
inline constexpr double k_rounding = 0x1p-100;

/// Sum of products of deviations: sum(w a b) - sum(w a) sum(w b) / sum(w); 0 where it vanishes in rounding.
inline Extended deviation_product(const base::ExactSum& products, const base::ExactSum& a,
                                  const base::ExactSum& b, double weight_sum) {
  const Extended whole = extended(products);
  const Extended rest = whole - extended(a) * extended(b) / static_cast<Extended>(weight_sum);
  const auto size = [](Extended value) { return value < 0 ? -value : value; };
  return size(rest) > size(whole) * static_cast<Extended>(k_rounding) ? rest : static_cast<Extended>(0);
}

}  // namespace raad::run
