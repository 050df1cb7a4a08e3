// Points that fill a cube more evenly than random ones.
#pragma once

#include <cstdint>
#include <vector>

namespace raad::study {

/// The first `count` points of the Sobol sequence (direction numbers of Joe and Kuo 2008,
/// doi:10.1137/070709359, through Boost.Random) with a random digital shift by `seed` and dimension: every
/// point is uniform in (0, 1), all of them together stay even. At most 1800 dimensions.
std::vector<std::vector<double>> scrambled_sobol_points(std::size_t count, std::size_t dimensions,
                                                        std::uint64_t seed);

}  // namespace raad::study
