// Two treatments side by side: what each does at every level, and what they share.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "data/evidence.hpp"
#include "data/library.hpp"
#include "run/simulation.hpp"
#include "study/measures.hpp"
#include "study/uncertainty_bands.hpp"

namespace raad::study {

enum class Shared {
  shared,    ///< Both move it the same way, each beyond 10 % of the larger effect
  distinct,  ///< Moved by one only, or in opposite ways
  unmoved,   ///< Neither moves it beyond the solver's tolerance
};

/// Why a read-out got its class; printed beside it.
enum class SharedReason {
  same_direction,   ///< shared
  first_only,       ///< distinct: the second effect is below 10 % of the first
  second_only,      ///< distinct: the first effect is below 10 % of the second
  opposite,         ///< distinct: both beyond 10 % of the larger, in opposite directions
  below_tolerance,  ///< unmoved
};

std::string_view name_of(Shared shared);
/// A few words, for a table cell.
std::string_view describe(SharedReason reason);

/// An assumed parameter and what it does to a read-out.
struct AssumedInfluence {
  std::string parameter_id;
  double elasticity = 0.0;  ///< Relative change of peak effect or area for a relative change of the value
};

struct ProfileRow {
  std::string group;
  std::string observable;
  std::string display_name;
  std::string unit;
  bool log_axis = false;
  bool main = true;  ///< A default read-out; others are there because of their measurements
  Measures first, second;
  Shared shared = Shared::unmoved;
  SharedReason reason = SharedReason::below_tolerance;
  std::vector<AssumedInfluence> assumed;  ///< |elasticity| >= 0.1, most influential first
  bool depends_on_assumed = false;        ///< Some assumed value is upstream, however weakly
};

/// A published measurement that belongs over a curve.
struct MeasuredPoint {
  std::string observable;  ///< A row's or a derived curve's id
  int treatment = 0;       ///< 0 first, 1 second
  double time_h = 0.0;
  double value = 0.0;
  std::optional<double> half_width;  ///< 95 % half-width from the row's spread and n
  double predicted = 0.0;            ///< The curve at time_h
  std::string unit;
  std::string population, comparator;
  std::string evidence_id, source, file;  ///< file: calibration or validation
  bool whole_arm = false;  ///< Holds the response to trial and care too, which the curve leaves out
  std::string note;        ///< What was done to draw it, if anything
};

/// A row of the evidence for the same treatment that is not drawn, and why.
struct UndrawnMeasurement {
  std::string evidence_id, observable;
  int treatment = 0;
  std::string file, reason;
};

/// A curve that only exists to carry measurements: a change from baseline or a difference to no treatment.
struct DerivedCurve {
  std::string id, display_name, unit;
  std::string base_observable;
  std::vector<double> values[2];  ///< On the time grid of the courses
};

/// What the model is known to get wrong (library/known_failures.tsv).
struct KnownFailure {
  std::string id, statement, where;
};

struct ComparisonSettings {
  std::string system = "human";
  double end_h = 28 * 24.0;
  std::vector<std::string> hypotheses;
  std::vector<std::pair<std::string, double>> settings;
  solve::Options solver;
  std::vector<std::string> observables;  ///< Empty: the system's default read-outs
  int threads = 1;                       ///< For the perturbed runs; changes no result
  std::size_t uncertainty_draws = 0;     ///< Bands over so many draws of what is not known; 0: none
  std::uint64_t seed = 1;                ///< Of the draws
  bool find_assumed = true;  ///< Off: the perturbed runs are left out (quick looks, other studies)
};

struct Comparison {
  std::string treatments[2];   ///< As written
  std::string short_names[2];  ///< For legends: the drug where that tells them apart, else as written
  std::string system;
  ComparisonSettings settings;
  run::TimeCourses courses[2];               ///< Both on one time grid
  std::optional<UncertaintyBands> bands[2];  ///< In the order of the courses' series
  std::vector<double> dose_times_h[2];       ///< For ticks under the axes
  std::vector<ProfileRow> rows;
  std::vector<MeasuredPoint> points;
  std::vector<UndrawnMeasurement> undrawn;
  std::vector<DerivedCurve> derived;
  std::vector<KnownFailure> known_failures;
  std::vector<std::pair<std::string, std::string>> hypotheses;  ///< Name, description; empty: default
  std::string rule;          ///< The sentence that defines shared and distinct
  std::string assumed_rule;  ///< The sentence that defines "rests on assumed values"
  std::string points_rule;   ///< The sentence that says which measurements are drawn
  std::vector<std::string> notes;

  /// A quantile of k_band_quantiles of a read-out over the draws; null without bands.
  const std::vector<double>* band(int treatment, const std::string& observable, std::size_t quantile) const;
};

/// Runs both treatments and, for the assumed values, a perturbed pair for each of them. Throws what
/// run::Simulator throws. Results do not depend on the number of threads or the machine's load.
Comparison compare(const data::Library& library, const run::LoadedSystem& system, const dose::Regimen& first,
                   const dose::Regimen& second, const data::Evidence& evidence,
                   const ComparisonSettings& settings);

/// Sets class and reason from the peak effects. An effect is none below `threshold` [unit of the read-out].
void classify(ProfileRow& row, double threshold);

/// The effect below which a read-out counts as unmoved [unit of the read-out]: the reason is in
/// `shared_rule`.
double unmoved_threshold(const data::Library& library, const std::string& unit, double baseline,
                         double relative_tolerance);

/// The sentence that defines shared, distinct and unmoved, for a solver tolerance.
std::string shared_rule(double relative_tolerance);

/// Output times for measuring: see the reasons in the source. `corners_h` are times at which a curve may have
/// a corner (start and end of each administration) and are met exactly.
std::vector<double> measuring_grid(const std::vector<double>& dose_times_h,
                                   const std::vector<double>& corners_h, double end_h, double fine_step_h,
                                   double coarse_step_h);

}  // namespace raad::study
