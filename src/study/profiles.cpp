#include "study/profiles.hpp"

#include <algorithm>
#include <boost/math/distributions/chi_squared.hpp>
#include <chrono>
#include <cmath>
#include <mutex>

namespace raad::study {
namespace {

// Rise of the cost a step should bring, as a share of the threshold: ten steps a side draw a smooth curve.
constexpr double k_rise_of_step = 0.1;
// Steps stay between these shares of the range of the parameter (or of its reach, where that is infinite).
constexpr double k_least_step = 1e-4, k_greatest_step = 0.1;
constexpr double k_reach_without_bounds = 6.0;
// A rise below this share of the threshold over the whole range is none: about what the refits leave.
constexpr double k_flat = 0.02;

/// The objective with one parameter held.
class HeldObjective final : public Objective {
 public:
  HeldObjective(const Objective& whole, std::size_t held, double at) : whole_(whole), held_(held), at_(at) {
    parameters_ = whole.parameters();
    parameters_.erase(parameters_.begin() + static_cast<std::ptrdiff_t>(held));
  }
  const std::vector<EstimatedParameter>& parameters() const override { return parameters_; }
  bool has_gradient() const override { return whole_.has_gradient(); }
  std::string identity() const override { return whole_.identity(); }
  std::vector<double> whole(std::span<const double> position) const {
    std::vector<double> made(position.begin(), position.end());
    made.insert(made.begin() + static_cast<std::ptrdiff_t>(held_), at_);
    return made;
  }
  Evaluation evaluate(std::span<const double> position, Wanted wanted) const override {
    std::vector<std::size_t> kept;
    for (std::size_t k = 0; k <= parameters_.size(); ++k)
      if (k != held_) kept.push_back(k);
    return restricted(whole_.evaluate(whole(position), wanted), kept);
  }

 private:
  const Objective& whole_;
  std::size_t held_;
  double at_;
  std::vector<EstimatedParameter> parameters_;
};

/// One side of one profile.
struct Side {
  std::vector<ProfilePoint> points;  ///< Away from the optimum
  std::optional<double> end;
  std::string trouble;
  long evaluations = 0, failures = 0;
};

class SideWalk {
 public:
  SideWalk(const Objective& objective, std::size_t parameter, double direction, const ProfileOptions& options)
      : objective_(objective), parameter_(parameter), direction_(direction), options_(options) {}

  Side walk(const std::vector<double>& optimum, double cost, double information);

 private:
  std::optional<ProfilePoint> refit(double at, const std::vector<double>& from, Side& side) const;

  const Objective& objective_;
  std::size_t parameter_;
  double direction_;
  const ProfileOptions& options_;
};

std::optional<ProfilePoint> SideWalk::refit(double at, const std::vector<double>& from, Side& side) const {
  const HeldObjective held(objective_, parameter_, at);
  std::vector<double> start = from;
  start.erase(start.begin() + static_cast<std::ptrdiff_t>(parameter_));
  ProfilePoint made;
  made.position = at;
  if (start.empty()) {
    const auto value = held.evaluate({}, Wanted::cost);
    ++side.evaluations;
    if (value.failure.empty()) return ProfilePoint{at, value.cost, {at}};
    ++side.failures;
    side.trouble = value.failure;
    return std::nullopt;
  }
  const auto fit = fit_from(held, start, options_.fit, 1);
  side.evaluations += fit.evaluations;
  side.failures += fit.failures;
  if (!std::isfinite(fit.cost)) {
    side.trouble = fit.first_failure;
    return std::nullopt;
  }
  return ProfilePoint{at, fit.cost, held.whole(fit.position)};
}

Side SideWalk::walk(const std::vector<double>& optimum, double cost, double information) {
  Side side;
  const auto& parameter = objective_.parameters()[parameter_];
  const double threshold = profile_threshold(options_.confidence);
  double bound = direction_ > 0.0 ? parameter.upper : parameter.lower;
  const double here = optimum[parameter_];
  const double range = std::isfinite(parameter.upper - parameter.lower)
                           ? parameter.upper - parameter.lower
                           : k_reach_without_bounds * std::max(1.0, std::abs(here));
  if (!std::isfinite(bound)) bound = here + direction_ * range;
  const double least = k_least_step * range, greatest = k_greatest_step * range;
  // By the quadratic approximation the first step brings the wanted rise.
  const double rise_wanted = k_rise_of_step * threshold;
  double step = information > 0.0 ? std::sqrt(2.0 * rise_wanted / information) : greatest;
  step = std::clamp(step, least, greatest);
  ProfilePoint last{here, cost, optimum};
  while (side.points.size() < options_.most_points && direction_ * (bound - last.position) > 0.0) {
    const double at =
        direction_ > 0.0 ? std::min(bound, last.position + step) : std::max(bound, last.position - step);
    const auto next = refit(at, last.others, side);
    if (!next && step > 2.0 * least) {
      step *= 0.25;
      side.trouble.clear();
      continue;
    }
    if (!next) return side;
    const double rise = next->cost - last.cost;
    // A step that leaps over the interval's end would place it badly.
    if (rise > 5.0 * rise_wanted && step > 2.0 * least && next->cost - cost > threshold) {
      step *= 0.4;
      continue;
    }
    side.points.push_back(*next);
    if (next->cost - cost >= threshold) {
      // Between the last two points the cost is nearly linear in the square root of its rise.
      const double before = std::sqrt(std::max(0.0, last.cost - cost)), after = std::sqrt(next->cost - cost);
      const double share = (std::sqrt(threshold) - before) / (after - before);
      side.end = last.position + share * (next->position - last.position);
      return side;
    }
    if (rise > 1.5 * rise_wanted) step = std::max(least, 0.6 * step);
    if (rise < 0.5 * rise_wanted) step = std::min(greatest, 1.8 * step);
    last = *next;
  }
  if (side.points.size() >= options_.most_points) side.trouble = "more points needed than allowed";
  return side;
}

nlohmann::json to_json(const Side& side) {
  nlohmann::json points = nlohmann::json::array();
  for (const auto& point : side.points) points.push_back({point.position, point.cost, point.others});
  return {{"points", points},
          {"end", side.end ? nlohmann::json(*side.end) : nlohmann::json()},
          {"trouble", side.trouble},
          {"evaluations", side.evaluations},
          {"failures", side.failures}};
}

Side from_json(const nlohmann::json& json) {
  Side side;
  for (const auto& point : json["points"])
    side.points.push_back({point[0], point[1], point[2].get<std::vector<double>>()});
  if (!json["end"].is_null()) side.end = json["end"].get<double>();
  side.trouble = json["trouble"];
  side.evaluations = json["evaluations"];
  side.failures = json["failures"];
  return side;
}

Profile joined(std::size_t parameter, const ProfilePoint& optimum, Side below, Side above, double threshold) {
  Profile made;
  made.parameter = parameter;
  std::ranges::reverse(below.points);
  made.points = std::move(below.points);
  made.points.push_back(optimum);
  made.points.insert(made.points.end(), above.points.begin(), above.points.end());
  made.lower = below.end;
  made.upper = above.end;
  made.evaluations = below.evaluations + above.evaluations;
  made.failures = below.failures + above.failures;
  made.trouble = below.trouble.empty() ? above.trouble : below.trouble;
  double highest = optimum.cost;
  made.least_cost = optimum.cost;
  for (const auto& point : made.points) {
    highest = std::max(highest, point.cost);
    made.least_cost = std::min(made.least_cost, point.cost);
  }
  if (!made.lower || !made.upper)
    made.verdict = highest - optimum.cost < k_flat * threshold ? Identifiability::structurally_unidentifiable
                                                               : Identifiability::practically_unidentifiable;
  return made;
}

}  // namespace

std::string name_of(Identifiability verdict) {
  switch (verdict) {
    case Identifiability::identifiable:
      return "identifiable";
    case Identifiability::practically_unidentifiable:
      return "practically not";
    case Identifiability::structurally_unidentifiable:
      return "structurally not";
  }
  return {};
}

double profile_threshold(double confidence) {
  return 0.5 * boost::math::quantile(boost::math::chi_squared(1.0), confidence);
}

std::vector<Profile> profile(const Objective& objective, const std::vector<double>& optimum, double cost,
                             const std::vector<double>& information, const std::vector<std::size_t>& chosen,
                             const ProfileOptions& options, FitJournal* journal, const FitWatcher& watcher) {
  const std::size_t n = optimum.size();
  std::vector<Side> sides(2 * chosen.size());
  FitProgress progress;
  progress.total = sides.size();
  progress.best = cost;
  std::mutex mutex;
  const auto began = std::chrono::steady_clock::now();
  run_parallel(sides.size(), options.threads, [&](std::size_t i) {
    const std::size_t parameter = chosen[i / 2];
    const double direction = i % 2 == 0 ? -1.0 : 1.0;
    const std::string key =
        "profile " + objective.parameters()[parameter].id + (direction < 0.0 ? " below" : " above");
    const auto known = journal != nullptr ? journal->find(key) : std::nullopt;
    if (known) {
      sides[i] = from_json(*known);
    } else {
      const double curvature = information.empty() ? 0.0 : information[parameter * n + parameter];
      sides[i] = SideWalk(objective, parameter, direction, options).walk(optimum, cost, curvature);
      if (journal != nullptr) journal->append(key, to_json(sides[i]));
    }
    const std::lock_guard guard(mutex);
    ++progress.done;
    progress.resumed += known ? 1 : 0;
    progress.evaluations += sides[i].evaluations;
    progress.failures += sides[i].failures;
    progress.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    if (watcher) watcher(progress);
  });
  std::vector<Profile> made;
  for (std::size_t c = 0; c < chosen.size(); ++c)
    made.push_back(joined(chosen[c], {optimum[chosen[c]], cost, optimum}, std::move(sides[2 * c]),
                          std::move(sides[2 * c + 1]), profile_threshold(options.confidence)));
  return made;
}

}  // namespace raad::study
