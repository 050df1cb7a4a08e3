#include "report/omex_export.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <cmath>

#include "base/files.hpp"
#include "base/table.hpp"
#include "data/omex_archive.hpp"
#include "data/sedml_text.hpp"
#include "data/series_table.hpp"
#include "dose/embed.hpp"
#include "report/figure.hpp"
#include "sbml/export.hpp"

namespace raad::report {
namespace {

namespace fs = std::filesystem;

// Other programs know no nominal scales; a tolerance this tight makes theirs of little weight.
constexpr double k_packed_tolerance = 1e-9;

/// Steps of evenly spaced times; R070 otherwise.
int even_steps(const std::vector<double>& times) {
  const auto count = static_cast<int>(times.size()) - 1;
  if (count < 1) throw base::InputError("R070", {}, "an experiment needs at least two output times");
  const double step = (times.back() - times.front()) / count;
  for (int i = 0; i <= count; ++i)
    // Rounding of the times themselves.
    if (std::abs(times[static_cast<std::size_t>(i)] - times.front() - step * i) > 1e-9 * times.back())
      throw base::InputError("R070", {}, "output times of an experiment must be evenly spaced",
                             "choose --every so that it divides --until");
  return count;
}

std::string symbol_of(const data::Library& library, const run::LoadedSystem& system,
                      const std::string& observable) {
  const auto* row = library.find_observable(observable);
  // A flat id may be the other name of a symbol that two modules share.
  for (const auto& id : {row != nullptr ? row->symbol : observable, observable})
    if (const auto found = system.model->find(id))
      return system.model->symbols[static_cast<std::size_t>(*found)].id;
  throw std::logic_error("observable without a symbol: " + observable);
}

Figure figure_of(const run::Series& series, const run::TimeCourses& courses) {
  Line line;
  line.label = series.display_name;
  line.x = courses.time_h;
  line.y = series.values;
  Panel panel;
  panel.title = series.display_name;
  panel.description = series.display_name + " over time";
  panel.x_label = "time [h]";
  panel.y_label = "[" + series.unit + "]";
  panel.lines.push_back(std::move(line));
  for (const auto& dose : courses.schedule.administrations) panel.doses.push_back({dose.time_h, 0});
  Figure figure;
  figure.id = series.observable;
  figure.title = series.display_name;
  figure.columns = 1;
  figure.panels.push_back(std::move(panel));
  return figure;
}

std::string readme(const RunDescription& run, const run::TimeCourses& courses) {
  const auto list = [](const std::vector<std::string>& names) {
    return names.empty() ? std::string("none") : fmt::format("{}", fmt::join(names, ", "));
  };
  std::string text = fmt::format(
      "# A run of raad {}\n\nSystem: {}. Regimen: {}. Hypotheses: {}. Changed parameters: {}.\n\n"
      "`model.xml` is the model with the doses as events, `simulation.sedml` the experiment, "
      "`data/timecourses.csv` what raad found, `figures/` its drawings. Time is in hours.\n\n"
      "raad is a research tool; its results are no dosing advice.\n",
      run.version, run.system, run.regimen, list(run.hypotheses), list(run.settings));
  for (const auto& note : courses.schedule.notes) text += "\n- " + note;
  return text + (courses.schedule.notes.empty() ? "" : "\n");
}

std::vector<solve::Action> actions_of(const run::Scenario& scenario, const run::TimeCourses& courses) {
  auto actions = courses.schedule.actions;
  actions.insert(actions.end(), scenario.extra_actions.begin(), scenario.extra_actions.end());
  return actions;
}

std::string sbml_of(const data::Library& library, const run::Simulator& simulator,
                    const run::Scenario& scenario, const run::TimeCourses& courses,
                    base::Diagnostics& findings) {
  const auto& system = simulator.system();
  const auto dosed = dose::with_schedule(*system.model, system.equations, simulator.parameters(scenario),
                                         actions_of(scenario, courses));
  sbml::ExportOptions options;
  for (const auto& source : library.sources) options.sources[source.id] = {source.pmid, source.doi};
  return sbml::export_model(dosed, options, findings);
}

/// A folder of its own that goes away at the end.
struct Workplace {
  fs::path path = fs::temp_directory_path() / fmt::format("raad-pack-{}", getpid());
  Workplace() { fs::create_directories(path); }
  ~Workplace() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
};

}  // namespace

model::FlatModel run_as_model(const run::Simulator& simulator, const run::Scenario& scenario) {
  const auto& system = simulator.system();
  const auto actions = actions_of(scenario, simulator.run(scenario));
  for (const auto& action : actions)
    if (action.time_h < 0.0)
      throw base::InputError(
          "R078", {"--regimen"}, "a model alone begins at time 0 and cannot hold a dose before it",
          "shift the regimen so that its first dose is at 0 h, or write an archive (--omex)");
  return dose::with_schedule(*system.model, system.equations, simulator.parameters(scenario), actions);
}

void write_run_archive(const fs::path& archive, const data::Library& library, const run::Simulator& simulator,
                       const run::Scenario& scenario, const RunDescription& description,
                       base::Diagnostics& findings) {
  data::SedmlRun experiment;
  experiment.steps = even_steps(scenario.output_times_h);
  const auto courses = simulator.run(scenario);
  experiment.model_file = "model.xml";
  experiment.output_start = scenario.output_times_h.front();
  experiment.output_end = scenario.output_times_h.back();
  experiment.start = std::min(0.0, experiment.output_start);
  for (const auto& action : actions_of(scenario, courses))
    experiment.start = std::min(experiment.start, action.time_h);
  experiment.relative_tolerance = std::min(k_packed_tolerance, scenario.solver.relative_tolerance);

  const Workplace folder;
  std::vector<data::OmexEntry> entries;
  const auto add = [&](const std::string& location, const std::string& format, const std::string& content,
                       bool master = false) {
    fs::create_directories((folder.path / location).parent_path());
    base::write_file_atomically(folder.path / location, content);
    entries.push_back({location, format, master});
  };
  const std::string specifications = "http://identifiers.org/combine.specifications/";
  const std::string media = "http://purl.org/NET/mediatypes/";
  const std::string model = sbml_of(library, simulator, scenario, courses, findings);
  if (findings.has_errors()) return;
  add("model.xml", specifications + "sbml.level-3.version-2", model);
  data::SeriesTable table;
  table.time = courses.time_h;
  for (const auto& series : courses.series) {
    table.columns.push_back({series.observable, series.unit, series.values});
    experiment.quantities.push_back({series.observable, series.display_name + " [" + series.unit + "]",
                                     symbol_of(library, simulator.system(), series.observable)});
  }
  add("simulation.sedml", specifications + "sed-ml.level-1.version-3", data::sedml_text(experiment), true);
  add("data/timecourses.csv", media + "text/csv", data::print_series(table));
  for (const auto& series : courses.series)
    add("figures/" + series.observable + ".svg", media + "image/svg+xml", to_svg(figure_of(series, courses)));
  add("readme.md", media + "text/markdown", readme(description, courses));
  data::pack_omex(archive, folder.path, entries);
}

}  // namespace raad::report
