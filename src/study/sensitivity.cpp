#include "study/sensitivity.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "study/sobol_sequence.hpp"

namespace raad::study {
namespace {

constexpr double k_nan = std::numeric_limits<double>::quiet_NaN();
// Greatest of the three steps: of the logarithm of a value, or of the range of one that is 0. At a quarter of
// it the solver's error of 1e-9 is still a thousandth of a percent of the derivative.
constexpr double k_step = 0.04;
constexpr int k_levels = 3;
constexpr double k_low_quantile = 0.05, k_high_quantile = 0.95;

std::vector<double> nominal_values(const std::vector<UncertainParameter>& parameters) {
  std::vector<double> values;
  for (const auto& one : parameters) values.push_back(one.nominal);
  return values;
}

/// Steps follow the logarithm of what is not 0: a rate constant has no scale but its own.
double stepped(const UncertainParameter& one, double step) {
  return one.nominal != 0.0 ? one.nominal * std::exp(step) : step * (one.upper - one.lower);
}

/// d (steps' own coordinate) / d parameter at step 0.
double coordinate_slope(const UncertainParameter& one) {
  return one.nominal != 0.0 ? 1.0 / one.nominal : 1.0 / (one.upper - one.lower);
}

double percentile(std::vector<double> values, double share) {
  if (values.empty()) return k_nan;
  std::ranges::sort(values);
  const double place = share * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const auto above = std::min(below + 1, values.size() - 1);
  return values[below] + (place - static_cast<double>(below)) * (values[above] - values[below]);
}

}  // namespace

double LocalSensitivity::swing() const {
  return std::abs(number_high - number_low);
}

ModelFunction model_function(const run::ParameterRuns& runs, CourseNumber number,
                             const run::ParameterRunOptions& options) {
  return [&runs, number, options](const std::vector<std::vector<double>>& sets) {
    const auto results = runs.run(
        sets,
        [&](const double* outputs) {
          return std::vector<double>{course_number(number, runs.times_h(), outputs)};
        },
        options);
    std::vector<double> numbers;
    for (const auto& result : results)
      numbers.push_back(result.numbers.empty() ? k_nan : result.numbers.front());
    return numbers;
  };
}

LocalResult local_sensitivity(const ModelFunction& model, const std::vector<UncertainParameter>& parameters) {
  const auto nominal = nominal_values(parameters);
  std::vector<std::vector<double>> sets = {nominal};
  const auto add = [&](std::size_t k, double value) {
    sets.push_back(nominal);
    sets.back()[k] = value;
  };
  for (std::size_t k = 0; k < parameters.size(); ++k) {
    for (int level = 0; level < k_levels; ++level)
      for (const double side : {1.0, -1.0}) add(k, stepped(parameters[k], side * std::ldexp(k_step, -level)));
    add(k, parameters[k].quantile(k_low_quantile));
    add(k, parameters[k].quantile(k_high_quantile));
  }
  const auto numbers = model(sets);
  LocalResult result;
  result.nominal = numbers[0];
  std::size_t next = 1;
  for (const auto& parameter : parameters) {
    double extrapolated[k_levels];
    for (int level = 0; level < k_levels; ++level) {
      extrapolated[level] = (numbers[next] - numbers[next + 1]) / (2.0 * std::ldexp(k_step, -level));
      next += 2;
    }
    // Richardson: errors of a central difference are a series in the square of the step.
    double previous = k_nan;
    for (int order = 1; order < k_levels; ++order) {
      previous = extrapolated[k_levels - 1];
      const double factor = std::ldexp(1.0, 2 * order);
      for (int level = k_levels - 1; level >= order; --level)
        extrapolated[level] = (factor * extrapolated[level] - extrapolated[level - 1]) / (factor - 1.0);
    }
    const double slope = coordinate_slope(parameter);
    LocalSensitivity one;
    one.derivative = slope * extrapolated[k_levels - 1];
    one.derivative_error = std::abs(slope * (extrapolated[k_levels - 1] - previous));
    one.elasticity = result.nominal != 0.0 && parameter.nominal != 0.0
                         ? one.derivative * parameter.nominal / result.nominal
                         : k_nan;
    one.low = parameter.quantile(k_low_quantile);
    one.high = parameter.quantile(k_high_quantile);
    one.number_low = numbers[next++];
    one.number_high = numbers[next++];
    result.parameters.push_back(one);
  }
  return result;
}

namespace {

/// Numbers of the rows that have all their runs: [row] for A and B, [parameter][row] for A with one column of
/// B.
struct SobolRows {
  std::vector<double> a, b;
  std::vector<std::vector<double>> mixed;
};

SobolRows evaluate_rows(const ModelFunction& model, const std::vector<UncertainParameter>& parameters,
                        std::size_t samples, std::uint64_t seed) {
  const std::size_t count = parameters.size();
  const auto points = scrambled_sobol_points(samples, 2 * count, seed);
  std::vector<std::vector<double>> sets;
  sets.reserve(samples * (count + 2));
  for (const auto& point : points) {
    std::vector<double> a(count), b(count);
    for (std::size_t k = 0; k < count; ++k) {
      a[k] = parameters[k].quantile(point[k]);
      b[k] = parameters[k].quantile(point[count + k]);
    }
    sets.push_back(a);
    sets.push_back(b);
    for (std::size_t k = 0; k < count; ++k) {
      sets.push_back(a);
      sets.back()[k] = b[k];
    }
  }
  const auto numbers = model(sets);
  SobolRows rows;
  rows.mixed.resize(count);
  for (std::size_t row = 0; row < samples; ++row) {
    const double* own = numbers.data() + row * (count + 2);
    if (!std::all_of(own, own + count + 2, [](double value) { return std::isfinite(value); })) continue;
    rows.a.push_back(own[0]);
    rows.b.push_back(own[1]);
    for (std::size_t k = 0; k < count; ++k) rows.mixed[k].push_back(own[2 + k]);
  }
  return rows;
}

struct Shares {
  double first = 0.0, total = 0.0;
};

/// Over the rows named by `chosen`, which may hold a row several times.
Shares shares_of(const SobolRows& rows, std::size_t parameter, const std::vector<std::size_t>& chosen) {
  const auto count = static_cast<double>(chosen.size());
  double mean = 0.0;
  for (const auto row : chosen) mean += 0.5 * (rows.a[row] + rows.b[row]) / count;
  double variance = 0.0, first = 0.0, total = 0.0;
  for (const auto row : chosen) {
    const double a = rows.a[row] - mean, b = rows.b[row] - mean, mixed = rows.mixed[parameter][row] - mean;
    variance += 0.5 * (a * a + b * b) / count;
    first += b * (mixed - a) / count;
    total += 0.5 * (a - mixed) * (a - mixed) / count;
  }
  return variance > 0.0 ? Shares{first / variance, total / variance} : Shares{};
}

}  // namespace

GlobalResult global_sensitivity(const ModelFunction& model, const std::vector<UncertainParameter>& parameters,
                                std::size_t samples, int bootstraps, std::uint64_t seed) {
  const auto rows = evaluate_rows(model, parameters, samples, seed);
  GlobalResult result;
  result.samples = rows.a.size();
  result.failed = samples - rows.a.size();
  result.runs = samples * (parameters.size() + 2);
  if (rows.a.empty()) return result;
  const auto count = static_cast<double>(rows.a.size());
  for (std::size_t i = 0; i < rows.a.size(); ++i) result.mean += 0.5 * (rows.a[i] + rows.b[i]) / count;
  for (std::size_t i = 0; i < rows.a.size(); ++i)
    result.variance += 0.5 *
                       ((rows.a[i] - result.mean) * (rows.a[i] - result.mean) +
                        (rows.b[i] - result.mean) * (rows.b[i] - result.mean)) /
                       count;
  std::vector<std::size_t> every(rows.a.size());
  for (std::size_t i = 0; i < every.size(); ++i) every[i] = i;
  std::vector<std::vector<std::size_t>> resampled(static_cast<std::size_t>(bootstraps));
  for (std::size_t b = 0; b < resampled.size(); ++b) {
    base::RandomStream draw({seed, b, -1, base::purpose_of("bootstrap of rows")});
    for (std::size_t i = 0; i < every.size(); ++i)
      resampled[b].push_back(std::min(every.size() - 1, static_cast<std::size_t>(draw.uniform() * count)));
  }
  for (std::size_t k = 0; k < parameters.size(); ++k) {
    const auto nominal = shares_of(rows, k, every);
    std::vector<double> first, total;
    for (const auto& chosen : resampled) {
      const auto shares = shares_of(rows, k, chosen);
      first.push_back(shares.first);
      total.push_back(shares.total);
    }
    result.parameters.push_back({nominal.first, percentile(first, 0.025), percentile(first, 0.975),
                                 nominal.total, percentile(total, 0.025), percentile(total, 0.975)});
  }
  return result;
}

}  // namespace raad::study
