#include "run/check.hpp"

#include <algorithm>
#include <functional>
#include <set>
#include <string>

#include "base/table.hpp"
#include "data/covariates.hpp"
#include "data/evidence.hpp"
#include "dose/regimen.hpp"
#include "dose/schedule.hpp"
#include "model/load.hpp"
#include "run/subject_draw.hpp"
#include "run/system.hpp"
#include "solve/problem.hpp"

namespace raad::run {
namespace {

namespace fs = std::filesystem;

// Rates per hour relative to nominal scale that rounding alone explains (science specification, section 5).
constexpr double k_baseline_drift_limit = 1e-12;

std::vector<fs::path> files_below(const fs::path& folder, const std::string& extension) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file() && entry.path().extension() == extension) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

model::LoadOptions load_options(const data::Library& library) {
  model::LoadOptions options;
  options.known_sources = library.source_ids();
  options.nominal_scales = library.nominal_scales;
  options.check_provenance = true;
  return options;
}

/// Findings about the tables of the library against the systems that they speak of.
class LibraryCheck {
 public:
  LibraryCheck(const data::Library& library, base::Diagnostics& findings)
      : library_(library), findings_(findings) {}

  void run() {
    for (const auto& name : library_.system_names()) {
      base::Diagnostics found;
      auto model = model::load(library_.system_file(name), load_options(library_), found);
      if (!model) continue;  // The model's own check reports why.
      for (const auto& file : model->files) used_files_.insert(fs::weakly_canonical(file).string());
      systems_.push_back({name, library_.system_file(name), std::move(model), {}});
      systems_.back().equations = ir::build_system(*systems_.back().model);
    }
    check_baselines();
    if (systems_.size() < library_.system_names().size()) {
      // What the other checks would say of a system that could not be read would hide the one true fault.
      check_table_sources();
      return;
    }
    check_observables();
    check_settings();
    check_routes();
    check_table_sources();
    check_regimens();
    check_modules();
    check_variability();
    check_ensemble();
  }

 private:
  void check_baselines() {
    for (const auto& system : systems_) {
      const auto kernel = codegen::make_interpreter(codegen::lower(system.equations, {}));
      const double drift =
          solve::baseline_drift(system.equations, *kernel, solve::initial_parameters(system.equations));
      if (!(drift < k_baseline_drift_limit))
        findings_.error("R092", {system.file.string()},
                        "the system `" + system.name + "` moves without a dose: " +
                            base::format_number(drift) + " nominal scales per hour",
                        "give every state its steady-state initial value");
    }
  }

  void check_observables() {
    for (const auto& observable : library_.observables) {
      if (observable.kind != data::Observable::Kind::timecourse) continue;
      for (const auto& system : systems_) {
        if (!observable.in_system(system.name)) continue;
        const auto symbol = system.model->find(observable.symbol);
        if (!symbol) {
          findings_.error("R079", observable.place,
                          "observable `" + observable.id + "`: no symbol `" + observable.symbol +
                              "` in the system `" + system.name + "`",
                          nearest(system, observable.symbol));
          continue;
        }
        const auto unit = units_.parse(observable.unit);
        const auto& known = system.model->symbols[static_cast<std::size_t>(*symbol)];
        if (!unit)
          findings_.error("R073", observable.place, "unknown unit `" + observable.unit + "`");
        else if (!unit->equivalent(known.unit))
          findings_.error("R032", observable.place,
                          "observable `" + observable.id + "` in " + observable.unit + " but `" + known.id +
                              "` in " + known.unit_text);
      }
    }
  }

  void check_settings() {
    const auto check = [&](const std::string& id, const base::SourcePlace& place, const std::string& who) {
      for (const auto& system : systems_)
        if (!system.equations.find_parameter(id))
          findings_.error("R079", place,
                          who + ": no parameter `" + id + "` in the system `" + system.name + "`",
                          nearest(system, id));
    };
    for (const auto& hypothesis : library_.hypotheses)
      for (const auto& setting : hypothesis.settings)
        check(setting.parameter_id, setting.place, "hypothesis `" + hypothesis.id + "`");
    const auto& compounds = library_.dosing.compounds;
    for (std::size_t row = 0; row < compounds.row_count(); ++row)
      check(compounds.cell(row, "parameterId"), compounds.place(row, "parameterId"),
            "compound `" + compounds.cell(row, "compoundId") + "`");
  }

  void check_routes() {
    const auto& routes = library_.dosing.routes;
    for (std::size_t row = 0; row < routes.row_count(); ++row) {
      const std::string& wanted = routes.cell(row, "system");
      const std::string& target = routes.cell(row, "target");
      const bool sets = routes.cell(row, "action") == "set";
      for (const auto& system : systems_) {
        if (wanted != "both" && wanted != system.name) continue;
        const bool exists = sets ? system.equations.find_parameter(target).has_value()
                                 : system.equations.find_state(target).has_value();
        if (!exists)
          findings_.error("R079", routes.place(row, "target"),
                          std::string("no ") + (sets ? "parameter `" : "state `") + target +
                              "` in the system `" + system.name + "`",
                          nearest(system, target));
      }
    }
  }

  void check_table_sources() {
    const auto known = library_.source_ids();
    const std::set<std::string> known_set(known.begin(), known.end());
    for (const auto& file : files_below(library_.folder, ".tsv")) {
      base::Diagnostics ignored;  // Reported where the table is read for its own sake.
      const auto table = base::Table::read(file, ignored);
      if (!table.has_column("sourceId") || file.filename() == "sources.tsv" ||
          file.string().ends_with(".params.tsv"))
        continue;
      for (std::size_t row = 0; row < table.row_count(); ++row)
        for (const auto& part : base::split(table.cell(row, "sourceId"), ';')) {
          const std::string id(base::trim(part));
          if (!id.empty() && known_set.count(id) == 0)
            findings_.error("R045", table.place(row, "sourceId"), "source `" + id + "` is not in sources.tsv",
                            "add the record to library/sources.tsv, or correct the id");
        }
    }
  }

  void check_regimens() {
    const auto file = library_.file("regimens.tsv");
    if (!fs::exists(file)) return;
    const auto table = base::Table::read(file, findings_);
    for (std::size_t row = 0; row < table.row_count(); ++row) {
      base::Diagnostics found;
      const auto regimen = dose::parse_regimen(table.cell(row, "regimen"), file.string(), found);
      for (const auto& system : systems_) {
        const std::string& wanted = table.cell(row, "system");
        if (found.has_errors() || (wanted != system.name && wanted != "both")) continue;
        dose::plan(regimen, library_.dosing, system.equations, system.name,
                   solve::initial_parameters(system.equations), found);
      }
      for (auto finding : found.all()) {
        finding.place = table.place(row, "regimen");
        findings_.add(std::move(finding));
      }
    }
  }

  void check_modules() {
    for (const auto& file : files_below(library_.folder, ".ant")) {
      const bool is_system = file.parent_path().filename() == "systems";
      if (!is_system && used_files_.count(fs::weakly_canonical(file).string()) == 0)
        findings_.warning("R061", {file.string()}, "no system uses this module");
      const auto card = fs::path(file).replace_extension(".md");
      const bool only_functions = file.stem() == "functions";
      if (!only_functions && !fs::exists(card))
        findings_.error("R086", {card.string()}, "the module has no card",
                        "describe it beside its model file");
    }
  }

  void check_variability() {
    const auto covariates_file = library_.file("covariates.tsv");
    const auto correlations = data::read_correlations(library_.file("correlations.tsv"), findings_);
    for (const auto& correlation : correlations)
      for (const auto& id : {correlation.parameter_1, correlation.parameter_2})
        if (std::ranges::none_of(
                systems_, [&](const auto& one) { return one.equations.find_parameter(id).has_value(); }))
          findings_.error("R079", correlation.place, "no parameter `" + id + "` in any system");
    for (const auto& system : systems_) {
      for (const auto& covariate : data::read_covariates(covariates_file, system.name, findings_))
        for (const auto& effect : covariate.effects)
          if (!system.equations.find_parameter(effect.parameter_id))
            findings_.error("R079", {covariates_file.string()},
                            "covariate `" + covariate.id + "`: no parameter `" + effect.parameter_id +
                                "` in the system `" + system.name + "`",
                            nearest(system, effect.parameter_id));
      varying_parameters(system, correlations, findings_);
    }
  }

  /// Columns are parameters of a system: `ID`, or `human:ID` where the species have values of their own.
  void check_ensemble() {
    const auto file = library_.file("ensemble.tsv");
    if (!fs::exists(file)) return;
    base::Diagnostics found;
    const auto table = base::Table::read(file, found);
    for (const auto& column : table.columns()) {
      const auto colon = column.find(':');
      const std::string id = colon == std::string::npos ? column : column.substr(colon + 1);
      const bool is_known = std::ranges::any_of(systems_, [&](const auto& system) {
        return (colon == std::string::npos || column.substr(0, colon) == system.name) &&
               system.equations.find_parameter(id).has_value();
      });
      if (!is_known && column.front() != '#')
        findings_.error("R080", {file.string(), 1}, "no system has a parameter `" + column + "`",
                        nearest(systems_.front(), id));
    }
  }

  std::string nearest(const LoadedSystem& system, const std::string& id) const {
    std::vector<std::string> known;
    for (const auto& [name, quantity] : system.equations.quantities) known.push_back(name);
    const std::string name = base::nearest_name(id, known);
    return name.empty() ? "" : "did you mean `" + name + "`?";
  }

  const data::Library& library_;
  base::Diagnostics& findings_;
  base::UnitTable units_;
  std::vector<LoadedSystem> systems_;
  std::set<std::string> used_files_;
};

/// A file of functions only has no model to load; its syntax is checked wherever it is imported.
bool holds_model(const fs::path& file) {
  return file.stem() != "functions";
}

void check_model(const data::Library& library, const fs::path& file, CheckCounts& counts,
                 base::Diagnostics& findings) {
  if (!holds_model(file)) return;
  ++counts.models;
  model::load(file, load_options(library), findings);
}

/// A table by what it is: evidence row by row, numbers of a module with the module, any other as a table.
void check_table(const data::Library& library, const fs::path& file, CheckCounts& counts,
                 base::Diagnostics& findings) {
  ++counts.tables;
  base::Diagnostics found;
  const auto table = base::Table::read(file, found);
  if (!found.has_errors() && table.has_column("evidenceId") && table.has_column("observable")) {
    counts.evidence_rows += static_cast<int>(data::read_evidence(file, findings).rows.size());
    return;
  }
  for (const auto& one : found.all()) findings.add(one);
  const std::string name = file.filename().string();
  const auto module = file.parent_path() / (name.substr(0, name.find('.')) + ".ant");
  if (name.ends_with(".params.tsv") && fs::exists(module)) check_model(library, module, counts, findings);
}

void check_files(const data::Library& library, const fs::path& folder, CheckCounts& counts,
                 base::Diagnostics& findings) {
  for (const auto& file : files_below(folder, ".ant")) check_model(library, file, counts, findings);
  for (const auto& file : files_below(folder, ".tsv")) {
    // Numbers were checked with their module.
    if (fs::exists(fs::path(file).replace_extension().replace_extension(".ant"))) {
      ++counts.tables;
      continue;
    }
    check_table(library, file, counts, findings);
  }
}

}  // namespace

CheckCounts check_paths(const data::Library& library, const std::vector<fs::path>& paths,
                        base::Diagnostics& findings) {
  CheckCounts counts;
  for (const auto& path : paths) {
    if (!fs::exists(path)) throw base::InputError("R086", {path.string()}, "no such file or folder");
    if (fs::is_directory(path)) {
      if (fs::exists(path / "calibration.tsv")) {
        base::Diagnostics found;
        const auto evidence = data::read_all_evidence(path, found);
        counts.evidence_rows +=
            static_cast<int>(evidence.calibration.rows.size() + evidence.validation.rows.size());
        data::check_evidence(path, library, findings);
        continue;
      }
      check_files(library, path, counts, findings);
      if (fs::exists(path / "observables.tsv")) {
        const auto checked = data::open_library(fs::absolute(path).parent_path(), findings);
        LibraryCheck(checked, findings).run();
      }
    } else if (path.extension() == ".ant") {
      check_model(library, path, counts, findings);
    } else if (path.extension() == ".tsv") {
      check_table(library, path, counts, findings);
    } else {
      throw base::InputError("R078", {path.string()}, "nothing is known about files of this kind",
                             "check takes folders, .ant and .tsv files");
    }
  }
  findings.sort();
  return counts;
}

}  // namespace raad::run
