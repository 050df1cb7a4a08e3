// The likelihood of the library: one evaluation of all calibration evidence, both species, and one gradient,
// on lanes against CVODES subject by subject. Rounds alternate; figures are medians of one run.
#include <fmt/format.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "common/accuracy.hpp"
#include "common/command.hpp"
#include "data/evidence.hpp"
#include "study/evidence_objective.hpp"

namespace {

using namespace raad;

// Parameters of the clinical part that `raad calibrate` fits (docs/calibration.md); their gradient is timed.
const std::vector<std::string> k_parameters = {"mood__ampar_relief", "mood__spine_relief",
                                               "mood__learning_relief", "mood__habenula_relief",
                                               "learning__consolidation_rate"};

study::CalibrationSettings settings_of(solve::Method method, int threads, int subjects) {
  study::CalibrationSettings settings;
  settings.parameters = k_parameters;
  settings.validation.threads = threads;
  settings.validation.subjects = subjects;
  settings.validation.solver.method = method;
  return settings;
}

/// Seconds of one evaluation, and its cost.
std::pair<double, double> timed(const study::Objective& objective, const std::vector<double>& position) {
  const auto started = std::chrono::steady_clock::now();
  const auto evaluation = objective.evaluate(position, study::Wanted::cost);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  if (!evaluation.failure.empty()) throw base::NumericalError(evaluation.failure);
  return {seconds, evaluation.cost};
}

/// Seconds of a gradient by central differences: the cost has no exact one, because visits, drop-out and
/// rates of responders are counted over virtual participants.
double timed_gradient(const study::Objective& objective, const std::vector<double>& position) {
  double seconds = 0.0;
  for (std::size_t i = 0; i < position.size(); ++i)
    for (const double step : {-0.05, 0.05}) {
      auto moved = position;
      moved[i] += step;
      seconds += timed(objective, moved).first;
    }
  return seconds;
}

}  // namespace

int main(int count, char** arguments) {
  const auto command = bench::read_command(count, arguments);
  base::Diagnostics findings;
  const auto library = data::open_library(data::find_home(), findings);
  const auto evidence = data::read_all_evidence(library.evidence, findings);
  base::throw_if_errors(findings);
  const int threads = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  const int subjects = command.quick ? 50 : 400;
  const int rounds = command.quick ? 1 : 3;
  const study::EvidenceObjective lanes(library, evidence.calibration,
                                       settings_of(solve::Method::rosenbrock, threads, subjects));
  const study::EvidenceObjective one_by_one(library, evidence.calibration,
                                            settings_of(solve::Method::cvodes, threads, subjects));
  const auto position = lanes.nominal_position();
  const double first = timed(lanes, position).first;
  std::vector<double> lane_s, cvodes_s, gradient_s, ratio;
  double lane_cost = 0.0, cvodes_cost = 0.0;
  for (int round = 0; round < rounds; ++round) {
    const auto on_lanes = timed(lanes, position), with_cvodes = timed(one_by_one, position);
    lane_s.push_back(on_lanes.first);
    cvodes_s.push_back(with_cvodes.first);
    ratio.push_back(with_cvodes.first / on_lanes.first);
    lane_cost = on_lanes.second;
    cvodes_cost = with_cvodes.second;
    gradient_s.push_back(timed_gradient(lanes, position));
  }
  fmt::print("{} calibration rows, {} participants an arm, {} threads\n", evidence.calibration.rows.size(),
             subjects, threads);
  fmt::print("first evaluation, with compiling     {:>8.2f} s\n", first);
  fmt::print("evaluation on lanes                  {:>8.2f} s, cost {:.6f}\n", bench::median(lane_s),
             lane_cost);
  fmt::print("evaluation with CVODES one by one    {:>8.2f} s, cost {:.6f}\n", bench::median(cvodes_s),
             cvodes_cost);
  fmt::print("median of ratios                     {:>8.2f}\n", bench::median(ratio));
  fmt::print("gradient by {} parameters            {:>8.2f} s\n", position.size(), bench::median(gradient_s));
  bench::write_figures(command, {{"quick", command.quick},
                                 {"subjects", subjects},
                                 {"threads", threads},
                                 {"first_s", first},
                                 {"lanes_s", lane_s},
                                 {"cvodes_s", cvodes_s},
                                 {"gradient_s", gradient_s}});
  return 0;
}
