// Densities of PEtab's prior distributions.
#include <boost/math/distributions/cauchy.hpp>
#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/exponential.hpp>
#include <boost/math/distributions/gamma.hpp>
#include <boost/math/distributions/laplace.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/rayleigh.hpp>
#include <cmath>
#include <limits>
#include <numbers>

#include "study/petab_likelihood.hpp"

namespace raad::study {
namespace {

struct Density {
  double log_density = 0.0;
  double mass = 1.0;  ///< Of the interval within the bounds
};

template <typename Distribution>
Density within(const Distribution& distribution, double x, double lower, double upper) {
  const auto cumulative = [&](double at) {
    if (at == std::numeric_limits<double>::infinity()) return 1.0;
    if (at == -std::numeric_limits<double>::infinity()) return 0.0;
    const auto [least, greatest] = boost::math::support(distribution);
    if (at <= least) return 0.0;
    return at >= greatest ? 1.0 : boost::math::cdf(distribution, at);
  };
  return {std::log(boost::math::pdf(distribution, x)), cumulative(upper) - cumulative(lower)};
}

Density uniform(double low, double high, double x, double lower, double upper) {
  const double from = std::max(low, lower), to = std::min(high, upper);
  const bool inside = x >= low && x <= high;
  return {inside ? -std::log(high - low) : -std::numeric_limits<double>::infinity(),
          (to - from) / (high - low)};
}

/// The distribution of ln x, as the density of x.
Density of_logarithm(Density of_log, double x) {
  of_log.log_density -= std::log(x);
  return of_log;
}

double scaled(double value, data::PetabScale scale) {
  if (scale == data::PetabScale::logarithm) return std::log(value);
  return scale == data::PetabScale::logarithm10 ? std::log10(value) : value;
}

}  // namespace

double log_prior_density(const data::PetabParameter& parameter, double value) {
  using namespace boost::math;
  const auto& prior = *parameter.prior;
  const auto& p = prior.parameters;
  const std::string& name = prior.distribution;
  const std::size_t needed = name == "chisquare" || name == "exponential" || name == "rayleigh" ? 1 : 2;
  if (p.size() != needed)
    throw base::InputError(
        "R120", parameter.place,
        "the prior `" + name + "` of `" + parameter.id + "` has the wrong number of parameters");
  const double x = prior.on_parameter_scale ? scaled(value, parameter.scale) : value;
  const double none = std::numeric_limits<double>::infinity();
  const double lower = prior.truncated ? parameter.lower : -none,
               upper = prior.truncated ? parameter.upper : none;
  const auto log_bound = [](double bound) {
    return bound <= 0.0 ? -std::numeric_limits<double>::infinity() : std::log(bound);
  };
  Density density;
  if (name == "uniform")
    density = uniform(p[0], p[1], x, lower, upper);
  else if (name == "normal")
    density = within(normal(p[0], p[1]), x, lower, upper);
  else if (name == "laplace")
    density = within(laplace(p[0], p[1]), x, lower, upper);
  else if (name == "cauchy")
    density = within(cauchy(p[0], p[1]), x, lower, upper);
  else if (name == "chisquare")
    density = within(chi_squared(p[0]), x, lower, upper);
  // The parameter is the scale, the mean of the distribution.
  else if (name == "exponential")
    density = within(exponential(1.0 / p[0]), x, lower, upper);
  else if (name == "gamma")
    density = within(boost::math::gamma_distribution<>(p[0], p[1]), x, lower, upper);
  else if (name == "rayleigh")
    density = within(rayleigh(p[0]), x, lower, upper);
  else if (name == "log-normal")
    density = of_logarithm(within(normal(p[0], p[1]), std::log(x), log_bound(lower), log_bound(upper)), x);
  else if (name == "log-laplace")
    density = of_logarithm(within(laplace(p[0], p[1]), std::log(x), log_bound(lower), log_bound(upper)), x);
  else if (name == "log-uniform")
    // The parameters are the bounds of x itself.
    density = of_logarithm(
        uniform(std::log(p[0]), std::log(p[1]), std::log(x), log_bound(lower), log_bound(upper)), x);
  else
    throw base::InputError("R122", parameter.place, "the prior distribution `" + name + "` is not known");
  return density.log_density - std::log(density.mass);
}

double initialization_quantile(const data::PetabParameter& parameter, double probability) {
  using namespace boost::math;
  const auto& prior = *parameter.initialization;
  const auto& p = prior.parameters;
  if (p.size() != 2)
    throw base::InputError("R120", parameter.place,
                           "the initialization prior of `" + parameter.id + "` needs two parameters");
  const bool of_log = prior.distribution.rfind("log-", 0) == 0;
  const std::string inner = of_log ? prior.distribution.substr(4) : prior.distribution;
  const auto inward = [&](double value) {
    return of_log ? std::log(value) : prior.on_parameter_scale ? scaled(value, parameter.scale) : value;
  };
  const auto outward = [&](double at) {
    if (of_log || (prior.on_parameter_scale && parameter.scale == data::PetabScale::logarithm))
      return std::exp(at);
    return prior.on_parameter_scale && parameter.scale == data::PetabScale::logarithm10 ? std::pow(10.0, at)
                                                                                        : at;
  };
  const double lower = inward(parameter.lower), upper = inward(parameter.upper);
  const auto within_bounds = [&](const auto& distribution) {
    const double from = std::isfinite(lower) ? boost::math::cdf(distribution, lower) : 0.0;
    const double to = std::isfinite(upper) ? boost::math::cdf(distribution, upper) : 1.0;
    return boost::math::quantile(distribution, from + probability * (to - from));
  };
  if (inner == "normal") return outward(within_bounds(normal(p[0], p[1])));
  if (inner == "laplace") return outward(within_bounds(laplace(p[0], p[1])));
  if (inner != "uniform")
    throw base::InputError("R122", parameter.place,
                           "starts cannot be drawn from the distribution `" + prior.distribution + "`");
  // The parameters of a log-uniform distribution are bounds of the value itself.
  const double low = std::max(of_log ? std::log(p[0]) : p[0], lower);
  const double high = std::min(of_log ? std::log(p[1]) : p[1], upper);
  return outward(low + probability * (high - low));
}

double log_prior_slope(const data::PetabParameter& parameter, double value) {
  const auto& prior = *parameter.prior;
  const auto& p = prior.parameters;
  const std::string& name = prior.distribution;
  const double x = prior.on_parameter_scale ? scaled(value, parameter.scale) : value;
  // Distributions of the logarithm: slope of its density, less one for d ln x / dx.
  const bool of_log = name.rfind("log-", 0) == 0;
  const double z = of_log ? std::log(x) : x;
  const std::string inner = of_log ? name.substr(4) : name;
  double slope = 0.0;  // Of uniform distributions
  if (inner == "normal")
    slope = -(z - p[0]) / (p[1] * p[1]);
  else if (inner == "laplace")
    slope = (z < p[0] ? 1.0 : z > p[0] ? -1.0 : 0.0) / p[1];
  else if (inner == "cauchy")
    slope = -2.0 * (z - p[0]) / (p[1] * p[1] + (z - p[0]) * (z - p[0]));
  else if (inner == "chisquare")
    slope = (0.5 * p[0] - 1.0) / z - 0.5;
  else if (inner == "exponential")
    slope = -1.0 / p[0];
  else if (inner == "gamma")
    slope = (p[0] - 1.0) / z - 1.0 / p[1];
  else if (inner == "rayleigh")
    slope = 1.0 / z - z / (p[0] * p[0]);
  else if (inner != "uniform")
    throw base::InputError("R122", parameter.place, "the prior distribution `" + name + "` is not known");
  if (of_log) slope = (slope - 1.0) / x;
  if (!prior.on_parameter_scale || parameter.scale == data::PetabScale::linear) return slope;
  return slope / (value * (parameter.scale == data::PetabScale::logarithm10 ? std::numbers::ln10 : 1.0));
}

}  // namespace raad::study
