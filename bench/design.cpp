// Screening and design: compounds x doses x hypotheses per second, and a front of evaluations of the full
// 90-day model under all hypotheses. `--quick` takes a tenth.
#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "common/command.hpp"
#include "data/compounds.hpp"
#include "study/design.hpp"
#include "study/screen.hpp"

namespace {

double seconds_since(std::chrono::steady_clock::time_point started) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
}

}  // namespace

int main(int count, char** arguments) {
  using namespace raad;
  const auto command = bench::read_command(count, arguments);
  base::Diagnostics findings;
  const auto library = data::open_library(data::find_home(), findings);
  const auto compounds = data::read_compounds(library.evidence / "compounds.tsv", findings);
  const auto system = run::load_system(library, "human", findings);
  base::throw_if_errors(findings);
  const int threads = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));

  study::ScreenSettings screening;
  screening.threads = threads;
  screening.draws = command.quick ? 4 : 24;
  auto started = std::chrono::steady_clock::now();
  const auto rows = study::screen(library, compounds, screening);
  const double screened = seconds_since(started);
  std::size_t doses = 0;
  for (const auto& row : rows) doses += row.dose_response.size();
  fmt::print(
      "screen: {} compounds x doses x hypotheses with {} draws each in {:.1f} s on {} threads: {:.0f}/s\n",
      doses, screening.draws, screened, threads, static_cast<double>(doses) / screened);

  study::DesignSettings settings;
  settings.threads = threads;
  settings.evaluations = command.quick ? 1000 : 10'000;
  for (const auto& id : library.hypothesis_ids())
    if (id != "default") settings.hypotheses.push_back(id);
  const auto ranks = run::join_ranks();
  started = std::chrono::steady_clock::now();
  const auto result = study::design(library, system, compounds, settings, {}, *ranks);
  const double designed = seconds_since(started);
  fmt::print(
      "design: front of {} evaluations of 90 days under {} hypotheses ({} model runs) in {:.1f} s: {:.0f} "
      "runs/s\n",
      result.evaluations, settings.hypotheses.size(), result.model_runs, designed,
      static_cast<double>(result.model_runs) / designed);
  bench::write_figures(command, {{"quick", command.quick},
                                 {"threads", threads},
                                 {"screened", doses},
                                 {"screen_s", screened},
                                 {"design_evaluations", result.evaluations},
                                 {"design_hypotheses", settings.hypotheses.size()},
                                 {"design_model_runs", result.model_runs},
                                 {"design_s", designed}});
  return 0;
}
