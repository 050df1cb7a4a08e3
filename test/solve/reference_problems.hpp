// Stiff problems with published solutions.
#pragma once

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "system_builder.hpp"

namespace raad::solve::testing {

/// `reference` are the states at end_h. Published with 16 digits, computed by RADAU or RADAU5 with a unit
/// roundoff of 1.01e-19 and tolerances of 1.1e-18: F. Mazzia and C. Magherini, Test Set for Initial Value
/// Problem Solvers, release 2.4, University of Bari, 2008. The problems are also in E. Hairer and G. Wanner,
/// Solving Ordinary Differential Equations II, 2nd ed., Springer 1996, section IV.10.
struct ReferenceProblem {
  std::string name;
  std::unique_ptr<BuiltSystem> built;
  double end_h = 0.0;
  std::vector<double> reference;
};

/// Three reactions with rate constants over 9 decades (Robertson 1966), to t = 1e11.
inline ReferenceProblem robertson() {
  SystemBuilder b;
  // A and B fall by 8 decades; the scales are small enough for their last values to be resolved too.
  const auto x = b.state("A", 1.0, 1e-7), y = b.state("B", 0.0, 1e-12), z = b.state("C", 0.0);
  const auto slow = 0.04 * x, back = 1e4 * y * z, fast = 3e7 * y * y;
  b.rate(x, back - slow);
  b.rate(y, slow - back - fast);
  b.rate(z, fast);
  return {"Robertson", b.finish(), 1e11, {0.2083340149701255e-7, 0.8333360770334713e-13, 0.9999999791665050}};
}

/// High irradiance responses of photomorphogenesis (Schaefer 1975).
inline ReferenceProblem hires() {
  SystemBuilder b;
  std::vector<Expression> y;
  const double start[] = {1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0057};
  for (int i = 0; i < 8; ++i) y.push_back(b.state("y" + std::to_string(i + 1), start[i], 1e-2));
  const double k1 = 1.71, k2 = 0.43, k3 = 8.32, k4 = 0.69, k5 = 0.035, k6 = 8.32, k7 = 280.0, k8 = 0.69,
               k9 = 0.69, source = 0.0007;
  b.rate(y[0], -k1 * y[0] + k2 * y[1] + k6 * y[2] + source);
  b.rate(y[1], k1 * y[0] - (k2 + k3) * y[1]);
  b.rate(y[2], -(k6 + k1) * y[2] + k2 * y[3] + k5 * y[4]);
  b.rate(y[3], k3 * y[1] + k1 * y[2] - (k4 + k2) * y[3]);
  b.rate(y[4], -(k5 + k1) * y[4] + k2 * (y[5] + y[6]));
  b.rate(y[5], -k7 * y[5] * y[7] + k8 * y[3] + k1 * y[4] - k2 * y[5] + k8 * y[6]);
  const auto binding = k7 * y[5] * y[7] - (k2 + k8 + k9) * y[6];
  b.rate(y[6], binding);
  b.rate(y[7], -binding);
  return {"HIRES",
          b.finish(),
          321.8122,
          {0.7371312573325668e-3, 0.1442485726316185e-3, 0.5888729740967575e-4, 0.1175651343283149e-2,
           0.2386356198831331e-2, 0.6238968252742796e-2, 0.2849998395185769e-2, 0.2850001604814231e-2}};
}

/// Relaxation oscillation with stiffness 1e6.
inline ReferenceProblem van_der_pol() {
  SystemBuilder b;
  const auto x = b.state("x", 2.0), v = b.state("v", 0.0);
  b.rate(x, v);
  b.rate(v, ((1.0 - x * x) * v - x) / 1e-6);
  return {"van der Pol", b.finish(), 2.0, {0.1706167732170483e1, -0.8928097010247975}};
}

/// The oscillating Belousov-Zhabotinsky reaction (Field and Noyes 1974).
inline ReferenceProblem oregonator() {
  SystemBuilder b;
  const auto x = b.state("x", 1.0), y = b.state("y", 2.0), z = b.state("z", 3.0);
  b.rate(x, 77.27 * (y + x * (1.0 - 8.375e-6 * x - y)));
  b.rate(y, (z - (1.0 + x) * y) / 77.27);
  b.rate(z, 0.161 * (x - z));
  return {
      "Oregonator", b.finish(), 360.0, {0.1000814870318523e1, 0.1228178521549917e4, 0.1320554942846706e3}};
}

/// Twenty species and 25 reactions of air pollution (Verwer 1994).
inline ReferenceProblem pollution() {
  SystemBuilder b;
  std::vector<Expression> y(21);  // numbered from 1 as in the source
  // Typical sizes of the solution: states differ by 14 decades, and the reference states all of them.
  const double scale[] = {0,    1e-2, 1e-1, 1e-9, 1e-3, 1e-7,  1e-7, 1e-2, 1e-1, 1e-3, 1e-8,
                          1e-8, 1e-3, 1e-4, 1e-5, 1e-3, 1e-18, 1e-3, 1e-4, 1e-6, 1e-5};
  for (std::size_t i = 1; i <= 20; ++i) {
    const double start = i == 2    ? 0.2
                         : i == 4  ? 0.04
                         : i == 7  ? 0.1
                         : i == 8  ? 0.3
                         : i == 9  ? 0.01
                         : i == 17 ? 0.007
                                   : 0.0;
    y[i] = b.state("y" + std::to_string(i), start, scale[i]);
  }
  std::vector<Expression> r = {b.number(0.0)};
  r.push_back(0.35 * y[1]);
  r.push_back(26.6 * y[2] * y[4]);
  r.push_back(12300.0 * y[5] * y[2]);
  r.push_back(0.86e-3 * y[7]);
  r.push_back(0.82e-3 * y[7]);
  r.push_back(15000.0 * y[7] * y[6]);
  r.push_back(0.13e-3 * y[9]);
  r.push_back(24000.0 * y[9] * y[6]);
  r.push_back(16500.0 * y[11] * y[2]);
  r.push_back(9000.0 * y[11] * y[1]);
  r.push_back(0.022 * y[13]);
  r.push_back(12000.0 * y[10] * y[2]);
  r.push_back(1.88 * y[14]);
  r.push_back(16300.0 * y[1] * y[6]);
  r.push_back(4.8e6 * y[3]);
  r.push_back(0.35e-3 * y[4]);
  r.push_back(0.0175 * y[4]);
  r.push_back(1e8 * y[16]);
  r.push_back(4.44e11 * y[16]);
  r.push_back(1240.0 * y[17] * y[6]);
  r.push_back(2.1 * y[19]);
  r.push_back(5.78 * y[19]);
  r.push_back(0.0474 * y[1] * y[4]);
  r.push_back(1780.0 * y[19] * y[1]);
  r.push_back(3.12 * y[20]);
  b.rate(y[1], r[2] + r[3] + r[9] + r[11] + r[12] + r[22] + r[25] - r[1] - r[10] - r[14] - r[23] - r[24]);
  b.rate(y[2], r[1] + r[21] - r[2] - r[3] - r[9] - r[12]);
  b.rate(y[3], r[1] + r[17] + r[19] + r[22] - r[15]);
  b.rate(y[4], r[15] - r[2] - r[16] - r[17] - r[23]);
  b.rate(y[5], 2.0 * r[4] + r[6] + r[7] + r[13] + r[20] - r[3]);
  b.rate(y[6], r[3] + 2.0 * r[18] - r[6] - r[8] - r[14] - r[20]);
  b.rate(y[7], r[13] - r[4] - r[5] - r[6]);
  b.rate(y[8], r[4] + r[5] + r[6] + r[7]);
  b.rate(y[9], -r[7] - r[8]);
  b.rate(y[10], r[7] + r[9] - r[12]);
  b.rate(y[11], r[8] + r[11] - r[9] - r[10]);
  b.rate(y[12], r[9]);
  b.rate(y[13], r[10] - r[11]);
  b.rate(y[14], r[12] - r[13]);
  b.rate(y[15], r[14]);
  b.rate(y[16], r[16] - r[18] - r[19]);
  b.rate(y[17], -r[20]);
  b.rate(y[18], r[20]);
  b.rate(y[19], r[23] + r[25] - r[21] - r[22] - r[24]);
  b.rate(y[20], r[24] - r[25]);
  return {"POLLU", b.finish(), 60.0, {0.5646255480022769e-1,  0.1342484130422339,    0.4139734331099427e-8,
                                      0.5523140207484359e-2,  0.2018977262302196e-6, 0.1464541863493966e-6,
                                      0.7784249118997964e-1,  0.3245075353396018,    0.7494013383880406e-2,
                                      0.1622293157301561e-7,  0.1135863833257075e-7, 0.2230505975721359e-2,
                                      0.2087162882798630e-3,  0.1396921016840158e-4, 0.8964884856898295e-2,
                                      0.4352846369330103e-17, 0.6899219696263405e-2, 0.1007803037365946e-3,
                                      0.1772146513969984e-5,  0.5682943292316392e-4}};
}

inline std::vector<ReferenceProblem> all_reference_problems() {
  std::vector<ReferenceProblem> problems;
  problems.push_back(robertson());
  problems.push_back(hires());
  problems.push_back(van_der_pol());
  problems.push_back(oregonator());
  problems.push_back(pollution());
  return problems;
}

/// Greatest relative error over the states at the end.
inline double relative_error(const Solution& solution, const std::vector<double>& reference) {
  double greatest = 0.0;
  const std::size_t first = solution.states.size() - reference.size();
  for (std::size_t i = 0; i < reference.size(); ++i) {
    const double error = std::abs(solution.states[first + i] - reference[i]) / std::abs(reference[i]);
    greatest = std::max(greatest, error);
  }
  return greatest;
}

}  // namespace raad::solve::testing
