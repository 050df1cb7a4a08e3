#include "study/experiments.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "run/parameter_runs.hpp"

namespace raad::study {
namespace {

// Before the first dose, so that the resting value is seen.
constexpr double k_before_h = 0.1;
// A course is followed at so many times for its extreme and area; finer than any half-life asked for.
constexpr int k_course_points = 481;
// Below this a group has one option left, and rounding.
constexpr double k_least_entropy = 1e-9;

std::optional<Experiment::Contrast> contrast_named(const std::string& name) {
  if (name.empty() || name == "none") return Experiment::Contrast::none;
  if (name == "difference") return Experiment::Contrast::difference;
  if (name == "percent") return Experiment::Contrast::percent;
  return std::nullopt;
}

/// `id=value;id=value`
std::vector<std::pair<std::string, double>> settings_of(const base::Table& table, std::size_t row,
                                                        base::Diagnostics& findings) {
  std::vector<std::pair<std::string, double>> result;
  for (const auto& part : base::split(table.cell(row, "settings"), ';')) {
    if (base::trim(part).empty()) continue;
    const auto equals = part.find('=');
    const auto value =
        equals == std::string::npos ? std::nullopt : base::parse_number(base::trim(part.substr(equals + 1)));
    if (!value)
      findings.error("R082", table.place(row, "settings"), "`" + part + "` is not `id=number`",
                     "write settings as id=number, separated by `;`");
    else
      result.emplace_back(std::string(base::trim(part.substr(0, equals))), *value);
  }
  return result;
}

Experiment experiment_of(const base::Table& table, std::size_t row, const data::Library& library,
                         base::Diagnostics& findings) {
  Experiment one;
  one.place = table.place(row, "experimentId");
  one.id = table.cell(row, "experimentId");
  one.system = table.cell(row, "system");
  one.observable = table.cell(row, "observable");
  one.description = table.cell(row, "description");
  one.settings = settings_of(table, row, findings);
  const auto systems = library.system_names();
  if (std::ranges::find(systems, one.system) == systems.end())
    findings.error("R079", table.place(row, "system"), "unknown system `" + one.system + "`",
                   "the systems are human and mouse");
  const auto* observable = library.find_observable(one.observable);
  if (observable == nullptr || observable->kind != data::Observable::Kind::timecourse)
    findings.error("R074", table.place(row, "observable"),
                   "`" + one.observable + "` is no read-out that is followed over time",
                   "library/observables.tsv lists them");
  const auto measure = course_number_named(table.cell(row, "measure"));
  if (!measure)
    findings.error("R088", table.place(row, "measure"),
                   "unknown measure `" + table.cell(row, "measure") + "`",
                   "use one of " + course_number_names());
  one.measure = measure.value_or(CourseNumber::at);
  const auto contrast = contrast_named(table.cell(row, "contrast"));
  if (!contrast)
    findings.error("R088", table.place(row, "contrast"),
                   "unknown contrast `" + table.cell(row, "contrast") + "`",
                   "use none, difference or percent");
  one.contrast = contrast.value_or(Experiment::Contrast::none);
  const auto time = table.number(row, "time_h", findings), spread = table.number(row, "spread", findings);
  if (!time || *time <= 0.0)
    findings.error("R088", table.place(row, "time_h"), "an experiment needs a time above 0 h",
                   "give the time of the measurement, or the end of the course");
  if (!spread || *spread <= 0.0)
    findings.error("R088", table.place(row, "spread"), "an experiment needs a spread above 0",
                   "give the standard deviation of its result, in the unit of the result");
  one.time_h = time.value_or(1.0);
  one.spread = spread.value_or(1.0);
  const auto file = table.file() + ":" + std::to_string(one.place.line);
  one.regimen = dose::parse_regimen(table.cell(row, "regimen"), file, findings);
  const auto& control = table.cell(row, "control");
  if (one.contrast != Experiment::Contrast::none)
    one.control = dose::parse_regimen(control.empty() ? "none" : control, file, findings);
  return one;
}

run::Scenario scenario_of(const Experiment& experiment, const dose::Regimen& regimen,
                          const AdjudicationSettings& settings) {
  run::Scenario scenario;
  scenario.regimen = regimen;
  scenario.settings = settings.settings;
  scenario.solver = settings.solver;
  scenario.end_h = experiment.time_h;
  double start = 0.0;
  for (const auto& event : regimen.events) start = std::min(start, event.time_h);
  start -= k_before_h;
  const int points = experiment.measure == CourseNumber::at ? 2 : k_course_points;
  for (int i = 0; i < points; ++i)
    scenario.output_times_h.push_back(start + (experiment.time_h - start) * i / (points - 1));
  scenario.output_times_h.back() = experiment.time_h;
  return scenario;
}

/// Numbers of one arm by combination; what cannot differ is run once.
std::vector<double> arm_numbers(const data::Library& library, const run::LoadedSystem& system,
                                const HypothesisSpace& space, const Experiment& experiment,
                                run::Scenario scenario, const AdjudicationSettings& settings,
                                std::string& failure) {
  const auto mask = groups_behind(library, system, space, scenario, {experiment.observable});
  std::map<std::string, std::vector<std::string>> variants;
  for (const auto& combination : space.combinations)
    variants.emplace(space.label(combination, mask), space.names(combination, mask));
  const run::Simulator simulator(library, system, {experiment.observable});
  const auto base_values = simulator.parameters(scenario);
  std::map<std::string, std::vector<double>> values;
  std::vector<char> differs(base_values.size(), 0);
  for (const auto& [label, names] : variants) {
    auto one = scenario;
    one.hypotheses = names;
    values[label] = simulator.parameters(one);
    for (std::size_t i = 0; i < base_values.size(); ++i)
      if (values[label][i] != base_values[i] && !system.equations.parameters[i].initial) differs[i] = 1;
  }
  std::vector<std::string> varying;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < differs.size(); ++i)
    if (differs[i]) {
      varying.push_back(system.equations.parameters[i].id);
      places.push_back(i);
    }
  const run::ParameterRuns runs(library, system, scenario, {experiment.observable}, varying);
  std::vector<std::vector<double>> sets;
  for (const auto& [label, all] : values) {
    auto& set = sets.emplace_back();
    for (const auto place : places) set.push_back(all[place]);
  }
  const auto results =
      runs.run(sets,
               [&](const double* outputs) {
                 return std::vector<double>{course_number(experiment.measure, runs.times_h(), outputs)};
               },
               {settings.threads, {}});
  std::map<std::string, double> number;
  std::size_t k = 0;
  for (const auto& [label, all] : values) {
    const auto& result = results[k++];
    if (result.numbers.empty() || !std::isfinite(result.numbers.front())) {
      failure = "under " + label + ": " + (result.failure.empty() ? "no number" : result.failure);
      return {};
    }
    number[label] = result.numbers.front();
  }
  std::vector<double> by_combination;
  for (const auto& combination : space.combinations)
    by_combination.push_back(number.at(space.label(combination, mask)));
  return by_combination;
}

}  // namespace

std::vector<Experiment> read_experiments(const std::filesystem::path& file, const data::Library& library,
                                         base::Diagnostics& findings) {
  const auto table = base::Table::read(file, findings);
  std::vector<Experiment> experiments;
  if (!table.require_columns({"experimentId", "system", "regimen", "control", "settings", "observable",
                              "measure", "time_h", "contrast", "spread", "description"},
                             findings))
    return experiments;
  table.require_unique("experimentId", findings);
  ArmCache cache(library);
  for (std::size_t row = 0; row < table.row_count(); ++row) {
    const auto& one = experiments.emplace_back(experiment_of(table, row, library, findings));
    if (findings.has_errors()) continue;
    // That a dose can be given at all is known only with the system at hand.
    const auto& equations = cache.system(one.system).equations;
    for (const auto* regimen : {&one.regimen, &one.control})
      dose::plan(*regimen, library.dosing, equations, one.system, solve::initial_parameters(equations),
                 findings);
  }
  return experiments;
}

std::vector<ExperimentPrediction> predict_experiments(const data::Library& library,
                                                      const HypothesisSpace& space,
                                                      const std::vector<Experiment>& experiments,
                                                      const AdjudicationSettings& settings) {
  ArmCache cache(library);
  std::vector<ExperimentPrediction> predictions;
  for (const auto& experiment : experiments) {
    auto& prediction = predictions.emplace_back();
    const auto& system = cache.system(experiment.system);
    auto scenario = scenario_of(experiment, experiment.regimen, settings);
    scenario.settings.insert(scenario.settings.end(), experiment.settings.begin(), experiment.settings.end());
    auto arm = arm_numbers(library, system, space, experiment, scenario, settings, prediction.failure);
    if (arm.empty()) continue;
    if (experiment.contrast != Experiment::Contrast::none) {
      const auto control =
          arm_numbers(library, system, space, experiment,
                      scenario_of(experiment, experiment.control, settings), settings, prediction.failure);
      if (control.empty()) continue;
      for (std::size_t c = 0; c < arm.size(); ++c)
        arm[c] = experiment.contrast == Experiment::Contrast::difference ? arm[c] - control[c]
                                                                         : 100.0 * arm[c] / control[c];
      if (!std::ranges::all_of(arm, [](double value) { return std::isfinite(value); })) {
        prediction.failure = "the control's number is 0";
        continue;
      }
    }
    prediction.results = std::move(arm);
  }
  return predictions;
}

namespace {

std::vector<PredictiveDistribution> distributions(const Experiment& experiment,
                                                  const ExperimentPrediction& prediction) {
  std::vector<PredictiveDistribution> result;
  for (const double mean : prediction.results) result.push_back({mean, experiment.spread});
  return result;
}

/// Mutual information of the result and the option of a group: that with the combination less what remains to
/// be learnt within the options.
InformationGain group_gain(const HypothesisSpace& space, std::size_t group,
                           const std::vector<double>& weights,
                           const std::vector<PredictiveDistribution>& predictions,
                           const InformationGain& whole) {
  InformationGain gain = whole;
  for (std::size_t option = 0; option < space.groups[group].options.size(); ++option) {
    std::vector<double> within(weights.size(), 0.0);
    double sum = 0.0;
    for (std::size_t c = 0; c < weights.size(); ++c)
      if (space.combinations[c].options[group] == static_cast<int>(option)) sum += within[c] = weights[c];
    if (sum <= 0.0) continue;
    for (double& one : within) one /= sum;
    const auto rest = expected_information_gain(within, predictions);
    gain.bits -= sum * rest.bits;
    gain.error += sum * rest.error;
  }
  gain.bits = std::max(0.0, gain.bits);
  return gain;
}

std::vector<double> marginal(const HypothesisSpace& space, std::size_t group,
                             const std::vector<double>& weights) {
  std::vector<double> sums(space.groups[group].options.size(), 0.0);
  for (std::size_t c = 0; c < weights.size(); ++c)
    sums[static_cast<std::size_t>(space.combinations[c].options[group])] += weights[c];
  return sums;
}

void sort_by_gain(std::vector<ExperimentRank>& ranks) {
  std::ranges::stable_sort(ranks, std::greater<>(),
                           [](const ExperimentRank& rank) { return rank.gain.bits; });
}

}  // namespace

std::vector<ExperimentRank> rank_experiments(const HypothesisSpace& space,
                                             const std::vector<Experiment>& experiments,
                                             const std::vector<ExperimentPrediction>& predictions,
                                             const std::vector<double>& weights, double survival_weight) {
  std::vector<ExperimentRank> all;
  const auto append = [&](std::vector<ExperimentRank> ranks) {
    sort_by_gain(ranks);
    all.insert(all.end(), ranks.begin(), ranks.end());
  };
  std::vector<ExperimentRank> whole;
  std::vector<std::vector<PredictiveDistribution>> predictive(experiments.size());
  std::vector<InformationGain> gains(experiments.size());
  for (std::size_t e = 0; e < experiments.size(); ++e) {
    if (predictions[e].results.empty()) continue;
    predictive[e] = distributions(experiments[e], predictions[e]);
    gains[e] = expected_information_gain(weights, predictive[e]);
    whole.push_back({"all", e, gains[e], entropy_bits(weights)});
  }
  append(std::move(whole));
  for (std::size_t g = 0; g < space.groups.size(); ++g) {
    const auto options = marginal(space, g, weights);
    if (entropy_bits(options) < k_least_entropy) continue;
    std::vector<ExperimentRank> ranks;
    for (std::size_t e = 0; e < experiments.size(); ++e)
      if (!predictive[e].empty())
        ranks.push_back({space.groups[g].id, e, group_gain(space, g, weights, predictive[e], gains[e]),
                         entropy_bits(options)});
    append(std::move(ranks));
    // The combination that stands for an option: its weightiest.
    std::vector<std::size_t> best(options.size(), weights.size());
    for (std::size_t c = 0; c < weights.size(); ++c) {
      auto& place = best[static_cast<std::size_t>(space.combinations[c].options[g])];
      if (place == weights.size() || weights[c] > weights[place]) place = c;
    }
    for (std::size_t a = 0; a < options.size(); ++a)
      for (std::size_t b = a + 1; b < options.size(); ++b) {
        if (options[a] < survival_weight || options[b] < survival_weight) continue;
        ranks.clear();
        const std::string question =
            space.groups[g].id + ": " + space.groups[g].options[a] + " against " + space.groups[g].options[b];
        for (std::size_t e = 0; e < experiments.size(); ++e) {
          if (predictive[e].empty()) continue;
          const auto &first = predictive[e][best[a]], &second = predictive[e][best[b]];
          ranks.push_back({question, e, expected_information_gain({0.5, 0.5}, {first, second}), 1.0,
                           first.mean, second.mean});
        }
        append(std::move(ranks));
      }
  }
  return all;
}

std::string next_measurement(const HypothesisSpace& space, const std::vector<Experiment>& experiments,
                             const std::vector<ExperimentRank>& ranks) {
  const auto best = std::ranges::find(ranks, std::string("all"), &ExperimentRank::question);
  if (best == ranks.end() || best->gain.bits <= best->gain.error)
    return "No experiment of the table is expected to tell the hypotheses apart.";
  // The group of which it tells most.
  const ExperimentRank* group = nullptr;
  for (const auto& rank : ranks)
    for (const auto& one : space.groups)
      if (rank.question == one.id && rank.experiment == best->experiment &&
          (group == nullptr || rank.gain.bits > group->gain.bits))
        group = &rank;
  const auto& experiment = experiments[best->experiment];
  std::string text = fmt::format(
      "Measure next: {} ({}); it is expected to take away {:.2f} of the {:.2f} bits of uncertainty among the "
      "hypotheses",
      experiment.description, experiment.id, best->gain.bits, best->available_bits);
  if (group != nullptr)
    text += fmt::format(", most of it ({:.2f} bits) about the group `{}`", group->gain.bits, group->question);
  return text + ".";
}

std::string result_unit(const data::Library& library, const Experiment& experiment) {
  if (experiment.contrast == Experiment::Contrast::percent) return "percent of control";
  const auto* observable = library.find_observable(experiment.observable);
  const std::string unit = observable == nullptr ? "" : observable->unit;
  return unit_of(experiment.measure, unit);
}

}  // namespace raad::study
