// Numbers in any number of dimensions, the last of them the fastest.
#pragma once

#include <cstddef>
#include <vector>

namespace raad::data {

struct Array {
  std::vector<std::size_t> shape;  ///< Empty: one number
  std::vector<double> values;
};

inline std::size_t size_of(const std::vector<std::size_t>& shape) {
  std::size_t size = 1;
  for (const std::size_t extent : shape) size *= extent;
  return size;
}

/// The least shape that holds both; the lower rank gets ones at its end.
std::vector<std::size_t> common_shape(const std::vector<std::size_t>& a, const std::vector<std::size_t>& b);

/// The values in a larger shape, with NaN where there are none.
Array padded(const Array& array, const std::vector<std::size_t>& shape);

/// One more dimension in front. Entries of lesser shapes end in NaN.
Array stacked(const std::vector<Array>& entries);

}  // namespace raad::data
