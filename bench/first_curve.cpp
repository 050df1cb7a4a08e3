// From text to the first curve: how long each stage takes for a library system, a fresh start each round.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "codegen/kernel.hpp"
#include "common/command.hpp"
#include "data/library.hpp"
#include "model/load.hpp"
#include "run/simulation.hpp"
#include "text/parser.hpp"

namespace {

using namespace raad;

// Odd, so that the median is a measured round; the whole table takes a few seconds.
constexpr int k_rounds = 11;

struct Timing {
  std::string stage;
  std::vector<double> milliseconds;
};

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

/// Runs the stages in order, once a round, so that a busy moment of the machine hits one round and not one
/// stage.
class StageClock {
 public:
  void measure(const std::string& stage, const std::function<void()>& work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    const std::chrono::duration<double, std::milli> elapsed = std::chrono::steady_clock::now() - start;
    for (auto& timing : timings_)
      if (timing.stage == stage) return timing.milliseconds.push_back(elapsed.count());
    timings_.push_back({stage, {elapsed.count()}});
  }
  const std::vector<Timing>& timings() const { return timings_; }

 private:
  std::vector<Timing> timings_;
};

solve::Solution solve_psilocybin(const run::LoadedSystem& system, const data::Library& library,
                                 const codegen::Kernel& kernel) {
  base::Diagnostics findings;
  solve::Problem problem;
  problem.system = &system.equations;
  problem.kernel = &kernel;
  problem.parameters = solve::initial_parameters(system.equations);
  const auto regimen = dose::parse_regimen("psilocybin 25 mg oral", "bench", findings);
  problem.actions =
      dose::plan(regimen, library.dosing, system.equations, system.name, problem.parameters, findings)
          .actions;
  base::throw_if_errors(findings);
  problem.end_h = 672.0;
  for (int i = 0; i < 200; ++i) problem.output_times.push_back(problem.end_h * i / 199.0);
  return solve::solve(problem, {});
}

StageClock time_stages() {
  StageClock clock;
  for (int round = 0; round < k_rounds; ++round) {
    base::Diagnostics findings;
    data::Library library;
    clock.measure("tables of the library",
                  [&] { library = data::open_library(data::find_home(), findings); });
    run::LoadedSystem system;
    system.name = "human";
    system.file = library.system_file("human");
    model::LoadOptions options;
    options.nominal_scales = library.nominal_scales;
    clock.measure("text and model: parse, check, flatten",
                  [&] { system.model = model::load(system.file, options, findings); });
    base::throw_if_errors(findings);
    clock.measure("equations: graph, Jacobian", [&] { system.equations = ir::build_system(*system.model); });
    std::vector<ir::NodeId> outputs;
    for (const auto& name : run::default_observables(library, system))
      outputs.push_back(system.equations.quantities.at(library.find_observable(name)->symbol).node);
    codegen::Programs programs;
    clock.measure("programs: lowering", [&] { programs = codegen::lower(system.equations, outputs); });
    std::unique_ptr<codegen::Kernel> interpreter, native;
    clock.measure("interpreter: set-up", [&] { interpreter = codegen::make_interpreter(programs); });
    clock.measure("interpreter: 28 days", [&] { solve_psilocybin(system, library, *interpreter); });
    clock.measure("native: set-up", [&] { native = codegen::compile_native(programs); });
    clock.measure("native: first 28 days, compiling", [&] { solve_psilocybin(system, library, *native); });
    clock.measure("native: second 28 days", [&] { solve_psilocybin(system, library, *native); });
  }
  return clock;
}

double total(const std::vector<Timing>& timings, bool native) {
  double sum = 0.0;
  for (const auto& timing : timings) {
    const bool of_native = timing.stage.starts_with("native"),
               of_interpreter = timing.stage.starts_with("interp");
    if ((native && of_interpreter) || (!native && of_native) || timing.stage.starts_with("native: second"))
      continue;
    sum += median(timing.milliseconds);
  }
  return sum;
}

}  // namespace

int main(int count, char** arguments) {
  const auto clock = time_stages();
  nlohmann::ordered_json json;
  fmt::print("{:<42}{:>10}{:>10}{:>10}\n", "stage [ms], human system, psilocybin", "median", "min", "max");
  for (const auto& timing : clock.timings()) {
    const auto [low, high] = std::minmax_element(timing.milliseconds.begin(), timing.milliseconds.end());
    fmt::print("{:<42}{:>10.2f}{:>10.2f}{:>10.2f}\n", timing.stage, median(timing.milliseconds), *low, *high);
    json["stages_ms"][timing.stage] = timing.milliseconds;
  }
  json["total_interpreter_ms"] = total(clock.timings(), false);
  json["total_native_ms"] = total(clock.timings(), true);
  fmt::print("{:<42}{:>10.2f}\n", "text to first result, interpreter", total(clock.timings(), false));
  fmt::print("{:<42}{:>10.2f}\n", "text to first result, native code", total(clock.timings(), true));
  bench::write_figures(bench::read_command(count, arguments), json);
  return 0;
}
