#include "data/array.hpp"

#include <algorithm>
#include <limits>

namespace raad::data {

std::vector<std::size_t> common_shape(const std::vector<std::size_t>& a, const std::vector<std::size_t>& b) {
  std::vector<std::size_t> shape(std::max(a.size(), b.size()), 1);
  for (std::size_t i = 0; i < a.size(); ++i) shape[i] = std::max(shape[i], a[i]);
  for (std::size_t i = 0; i < b.size(); ++i) shape[i] = std::max(shape[i], b[i]);
  return shape;
}

Array padded(const Array& array, const std::vector<std::size_t>& shape) {
  Array made{shape, std::vector<double>(size_of(shape), std::numeric_limits<double>::quiet_NaN())};
  std::vector<std::size_t> place(array.shape.size(), 0);
  for (const double value : array.values) {
    std::size_t target = 0;
    for (std::size_t i = 0; i < shape.size(); ++i)
      target = target * shape[i] + (i < place.size() ? place[i] : 0);
    made.values[target] = value;
    for (std::size_t i = place.size(); i-- > 0;) {
      if (++place[i] < array.shape[i]) break;
      place[i] = 0;
    }
  }
  return made;
}

Array stacked(const std::vector<Array>& entries) {
  Array made;
  for (const auto& entry : entries) made.shape = common_shape(made.shape, entry.shape);
  for (const auto& entry : entries) {
    const Array whole = padded(entry, made.shape);
    made.values.insert(made.values.end(), whole.values.begin(), whole.values.end());
  }
  made.shape.insert(made.shape.begin(), entries.size());
  return made;
}

}  // namespace raad::data
