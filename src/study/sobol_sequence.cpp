#include "study/sobol_sequence.hpp"

#include <boost/random/sobol.hpp>
#include <cmath>

#include "base/random.hpp"

namespace raad::study {

std::vector<std::vector<double>> scrambled_sobol_points(std::size_t count, std::size_t dimensions,
                                                        std::uint64_t seed) {
  boost::random::sobol sequence(dimensions);
  std::vector<std::uint64_t> shift;
  for (std::size_t k = 0; k < dimensions; ++k) {
    base::RandomStream stream({seed, 0, static_cast<std::int64_t>(k), base::purpose_of("digital shift")});
    // 53 random bits in the upper places; the lower ones do not reach a double.
    shift.push_back(static_cast<std::uint64_t>(std::ldexp(stream.uniform(), 53)) << 11U);
  }
  std::vector<std::vector<double>> points(count, std::vector<double>(dimensions));
  for (auto& point : points)
    for (std::size_t k = 0; k < dimensions; ++k)
      // In the middle of a cell of 2^-53, so that no point is 0 or 1.
      point[k] = std::ldexp(static_cast<double>((sequence() ^ shift[k]) >> 11U) + 0.5, -53);
  return points;
}

}  // namespace raad::study
