// From an SBML file to its first result: how long each stage takes for the largest published models. Files on
// the command line, else the two largest of the corpus (RAAD_CORPORA, or ../shared/corpora).
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/files.hpp"
#include "codegen/kernel.hpp"
#include "common/accuracy.hpp"
#include "common/command.hpp"
#include "common/corpora.hpp"
#include "ir/system.hpp"
#include "sbml/import.hpp"
#include "solve/problem.hpp"

namespace {

using namespace raad;
namespace fs = std::filesystem;

// Odd, so that the median is a measured round.
constexpr int k_rounds = 7;
// The promise of the first result (docs/standards.md).
constexpr double k_promise_s = 2.0;
// End of the course, in the model's own unit, as in tools/biomodels-report.
constexpr double k_end = 100.0;

/// Milliseconds of each stage, in order, one a round.
using Stages = std::vector<std::pair<std::string, std::vector<double>>>;

void record(Stages& stages, std::size_t index, const std::string& name,
            std::chrono::steady_clock::time_point& started) {
  const auto now = std::chrono::steady_clock::now();
  if (index == stages.size()) stages.push_back({name, {}});
  stages[index].second.push_back(std::chrono::duration<double, std::milli>(now - started).count());
  started = std::chrono::steady_clock::now();
}

Stages time_stages(const fs::path& file, std::size_t& states) {
  Stages stages;
  for (int round = 0; round < k_rounds; ++round) {
    base::Diagnostics findings;
    auto started = std::chrono::steady_clock::now();
    const auto imported = sbml::import_model(file, {}, findings);
    base::throw_if_errors(findings);
    record(stages, 0, "file to flat model", started);
    const auto system = ir::build_system(*imported.model);
    record(stages, 1, "graph, Jacobian", started);
    std::vector<ir::NodeId> outputs;
    for (const auto& state : system.states) outputs.push_back(system.quantities.at(state.id).node);
    const auto kernel = codegen::make_interpreter(codegen::lower(system, outputs));
    record(stages, 2, "interpreter", started);
    solve::Problem problem;
    problem.system = &system;
    problem.kernel = kernel.get();
    problem.parameters = solve::initial_parameters(system);
    problem.end_h = k_end;
    for (int i = 0; i <= 100; ++i) problem.output_times.push_back(k_end * i / 100.0);
    solve::solve(problem, {});
    record(stages, 3, "course until 100", started);
    states = system.states.size();
  }
  return stages;
}

/// The two largest.
std::vector<fs::path> largest(std::vector<fs::path> models) {
  std::ranges::sort(models, [](const auto& a, const auto& b) { return fs::file_size(a) > fs::file_size(b); });
  if (models.size() > 2) models.resize(2);
  return models;
}

}  // namespace

int main(int count, char** arguments) {
  const auto command = bench::read_command(count, arguments);
  std::vector<fs::path> models(command.files.begin(), command.files.end());
  std::optional<bench::CorpusFiles> corpus;
  if (models.empty()) models = largest(corpus.emplace("biomodels/robustness.tar.xz", ".xml").files());
  if (models.empty()) fmt::print("no models: name files, or set RAAD_CORPORA\n");
  nlohmann::ordered_json json;
  for (const auto& model : models) {
    std::size_t states = 0;
    const auto stages = time_stages(model, states);
    const std::string name = model.stem().string();
    double total_ms = 0.0;
    fmt::print("{}: {} states, {} KiB\n", name, states, fs::file_size(model) / 1024);
    for (const auto& [stage, milliseconds] : stages) {
      const double middle = bench::median(milliseconds);
      fmt::print("  {:<24}{:>10.1f} ms\n", stage, middle);
      json[name]["stages_ms"][stage] = milliseconds;
      total_ms += middle;
    }
    fmt::print("  {:<24}{:>10.1f} ms, promised {:.0f} ms\n", "file to first result", total_ms,
               k_promise_s * 1000.0);
    json[name]["total_ms"] = total_ms;
  }
  bench::write_figures(command, json);
  return 0;
}
