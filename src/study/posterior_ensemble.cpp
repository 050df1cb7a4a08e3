#include "study/posterior_ensemble.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/random.hpp"

namespace raad::study {
namespace {

// Starts about the optimum, a tenth of the bounds wide: the sampler needs points that span every direction,
// and moves away from them during burn-in.
constexpr double k_start_width = 0.1;

std::vector<std::vector<double>> starts_about(std::span<const double> position,
                                              const std::vector<EstimatedParameter>& parameters,
                                              std::size_t count, std::uint64_t seed) {
  std::vector<std::vector<double>> starts(count);
  for (std::size_t s = 0; s < count; ++s) {
    base::RandomStream stream({seed, 0, static_cast<std::int64_t>(s), base::purpose_of("start of a chain")});
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      const auto& one = parameters[i];
      const double moved = position[i] + k_start_width * (one.upper - one.lower) * stream.normal();
      starts[s].push_back(std::clamp(moved, one.lower, one.upper));
    }
  }
  return starts;
}

struct Moments {
  std::vector<double> mean, sd;
};

Moments moments(const std::vector<std::vector<double>>& draws) {
  const std::size_t width = draws.empty() ? 0 : draws.front().size();
  const auto count = static_cast<double>(draws.size());
  Moments result{std::vector<double>(width), std::vector<double>(width)};
  for (const auto& draw : draws)
    for (std::size_t i = 0; i < width; ++i) result.mean[i] += draw[i] / count;
  for (const auto& draw : draws)
    for (std::size_t i = 0; i < width; ++i)
      result.sd[i] += std::pow(draw[i] - result.mean[i], 2) / (count - 1.0);
  for (auto& one : result.sd) one = std::sqrt(one);
  return result;
}

}  // namespace

PosteriorEnsemble posterior_ensemble(const Objective& objective, std::span<const double> position,
                                     std::size_t draws, const SamplerOptions& options) {
  const auto& parameters = objective.parameters();
  SampledDensity density;
  density.log_density = [&](const std::vector<std::vector<double>>& points) {
    std::vector<double> logs;
    for (const auto& point : points) {
      const auto evaluation = objective.evaluate(point, Wanted::cost);
      logs.push_back(evaluation.failure.empty() ? -evaluation.cost
                                                : -std::numeric_limits<double>::infinity());
    }
    return logs;
  };
  for (const auto& one : parameters) {
    density.lower.push_back(one.lower);
    density.upper.push_back(one.upper);
  }
  // Past points to take differences of: ten a dimension (ter Braak and Vrugt 2008).
  density.starts = starts_about(position, parameters, 10 * parameters.size(), options.seed);
  const auto drawn = sample(density, options);

  PosteriorEnsemble ensemble;
  for (const auto& one : parameters) ensemble.ids.push_back(one.id);
  ensemble.r_hat = drawn.r_hat;
  ensemble.effective_size = drawn.effective_size;
  ensemble.acceptance = drawn.acceptance;
  ensemble.converged = drawn.converged();
  const std::size_t chains = drawn.chains.size(), length = drawn.chains.front().size();
  const std::size_t total = chains * length, kept = std::min(draws, total);
  for (std::size_t k = 0; k < kept; ++k) {
    // Chain by chain in turn, so that every one is thinned alike.
    const std::size_t at = k * total / kept;
    const auto& point = drawn.chains[at / length][at % length];
    auto& draw = ensemble.draws.emplace_back();
    for (std::size_t i = 0; i < point.size(); ++i) draw.push_back(from_scale(parameters[i].scale, point[i]));
  }
  return ensemble;
}

std::string ensemble_table(const PosteriorEnsemble& ensemble) {
  std::string text = fmt::format("{}\n", fmt::join(ensemble.ids, "\t"));
  for (const auto& draw : ensemble.draws) {
    for (std::size_t i = 0; i < draw.size(); ++i) text += fmt::format("{}{:.5g}", i > 0 ? "\t" : "", draw[i]);
    text += "\n";
  }
  return text;
}

std::string ensemble_summary(const PosteriorEnsemble& ensemble) {
  std::string text = "parameterId\tmean\tsd\trHat\teffectiveSize";
  for (const auto& id : ensemble.ids) text += "\tcorrelation_" + id;
  text += "\n";
  const auto [mean, sd] = moments(ensemble.draws);
  for (std::size_t i = 0; i < ensemble.ids.size(); ++i) {
    text += fmt::format("{}\t{:.5g}\t{:.3g}\t{:.4f}\t{:.0f}", ensemble.ids[i], mean[i], sd[i],
                        ensemble.r_hat[i], ensemble.effective_size[i]);
    for (std::size_t j = 0; j < ensemble.ids.size(); ++j) {
      double sum = 0.0;
      for (const auto& draw : ensemble.draws) sum += (draw[i] - mean[i]) * (draw[j] - mean[j]);
      text += fmt::format("\t{:.2f}", sum / (static_cast<double>(ensemble.draws.size() - 1) * sd[i] * sd[j]));
    }
    text += "\n";
  }
  return text;
}

}  // namespace raad::study
