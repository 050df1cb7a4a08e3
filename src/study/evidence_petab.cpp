#include "study/evidence_petab.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "base/random.hpp"
#include "base/table.hpp"
#include "dose/embed.hpp"
#include "sbml/export.hpp"
#include "study/validation_rows.hpp"

namespace raad::study {
namespace {

constexpr const char* k_arm = "study_arm";
// A row is written only where its formula gives raad's own prediction, to what two solvers' steps may differ.
constexpr double k_same = 1e-4;

/// What is known of a row that can be written.
struct WrittenRow {
  const ValidationScore* score = nullptr;
  std::string symbol;
  double offset = 0.0, factor = 1.0;  ///< From the quantity to the number of the row
  double time_h = 0.0;
  ArmKey arm;
};

class ProblemWriter {
 public:
  ProblemWriter(const data::Library& library, const data::EvidenceTable& table,
                const EvidenceObjective& objective, const CalibrationSettings& settings,
                const std::string& system)
      : library_(library),
        table_(table),
        objective_(objective),
        system_(system),
        arms_(library, arm_settings(settings.validation)),
        result_(objective.scores(objective.nominal_position())) {}

  EvidenceProblem write(base::Diagnostics& findings) {
    choose_rows();
    write_model(findings);
    write_parameters();
    write_measurements();
    made_.problem.version = 2;
    return std::move(made_);
  }

 private:
  static ArmSettings arm_settings(const ValidationSettings& settings) {
    return {settings.hypotheses,
            settings.settings,
            settings.solver,
            settings.subjects,
            settings.seed,
            settings.threads,
            {},
            settings.cache};
  }

  void choose_rows() {
    std::vector<RowPlan> plans;
    std::vector<const ValidationScore*> scores;
    for (const auto& score : result_.scores) {
      if (score.row->species != system_) continue;
      if (!score.scored()) {
        made_.left_out.emplace_back(score.row->id, score.skipped);
        continue;
      }
      ++rows_of_study_[score.row->source_id];
      plans.push_back(plan_row(library_, table_, *score.row, arms_));
      scores.push_back(&score);
    }
    arms_.run();
    for (std::size_t i = 0; i < plans.size(); ++i) {
      auto& plan = plans[i];
      std::string reason;
      if (plan.whole_group)
        reason = "a number of virtual participants";
      else if (scores[i]->scale == ScoreScale::sign)
        reason = "a direction, no measurement";
      else if (plan.arms.size() != 1 || !plan.comparators.empty())
        reason = "more than one arm";
      else if (!plan.arms.front().settings.empty())
        reason = "a genotype or a compound's profile";
      else if (plan.measure != "cmax" && (plan.measure != "course" || !plan.row->time_h))
        reason = "no value of a course at a time";
      if (reason.empty()) reason = add_row(plan, *scores[i]);
      if (!reason.empty()) made_.left_out.emplace_back(plan.row->id, reason);
    }
  }

  std::string add_row(RowPlan& plan, const ValidationScore& score) {
    const auto& row = *plan.row;
    const auto& trajectory = *arms_.trajectory(plan.arms.front());
    const std::string& symbol = plan.observable->symbol;
    WrittenRow written{&score, symbol, 0.0, 1.0, 0.0, plan.arms.front()};
    // At the nominal maximum the value has the derivatives of the maximum.
    written.time_h = plan.measure == "cmax" ? time_of_extreme_h(trajectory, symbol)
                                            : std::max(*row.time_h, trajectory.time_h.front());
    const base::UnitTable units;
    const auto from = units.parse(plan.observable->unit), to = units.parse(row.unit);
    const bool is_percent_change = plan.observable->unit == "percent" && trajectory.of(symbol).front() == 0.0;
    if (is_percent_change && row.transform == data::Transform::percent_of_baseline) {
      written.offset = 100.0;
    } else if (is_percent_change && row.transform == data::Transform::fold) {
      written.offset = 1.0;
      written.factor = 0.01;
    } else if (from && to && from->same_dimension(*to)) {
      written.factor = from->factor / to->factor;
    }
    const double value = written.offset + written.factor * trajectory.at(symbol, written.time_h);
    if (std::abs(value - score.predicted) > k_same * std::max(std::abs(value), std::abs(score.predicted)))
      return "a ratio or difference within the course, or next to nothing of what was measured";
    rows_.push_back(std::move(written));
    return "";
  }

  void write_model(base::Diagnostics& findings) {
    const auto& system = arms_.system(system_);
    const run::Simulator simulator(library_, system, {});
    const auto typical = simulator.parameters({});
    std::vector<std::vector<solve::Action>> schedules;
    for (const auto& row : rows_) {
      if (experiments_.count(row.arm) > 0) continue;
      const auto scenario = arms_.scenario(row.arm);
      const auto parameters = simulator.parameters(scenario);
      auto actions =
          dose::plan(scenario.regimen, library_.dosing, system.equations, system.name, parameters, findings)
              .actions;
      actions.insert(actions.end(), scenario.extra_actions.begin(), scenario.extra_actions.end());
      double start = 0.0;
      for (const auto& action : actions) start = std::min(start, action.time_h);
      for (auto& action : actions) action.time_h -= start;
      schedules.push_back(std::move(actions));
      data::PetabExperiment experiment;
      experiment.id = fmt::format("arm_{}", schedules.size());
      data::PetabPeriod period;
      period.changes.push_back({k_arm, std::to_string(schedules.size()), {}});
      for (std::size_t i = 0; i < parameters.size(); ++i)
        if (parameters[i] != typical[i] && !system.equations.parameters[i].initial)
          period.changes.push_back(
              {system.equations.parameters[i].id, base::format_number(parameters[i]), {}});
      experiment.periods.push_back(std::move(period));
      experiments_[row.arm] = {made_.problem.experiments.size(), start};
      made_.problem.experiments.push_back(std::move(experiment));
    }
    sbml::ExportOptions options;
    for (const auto& source : library_.sources) options.sources[source.id] = {source.pmid, source.doi};
    made_.sbml = sbml::export_model(
        dose::with_schedules(*system.model, system.equations, typical, schedules, k_arm), options, findings);
  }

  void write_parameters() {
    const auto& system = arms_.system(system_);
    for (std::size_t i = 0; i < objective_.parameters().size(); ++i) {
      const auto& one = objective_.parameters()[i];
      const auto id = id_in_system(one.id, system_);
      if (!system.equations.find_parameter(id)) continue;
      const bool logarithmic = one.scale == EstimationScale::logarithm;
      data::PetabParameter parameter;
      parameter.id = id;
      parameter.scale = logarithmic ? data::PetabScale::logarithm : data::PetabScale::linear;
      parameter.lower = from_scale(one.scale, one.lower);
      parameter.upper = from_scale(one.scale, one.upper);
      parameter.nominal = from_scale(one.scale, one.nominal);
      parameter.estimate = true;
      data::PetabPrior prior;
      prior.distribution = logarithmic ? "log-normal" : "normal";
      prior.parameters = {one.nominal, (one.upper - one.lower) / (2.0 * base::k_normal95)};
      parameter.prior = prior;
      const auto& row = objective_.rows()[i];
      const auto symbol = system.model->find(id);
      const auto& from = system.model->symbols[static_cast<std::size_t>(*symbol)].provenance;
      parameter.extra = {
          {"unit", row.unit},
          {"sourceKind", from.kind},
          {"sourceId", from.source_id},
          {"bsvDistribution", from.distribution},
          {"bsvCv", from.between_subject_cv ? base::format_number(*from.between_subject_cv) : ""},
          {"provenance",
           fmt::format("{}:{}", std::filesystem::path(row.place.file).filename().string(), row.place.line)}};
      made_.problem.parameters.push_back(std::move(parameter));
    }
  }

  /// One for each formula and scale.
  std::size_t observable_of(const WrittenRow& row) {
    const bool logarithmic = row.score->scale == ScoreScale::logarithmic;
    std::string formula =
        row.factor == 1.0 ? row.symbol : fmt::format("{} * {}", base::format_number(row.factor), row.symbol);
    if (row.offset != 0.0) formula = fmt::format("{} + {}", base::format_number(row.offset), formula);
    const std::size_t number = observable_forms_.emplace(formula, observable_forms_.size() + 1).first->second;
    const std::string id =
        fmt::format("{}{}_{}", row.score->row->observable, logarithmic ? "_log" : "", number);
    for (std::size_t i = 0; i < made_.problem.observables.size(); ++i)
      if (made_.problem.observables[i].id == id) return i;
    data::PetabObservable observable;
    observable.id = id;
    observable.formula = formula;
    observable.scale = logarithmic ? data::PetabScale::logarithm : data::PetabScale::linear;
    observable.noise_placeholders = {"noiseParameter1_" + id};
    observable.noise_formula = observable.noise_placeholders.front();
    made_.problem.observables.push_back(std::move(observable));
    return made_.problem.observables.size() - 1;
  }

  void write_measurements() {
    made_.problem.measurement_columns = {"evidenceId", "sourceId", "pmid",
                                         "doi",        "unit",     "time_h_of_evidence"};
    for (const auto& row : rows_) {
      const auto& evidence = *row.score->row;
      const auto& [experiment, start] = experiments_.at(row.arm);
      data::PetabMeasurement one;
      one.observable = observable_of(row);
      one.experiment = experiment;
      one.time = std::max(row.time_h - start, 0.0);
      one.value = evidence.value;
      const double rows = rows_of_study_.at(evidence.source_id);
      one.noise_overrides = {base::format_number(row.score->total_spread * std::pow(rows, 0.25))};
      made_.problem.measurements.push_back(std::move(one));
      const auto* source = library_.find_source(evidence.source_id);
      made_.problem.measurement_cells.push_back(
          {evidence.id, evidence.source_id, source != nullptr ? source->pmid : "",
           source != nullptr ? source->doi : "", evidence.unit,
           evidence.time_h ? base::format_number(*evidence.time_h) : ""});
    }
  }

  const data::Library& library_;
  const data::EvidenceTable& table_;
  const EvidenceObjective& objective_;
  std::string system_;
  Arms arms_;
  ValidationResult result_;
  EvidenceProblem made_;
  std::vector<WrittenRow> rows_;
  std::map<std::string, double> rows_of_study_;
  std::map<std::string, std::size_t> observable_forms_;
  std::map<ArmKey, std::pair<std::size_t, double>> experiments_;  ///< Place, and the time [h] of its start
};

}  // namespace

EvidenceProblem evidence_problem(const data::Library& library, const data::EvidenceTable& table,
                                 const EvidenceObjective& objective, const CalibrationSettings& settings,
                                 const std::string& system, base::Diagnostics& findings) {
  return ProblemWriter(library, table, objective, settings, system).write(findings);
}

}  // namespace raad::study
