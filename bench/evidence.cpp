// The likelihood of the library: one evaluation of all calibration evidence, both species, and one gradient,
// on lanes against CVODES subject by subject; and, for the rows that PEtab can say, exact gradients against
// differences by CVODES. Rounds alternate; figures are medians of one run.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "base/files.hpp"
#include "common/accuracy.hpp"
#include "common/command.hpp"
#include "data/evidence.hpp"
#include "data/write_petab.hpp"
#include "study/evidence_objective.hpp"
#include "study/evidence_petab.hpp"
#include "study/petab_objective.hpp"

namespace {

using namespace raad;

// Parameters of the clinical part that `raad calibrate` fits (docs/calibration.md); their gradient is timed.
const std::vector<std::string> k_parameters = {"mood__ampar_relief", "mood__spine_relief",
                                               "mood__learning_relief", "mood__habenula_relief",
                                               "learning__consolidation_rate"};

/// A system and the parameters by which the cost of its rows that PEtab can say is derived: those of the
/// stages of docs/calibration.md that such rows depend on.
struct ExactProblem {
  std::string system;
  std::vector<std::string> parameters;
};

const std::vector<ExactProblem> k_exact_problems = {
    {"human",
     {"human:psilocin__transit_rate", "human:psilocin__clearance", "human:psilocin__distribution_clearance",
      "human:psilocin__peripheral_volume", "human:psilocin__central_volume",
      "serotonin_2a__internalisation_rate", "serotonin_2a__recycling_rate", "serotonin_2a__degradation_rate",
      "experience__half_intensity_stimulus", "experience__intensity_steepness"}},
    {"mouse",
     {"spines__nascent_loss_rate", "spines__nascent_maturation_rate", "spines__mature_loss_rate",
      "spines__mature_stabilisation_rate", "spines__stable_loss_rate", "spines__maximal_formation_gain",
      "spines__half_commitment_protein", "spines__commitment_time", "spines__head_width_gain",
      "synapse__synthesis_gain", "synapse__ampar_insertion_rate", "synapse__ampar_ceiling",
      "synapse__ampar_retention_time"}}};

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

/// Seconds of a gradient by central differences: the whole cost has no exact one, because visits, drop-out
/// and rates of responders are counted over virtual participants.
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

/// The calibration of one species as a PEtab problem, by way of its files as every other tool reads it.
data::PetabProblem petab_problem(const data::Library& library, const data::EvidenceTable& table,
                                 const ExactProblem& exact) {
  const auto& [system, parameters] = exact;
  study::CalibrationSettings settings;
  settings.parameters = parameters;
  const study::EvidenceObjective objective(library, table, settings);
  base::Diagnostics findings;
  auto made = study::evidence_problem(library, table, objective, settings, system, findings);
  const auto folder = std::filesystem::temp_directory_path() / ("raad_bench_evidence_" + system);
  std::filesystem::create_directories(folder);
  made.problem.model_file = folder / "model.xml";
  base::write_file_atomically(made.problem.model_file, made.sbml);
  auto problem = data::read_petab(data::write_petab(made.problem, 2, folder), findings);
  base::throw_if_errors(findings);
  return problem;
}

double seconds_of(const std::function<void()>& work) {
  const auto started = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
}

/// Exact gradients of the rows that PEtab can say, against central differences of costs by CVODES.
nlohmann::json time_exact_gradients(const data::Library& library, const data::EvidenceTable& table,
                                    const ExactProblem& exact_problem, int rounds) {
  solve::Options solver;
  solver.relative_tolerance = 1e-8;  // That of `raad fit`
  auto by_cvodes = solver;
  by_cvodes.method = solve::Method::cvodes;
  const study::PetabObjective objective(petab_problem(library, table, exact_problem), solver);
  const study::PetabObjective reference(petab_problem(library, table, exact_problem), by_cvodes);
  std::vector<double> position, cost_s, gradient_s, differences_s, ratio;
  for (const auto& parameter : objective.parameters()) position.push_back(parameter.nominal);
  double worst = 0.0;
  for (int round = 0; round < rounds; ++round) {
    study::Evaluation exact;
    std::vector<double> differences(position.size());
    cost_s.push_back(seconds_of([&] { objective.evaluate(position, study::Wanted::cost); }));
    gradient_s.push_back(seconds_of([&] { exact = objective.evaluate(position, study::Wanted::gradient); }));
    differences_s.push_back(seconds_of([&] {
      for (std::size_t k = 0; k < position.size(); ++k) {
        auto above = position, below = position;
        // Curvature costs the square of the step, what the solver leaves its inverse: 1e-5 of either is left.
        const double step = 2e-4 * std::max(1.0, std::abs(position[k]));
        above[k] += step;
        below[k] -= step;
        differences[k] = (reference.evaluate(above, study::Wanted::cost).cost -
                          reference.evaluate(below, study::Wanted::cost).cost) /
                         (2.0 * step);
      }
    }));
    ratio.push_back(differences_s.back() / gradient_s.back());
    for (std::size_t k = 0; k < position.size(); ++k)
      worst =
          std::max(worst, std::abs(differences[k] - exact.gradient[k]) / (1.0 + std::abs(exact.gradient[k])));
  }
  fmt::print("\n{}: {} rows as PEtab, one thread\n", exact_problem.system,
             objective.likelihood().problem().measurements.size());
  fmt::print("cost                                 {:>8.2f} s\n", bench::median(cost_s));
  fmt::print("exact gradient by {} parameters      {:>8.2f} s\n", position.size(), bench::median(gradient_s));
  fmt::print("differences with CVODES              {:>8.2f} s, off by {:.1e} at most\n",
             bench::median(differences_s), worst);
  fmt::print("median of ratios                     {:>8.2f}\n", bench::median(ratio));
  return {{"cost_s", cost_s}, {"gradient_s", gradient_s}, {"differences_s", differences_s}};
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
  nlohmann::json exact;
  for (const auto& problem : k_exact_problems)
    exact[problem.system] = time_exact_gradients(library, evidence.calibration, problem, rounds);
  bench::write_figures(command, {{"quick", command.quick},
                                 {"exact", exact},
                                 {"subjects", subjects},
                                 {"threads", threads},
                                 {"first_s", first},
                                 {"lanes_s", lane_s},
                                 {"cvodes_s", cvodes_s},
                                 {"gradient_s", gradient_s}});
  return 0;
}
