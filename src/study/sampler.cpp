#include "study/sampler.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "base/random.hpp"

namespace raad::study {
namespace {

using Point = std::vector<double>;

// ter Braak and Vrugt 2008: one proposal in ten is a snooker, one in ten of the others a full jump between
// modes; a chain's point joins the archive every tenth generation.
constexpr double k_snooker_share = 0.1, k_full_jump_share = 0.1;
constexpr int k_archive_every = 10;
// Archive at the start, by dimension.
constexpr std::size_t k_archive_per_dimension = 10;
// Noise that makes every point reachable: a share of the range between the bounds.
constexpr double k_jitter = 1e-6;
constexpr double k_good_r_hat = 1.01;
// Draws in all below which means and intervals are not to be trusted (Vehtari et al. 2021).
constexpr double k_least_effective_size = 400.0;

/// Back into the bounds, as by mirrors; far outside: anywhere inside by the remainder.
double reflected(double value, double lower, double upper) {
  const double range = upper - lower;
  double place = std::fmod(value - lower, 2.0 * range);
  if (place < 0.0) place += 2.0 * range;
  return lower + (place <= range ? place : 2.0 * range - place);
}

struct Proposal {
  Point point;
  double log_correction = 0.0;  ///< Of the snooker's unequal densities of proposal
};

class Chains {
 public:
  Chains(const SampledDensity& density, const SamplerOptions& options)
      : density_(density), options_(options) {
    const std::size_t dimensions = density.lower.size();
    archive_ = density.starts;
    const std::size_t wanted =
        std::max(k_archive_per_dimension * dimensions, static_cast<std::size_t>(2 * options.chains));
    base::RandomStream draw({options.seed, 0, -1, base::purpose_of("sampler starts")});
    while (density.starts.empty() && archive_.size() < wanted) {
      auto& point = archive_.emplace_back();
      for (std::size_t k = 0; k < dimensions; ++k)
        point.push_back(density.lower[k] + draw.uniform() * (density.upper[k] - density.lower[k]));
    }
    if (archive_.size() < dimensions + 1 || archive_.size() < static_cast<std::size_t>(options.chains))
      throw std::logic_error("sampler: fewer starts than dimensions and chains");
    states_.assign(archive_.begin(), archive_.begin() + options.chains);
    log_densities_ = density.log_density(states_);
  }

  void step(int generation) {
    std::vector<Point> points;
    std::vector<double> corrections;
    std::vector<base::RandomStream> streams;
    for (std::size_t c = 0; c < states_.size(); ++c) {
      streams.emplace_back(base::StreamKey{options_.seed, static_cast<std::uint64_t>(generation),
                                           static_cast<std::int64_t>(c), base::purpose_of("sampler")});
      auto proposal = streams.back().uniform() < k_snooker_share ? snooker(c, streams.back())
                                                                 : difference(c, streams.back());
      for (std::size_t k = 0; k < proposal.point.size(); ++k)
        proposal.point[k] = reflected(proposal.point[k], density_.lower[k], density_.upper[k]);
      points.push_back(std::move(proposal.point));
      corrections.push_back(proposal.log_correction);
    }
    const auto proposed = density_.log_density(points);
    for (std::size_t c = 0; c < states_.size(); ++c) {
      ++proposals_;
      // Also out of a start where the density is 0; NaN is never accepted.
      const double ratio = proposed[c] - log_densities_[c] + corrections[c];
      const bool first_inside = std::isfinite(proposed[c]) && !std::isfinite(log_densities_[c]);
      if (!first_inside && !(std::log(streams[c].uniform()) < ratio)) continue;
      states_[c] = points[c];
      log_densities_[c] = proposed[c];
      ++accepted_;
    }
    if ((generation + 1) % k_archive_every == 0)
      archive_.insert(archive_.end(), states_.begin(), states_.end());
  }

  const std::vector<Point>& states() const { return states_; }
  const std::vector<double>& log_densities() const { return log_densities_; }
  double acceptance() const { return proposals_ > 0 ? accepted_ / proposals_ : 0.0; }

 private:
  std::size_t pick(base::RandomStream& draw) const {
    return std::min(archive_.size() - 1,
                    static_cast<std::size_t>(draw.uniform() * static_cast<double>(archive_.size())));
  }

  Proposal difference(std::size_t chain, base::RandomStream& draw) const {
    const auto dimensions = static_cast<double>(density_.lower.size());
    const double scale = draw.uniform() < k_full_jump_share ? 1.0 : 2.38 / std::sqrt(2.0 * dimensions);
    const Point &one = archive_[pick(draw)], &two = archive_[pick(draw)];
    Proposal proposal{states_[chain], 0.0};
    for (std::size_t k = 0; k < one.size(); ++k)
      proposal.point[k] +=
          scale * (one[k] - two[k]) + k_jitter * (density_.upper[k] - density_.lower[k]) * draw.normal();
    return proposal;
  }

  /// Along the line to a past point, by the difference of two others projected onto it.
  Proposal snooker(std::size_t chain, base::RandomStream& draw) const {
    const Point &anchor = archive_[pick(draw)], &one = archive_[pick(draw)], &two = archive_[pick(draw)];
    const double scale = 1.2 + draw.uniform();  // Between 1.2 and 2.2
    const Point& from = states_[chain];
    double length = 0.0, along = 0.0;
    for (std::size_t k = 0; k < from.size(); ++k) {
      const double line = from[k] - anchor[k];
      length += line * line;
      along += line * (one[k] - two[k]);
    }
    Proposal proposal{from, 0.0};
    if (length <= 0.0) return proposal;
    double after = 0.0;
    for (std::size_t k = 0; k < from.size(); ++k) {
      proposal.point[k] += scale * along / length * (from[k] - anchor[k]);
      after += (proposal.point[k] - anchor[k]) * (proposal.point[k] - anchor[k]);
    }
    proposal.log_correction = 0.5 * (static_cast<double>(from.size()) - 1.0) * std::log(after / length);
    return proposal;
  }

  const SampledDensity& density_;
  const SamplerOptions& options_;
  std::vector<Point> archive_, states_;
  std::vector<double> log_densities_;
  double proposals_ = 0.0, accepted_ = 0.0;
};

/// Each chain in two, so that a chain that still moves differs from itself.
std::vector<std::vector<double>> split(const std::vector<std::vector<double>>& draws) {
  std::vector<std::vector<double>> halves;
  for (const auto& chain : draws) {
    const auto half = static_cast<std::ptrdiff_t>(chain.size() / 2);
    halves.emplace_back(chain.begin(), chain.begin() + half);
    halves.emplace_back(chain.end() - half, chain.end());
  }
  return halves;
}

/// Normal scores of the pooled ranks, ties sharing their mean rank.
std::vector<std::vector<double>> rank_normalised(std::vector<std::vector<double>> draws) {
  std::vector<double> all;
  for (const auto& chain : draws) all.insert(all.end(), chain.begin(), chain.end());
  std::ranges::sort(all);
  const auto count = static_cast<double>(all.size());
  for (auto& chain : draws)
    for (double& value : chain) {
      const auto [low, high] = std::ranges::equal_range(all, value);
      const double rank = 0.5 * static_cast<double>((low - all.begin()) + (high - all.begin()) + 1);
      value = base::normal_quantile((rank - 0.375) / (count + 0.25));  // Blom's scores
    }
  return draws;
}

struct Variances {
  double within = 0.0, total = 0.0;  ///< `total` is the estimate that chains which have not met inflate
};

Variances variances(const std::vector<std::vector<double>>& chains) {
  const auto chain_count = static_cast<double>(chains.size()), length = static_cast<double>(chains[0].size());
  std::vector<double> means;
  Variances result;
  double grand = 0.0;
  for (const auto& chain : chains) {
    double mean = 0.0, squares = 0.0;
    for (const double value : chain) mean += value / length;
    for (const double value : chain) squares += (value - mean) * (value - mean);
    result.within += squares / (length - 1.0) / chain_count;
    grand += means.emplace_back(mean) / chain_count;
  }
  double between = 0.0;
  for (const double mean : means) between += (mean - grand) * (mean - grand) / (chain_count - 1.0);
  result.total = (length - 1.0) / length * result.within + between;
  return result;
}

}  // namespace

double split_r_hat(const std::vector<std::vector<double>>& draws) {
  const auto result = variances(rank_normalised(split(draws)));
  return result.within > 0.0 ? std::sqrt(result.total / result.within)
                             : std::numeric_limits<double>::infinity();
}

double effective_sample_size(const std::vector<std::vector<double>>& draws) {
  const auto chains = rank_normalised(split(draws));
  const auto [within, total] = variances(chains);
  const std::size_t length = chains[0].size();
  const auto count = static_cast<double>(chains.size() * length);
  if (!(total > 0.0)) return 0.0;
  const auto autocorrelation = [&, within = within, total = total](std::size_t lag) {
    double covariance = 0.0;
    for (const auto& chain : chains) {
      double mean = 0.0, sum = 0.0;
      for (const double value : chain) mean += value / static_cast<double>(length);
      for (std::size_t t = 0; t + lag < length; ++t) sum += (chain[t] - mean) * (chain[t + lag] - mean);
      covariance += sum / static_cast<double>(length) / static_cast<double>(chains.size());
    }
    return 1.0 - (within - covariance) / total;
  };
  // Geyer's initial monotone sequence (1992, doi:10.1214/ss/1177011137): sums of neighbours as long as they
  // are positive, none greater than the one before.
  double sum = 0.0, previous = std::numeric_limits<double>::infinity();
  for (std::size_t lag = 0; lag + 1 < length; lag += 2) {
    double pair = autocorrelation(lag) + autocorrelation(lag + 1);
    if (lag == 0) pair = 1.0 + autocorrelation(1);
    if (!(pair > 0.0)) break;
    previous = std::min(previous, pair);
    sum += previous;
  }
  // Antithetic chains can be worth more than independent draws, but not without limit (Vehtari et al. 2021).
  return std::min(count / std::max(2.0 * sum - 1.0, 1e-12), count * std::log10(count));
}

bool Sample::converged() const {
  return std::ranges::all_of(r_hat, [](double value) { return value <= k_good_r_hat; }) &&
         std::ranges::all_of(effective_size, [](double value) { return value >= k_least_effective_size; });
}

Sample sample(const SampledDensity& density, const SamplerOptions& options) {
  Chains chains(density, options);
  const int first_kept = static_cast<int>(options.burn_in * options.generations);
  Sample result;
  result.chains.resize(static_cast<std::size_t>(options.chains));
  result.log_densities.resize(result.chains.size());
  for (int generation = 0; generation < options.generations; ++generation) {
    chains.step(generation);
    for (std::size_t c = 0; c < result.chains.size() && generation >= first_kept; ++c) {
      result.chains[c].push_back(chains.states()[c]);
      result.log_densities[c].push_back(chains.log_densities()[c]);
    }
    if (options.progress) options.progress(generation + 1);
  }
  result.acceptance = chains.acceptance();
  for (std::size_t k = 0; k < density.lower.size(); ++k) {
    std::vector<std::vector<double>> draws;
    for (const auto& chain : result.chains) {
      auto& one = draws.emplace_back();
      for (const auto& point : chain) one.push_back(point[k]);
    }
    result.r_hat.push_back(split_r_hat(draws));
    result.effective_size.push_back(effective_sample_size(draws));
  }
  return result;
}

}  // namespace raad::study
