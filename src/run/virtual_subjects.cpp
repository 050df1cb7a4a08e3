#include "run/virtual_subjects.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "base/files.hpp"
#include "base/table.hpp"
#include "run/subject_draw.hpp"
#include "run/subject_table.hpp"
#include "solve/formula.hpp"

namespace raad::run {
namespace {

/// One dose an event, so that each can be moved or left out.
std::vector<dose::DoseEvent> single_doses(const dose::Regimen& regimen) {
  std::vector<dose::DoseEvent> doses;
  for (const dose::DoseEvent& event : regimen.events)
    for (int k = 0; k < event.count; ++k) {
      dose::DoseEvent one = event;
      one.time_h = dose::dose_time_h(event, k);
      one.count = 1;
      one.interval_h = 0.0;
      doses.push_back(std::move(one));
    }
  std::ranges::stable_sort(doses, {}, &dose::DoseEvent::time_h);
  return doses;
}

bool same_actions(const std::vector<solve::Action>& a, const std::vector<solve::Action>& b) {
  return std::ranges::equal(a, b, [](const solve::Action& one, const solve::Action& other) {
    return one.time_h == other.time_h && one.kind == other.kind && one.index == other.index &&
           one.value == other.value;
  });
}

}  // namespace

struct VirtualSubjects::Implementation {
  const data::Library& library;
  const LoadedSystem& system;
  PopulationDesign design;
  std::vector<double> typical;
  std::vector<data::Covariate> covariates;
  std::vector<VaryingParameter> varying;
  SubjectTable table;
  std::vector<char> covariate_varies;  ///< By covariate: drawn, or a column of the table
  std::vector<Descriptor> descriptors;
  std::vector<std::size_t> described_parameters;  ///< Of each parameter descriptor
  std::vector<std::size_t> described_covariates;  ///< Of each covariate descriptor
  std::vector<std::size_t>
      derived;  ///< Parameters that a formula gives from the subject's other ones, in order
  std::vector<char> varies, acted;
  std::vector<solve::Action> actions;  ///< Of the typical subject
  std::vector<dose::DoseEvent> doses;  ///< One by one, when adherence varies
  bool plan_each = false;              ///< Whether actions differ between subjects
  std::vector<std::string> notes;

  Implementation(const data::Library& library_in, const LoadedSystem& system_in, PopulationDesign design_in)
      : library(library_in), system(system_in), design(std::move(design_in)) {}
  void prepare();
  void read_table(base::Diagnostics& findings);
  void choose_covariates();
  void mark_varying();
  void find_derived();
  void derive(std::vector<double>& parameters) const;
  void describe();
  void plan_typical(base::Diagnostics& findings);
  std::vector<solve::Action> plan(const dose::Regimen& regimen, const std::vector<double>& parameters) const;
  dose::Regimen taken_regimen(std::int64_t subject) const;
  double gap_before_h(std::size_t k) const;
  double gap_after_h(std::size_t k) const;
  double truncated_jitter_h(double uniform, double before_h, double after_h) const;
  void apply_covariate(const data::Covariate& covariate, double value, std::vector<double>& parameters) const;
  base::StreamKey key(std::int64_t subject, const std::string& purpose = {}) const {
    return {design.seed, design.replicate, subject, base::purpose_of(purpose)};
  }
  bool adherence_varies() const {
    return design.adherence.timing_sd_h > 0.0 || design.adherence.missed_probability > 0.0;
  }
};

void VirtualSubjects::Implementation::prepare() {
  base::Diagnostics findings;
  if (design.subject_count <= 0)
    findings.error("R070", {"--subjects"}, "a population has at least one subject", "give a number above 0");
  typical = Simulator(library, system, {}).parameters(design.scenario);
  covariates = data::read_covariates(library.file("covariates.tsv"), system.model->system, findings);
  // Effects on parameters that this system lacks: a model file of the user's own.
  for (auto& covariate : covariates)
    std::erase_if(covariate.effects, [&](const data::CovariateEffect& effect) {
      return !system.equations.find_parameter(effect.parameter_id);
    });
  std::erase_if(covariates, [&](const data::Covariate& covariate) {
    return covariate.effects.empty() && !system.equations.find_parameter(covariate.id);
  });
  if (design.parameter_table.empty())
    varying = run::varying_parameters(
        system, data::read_correlations(library.file("correlations.tsv"), findings), findings);
  else
    read_table(findings);
  throw_if_errors(findings);
  choose_covariates();
  mark_varying();
  find_derived();
  describe();
  plan_typical(findings);
  throw_if_errors(findings);
}

void VirtualSubjects::Implementation::read_table(base::Diagnostics& findings) {
  std::vector<double> lower;
  for (const auto& parameter : system.equations.parameters) {
    const bool known = parameter.symbol >= 0;
    const auto* provenance =
        known ? &system.model->symbols[static_cast<std::size_t>(parameter.symbol)].provenance : nullptr;
    lower.push_back(provenance != nullptr && provenance->lower ? *provenance->lower
                                                               : std::numeric_limits<double>::quiet_NaN());
  }
  table = read_subject_table(design.parameter_table, system.equations, lower, covariates, findings);
  const auto rows = static_cast<std::int64_t>(table.row_count());
  if (!findings.has_errors() && rows < design.subject_count)
    findings.error("R070", {design.parameter_table.string()},
                   "the table has " + std::to_string(rows) + " rows for " +
                       std::to_string(design.subject_count) + " subjects",
                   "give a row for each subject, or ask for fewer with --subjects");
  if (rows > design.subject_count)
    notes.push_back("the first " + std::to_string(design.subject_count) + " of the table's " +
                    std::to_string(rows) + " rows are used");
  for (const auto& [id, value] : design.scenario.settings)
    for (const auto& column : table.columns)
      if (column.kind == SubjectTable::Column::Kind::parameter &&
          system.equations.parameters[column.index].id == id)
        findings.error("R070", {"--set"}, "`" + id + "` is a column of the table too", "keep one of the two");
}

void VirtualSubjects::Implementation::choose_covariates() {
  covariate_varies.assign(covariates.size(), 0);
  for (const auto& column : table.columns)
    if (column.kind == SubjectTable::Column::Kind::covariate) covariate_varies[column.index] = 1;
  if (!design.parameter_table.empty()) return;
  for (std::size_t c = 0; c < covariates.size(); ++c) {
    covariate_varies[c] = is_drawn(covariates[c]) ? 1 : 0;
    if (!covariate_varies[c])
      notes.push_back("every subject has the typical " + covariates[c].display_name +
                      ": no distribution applies; give values with --parameters");
  }
}

void VirtualSubjects::Implementation::mark_varying() {
  varies.assign(typical.size(), 0);
  for (const auto& one : varying) varies[one.index] = 1;
  for (const auto& column : table.columns)
    if (column.kind == SubjectTable::Column::Kind::parameter) varies[column.index] = 1;
  const auto mark = [&](const std::string& id) {
    if (const auto index = system.equations.find_parameter(id)) varies[static_cast<std::size_t>(*index)] = 1;
  };
  for (std::size_t c = 0; c < covariates.size(); ++c) {
    if (!covariate_varies[c]) continue;
    mark(covariates[c].id);
    for (const auto& effect : covariates[c].effects) mark(effect.parameter_id);
  }
}

/// Those whose formula reads what varies, unless the table or the scenario gives another value.
void VirtualSubjects::Implementation::find_derived() {
  for (std::size_t i = 0; i < typical.size(); ++i) {
    const auto& initial = system.equations.parameters[i].initial;
    if (!initial || varies[i]) continue;
    const solve::FormulaEvaluator formula(system.equations.graph, {*initial});
    double value = 0.0;
    formula.evaluate(0.0, nullptr, typical.data(), &value);
    const bool reads_varying = std::ranges::any_of(
        formula.parameters(), [&](int index) { return varies[static_cast<std::size_t>(index)] != 0; });
    if (value != typical[i] || !reads_varying) continue;
    varies[i] = 1;
    derived.push_back(i);
  }
}

void VirtualSubjects::Implementation::derive(std::vector<double>& parameters) const {
  for (const std::size_t i : derived)
    solve::FormulaEvaluator(system.equations.graph, {*system.equations.parameters[i].initial})
        .evaluate(0.0, nullptr, parameters.data(), &parameters[i]);
}

void VirtualSubjects::Implementation::describe() {
  for (std::size_t i = 0; i < varies.size(); ++i) {
    if (!varies[i]) continue;
    descriptors.push_back({system.equations.parameters[i].id,
                           system.equations.parameters[i].unit,
                           Descriptor::Kind::parameter,
                           {}});
    described_parameters.push_back(i);
  }
  for (std::size_t c = 0; c < covariates.size(); ++c) {
    if (!covariate_varies[c]) continue;
    Descriptor descriptor{covariates[c].id, covariates[c].unit, Descriptor::Kind::covariate, {}};
    for (const auto& category : covariates[c].categories) descriptor.categories.push_back(category.name);
    descriptors.push_back(std::move(descriptor));
    described_covariates.push_back(c);
  }
}

std::vector<solve::Action> VirtualSubjects::Implementation::plan(
    const dose::Regimen& regimen, const std::vector<double>& parameters) const {
  base::Diagnostics findings;
  auto schedule =
      dose::plan(regimen, library.dosing, system.equations, system.model->system, parameters, findings);
  throw_if_errors(findings);
  schedule.actions.insert(schedule.actions.end(), design.scenario.extra_actions.begin(),
                          design.scenario.extra_actions.end());
  return std::move(schedule.actions);
}

void VirtualSubjects::Implementation::plan_typical(base::Diagnostics& findings) {
  const auto schedule = dose::plan(design.scenario.regimen, library.dosing, system.equations,
                                   system.model->system, typical, findings);
  throw_if_errors(findings);
  notes.insert(notes.end(), schedule.notes.begin(), schedule.notes.end());
  actions = plan(design.scenario.regimen, typical);
  acted.assign(system.equations.states.size(), 0);
  for (const auto& action : actions)
    (action.kind == solve::Action::Kind::set_parameter ? varies
                                                       : acted)[static_cast<std::size_t>(action.index)] = 1;
  if (adherence_varies()) doses = single_doses(design.scenario.regimen);
  // Doses differ between subjects if they do for one who differs in everything: amounts follow smooth
  // formulas of body weight and bioavailabilities, and 1.0625 changes none by chance into what it was.
  auto other = typical;
  for (std::size_t i = 0; i < other.size(); ++i)
    if (varies[i]) other[i] *= 1.0625;
  plan_each = adherence_varies() || !same_actions(actions, plan(design.scenario.regimen, other));
}

/// The regimen as this subject takes it.
dose::Regimen VirtualSubjects::Implementation::taken_regimen(std::int64_t subject) const {
  dose::Regimen regimen = design.scenario.regimen;
  if (!adherence_varies()) return regimen;
  base::RandomStream timing(key(subject, "dose timing")), missing(key(subject, "missed doses"));
  regimen.events.clear();
  std::set<std::string> begun;  // Drugs
  double place = 0.5;
  for (std::size_t k = 0; k < doses.size(); ++k) {
    dose::DoseEvent dose = doses[k];
    // What is taken together is taken together at another time.
    if (k == 0 || doses[k].time_h != doses[k - 1].time_h) place = timing.uniform();
    const bool missed = missing.uniform() < design.adherence.missed_probability;
    // The dose that starts a treatment is given by others.
    if (begun.insert(dose.drug).second) {
      regimen.events.push_back(dose);
      continue;
    }
    if (design.adherence.timing_sd_h > 0.0)
      dose.time_h += truncated_jitter_h(place, gap_before_h(k), gap_after_h(k));
    if (!missed) regimen.events.push_back(dose);
  }
  return regimen;
}

/// To the dose before at another time: those due together keep the same limits.
double VirtualSubjects::Implementation::gap_before_h(std::size_t k) const {
  std::size_t before = k;
  while (before > 0 && doses[before].time_h == doses[k].time_h) --before;
  return doses[k].time_h - doses[before].time_h;
}

/// To the dose after; behind the last one the gap before it stands in.
double VirtualSubjects::Implementation::gap_after_h(std::size_t k) const {
  std::size_t after = k;
  while (after + 1 < doses.size() && doses[after].time_h == doses[k].time_h) ++after;
  return doses[after].time_h > doses[k].time_h ? doses[after].time_h - doses[k].time_h : gap_before_h(k);
}

/// A normal deviate from the part of its distribution that keeps the dose within half the way to its
/// neighbours.
double VirtualSubjects::Implementation::truncated_jitter_h(double uniform, double before_h,
                                                           double after_h) const {
  const double sd = design.adherence.timing_sd_h;
  const double low = base::normal_probability(-0.5 * before_h / sd);
  const double high = base::normal_probability(0.5 * after_h / sd);
  return sd * base::normal_quantile(low + (high - low) * uniform);
}

// Equations P4 and P5 of docs/theory/populations.md.
void VirtualSubjects::Implementation::apply_covariate(const data::Covariate& covariate, double value,
                                                      std::vector<double>& parameters) const {
  if (const auto own = system.equations.find_parameter(covariate.id))
    parameters[static_cast<std::size_t>(*own)] = value;
  for (const auto& effect : covariate.effects) {
    if (effect.category >= 0 && effect.category != static_cast<int>(value)) continue;
    double& parameter =
        parameters[static_cast<std::size_t>(*system.equations.find_parameter(effect.parameter_id))];
    switch (effect.kind) {
      case data::CovariateEffect::Kind::power:
        parameter *= std::pow(value / covariate.reference, effect.value);
        break;
      case data::CovariateEffect::Kind::factor:
        parameter *= covariate.kind == data::Covariate::Kind::trial ? value : effect.value;
        break;
      case data::CovariateEffect::Kind::set:
        parameter = effect.value;
        break;
      case data::CovariateEffect::Kind::baseline_score:
        parameter = std::log(value / (data::k_greatest_score - value));
        break;
    }
  }
}

VirtualSubjects::VirtualSubjects(const data::Library& library, const LoadedSystem& system,
                                 PopulationDesign design)
    : implementation_(std::make_unique<Implementation>(library, system, std::move(design))) {
  implementation_->prepare();
}
VirtualSubjects::~VirtualSubjects() = default;
VirtualSubjects::VirtualSubjects(VirtualSubjects&&) noexcept = default;

const std::vector<Descriptor>& VirtualSubjects::descriptors() const {
  return implementation_->descriptors;
}
std::int64_t VirtualSubjects::count() const {
  return implementation_->design.subject_count;
}
const std::vector<double>& VirtualSubjects::typical_parameters() const {
  return implementation_->typical;
}
std::vector<char> VirtualSubjects::varying_parameters() const {
  return implementation_->varies;
}
std::vector<char> VirtualSubjects::acted_states() const {
  return implementation_->acted;
}
const std::vector<std::string>& VirtualSubjects::notes() const {
  return implementation_->notes;
}

std::string VirtualSubjects::content_hash() const {
  const Implementation& self = *implementation_;
  std::string text = self.system.model->content_hash + dose::print_regimen(self.design.scenario.regimen);
  const auto number = [&](double value) { text += ' ' + base::format_number(value); };
  for (const double value : self.typical) number(value);
  for (const double value : self.table.values) number(value);
  for (const auto& descriptor : self.descriptors) text += ' ' + descriptor.id;
  for (const auto& action : self.actions) number(action.value), number(action.time_h);
  for (const auto& one : self.varying) {
    text += ' ' + std::to_string(one.index) + (one.by_trial ? " trial " : " subject ") +
            std::to_string(static_cast<int>(one.scale));
    number(one.spread);
    for (const double loading : one.loadings) number(loading);
  }
  for (std::size_t c = 0; c < self.covariates.size(); ++c) {
    const auto& covariate = self.covariates[c];
    text += ' ' + covariate.id + (self.covariate_varies[c] ? " varies" : " typical") +
            (covariate.log_normal ? " lognormal" : " normal");
    number(covariate.reference);
    for (const auto& value : {covariate.mean, covariate.sd, covariate.lower, covariate.upper})
      value ? number(*value) : void(text += " none");
    for (const auto& category : covariate.categories) text += ' ' + category.name, number(category.share);
    for (const auto& effect : covariate.effects) {
      text += ' ' + effect.parameter_id + ' ' + std::to_string(static_cast<int>(effect.kind)) + ' ' +
              std::to_string(effect.category);
      number(effect.value);
    }
  }
  number(self.design.adherence.timing_sd_h);
  number(self.design.adherence.missed_probability);
  text += ' ' + std::to_string(self.design.seed) + ' ' + std::to_string(self.design.replicate);
  return base::content_hash(text);
}

void VirtualSubjects::make(std::int64_t index, VirtualSubject& result) const {
  const Implementation& self = *implementation_;
  result.weight = 1.0;
  result.subject.id = index;
  auto& parameters = result.subject.parameters;
  parameters = self.typical;
  draw_parameters(self.varying, self.key(index), parameters);
  const bool drawn = self.design.parameter_table.empty();
  std::vector<double> covariate_values(self.covariates.size());
  for (std::size_t c = 0; c < self.covariates.size(); ++c)
    if (drawn && self.covariate_varies[c])
      covariate_values[c] = draw_covariate(self.covariates[c], self.key(index));
  const std::size_t columns = self.table.columns.size();
  const double* row = self.table.values.data() + static_cast<std::size_t>(index) * columns;
  for (std::size_t k = 0; k < columns; ++k)
    if (self.table.columns[k].kind == SubjectTable::Column::Kind::covariate)
      covariate_values[self.table.columns[k].index] = row[k];
  for (std::size_t c = 0; c < self.covariates.size(); ++c)
    if (self.covariate_varies[c]) self.apply_covariate(self.covariates[c], covariate_values[c], parameters);
  for (std::size_t k = 0; k < columns; ++k) {
    if (self.table.columns[k].kind == SubjectTable::Column::Kind::parameter)
      parameters[self.table.columns[k].index] = row[k];
    if (self.table.columns[k].kind == SubjectTable::Column::Kind::weight) result.weight = row[k];
  }
  self.derive(parameters);
  result.subject.actions = self.plan_each ? self.plan(self.taken_regimen(index), parameters) : self.actions;
  result.subject.start_h = 0.0;
  for (const auto& action : result.subject.actions)
    result.subject.start_h = std::min(result.subject.start_h, action.time_h);
  if (!self.design.scenario.output_times_h.empty())
    result.subject.start_h = std::min(result.subject.start_h, self.design.scenario.output_times_h.front());
  result.descriptors.clear();
  for (const std::size_t i : self.described_parameters) result.descriptors.push_back(parameters[i]);
  for (const std::size_t c : self.described_covariates) result.descriptors.push_back(covariate_values[c]);
}

}  // namespace raad::run
