// How much work each integrator needs for a given error: stiff problems with published solutions, and a dose
// of psilocybin in the human system. Prints the Markdown tables of docs/work_precision.md.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ctime>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "../test/solve/reference_problems.hpp"
#include "common/command.hpp"
#include "data/library.hpp"
#include "dose/schedule.hpp"
#include "run/system.hpp"
#include "solve/problem.hpp"

namespace {

using namespace raad;

// Odd, so that the median is a measured round.
constexpr int k_rounds = 15;
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

/// Time that this thread has had a processor: on a shared machine the clock on the wall measures the
/// neighbours.
double processor_microseconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return 1e6 * static_cast<double>(time.tv_sec) + 1e-3 * static_cast<double>(time.tv_nsec);
}

nlohmann::ordered_json measure(const Case& one, const Method& method, double tolerance) {
  std::vector<double> microseconds;
  solve::Solution solution;
  for (int round = 0; round < k_rounds; ++round) {
    const double start = processor_microseconds();
    solution = solve::solve(one.problem, options_for(method.method, tolerance));
    microseconds.push_back(processor_microseconds() - start);
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
      " us, least / median |\n|---|---|---|---|---|---|---|---|---|---|\n");
}

void print_row(const nlohmann::ordered_json& row) {
  const auto number = [&](const char* key) { return row[key].get<double>(); };
  fmt::print("| {} | {:.0e} | {:.1e} | {} | {} | {} | {} | {} | {} | {:.0f} / {:.0f} |{}\n",
             row["method"].get<std::string>(), number("tolerance"), number("error"), number("steps"),
             number("rejected"), number("rate_evaluations"), number("jacobian_evaluations"),
             number("factorisations"), number("solves"), number("microseconds_least"),
             number("microseconds_median"),
             row["status"] == "success" ? "" : " " + row["status"].get<std::string>());
}

/// Time [us] for an error, between the two tolerances whose errors enclose it, linear in logarithms.
std::optional<double> time_at_error(const nlohmann::ordered_json& rows, const Case& one, const Method& method,
                                    double wanted) {
  std::optional<std::pair<double, double>> looser;
  for (const auto& row : rows) {
    if (row["problem"] != one.name || row["method"] != method.name || row["status"] != "success") continue;
    const double error = row["error"].get<double>(), time = row["microseconds_least"].get<double>();
    if (looser && looser->first >= wanted && error <= wanted && error < looser->first) {
      const double part = std::log(looser->first / wanted) / std::log(looser->first / error);
      return looser->second * std::pow(time / looser->second, part);
    }
    looser = {error, time};
  }
  return std::nullopt;
}

void compare_at_equal_error(const Case& one, const nlohmann::ordered_json& rows) {
  fmt::print(
      "\nTime [us] at equal error:\n\n| error | Rodas5P | Rodas4P | CVODES | CVODES / Rodas5P |\n"
      "|---|---|---|---|---|\n");
  for (double error : {1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8}) {
    std::vector<std::optional<double>> times;
    for (const Method& method : k_methods) times.push_back(time_at_error(rows, one, method, error));
    fmt::print("| {:.0e} |", error);
    for (const auto& time : times) fmt::print(" {} |", time ? fmt::format("{:.0f}", *time) : "-");
    const bool both = times.front() && times.back();
    fmt::print(" {} |\n", both ? fmt::format("{:.1f}", *times.back() / *times.front()) : "-");
  }
}

void tabulate(const Case& one, nlohmann::ordered_json& rows) {
  print_heading(one.name);
  for (const Method& method : k_methods) {
    for (double tolerance : k_tolerances) {
      rows.push_back(measure(one, method, tolerance));
      print_row(rows.back());
    }
  }
  compare_at_equal_error(one, rows);
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
  bench::write_figures(bench::read_command(count, arguments), {{"rows", rows}});
  return 0;
}
