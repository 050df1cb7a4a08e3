#include "study/screen.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <map>
#include <mutex>
#include <thread>

#include "base/random.hpp"
#include "base/table.hpp"
#include "run/simulation.hpp"
#include "solve/ensemble.hpp"
#include "study/compound_inputs.hpp"
#include "study/evidence_arms.hpp"

namespace raad::study {
namespace {

constexpr double k_nan = std::numeric_limits<double>::quiet_NaN();
// Free concentration over the 5-HT2A constant: 6, 20, 50, 80 and 94 % occupancy.
constexpr double k_levels[] = {0.0625, 0.25, 1.0, k_reference_over_ki, 16.0};
constexpr std::size_t k_reference_level = 3;
constexpr double k_end_h = 672.0, k_session_h = 3.0;

/// Ids of the parameters that a draw sets, in the order of `values_of`.
const std::vector<std::string>& varied_parameters() {
  static const std::vector<std::string> ids = {"serotonin_2a__compound_dissociation_constant",
                                               "serotonin_2a_pet__compound_high_affinity_constant",
                                               "serotonin_2a__gq_efficacy_compound",
                                               "serotonin_2a__arrestin_efficacy_compound",
                                               "serotonin_2a__intracellular_efficacy_compound",
                                               "serotonin_2a__compound_permeability",
                                               "trkb_site__compound_dissociation_constant",
                                               "serotonin_1a__compound_dissociation_constant"};
  return ids;
}

std::vector<double> values_of(const CompoundGuess& draw) {
  return {draw.ki_nM,   k_high_affinity_share * draw.ki_nM,
          draw.gq,      draw.arrestin,
          draw.gq,      draw.permeability,
          draw.trkb_nM, draw.ki_1a_nM};
}

double target_unbound_nM(const CompoundGuess& draw, double level) {
  return draw.brain_entry * std::min(level * draw.ki_nM, k_greatest_unbound_nM);
}

/// Output grid: a quarter of an hour for the first day, then half days.
std::vector<double> grid(double end_h) {
  std::vector<double> times;
  for (double t = 0.0; t <= std::min(24.0, end_h); t += 0.25) times.push_back(t);
  for (double t = 36.0; t <= end_h; t += 12.0) times.push_back(t);
  return times;
}

/// What is kept of one run.
struct Outcome {
  std::vector<double> greatest;  ///< Of each output, largest deviation from its start
  double onset_h = k_nan, durability_h = k_nan;
  bool good = false;
};

/// All draws and doses on one system under one hypothesis.
class SystemScreen {
 public:
  SystemScreen(const data::Library& library, const run::LoadedSystem& system, const std::string& hypothesis,
               const std::vector<std::string>& outputs, double end_h, const ScreenSettings& settings)
      : system_(system), times_(grid(end_h)), output_count_(outputs.size()) {
    run::Scenario scenario;
    base::Diagnostics findings;
    scenario.regimen = dose::parse_regimen("compound_x 1 mg oral", "screen", findings);
    scenario.hypotheses = {hypothesis};
    scenario.end_h = end_h;
    scenario.output_times_h = times_;
    scenario.settings = settings_in(system, settings.settings);
    scenario.solver = settings.solver;
    const run::Simulator simulator(library, system, outputs);
    parameters_ = simulator.parameters(scenario);
    depot_ = *system.equations.find_state("compound__depot_amount");
    for (const auto& id : varied_parameters()) varied_.push_back(system.equations.find_parameter(id));
    // The free concentration of 1 mg; it is proportional to the dose.
    const run::Simulator exposure(library, system, {"compound__unbound_effect_site"});
    const auto courses = exposure.run(scenario);
    per_mg_ = *std::ranges::max_element(courses.series.front().values);

    solve::Ensemble ensemble;
    ensemble.system = &system.equations;
    ensemble.outputs = simulator.observable_nodes();
    ensemble.output_times = times_;
    ensemble.end_h = end_h;
    ensemble.parameters = parameters_;
    ensemble.varying_parameters.assign(parameters_.size(), 0);
    for (const auto& index : varied_)
      if (index) ensemble.varying_parameters[static_cast<std::size_t>(*index)] = 1;
    ensemble.acted_states.assign(system.equations.states.size(), 0);
    ensemble.acted_states[static_cast<std::size_t>(depot_)] = 1;
    solve::EnsembleOptions options;
    options.solver = settings.solver;
    solver_ = std::make_unique<solve::EnsembleSolver>(std::move(ensemble), options);
  }

  /// Greatest free concentration of the generic compound after 1 mg.
  double unbound_nM_per_mg() const { return per_mg_; }
  /// Outcomes [draw][level].
  std::vector<Outcome> run(const std::vector<CompoundGuess>& draws, int effect) const {
    std::vector<Outcome> outcomes(draws.size() * std::size(k_levels));
    Stream stream(*this, draws, effect, outcomes);
    solver_->run(stream);
    return outcomes;
  }

 private:
  class Stream final : public solve::SubjectStream {
   public:
    Stream(const SystemScreen& owner, const std::vector<CompoundGuess>& draws, int effect,
           std::vector<Outcome>& outcomes)
        : owner_(owner), draws_(draws), effect_(effect), outcomes_(outcomes) {}
    bool next(solve::Subject& subject) override {
      if (next_ == outcomes_.size()) return false;
      const CompoundGuess& draw = draws_[next_ / std::size(k_levels)];
      const double target = target_unbound_nM(draw, k_levels[next_ % std::size(k_levels)]);
      subject.id = static_cast<std::int64_t>(next_++);
      subject.start_h = 0.0;
      subject.parameters = owner_.parameters_;
      const auto values = values_of(draw);
      for (std::size_t i = 0; i < values.size(); ++i)
        if (owner_.varied_[i]) subject.parameters[static_cast<std::size_t>(*owner_.varied_[i])] = values[i];
      subject.actions = {{0.0, solve::Action::Kind::add_to_state, owner_.depot_, target / owner_.per_mg_}};
      return true;
    }
    void finished(const solve::SubjectResult& result) override {
      if (result.status != solve::Status::success) return;
      outcomes_[static_cast<std::size_t>(result.id)] = owner_.reduce(result.outputs, effect_);
    }

   private:
    const SystemScreen& owner_;
    const std::vector<CompoundGuess>& draws_;
    int effect_;
    std::vector<Outcome>& outcomes_;
    std::size_t next_ = 0;
  };

  Outcome reduce(const double* outputs, int effect) const {
    Outcome made;
    made.good = true;
    for (std::size_t k = 0; k < output_count_; ++k) {
      double greatest = 0.0;
      for (std::size_t t = 0; t < times_.size(); ++t) {
        const double change = outputs[t * output_count_ + k] - outputs[k];
        if (std::abs(change) > std::abs(greatest)) greatest = change;
      }
      made.greatest.push_back(greatest);
    }
    if (effect < 0) return made;
    const auto column = static_cast<std::size_t>(effect);
    const double half = 0.5 * std::abs(made.greatest[column]);
    // An effect below a tenth of a point has no course.
    if (half < 0.05) return made;
    made.durability_h = 0.0;
    for (std::size_t t = 1; t < times_.size(); ++t) {
      const double size = std::abs(outputs[t * output_count_ + column] - outputs[column]);
      if (size < half) continue;
      if (std::isnan(made.onset_h)) made.onset_h = times_[t];
      made.durability_h += times_[t] - times_[t - 1];
    }
    return made;
  }

  const run::LoadedSystem& system_;
  std::vector<double> times_;
  std::size_t output_count_;
  std::vector<double> parameters_;
  std::vector<std::optional<int>> varied_;
  int depot_ = 0;
  double per_mg_ = 1.0;
  std::unique_ptr<solve::EnsembleSolver> solver_;
};

ScreenValue summary(std::vector<double> values) {
  std::erase_if(values, [](double value) { return !std::isfinite(value); });
  if (values.empty()) return {k_nan, k_nan, k_nan};
  std::ranges::sort(values);
  double sum = 0.0;
  for (const double value : values) sum += value;
  const auto at = [&](double share) {
    return values[static_cast<std::size_t>(std::lround(share * static_cast<double>(values.size() - 1)))];
  };
  return {sum / static_cast<double>(values.size()), at(0.05), at(0.95)};
}

/// A share of draws with its Wilson interval (1927, doi:10.1080/01621459.1927.10502953).
ScreenValue share(int yes, int all) {
  if (all == 0) return {k_nan, k_nan, k_nan};
  constexpr double z = 1.6448536;
  const double n = all, p = yes / n, denominator = 1.0 + z * z / n;
  const double center = (p + z * z / (2.0 * n)) / denominator;
  const double half = z * std::sqrt(p * (1.0 - p) / n + z * z / (4.0 * n * n)) / denominator;
  return {p, std::max(0.0, center - half), std::min(1.0, center + half)};
}

std::string unknown_properties(const data::Compound& compound) {
  std::string text;
  const auto add = [&](bool known, const char* name) {
    if (!known) text += (text.empty() ? "" : ", ") + std::string(name);
  };
  add(compound.ki_5ht2a_nM || compound.gq_ec50_nM, "5-HT2A affinity");
  add(compound.gq_efficacy.has_value(), "Gq efficacy");
  add(compound.arrestin_efficacy.has_value(), "arrestin efficacy");
  add(compound.ki_5ht1a_nM.has_value(), "5-HT1A affinity");
  add(compound.trkb_kd_nM.has_value(), "TrkB affinity");
  add(compound.polar_surface_A2.has_value(), "polar surface");
  return text;
}

/// Difference of log10(tau/KA) between the transducers, to serotonin. Of the four transduction coefficients
/// each is known to about k_assay_spread decades, so their variances add up.
ScreenValue bias_factor(const data::Compound& compound, const data::Compound* serotonin) {
  if (serotonin == nullptr || !compound.gq_efficacy || !compound.gq_ec50_nM || !compound.arrestin_efficacy ||
      !compound.arrestin_ec50_nM || *compound.gq_efficacy <= 0.0 || *compound.arrestin_efficacy <= 0.0)
    return {k_nan, k_nan, k_nan};
  const double gq = std::log10(*compound.gq_efficacy / *compound.gq_ec50_nM);
  const double arrestin = std::log10(*compound.arrestin_efficacy / *compound.arrestin_ec50_nM);
  // Serotonin's own potencies at the two transducers are taken as equal where its table has one only.
  const double reference_gq = serotonin->gq_ec50_nM ? std::log10(1.0 / *serotonin->gq_ec50_nM) : 0.0;
  const double reference_arrestin =
      serotonin->arrestin_ec50_nM ? std::log10(1.0 / *serotonin->arrestin_ec50_nM) : reference_gq;
  const double bias = (gq - reference_gq) - (arrestin - reference_arrestin);
  const double half = 1.6448536 * std::sqrt(4.0) * k_assay_spread;
  return {bias, bias - half, bias + half};
}

/// Outputs of the human system, in the order in which they are asked for.
enum HumanOutput : std::size_t {
  intensity_at,
  madrs_at,
  spines_at,
  occupancy_at,
  unbound_at,
  gq_at,
  arrestin_at,
  intracellular_at
};

std::vector<DoseLevel> dose_response(const std::vector<Outcome>& human, std::size_t first_draw,
                                     std::size_t draw_count) {
  constexpr std::size_t levels = std::size(k_levels);
  std::vector<DoseLevel> made;
  for (std::size_t level = 0; level < levels; ++level) {
    const auto mean = [&](HumanOutput output) {
      double sum = 0.0, count = 0.0;
      for (std::size_t draw = first_draw; draw < first_draw + draw_count; ++draw) {
        const Outcome& one = human[draw * levels + level];
        if (!one.good) continue;
        sum += one.greatest[output];
        ++count;
      }
      return sum / count;
    };
    made.push_back({k_levels[level], mean(unbound_at), 100.0 * mean(occupancy_at), mean(gq_at),
                    mean(arrestin_at), mean(intracellular_at), mean(spines_at), mean(intensity_at),
                    mean(madrs_at)});
  }
  return made;
}

/// The property whose draws go most with the greatest intensity over all doses (Pearson).
void set_dependence(ScreenRow& row, const std::vector<CompoundGuess>& draws,
                    const std::vector<Outcome>& human, std::size_t first_draw, std::size_t draw_count) {
  constexpr std::size_t levels = std::size(k_levels);
  std::vector<double> trips;
  for (std::size_t draw = first_draw; draw < first_draw + draw_count; ++draw) {
    double greatest = 0.0;
    for (std::size_t level = 0; level < levels; ++level)
      if (human[draw * levels + level].good)
        greatest = std::max(greatest, human[draw * levels + level].greatest[intensity_at]);
    trips.push_back(greatest);
  }
  const double n = static_cast<double>(draw_count);
  for (const auto& member : guess_members()) {
    double x = 0.0, y = 0.0, xx = 0.0, yy = 0.0, xy = 0.0;
    for (std::size_t i = 0; i < draw_count; ++i) {
      const double a = draws[first_draw + i].*member.member, b = trips[i];
      x += a, y += b, xx += a * a, yy += b * b, xy += a * b;
    }
    const double spread = (xx - x * x / n) * (yy - y * y / n);
    // Draws that do not differ, or a trip that does not, leave rounding errors only.
    if (!(spread > 1e-12 * xx * yy)) continue;
    const double correlation = (xy - x * y / n) / std::sqrt(spread);
    if (std::abs(correlation) <= std::abs(row.dependence)) continue;
    row.dependence = correlation;
    row.depends_on = member.name;
  }
}

/// Dose with half of a compound's own greatest count, on a line between doses in logarithms.
double half_effect_level(const std::vector<Outcome>& mouse, std::size_t draw) {
  constexpr std::size_t levels = std::size(k_levels);
  double greatest = 0.0;
  for (std::size_t level = 0; level < levels; ++level) {
    if (!mouse[draw * levels + level].good) return k_nan;
    greatest = std::max(greatest, mouse[draw * levels + level].greatest[0]);
  }
  if (greatest <= k_twitches) return k_nan;
  double before = 0.0;
  for (std::size_t level = 0; level < levels; ++level) {
    const double count = mouse[draw * levels + level].greatest[0];
    if (count >= 0.5 * greatest) {
      if (level == 0) return k_levels[0];
      const double share = (0.5 * greatest - before) / (count - before);
      return k_levels[level - 1] * std::pow(k_levels[level] / k_levels[level - 1], share);
    }
    before = count;
  }
  return k_nan;
}

struct RowInputs {
  const std::vector<CompoundGuess>& draws;
  const std::vector<Outcome>& human;
  const std::vector<Outcome>& mouse;
  double mouse_unbound_nM_per_mg;
};

constexpr double k_mouse_kg = 0.025;  // library/routes.tsv: 1 mg/kg is 0.025 mg
// The generic compound's; exposure in nM is inverse to it.
constexpr double k_generic_molar_mass = 230.0;

ScreenRow make_row(const data::Compound& compound, const std::string& hypothesis, const RowInputs& inputs,
                   std::size_t first_draw, std::size_t draw_count) {
  const auto& human = inputs.human;
  const auto& mouse = inputs.mouse;
  ScreenRow row;
  row.compound = compound.id;
  row.hypothesis = hypothesis;
  row.assumed = unknown_properties(compound);
  int trips = 0, human_runs = 0, twitchers = 0, mouse_runs = 0;
  std::vector<double> plasticity, onset, durability, madrs, intensity, occupancy, unbound, counts, half_doses;
  constexpr std::size_t levels = std::size(k_levels);
  for (std::size_t draw = first_draw; draw < first_draw + draw_count; ++draw) {
    bool trip = false, twitches = false, human_good = false, mouse_good = false;
    for (std::size_t level = 0; level < levels; ++level) {
      const Outcome& man = human[draw * levels + level];
      const Outcome& animal = mouse[draw * levels + level];
      human_good = human_good || man.good;
      mouse_good = mouse_good || animal.good;
      trip = trip || (man.good && man.greatest[0] > k_intensity_percent);
      twitches = twitches || (animal.good && animal.greatest[0] > k_twitches);
    }
    human_runs += human_good ? 1 : 0;
    mouse_runs += mouse_good ? 1 : 0;
    trips += trip ? 1 : 0;
    twitchers += twitches ? 1 : 0;
    if (mouse_good) counts.push_back(mouse[draw * levels + k_reference_level].greatest[0]);
    const CompoundGuess& guess = inputs.draws[draw];
    half_doses.push_back(target_unbound_nM(guess, half_effect_level(mouse, draw)) / guess.brain_entry /
                         inputs.mouse_unbound_nM_per_mg / k_mouse_kg *
                         compound.molar_mass.value_or(k_generic_molar_mass) / k_generic_molar_mass);
    const Outcome& reference = human[draw * levels + k_reference_level];
    if (!reference.good) continue;
    intensity.push_back(reference.greatest[intensity_at]);
    madrs.push_back(reference.greatest[madrs_at]);
    plasticity.push_back(reference.greatest[spines_at]);
    occupancy.push_back(100.0 * reference.greatest[occupancy_at]);
    unbound.push_back(reference.greatest[unbound_at]);
    onset.push_back(reference.onset_h);
    durability.push_back(reference.durability_h);
  }
  row.hallucinogenic_probability = share(trips, human_runs);
  row.htr_probability = share(twitchers, mouse_runs);
  row.plasticity_effect = summary(plasticity);
  row.onset_h = summary(onset);
  row.durability_h = summary(durability);
  row.madrs_effect = summary(madrs);
  row.intensity_max = summary(intensity);
  row.occupancy_5ht2a_max = summary(occupancy);
  row.unbound_peak_nM = summary(unbound);
  row.head_twitches = summary(counts);
  row.htr_ed50_mg_per_kg = summary(half_doses);
  row.dose_response = dose_response(human, first_draw, draw_count);
  set_dependence(row, inputs.draws, human, first_draw, draw_count);
  return row;
}

}  // namespace

std::vector<ScreenRow> screen(const data::Library& library, const std::vector<data::Compound>& compounds,
                              const ScreenSettings& settings) {
  base::Diagnostics findings;
  const auto human = run::load_system(library, "human", findings);
  const auto mouse = run::load_system(library, "mouse", findings);
  base::throw_if_errors(findings);
  check_settings({&human, &mouse}, settings.settings);
  std::vector<std::string> hypotheses = settings.hypotheses;
  if (hypotheses.empty()) {
    hypotheses = {"default"};
    for (const auto& id : library.hypothesis_ids())
      if (id != "default") hypotheses.push_back(id);
  }
  std::vector<CompoundGuess> draws;
  for (const auto& compound : compounds) {
    const LibraryProfile profile = library_profile(library, human, compound.id);
    for (int draw = 0; draw < settings.draws; ++draw)
      draws.push_back(guess_compound(compound, profile, settings.seed, draw));
  }
  const auto serotonin = std::ranges::find(compounds, "serotonin", &data::Compound::id);
  const data::Compound* reference = serotonin == compounds.end() ? nullptr : &*serotonin;

  std::vector<std::vector<ScreenRow>> by_hypothesis(hypotheses.size());
  std::atomic<std::size_t> next = 0;
  std::mutex failing;
  std::exception_ptr failure;
  const auto work = [&] {
    for (std::size_t i = next++; i < hypotheses.size(); i = next++) {
      try {
        const SystemScreen people(library, human, hypotheses[i],
                                  {"intensity", "madrs", "spine_density", "serotonin_2a__compound_occupancy",
                                   "compound__unbound_effect_site", "serotonin_2a__gq_signal",
                                   "serotonin_2a__arrestin_signal", "serotonin_2a__intracellular_signal"},
                                  k_end_h, settings);
        const SystemScreen animals(library, mouse, hypotheses[i], {"head_twitch__session_count"}, k_session_h,
                                   settings);
        const auto in_people = people.run(draws, 1);
        const auto in_animals = animals.run(draws, -1);
        const auto count = static_cast<std::size_t>(settings.draws);
        for (std::size_t c = 0; c < compounds.size(); ++c) {
          by_hypothesis[i].push_back(make_row(compounds[c], hypotheses[i],
                                              {draws, in_people, in_animals, animals.unbound_nM_per_mg()},
                                              c * count, count));
          by_hypothesis[i].back().bias_factor = bias_factor(compounds[c], reference);
        }
      } catch (...) {
        const std::lock_guard lock(failing);
        failure = std::current_exception();
      }
    }
  };
  std::vector<std::thread> threads;
  for (int i = 1; i < settings.threads; ++i) threads.emplace_back(work);
  work();
  for (auto& thread : threads) thread.join();
  if (failure) std::rethrow_exception(failure);
  std::vector<ScreenRow> rows;
  for (std::size_t c = 0; c < compounds.size(); ++c)
    for (auto& of_hypothesis : by_hypothesis) rows.push_back(std::move(of_hypothesis[c]));
  return rows;
}

}  // namespace raad::study
