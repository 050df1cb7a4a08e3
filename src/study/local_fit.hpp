// One optimisation of an objective from one start.
#pragma once

#include <string>
#include <vector>

#include "study/objective.hpp"

namespace raad::study {

enum class FitMethod {
  trust_region,  ///< Gauss-Newton steps with Fisher's information inside bounds (needs a gradient)
  lbfgs,         ///< NLopt's limited-memory BFGS (Nocedal 1980; needs a gradient)
  slsqp,         ///< NLopt's sequential quadratic programming (Kraft 1994; needs a gradient)
  bobyqa,        ///< NLopt's BOBYQA (Powell 2009): costs only
  cmaes,         ///< pagmo's CMA-ES (Hansen 2006): global, costs only; the trust region refines its end
};
/// By name; nothing for an unknown one.
std::optional<FitMethod> fit_method(const std::string& name);
std::string name_of(FitMethod method);
bool needs_gradient(FitMethod method);

struct FitOptions {
  FitMethod method = FitMethod::trust_region;
  long max_evaluations = 1000;  ///< Of the cost, with or without gradient, a start
  /// Done when a step lowers the cost by less than this share of 1 + |cost|. Gradients by the solver at its
  /// tolerance of 1e-8 lower costs no further. BOBYQA is done when its trust region has shrunk to the root of
  /// this share.
  double cost_tolerance = 1e-8;
};

/// LocalFit::ending where cost or gradient could not be had at the start.
inline constexpr const char* k_failed_at_start = "failed at the start";

struct LocalFit {
  std::vector<double> start, position;  ///< Positions; equal where nothing was found
  double start_cost = std::numeric_limits<double>::quiet_NaN();
  double cost = std::numeric_limits<double>::quiet_NaN();  ///< NaN: every evaluation failed
  long evaluations = 0;                                    ///< Of the cost, gradients included
  long gradients = 0;
  long failures = 0;
  std::string first_failure;
  std::string ending;  ///< converged, evaluations used up, ...
  bool begun = false;  ///< The evaluations that a first step needs succeeded
};

/// Counts evaluations and failures of an objective, and remembers the best position within the bounds.
class CountedObjective {
 public:
  CountedObjective(const Objective& objective, long max_evaluations)
      : objective_(objective), max_evaluations_(max_evaluations) {}
  const Objective& objective() const { return objective_; }
  bool used_up() const { return record_.evaluations >= max_evaluations_; }
  /// Failed once the evaluations are used up.
  Evaluation evaluate(std::span<const double> position, Wanted wanted);
  LocalFit& record() { return record_; }

 private:
  const Objective& objective_;
  long max_evaluations_;
  LocalFit record_;
};

/// From `start`; `seed` is for methods that draw. The best position found, whatever the method's end.
LocalFit fit_from(const Objective& objective, const std::vector<double>& start, const FitOptions& options,
                  std::uint64_t seed);

/// The methods; each works on the counted objective and says how it ended.
std::string fit_by_trust_region(CountedObjective& counted, std::vector<double> start,
                                const FitOptions& options);
std::string fit_by_nlopt(CountedObjective& counted, std::vector<double> start, const FitOptions& options);
std::string fit_by_cmaes(CountedObjective& counted, const std::vector<double>& start,
                         const FitOptions& options, std::uint64_t seed);

/// Information by central second differences of the cost, for objectives without gradient; empty when one
/// fails.
std::vector<double> differenced_information(const Objective& objective, const std::vector<double>& position);

}  // namespace raad::study
