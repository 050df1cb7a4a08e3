#include "study/posterior_ensemble.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/random.hpp"
#include "study/importance_sampler.hpp"
#include "study/sampler.hpp"

namespace raad::study {
namespace {

using Positions = std::vector<std::vector<double>>;

// Starts of chains about the optimum, a tenth of the bounds wide: the sampler needs points that span every
// direction, and moves away from them during burn-in.
constexpr double k_start_width = 0.1;
// The first proposal is as wide as the widest prior that fits the bounds: they are its 95 % interval.
constexpr double k_first_width = 0.25;
constexpr int k_chains = 6;
// Enough to learn the covariance of several parameters from. The same whatever the number of evaluations, so
// that more of them go on where fewer have ended.
constexpr int k_points_per_stage = 200;

SampledDensity density_of(const Objective& objective) {
  SampledDensity density;
  density.log_density = [&objective](const Positions& points) {
    std::vector<double> logs;
    for (const auto& point : points) {
      const auto evaluation = objective.evaluate(point, Wanted::cost);
      logs.push_back(evaluation.failure.empty() ? -evaluation.cost
                                                : -std::numeric_limits<double>::infinity());
    }
    return logs;
  };
  for (const auto& one : objective.parameters()) {
    density.lower.push_back(one.lower);
    density.upper.push_back(one.upper);
  }
  return density;
}

Positions starts_about(std::span<const double> position, const std::vector<EstimatedParameter>& parameters,
                       std::size_t count, std::uint64_t seed) {
  Positions starts(count);
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

Positions by_importance(const SampledDensity& density, std::span<const double> position,
                        const PosteriorOptions& options, PosteriorEnsemble& ensemble) {
  std::vector<double> scale;
  for (std::size_t i = 0; i < position.size(); ++i)
    scale.push_back(k_first_width * (density.upper[i] - density.lower[i]));
  ImportanceOptions how;
  how.points_per_stage = k_points_per_stage;
  how.stages = std::max(1, options.evaluations / k_points_per_stage);
  how.seed = options.seed;
  const auto drawn = importance_sample(density, {position.begin(), position.end()}, scale, how);
  ensemble.effective_size.assign(position.size(), drawn.effective_size);
  ensemble.converged = drawn.converged();
  ensemble.diagnosis = fmt::format(
      "importance sampling: worth {:.0f} independent draws (400 or more wanted), Pareto shape of the weights "
      "{:.2f} (0.7 or less wanted){}",
      drawn.effective_size, drawn.pareto_shape,
      ensemble.converged ? "" : ": not converged, take more evaluations");
  return resampled(drawn, options.draws, options.seed);
}

Positions by_chains(SampledDensity density, std::span<const double> position,
                    const std::vector<EstimatedParameter>& parameters, const PosteriorOptions& options,
                    PosteriorEnsemble& ensemble) {
  SamplerOptions how;
  how.chains = k_chains;
  how.generations = std::max(16, options.evaluations / k_chains);
  how.seed = options.seed;
  // Past points to take differences of: ten a dimension (ter Braak and Vrugt 2008).
  density.starts = starts_about(position, parameters, 10 * parameters.size(), options.seed);
  const auto drawn = sample(density, how);
  ensemble.effective_size = drawn.effective_size;
  ensemble.converged = drawn.converged();
  ensemble.diagnosis = fmt::format(
      "chains: R-hat up to {:.3f} (1.01 or less wanted), {:.0f} effective draws or more (400 wanted), "
      "acceptance {:.2f}{}",
      *std::ranges::max_element(drawn.r_hat), *std::ranges::min_element(drawn.effective_size),
      drawn.acceptance, ensemble.converged ? "" : ": the chains do not agree yet, take more evaluations");
  const std::size_t length = drawn.chains.front().size(), total = drawn.chains.size() * length;
  Positions kept;
  // Chain by chain in turn, so that every one is thinned alike.
  for (std::size_t k = 0; k < std::min(options.draws, total); ++k) {
    const std::size_t at = k * total / std::min(options.draws, total);
    kept.push_back(drawn.chains[at / length][at % length]);
  }
  return kept;
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
                                     const PosteriorOptions& options) {
  const auto& parameters = objective.parameters();
  const auto density = density_of(objective);
  PosteriorEnsemble ensemble;
  for (const auto& one : parameters) ensemble.ids.push_back(one.id);
  const auto positions = options.sampler == PosteriorSampler::importance
                             ? by_importance(density, position, options, ensemble)
                             : by_chains(density, position, parameters, options, ensemble);
  for (const auto& one : positions) {
    auto& draw = ensemble.draws.emplace_back();
    for (std::size_t i = 0; i < one.size(); ++i) draw.push_back(from_scale(parameters[i].scale, one[i]));
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
  std::string text = "parameterId\tmean\tsd\teffectiveSize";
  for (const auto& id : ensemble.ids) text += "\tcorrelation_" + id;
  text += "\n";
  const auto [mean, sd] = moments(ensemble.draws);
  for (std::size_t i = 0; i < ensemble.ids.size(); ++i) {
    text += fmt::format("{}\t{:.5g}\t{:.3g}\t{:.0f}", ensemble.ids[i], mean[i], sd[i],
                        ensemble.effective_size[i]);
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
