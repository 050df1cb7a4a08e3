#include "solve/crossing.hpp"

#include <algorithm>
#include <cmath>

namespace raad::solve {

double locate_rise(double low, double high, const std::function<Probe(double)>& probe) {
  double root_low = probe(low).root, root_high = probe(high).root;
  bool bisect = false;
  int last_moved = 0;  // -1: low, +1: high
  for (;;) {
    const double width = high - low;
    double trial = low + 0.5 * width;
    if (trial <= low || trial >= high) return high;
    const bool sign_change = (root_low < 0.0 && root_high > 0.0) || (root_low > 0.0 && root_high < 0.0);
    if (!bisect && sign_change) {
      trial = high - root_high * (width / (root_high - root_low));
      trial = std::clamp(trial, std::nextafter(low, high), std::nextafter(high, low));
    }
    const Probe found = probe(trial);
    if (found.truth) {
      high = trial;
      root_high = found.root;
      if (last_moved == 1) root_low *= 0.5;
      last_moved = 1;
    } else {
      low = trial;
      root_low = found.root;
      if (last_moved == -1) root_high *= 0.5;
      last_moved = -1;
    }
    bisect = high - low > 0.5 * width;
  }
}

}  // namespace raad::solve
