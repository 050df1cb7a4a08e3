#include "report/simplify.hpp"

#include <cmath>
#include <utility>

namespace raad::report {

std::vector<std::size_t> simplify(const std::vector<double>& x, const std::vector<double>& y,
                                  double tolerance) {
  const std::size_t count = x.size();
  std::vector<bool> keep(count, false);
  if (count > 0) keep.front() = keep.back() = true;
  std::vector<std::pair<std::size_t, std::size_t>> pending;
  if (count > 2) pending.emplace_back(0, count - 1);
  while (!pending.empty()) {
    const auto [from, to] = pending.back();
    pending.pop_back();
    const double slope = x[to] > x[from] ? (y[to] - y[from]) / (x[to] - x[from]) : 0.0;
    double worst = tolerance;
    std::size_t at = 0;
    for (std::size_t i = from + 1; i < to; ++i) {
      const double distance = std::abs(y[i] - (y[from] + slope * (x[i] - x[from])));
      if (distance > worst) {
        worst = distance;
        at = i;
      }
    }
    if (at == 0) continue;
    keep[at] = true;
    if (at - from > 1) pending.emplace_back(from, at);
    if (to - at > 1) pending.emplace_back(at, to);
  }
  std::vector<std::size_t> kept;
  for (std::size_t i = 0; i < count; ++i) {
    if (keep[i]) kept.push_back(i);
  }
  return kept;
}

}  // namespace raad::report
