// How much work each integrator needs for a given error: stiff problems with published solutions, and a dose
// of psilocybin in the human system. Prints the Markdown table of docs/work_precision.md.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "../test/solve/reference_problems.hpp"
#include "base/files.hpp"
#include "data/library.hpp"
#include "dose/schedule.hpp"
#include "run/system.hpp"
#include "solve/problem.hpp"

namespace {

using namespace raad;

// Odd, so that the median is a measured round.
constexpr int k_rounds = 7;
constexpr double k_tolerances[] = {1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9};

struct Method {
  const char* name;
  solve::Method method;
};
constexpr Method k_methods[] = {{"Rodas5P", solve::Method::rosenbrock},
                                {"Rodas4P", solve::Method::rosenbrock_conservative},
                                {"CVODES", solve::Method::cvodes}};

/// A problem with the solution that errors are measured against.
struct Case {
  std::string name;
  solve::Problem problem;
  std::vector<double> reference;  ///< [output time][state]
  std::vector<double> scales;     ///< Error is |difference| / (|reference| + scale)
};

solve::Options options_for(solve::Method method, double tolerance) {
  solve::Options options;
  options.method = method;
  options.relative_tolerance = tolerance;
  options.absolute_tolerance_per_scale = 1e-3 * tolerance;
  return options;
}

double error_of(const solve::Solution& solution, const Case& one) {
  if (solution.states.size() != one.reference.size()) return std::nan("");
  double greatest = 0.0;
  for (std::size_t i = 0; i < one.reference.size(); ++i) {
    const double size = std::fabs(one.reference[i]) + one.scales[i % one.scales.size()];
    greatest = std::max(greatest, std::fabs(solution.states[i] - one.reference[i]) / size);
  }
  return greatest;
}

nlohmann::ordered_json measure(const Case& one, const Method& method, double tolerance) {
  std::vector<double> microseconds;
  solve::Solution solution;
  for (int round = 0; round < k_rounds; ++round) {
    const auto start = std::chrono::steady_clock::now();
    solution = solve::solve(one.problem, options_for(method.method, tolerance));
    const std::chrono::duration<double, std::micro> elapsed = std::chrono::steady_clock::now() - start;
    microseconds.push_back(elapsed.count());
  }
  std::ranges::sort(microseconds);
  nlohmann::ordered_json row;
  row["problem"] = one.name;
  row["method"] = method.name;
  row["tolerance"] = tolerance;
  row["status"] = solution.status == solve::Status::success ? "success" : solution.message;
  row["error"] = error_of(solution, one);
  row["steps"] = solution.statistics.steps;
  row["rejected"] = solution.statistics.rejected_steps;
  row["rate_evaluations"] = solution.statistics.rate_evaluations;
  row["jacobian_evaluations"] = solution.statistics.jacobian_evaluations;
  row["factorisations"] = solution.statistics.factorisations;
  row["solves"] = solution.statistics.solves;
  row["microseconds_median"] = microseconds[microseconds.size() / 2];
  row["microseconds_least"] = microseconds.front();
  row["microseconds_greatest"] = microseconds.back();
  return row;
}

/// The whole human system under one dose; the reference is Rodas5P at a tolerance of 1e-11.
struct HumanCase {
  run::LoadedSystem system;
  std::unique_ptr<codegen::Kernel> kernel;
  Case one;
};

std::optional<HumanCase> human_case() {
  base::Diagnostics findings;
  const data::Library library = data::open_library(data::find_home(), findings);
  HumanCase human{run::load_system(library, "human", findings), nullptr, {}};
  human.kernel = codegen::compile_native(codegen::lower(human.system.equations, {}));
  solve::Problem& problem = human.one.problem;
  problem.system = &human.system.equations;
  problem.kernel = human.kernel.get();
  problem.parameters = solve::initial_parameters(human.system.equations);
  problem.end_h = 672.0;
  for (int i = 1; i <= 100; ++i) problem.output_times.push_back(6.72 * i);
  const auto regimen = dose::parse_regimen("psilocybin 25 mg oral", "bench", findings);
  const auto schedule =
      dose::plan(regimen, library.dosing, human.system.equations, "human", problem.parameters, findings);
  base::throw_if_errors(findings);
  problem.actions = schedule.actions;
  human.one.name = fmt::format("human system, {} states, psilocybin 25 mg, 28 days (native code)",
                               human.system.equations.states.size());
  for (const ir::StateInfo& state : human.system.equations.states) {
    human.one.scales.push_back(1e-3 * state.nominal_scale);
  }
  const solve::Solution exact = solve::solve(problem, options_for(solve::Method::rosenbrock, 1e-11));
  if (exact.status != solve::Status::success) {
    fmt::print(stderr, "human system left out: {}\n", exact.message);
    return std::nullopt;
  }
  human.one.reference = exact.states;
  return human;
}

void print_heading(const std::string& name) {
  fmt::print("\n### {}\n\n", name);
  fmt::print(
      "| method | tolerance | error | steps | rejected | rates | Jacobians | factorisations | solves |"
      " us, median [min..max] |\n|---|---|---|---|---|---|---|---|---|---|\n");
}

void print_row(const nlohmann::ordered_json& row) {
  const auto number = [&](const char* key) { return row[key].get<double>(); };
  fmt::print("| {} | {:.0e} | {:.1e} | {} | {} | {} | {} | {} | {} | {:.0f} [{:.0f}..{:.0f}] |{}\n",
             row["method"].get<std::string>(), number("tolerance"), number("error"), number("steps"),
             number("rejected"), number("rate_evaluations"), number("jacobian_evaluations"),
             number("factorisations"), number("solves"), number("microseconds_median"),
             number("microseconds_least"), number("microseconds_greatest"),
             row["status"] == "success" ? "" : " " + row["status"].get<std::string>());
}

void tabulate(const Case& one, nlohmann::ordered_json& rows) {
  print_heading(one.name);
  for (const Method& method : k_methods) {
    for (double tolerance : k_tolerances) {
      rows.push_back(measure(one, method, tolerance));
      print_row(rows.back());
    }
  }
}

}  // namespace

int main(int count, char** arguments) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const auto& problem : solve::testing::all_reference_problems()) {
    tabulate(
        {problem.name, problem.built->problem(0.0, problem.end_h, {problem.end_h}), problem.reference, {0.0}},
        rows);
  }
  if (const auto human = human_case()) {
    // Its address changed with the return; the problem must point at what it is now.
    Case one = human->one;
    one.problem.system = &human->system.equations;
    tabulate(one, rows);
  }
  if (count == 3 && std::string(arguments[1]) == "--json") {
    base::write_file_atomically(arguments[2], nlohmann::ordered_json{{"rows", rows}}.dump(1) + "\n");
  }
  return 0;
}
