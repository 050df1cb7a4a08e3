// One subject at a time: Rodas5P, interpreted and going over to native code, against CVODES, with the error
// of each. Processor time with the making of the code, alternating rounds, medians of ratios within a round.
#include <fmt/format.h>

#include <cmath>
#include <ctime>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "common/accuracy.hpp"
#include "common/command.hpp"
#include "data/library.hpp"
#include "run/simulation.hpp"

namespace {

using namespace raad;

struct Contender {
  std::string name;
  solve::Method method = solve::Method::rosenbrock;
  run::Engine engine = run::Engine::automatic;
};

const Contender k_opponent = {"CVODES, interpreter", solve::Method::cvodes, run::Engine::interpreter};
const std::vector<double> k_opponent_tolerances = {1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-11};
const std::vector<Contender> k_contenders = {
    {"Rodas5P, interpreter", solve::Method::rosenbrock, run::Engine::interpreter},
    {"Rodas5P, automatic", solve::Method::rosenbrock, run::Engine::automatic}};
// What both methods reach on every case, at the tightest tolerance that solvers take.
constexpr double k_reference_tolerance = 1e-12;

double processor_s() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

run::Scenario scenario_of(const std::string& regimen, double end_h, double tolerance, solve::Method method) {
  run::Scenario scenario;
  base::Diagnostics findings;
  scenario.regimen = dose::parse_regimen(regimen, "bench", findings);
  base::throw_if_errors(findings);
  scenario.end_h = end_h;
  for (int i = 0; i < 200; ++i) scenario.output_times_h.push_back(end_h * (i + 0.5) / 200.0);
  scenario.solver.method = method;
  scenario.solver.relative_tolerance = tolerance;
  scenario.solver.absolute_tolerance_per_scale = 1e-3 * tolerance;
  return scenario;
}

/// Greatest difference of a read-out from the reference, in units of the read-out's greatest value.
double error_of(const run::TimeCourses& courses, const run::TimeCourses& reference) {
  double error = 0.0;
  for (std::size_t k = 0; k < courses.series.size(); ++k) {
    double greatest = 0.0, difference = 0.0;
    for (std::size_t i = 0; i < reference.time_h.size(); ++i) {
      greatest = std::max(greatest, std::abs(reference.series[k].values[i]));
      difference =
          std::max(difference, std::abs(courses.series[k].values[i] - reference.series[k].values[i]));
    }
    if (greatest > 0.0) error = std::max(error, difference / greatest);
  }
  return error;
}

struct Measured {
  double time_ms = 0.0, error = 0.0;
};

/// What the opponent takes for an error, by a power law between its two nearest runs (or through the two
/// last, for an error beyond them).
double time_for(double error, std::vector<Measured> runs) {
  std::ranges::sort(runs, std::ranges::greater(), &Measured::error);
  std::size_t next = 1;
  while (next + 1 < runs.size() && runs[next].error > error) ++next;
  const Measured &one = runs[next - 1], &two = runs[next];
  const double power = std::log(two.time_ms / one.time_ms) / std::log(two.error / one.error);
  return one.time_ms * std::pow(error / one.error, power);
}

}  // namespace

int main(int count, char** arguments) {
  const auto command = bench::read_command(count, arguments);
  const int rounds = command.quick ? 3 : 9;
  base::Diagnostics findings;
  const auto library = data::open_library(data::find_home(), findings);
  const auto system = run::load_system(library, "human", findings);
  base::throw_if_errors(findings);
  const auto observables = run::default_observables(library, system);
  const std::vector<std::tuple<std::string, std::string, double>> cases = {
      {"28 days, one dose", "psilocybin 25 mg oral", 672.0},
      {"28 days, eight infusions", "ketamine 0.5 mg/kg iv 40 min @ 0 h every 84 h x 8", 672.0},
      {"a year, 52 doses", "psilocybin 25 mg oral @ 0 h every 168 h x 52", 8760.0}};

  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  fmt::print("{:<26}{:<22}{:>10}{:>12}{:>10}{:>28}\n", "case", "solver", "tolerance", "time [ms]", "error",
             "times as fast as CVODES");
  for (const auto& [name, regimen, end_h] : cases) {
    const auto run_of = [&, regimen = regimen, end_h = end_h](const Contender& one, double tolerance) {
      return run::Simulator(library, system, observables, one.engine)
          .run(scenario_of(regimen, end_h, tolerance, one.method));
    };
    const auto reference = run_of(k_contenders.front(), k_reference_tolerance);
    const auto measure = [&](const Contender& one, double tolerance) {
      const double start_s = processor_s();
      const auto courses = run_of(one, tolerance);
      return Measured{1e3 * (processor_s() - start_s), error_of(courses, reference)};
    };
    const std::vector<double> tolerances = {1e-5, 1e-6, 1e-8};
    std::vector<std::vector<Measured>> measured(k_contenders.size() * tolerances.size());
    std::vector<std::vector<double>> ratios(measured.size());
    for (int round = 0; round < rounds; ++round) {
      std::vector<Measured> opponent;
      for (const double tolerance : k_opponent_tolerances) opponent.push_back(measure(k_opponent, tolerance));
      for (std::size_t k = 0; k < measured.size(); ++k) {
        measured[k].push_back(
            measure(k_contenders[k / tolerances.size()], tolerances[k % tolerances.size()]));
        ratios[k].push_back(time_for(measured[k].back().error, opponent) / measured[k].back().time_ms);
      }
    }
    for (std::size_t k = 0; k < measured.size(); ++k) {
      std::vector<double> times;
      for (const auto& one : measured[k]) times.push_back(one.time_ms);
      const auto& solver = k_contenders[k / tolerances.size()].name;
      const double tolerance = tolerances[k % tolerances.size()], error = measured[k].front().error;
      const auto [low, high] = std::ranges::minmax(ratios[k]);
      fmt::print("{:<26}{:<22}{:>10.0e}{:>12.1f}{:>10.1e}{:>12.2f} [{:.2f}..{:.2f}]\n", name, solver,
                 tolerance, bench::median(times), error, bench::median(ratios[k]), low, high);
      rows.push_back({{"case", name},
                      {"solver", solver},
                      {"tolerance", tolerance},
                      {"time_ms", times},
                      {"error", error},
                      {"ratios_to_cvodes", ratios[k]}});
    }
  }
  bench::write_figures(command, {{"rows", rows}});
  return 0;
}
