#include "study/objective.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace raad::study {

double to_scale(EstimationScale scale, double value) {
  if (scale == EstimationScale::logarithm) return std::log(value);
  return scale == EstimationScale::logarithm10 ? std::log10(value) : value;
}

double from_scale(EstimationScale scale, double position) {
  if (scale == EstimationScale::logarithm) return std::exp(position);
  return scale == EstimationScale::logarithm10 ? std::pow(10.0, position) : position;
}

double scale_slope(EstimationScale scale, double position) {
  if (scale == EstimationScale::logarithm) return std::exp(position);
  return scale == EstimationScale::logarithm10 ? std::numbers::ln10 * std::pow(10.0, position) : 1.0;
}

std::string name_of(EstimationScale scale) {
  if (scale == EstimationScale::logarithm) return "log";
  return scale == EstimationScale::logarithm10 ? "log10" : "lin";
}

double Objective::start_position(std::size_t parameter, double probability) const {
  const auto& one = parameters()[parameter];
  const double centre = std::isfinite(one.nominal) ? one.nominal : 0.0;
  const double reach = one.scale == EstimationScale::linear ? 10.0 * std::max(std::abs(centre), 1.0) : 10.0;
  const double low = std::isfinite(one.lower) ? one.lower : std::min(centre, one.upper) - reach;
  const double high = std::isfinite(one.upper) ? one.upper : std::max(centre, one.lower) + reach;
  return low + probability * (high - low);
}

std::unique_ptr<Readout> Objective::readout(std::span<const double>) const {
  return nullptr;
}

Evaluation restricted(Evaluation whole, const std::vector<std::size_t>& kept) {
  const std::size_t n = whole.gradient.size();
  std::vector<double> gradient, information;
  if (!whole.gradient.empty())
    for (const std::size_t k : kept) gradient.push_back(whole.gradient[k]);
  if (!whole.information.empty())
    for (const std::size_t k : kept)
      for (const std::size_t l : kept) information.push_back(whole.information[k * n + l]);
  whole.gradient = std::move(gradient);
  whole.information = std::move(information);
  return whole;
}

}  // namespace raad::study
