// Densities that are known on paper, as samplers take them.
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "study/sampler.hpp"

namespace raad::study {

inline SampledDensity density(std::function<double(const std::vector<double>&)> one,
                              std::vector<double> lower, std::vector<double> upper) {
  SampledDensity made;
  made.log_density = [one = std::move(one)](const std::vector<std::vector<double>>& points) {
    std::vector<double> values;
    for (const auto& point : points) values.push_back(one(point));
    return values;
  };
  made.lower = std::move(lower);
  made.upper = std::move(upper);
  return made;
}

}  // namespace raad::study
