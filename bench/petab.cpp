// Costs and exact gradients of published estimation problems (PEtab): files on the command line, else those
// of the benchmark collection in the corpus. Gradients are at a random place about the published optimum,
// where no derivative is near 0, and are checked along a random direction by costs of the other solver.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "common/accuracy.hpp"
#include "common/command.hpp"
#include "common/corpora.hpp"
#include "data/petab.hpp"
#include "study/petab_objective.hpp"

namespace {

using namespace raad;
namespace fs = std::filesystem;

// Odd, so that the median is a measured round.
constexpr int k_rounds = 5, k_quick_rounds = 3;
// Distance from the published optimum, in units of the scale of estimation, mostly decimal logarithms: far
// enough for slopes, near enough for runs that do not fail.
constexpr double k_distance = 0.1;
// Of the check: differences leave its square, the tight tolerance over it their noise: either is a millionth
// where costs are some hundreds.
constexpr double k_step = 1e-4;
constexpr double k_tight_tolerance = 1e-11;

template <typename Work>
double milliseconds_of(const Work& work) {
  const auto started = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - started).count();
}

double cost_of(const study::Objective& objective, const std::vector<double>& position) {
  const auto evaluation = objective.evaluate(position, study::Wanted::cost);
  if (!evaluation.failure.empty()) throw base::NumericalError(evaluation.failure);
  return evaluation.cost;
}

/// Derivative of the cost along a direction, less its value by differences with CVODES: as a share of the
/// latter.
double error_along_a_direction(const study::Objective& reference, const std::vector<double>& position,
                               const std::vector<double>& gradient, base::RandomStream& random) {
  auto above = position, below = position;
  double exact = 0.0;
  for (std::size_t i = 0; i < position.size(); ++i) {
    const double direction = random.uniform() < 0.5 ? -1.0 : 1.0;
    exact += direction * gradient[i];
    above[i] += k_step * direction;
    below[i] -= k_step * direction;
  }
  const double differences = (cost_of(reference, above) - cost_of(reference, below)) / (2.0 * k_step);
  return std::abs(exact - differences) / std::abs(differences);
}

nlohmann::ordered_json time_problem(const fs::path& file, int rounds) {
  base::Diagnostics findings;
  const auto problem = data::read_petab(file, findings);
  base::throw_if_errors(findings);
  solve::Options solver;
  solver.relative_tolerance = 1e-8;  // That of `raad fit`
  const study::PetabObjective objective(problem, solver);
  auto tight = solver;
  tight.method = solve::Method::cvodes;
  tight.relative_tolerance = k_tight_tolerance;
  const study::PetabObjective reference(problem, tight);
  base::RandomStream random({.purpose = base::purpose_of("bench petab")});
  std::vector<double> position;
  for (const auto& parameter : objective.parameters())
    position.push_back(std::clamp(parameter.nominal + k_distance * (2.0 * random.uniform() - 1.0),
                                  parameter.lower + k_step, parameter.upper - k_step));
  std::vector<double> cost_ms, gradient_ms, ratio;
  study::Evaluation exact;
  for (int round = 0; round < rounds; ++round) {
    cost_ms.push_back(milliseconds_of([&] { cost_of(objective, position); }));
    gradient_ms.push_back(
        milliseconds_of([&] { exact = objective.evaluate(position, study::Wanted::gradient); }));
    // Central differences take two costs a parameter.
    ratio.push_back(2.0 * static_cast<double>(position.size()) * cost_ms.back() / gradient_ms.back());
  }
  if (!exact.failure.empty()) throw base::NumericalError(exact.failure);
  const double error = error_along_a_direction(reference, position, exact.gradient, random);
  fmt::print("{:<28}{:>10}{:>12.2f}{:>15.2f}{:>10.1f} times{:>12.1e}\n", file.stem().string(),
             position.size(), bench::median(cost_ms), bench::median(gradient_ms), bench::median(ratio),
             error);
  std::fflush(stdout);
  return {
      {"estimated", position.size()}, {"cost_ms", cost_ms}, {"gradient_ms", gradient_ms}, {"error", error}};
}

}  // namespace

int main(int count, char** arguments) {
  const auto command = bench::read_command(count, arguments);
  std::vector<fs::path> problems(command.files.begin(), command.files.end());
  std::optional<bench::CorpusFiles> corpus;
  if (problems.empty()) problems = corpus.emplace("petab-benchmarks/problems.tar.xz", ".yaml").files();
  if (problems.empty()) fmt::print("no problems: name files, or set RAAD_CORPORA\n");
  fmt::print("{:<28}{:>10}{:>12}{:>15}{:>18}{:>10}\n", "problem, one thread", "estimated", "cost [ms]",
             "gradient [ms]", "differences take", "off by");
  nlohmann::ordered_json json;
  for (const auto& file : problems)
    json[file.stem().string()] = time_problem(file, command.quick ? k_quick_rounds : k_rounds);
  bench::write_figures(command, json);
  return 0;
}
