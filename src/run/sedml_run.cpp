#include "run/sedml_run.hpp"

#include <algorithm>
#include <cmath>
#include <regex>
#include <set>

#include "base/files.hpp"
#include "base/table.hpp"
#include "codegen/kernel.hpp"
#include "ir/system.hpp"
#include "model/load.hpp"
#include "sbml/formula.hpp"
#include "sbml/import.hpp"

namespace raad::run {
namespace {

namespace fs = std::filesystem;

/// What raad runs for an algorithm of the KiSAO ontology.
struct Algorithm {
  const char* kisao;
  const char* name;
  solve::Method method;
  bool exact;  ///< The same method; else a stand-in with the same result to tolerance
};

constexpr Algorithm k_algorithms[] = {
    {"KISAO:0000019", "CVODE", solve::Method::cvodes, true},
    {"KISAO:0000433", "CVODE-like method", solve::Method::cvodes, true},
    {"KISAO:0000288", "BDF", solve::Method::cvodes, true},
    {"KISAO:0000033", "Rosenbrock method", solve::Method::rosenbrock, true},
    {"KISAO:0000088", "LSODE", solve::Method::cvodes, false},
    {"KISAO:0000560", "LSODA/LSODAR hybrid method", solve::Method::cvodes, false},
    {"KISAO:0000089", "LSODAR", solve::Method::cvodes, false},
    {"KISAO:0000094", "LSODPK", solve::Method::cvodes, false},
    {"KISAO:0000086", "Fehlberg method", solve::Method::rosenbrock, false},
    {"KISAO:0000032", "explicit fourth-order Runge-Kutta method", solve::Method::rosenbrock, false},
    {"KISAO:0000064", "Runge-Kutta based method", solve::Method::rosenbrock, false},
    {"KISAO:0000087", "Dormand-Prince method", solve::Method::rosenbrock, false},
    {"KISAO:0000304", "Radau method", solve::Method::rosenbrock, false},
    {"KISAO:0000283", "IDA", solve::Method::cvodes, false},
    {"KISAO:0000694", "ODE solver", solve::Method::cvodes, true},
};

constexpr const char* k_relative_tolerance = "KISAO:0000209";
constexpr const char* k_absolute_tolerance = "KISAO:0000211";
// Of experiments that state none: results are compared to four digits.
constexpr double k_default_tolerance = 1e-8;

std::string normalised(std::string kisao) {
  std::ranges::replace(kisao, '_', ':');
  return kisao;
}

/// Identifier in the last predicate of an XPath such as `...species[@id='X']`.
std::string identifier_of(const std::string& target) {
  static const std::regex pattern(R"(\[@id\s*=\s*["']([^"']+)["']\]\s*(/@\w+)?\s*$)");
  std::smatch found;
  return std::regex_search(target, found, pattern) ? found[1].str() : "";
}

/// Courses of one task.
struct TaskCourses {
  std::vector<double> time;
  std::map<std::string, std::vector<double>> values;  ///< By identifier of the model
};

class Runner {
 public:
  Runner(const data::SedmlDocument& document, std::string location)
      : document_(document), location_(std::move(location)) {}

  SedmlResult run() {
    for (const auto& task : document_.tasks) run_task(task);
    for (const auto& generator : document_.generators) evaluate(generator);
    for (const auto& report : document_.reports) add_report(report);
    for (const auto& plot : document_.plots) {
      bool good = true;
      for (const auto& curve : plot.curves) good = good && has(curve.x) && has(curve.y);
      result_.output_status[plot.id] = good ? "SUCCEEDED" : "FAILED";
    }
    return std::move(result_);
  }

 private:
  bool has(const std::string& generator) const { return result_.generator_values.count(generator) > 0; }

  /// Identifiers that data generators ask of a task.
  std::set<std::string> asked_of(const std::string& task) const {
    std::set<std::string> ids;
    for (const auto& generator : document_.generators)
      for (const auto& variable : generator.variables)
        if (variable.task == task && !variable.target.empty()) ids.insert(identifier_of(variable.target));
    return ids;
  }

  void run_task(const data::SedmlTask& task) {
    SedmlTaskLog log{task.id, "SUCCEEDED", "", ""};
    try {
      courses_[task.id] = simulate(task, log);
    } catch (const base::InputError& error) {
      log.status = "FAILED";
      for (const auto& finding : error.findings().all())
        log.note += (log.note.empty() ? "" : "; ") + finding.code + " " + finding.message;
    } catch (const base::NumericalError& error) {
      log.status = "FAILED";
      log.note = error.what();
    }
    result_.tasks.push_back(std::move(log));
  }

  solve::Options options_of(const data::SedmlSimulation& simulation, SedmlTaskLog& log) const {
    const std::string wanted = normalised(simulation.kisao);
    const auto* found =
        std::ranges::find_if(k_algorithms, [&](const Algorithm& one) { return wanted == one.kisao; });
    if (found == std::end(k_algorithms))
      throw base::InputError("R112", {document_.file.string(), simulation.line, 0},
                             "the algorithm " + (wanted.empty() ? std::string("of the simulation") : wanted) +
                                 " is not simulated: only deterministic integration is");
    log.algorithm = found->exact                             ? found->kisao
                    : found->method == solve::Method::cvodes ? "KISAO:0000019"
                                                             : "KISAO:0000033";
    if (!found->exact)
      log.note = std::string(found->name) + " is replaced by " +
                 (found->method == solve::Method::cvodes ? "CVODE" : "a Rosenbrock method") +
                 " at a tolerance at least as strict";
    solve::Options options;
    options.method = found->method;
    options.relative_tolerance = k_default_tolerance;
    const auto stated = [&](const char* kisao, double otherwise) {
      const auto parameter = simulation.parameters.find(kisao);
      const auto value =
          parameter == simulation.parameters.end() ? std::nullopt : base::parse_number(parameter->second);
      return value && *value > 0.0 ? *value : otherwise;
    };
    options.relative_tolerance =
        std::clamp(stated(k_relative_tolerance, k_default_tolerance), 1e-12, k_default_tolerance);
    options.absolute_tolerance_per_scale =
        std::min(1e-3 * options.relative_tolerance, stated(k_absolute_tolerance, 1.0));
    return options;
  }

  /// What a variable that names a species means: from Level 1 Version 4 on its value in SBML mathematics;
  /// before, the specification left it open and tools report concentrations (docs/decisions/numerics.md).
  std::string quantity_of(const sbml::ImportedModel& imported, const std::string& id) const {
    const auto species = imported.species.find(id);
    if (document_.version >= 4 || species == imported.species.end() || species->second.concentration < 0)
      return id;
    return imported.model->symbols[static_cast<std::size_t>(species->second.concentration)].id;
  }

  TaskCourses simulate(const data::SedmlTask& task, SedmlTaskLog& log) const {
    const auto* model = document_.find_model(task.model);
    const auto* simulation = document_.find_simulation(task.simulation);
    const base::SourcePlace place{document_.file.string(), task.line, 0};
    if (model == nullptr)
      throw base::InputError("R111", place, "the model `" + task.model + "` is not defined");
    if (simulation == nullptr)
      throw base::InputError("R111", place, "the simulation `" + task.simulation + "` is not defined");
    if (model->language.find("sbml") == std::string::npos)
      throw base::InputError("R112", place, "models in `" + model->language + "` are not simulated; SBML is");
    const auto options = options_of(*simulation, log);

    base::Diagnostics findings;
    const fs::path folder = document_.file.parent_path();
    std::string source = model->source;
    if (source.find("://") != std::string::npos || source.rfind("urn:", 0) == 0)
      throw base::InputError("R112", place,
                             "models are read from the archive only, not from `" + source + "`");
    const fs::path original = (folder / source).lexically_normal();
    if (!fs::is_regular_file(original)) throw base::InputError("R086", {original.string()}, "file not found");
    const std::string text = data::changed_model(original, model->changes, document_.namespaces,
                                                 document_.file.string(), findings);
    base::throw_if_errors(findings);
    // Beside the original, so that models it refers to are found.
    const fs::path changed =
        original.parent_path() / (original.stem().string() + "." + task.id + ".changed.xml");
    base::write_file_atomically(changed, text);
    const auto imported = sbml::import_model(changed, {}, findings);
    fs::remove(changed);
    base::throw_if_errors(findings);

    const ir::System system = ir::build_system(*imported.model);
    std::vector<ir::NodeId> nodes;
    std::vector<std::string> ids;
    for (const auto& id : asked_of(task.id)) {
      const auto found = system.quantities.find(quantity_of(imported, id));
      if (found == system.quantities.end())
        throw base::InputError("R111", place,
                               "a variable asks for `" + id + "`, which the model does not have");
      ids.push_back(id);
      nodes.push_back(found->second.node);
    }
    const auto kernel = codegen::make_interpreter(codegen::lower(system, nodes));
    solve::Problem problem;
    problem.system = &system;
    problem.kernel = kernel.get();
    problem.parameters = solve::initial_parameters(system);
    problem.start_h = simulation->initial_time;
    problem.end_h = simulation->output_end;
    for (int i = 0; i <= simulation->steps; ++i)
      problem.output_times.push_back(i == simulation->steps
                                         ? simulation->output_end
                                         : simulation->output_start +
                                               (simulation->output_end - simulation->output_start) * i /
                                                   simulation->steps);
    const auto solution = solve::solve(problem, options);
    if (solution.status != solve::Status::success) throw base::NumericalError(solution.message);
    TaskCourses courses;
    courses.time = solution.times;
    for (std::size_t k = 0; k < ids.size(); ++k)
      for (std::size_t row = 0; row < solution.times.size(); ++row)
        courses.values[ids[k]].push_back(solution.outputs[row * ids.size() + k]);
    return courses;
  }

  /// A course of one variable; null when its task failed.
  const std::vector<double>* course_of(const data::SedmlVariable& variable) const {
    const auto courses = courses_.find(variable.task);
    if (courses == courses_.end()) return nullptr;
    if (variable.symbol.find("time") != std::string::npos) return &courses->second.time;
    const auto found = courses->second.values.find(identifier_of(variable.target));
    return found == courses->second.values.end() ? nullptr : &found->second;
  }

  void evaluate(const data::SedmlDataGenerator& generator) {
    std::vector<const std::vector<double>*> inputs;
    for (const auto& variable : generator.variables) {
      inputs.push_back(course_of(variable));
      if (inputs.back() == nullptr) return;  // Its task failed and says why.
    }
    const auto formula =
        sbml::parse_mathml(generator.mathml, "R111", [&](const std::string& id) -> model::FormulaPointer {
          for (std::size_t i = 0; i < generator.variables.size(); ++i)
            if (generator.variables[i].id == id) return model::symbol(static_cast<model::SymbolId>(i));
          if (const auto found = generator.parameters.find(id); found != generator.parameters.end())
            return model::number(found->second);
          throw base::InputError("R111", {document_.file.string(), generator.line, 0},
                                 "`" + id + "` is no variable of the data generator `" + generator.id + "`");
        });
    std::size_t points = 1;
    for (const auto* input : inputs) points = std::max(points, input->size());
    auto& made = result_.generator_values[generator.id];
    std::vector<double> values(inputs.size());
    for (std::size_t row = 0; row < points; ++row) {
      for (std::size_t i = 0; i < inputs.size(); ++i)
        values[i] = (*inputs[i])[std::min(row, inputs[i]->size() - 1)];
      made.push_back(model::evaluate(*formula, values, 0.0));
    }
  }

  void add_report(const data::SedmlReport& report) {
    data::ReportTable table{location_, report.id, report.name, {}};
    bool good = true;
    for (const auto& set : report.data_sets) {
      good = good && has(set.generator);
      if (good)
        table.data_sets.push_back({set.id, set.label, set.name, result_.generator_values.at(set.generator)});
    }
    result_.output_status[report.id] = good ? "SUCCEEDED" : "FAILED";
    if (good) result_.reports.push_back(std::move(table));
  }

  const data::SedmlDocument& document_;
  std::string location_;
  std::map<std::string, TaskCourses> courses_;
  SedmlResult result_;
};

}  // namespace

bool SedmlResult::succeeded() const {
  return std::ranges::all_of(tasks, [](const SedmlTaskLog& log) { return log.status == "SUCCEEDED"; }) &&
         std::ranges::all_of(output_status, [](const auto& one) { return one.second == "SUCCEEDED"; });
}

SedmlResult run_sedml(const data::SedmlDocument& document, const std::string& location) {
  return Runner(document, location).run();
}

}  // namespace raad::run
