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

namespace raad::study {
namespace {

constexpr double k_nan = std::numeric_limits<double>::quiet_NaN();
// Free concentration over the 5-HT2A constant: 20, 50, 80 and 94 % occupancy.
constexpr double k_levels[] = {0.25, 1.0, 4.0, 16.0};
constexpr std::size_t k_reference_level = 2;
constexpr double k_end_h = 672.0, k_session_h = 3.0;
// A ligand without measurable affinity is given at no more than this: beyond it everything binds something.
constexpr double k_greatest_unbound_nM = 10'000.0;

// What stands in for a missing value: the spread over the compounds of evidence/compounds.tsv that have it
// [log10 nM], and half a decade between assays of one compound (constants.tsv: 49 to 173 nM for psilocin
// alone).
constexpr double k_assay_spread = 0.25;
constexpr double k_usual_ki = 1.5, k_usual_ki_spread = 1.0;
constexpr double k_usual_trkb = 3.5, k_usual_trkb_spread = 0.8;
constexpr double k_usual_1a = 2.5, k_usual_1a_spread = 0.8;
constexpr double k_usual_efficacy = 0.6, k_usual_efficacy_spread = 0.3, k_efficacy_spread = 0.08;
// Efficacies at the two transducers go together: of compounds with both, arrestin lies within a quarter of
// Gq.
constexpr double k_bias_spread = 0.2;
// Tertiary amines of psychedelics (20 to 55 A2) pass membranes, serotonin (62 A2) does not (Vargas et al.
// 2023, doi:10.1126/science.adf0435).
constexpr double k_half_permeable_A2 = 55.0, k_permeability_width_A2 = 5.0;
// The same property decides, more sharply, what enters the brain: serotonin and 4-hydroxytryptamine (62 A2,
// three donors) do not, amines with 54 A2 do.
constexpr double k_half_entering_A2 = 58.0, k_entering_width_A2 = 0.8;
// Assays of second messengers have less receptor reserve than neurons: partial agonists of 40 to 60 % there
// (DMT 40, 2C-B 45, mescaline 56) are full psychedelics. A square root maps the assay's maximum to the
// model's efficacy; the exponent is the one number of this mapping, assumed, and the first that a verdict
// should be tested for.
constexpr double k_reserve_exponent = 0.5;
// A control whose table gives no 5-HT2A affinity is taken to have next to none.
constexpr double k_control_ki = 5.0;
constexpr double k_surface_spread = 2.0;  // Between methods of computing it
constexpr double k_usual_surface_A2 = 40.0, k_usual_surface_spread = 15.0;
constexpr double k_high_affinity_share = 0.1;  // library/compounds.md

/// One guess of what a compound is.
struct Draw {
  double ki_nM, gq, arrestin, permeability, brain_entry, trkb_nM, ki_1a_nM;
};

/// What the library itself says of a drug; psilocin so far.
struct LibraryProfile {
  std::optional<double> gq, arrestin, permeability, brain_entry;
};

LibraryProfile library_profile(const data::Library& library, const run::LoadedSystem& system,
                               const std::string& id) {
  // A prodrug acts through its active moiety (drugs.tsv).
  std::string moiety = base::to_lower(id);
  const auto& drugs = library.dosing.drugs;
  for (std::size_t row = 0; row < drugs.row_count(); ++row)
    if (drugs.cell(row, "drugId") == moiety && !drugs.cell(row, "activeMoiety").empty() &&
        drugs.cell(row, "class") != "unsupported") {
      moiety = drugs.cell(row, "activeMoiety");
      break;
    }
  const auto value = [&](const std::string& parameter) -> std::optional<double> {
    const auto index = system.equations.find_parameter(parameter);
    if (!index) return std::nullopt;
    return system.equations.parameters[static_cast<std::size_t>(*index)].value;
  };
  if (moiety == "compound") return {};
  LibraryProfile profile;
  profile.gq = value("serotonin_2a__gq_efficacy_" + moiety);
  profile.arrestin = value("serotonin_2a__arrestin_efficacy_" + moiety);
  profile.permeability = value("serotonin_2a__" + moiety + "_permeability");
  if (profile.gq) profile.brain_entry = 1.0;
  return profile;
}

class Guess {
 public:
  Guess(const data::Compound& compound, const LibraryProfile& profile, std::uint64_t seed, int draw)
      : compound_(compound), profile_(profile), key_{seed, 0, draw, 0} {}

  Draw make() {
    Draw made{};
    const auto known_ki = compound_.ki_5ht2a_nM ? compound_.ki_5ht2a_nM : compound_.gq_ec50_nM;
    const bool control = compound_.mechanism.find("control") != std::string::npos;
    made.ki_nM =
        power("ki", known_ki, control ? k_control_ki : k_usual_ki, control ? 0.5 : k_usual_ki_spread);
    made.trkb_nM = power("trkb", compound_.trkb_kd_nM, k_usual_trkb, k_usual_trkb_spread);
    made.ki_1a_nM = power("1a", compound_.ki_5ht1a_nM, k_usual_1a, k_usual_1a_spread);
    made.gq = share("gq", compound_.gq_efficacy, compound_.arrestin_efficacy);
    made.arrestin = compound_.arrestin_efficacy
                        ? share("arrestin", compound_.arrestin_efficacy, std::nullopt)
                        : std::clamp(made.gq + k_bias_spread * normal("bias"), 0.0, 1.2);
    const double surface = compound_.polar_surface_A2
                               ? *compound_.polar_surface_A2 + k_surface_spread * normal("surface")
                               : k_usual_surface_A2 + k_usual_surface_spread * normal("surface");
    made.permeability = 1.0 / (1.0 + std::exp((surface - k_half_permeable_A2) / k_permeability_width_A2));
    made.brain_entry = 1.0 / (1.0 + std::exp((surface - k_half_entering_A2) / k_entering_width_A2));
    // The efficacy of a drug of the library is the library's own.
    if (profile_.gq) made.gq = *profile_.gq;
    if (profile_.arrestin) made.arrestin = *profile_.arrestin;
    if (profile_.permeability) made.permeability = *profile_.permeability;
    if (profile_.brain_entry) made.brain_entry = *profile_.brain_entry;
    return made;
  }

 private:
  double normal(const char* purpose) {
    auto key = key_;
    key.purpose = base::purpose_of(compound_.id + "/" + purpose);
    return base::RandomStream(key).normal();
  }
  double power(const char* purpose, const std::optional<double>& known, double usual, double spread) {
    return std::pow(10.0, known ? std::log10(*known) + k_assay_spread * normal(purpose)
                                : usual + spread * normal(purpose));
  }
  double share(const char* purpose, const std::optional<double>& known,
               const std::optional<double>& related) {
    // Antagonists are antagonists in every assay.
    if (known && *known == 0.0) return 0.0;
    if (known)
      return std::clamp(std::pow(*known, k_reserve_exponent) + k_efficacy_spread * normal(purpose), 0.0, 1.2);
    if (related)
      return std::clamp(std::pow(*related, k_reserve_exponent) + k_bias_spread * normal(purpose), 0.0, 1.2);
    return std::clamp(k_usual_efficacy + k_usual_efficacy_spread * normal(purpose), 0.0, 1.2);
  }

  const data::Compound& compound_;
  const LibraryProfile& profile_;
  base::StreamKey key_;
};

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

std::vector<double> values_of(const Draw& draw) {
  return {draw.ki_nM,   k_high_affinity_share * draw.ki_nM,
          draw.gq,      draw.arrestin,
          draw.gq,      draw.permeability,
          draw.trkb_nM, draw.ki_1a_nM};
}

double target_unbound_nM(const Draw& draw, double level) {
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
               const std::vector<std::string>& outputs, double end_h, const solve::Options& solver)
      : system_(system), times_(grid(end_h)), output_count_(outputs.size()) {
    run::Scenario scenario;
    base::Diagnostics findings;
    scenario.regimen = dose::parse_regimen("compound_x 1 mg oral", "screen", findings);
    scenario.hypotheses = {hypothesis};
    scenario.end_h = end_h;
    scenario.output_times_h = times_;
    scenario.solver = solver;
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
    options.solver = solver;
    solver_ = std::make_unique<solve::EnsembleSolver>(std::move(ensemble), options);
  }

  /// Outcomes [draw][level].
  std::vector<Outcome> run(const std::vector<Draw>& draws, int effect) const {
    std::vector<Outcome> outcomes(draws.size() * std::size(k_levels));
    Stream stream(*this, draws, effect, outcomes);
    solver_->run(stream);
    return outcomes;
  }

 private:
  class Stream final : public solve::SubjectStream {
   public:
    Stream(const SystemScreen& owner, const std::vector<Draw>& draws, int effect,
           std::vector<Outcome>& outcomes)
        : owner_(owner), draws_(draws), effect_(effect), outcomes_(outcomes) {}
    bool next(solve::Subject& subject) override {
      if (next_ == outcomes_.size()) return false;
      const Draw& draw = draws_[next_ / std::size(k_levels)];
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
    const std::vector<Draw>& draws_;
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

/// Transduction coefficients relative to serotonin, each known to about k_assay_spread decades.
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

ScreenRow make_row(const data::Compound& compound, const std::string& hypothesis,
                   const std::vector<Outcome>& human, const std::vector<Outcome>& mouse,
                   std::size_t first_draw, std::size_t draw_count) {
  ScreenRow row;
  row.compound = compound.id;
  row.hypothesis = hypothesis;
  row.assumed = unknown_properties(compound);
  int trips = 0, human_runs = 0, twitchers = 0, mouse_runs = 0;
  std::vector<double> plasticity, onset, durability, madrs, intensity, occupancy, unbound;
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
    const Outcome& reference = human[draw * levels + k_reference_level];
    if (!reference.good) continue;
    intensity.push_back(reference.greatest[0]);
    madrs.push_back(reference.greatest[1]);
    plasticity.push_back(reference.greatest[2]);
    occupancy.push_back(100.0 * reference.greatest[3]);
    unbound.push_back(reference.greatest[4]);
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
  return row;
}

}  // namespace

std::vector<ScreenRow> screen(const data::Library& library, const std::vector<data::Compound>& compounds,
                              const ScreenSettings& settings) {
  base::Diagnostics findings;
  const auto human = run::load_system(library, "human", findings);
  const auto mouse = run::load_system(library, "mouse", findings);
  base::throw_if_errors(findings);
  std::vector<std::string> hypotheses = settings.hypotheses;
  if (hypotheses.empty()) {
    hypotheses = {"default"};
    for (const auto& id : library.hypothesis_ids())
      if (id != "default") hypotheses.push_back(id);
  }
  std::vector<Draw> draws;
  for (const auto& compound : compounds) {
    const LibraryProfile profile = library_profile(library, human, compound.id);
    for (int draw = 0; draw < settings.draws; ++draw)
      draws.push_back(Guess(compound, profile, settings.seed, draw).make());
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
                                   "compound__unbound_effect_site"},
                                  k_end_h, settings.solver);
        const SystemScreen animals(library, mouse, hypotheses[i], {"head_twitch__session_count"}, k_session_h,
                                   settings.solver);
        const auto in_people = people.run(draws, 1);
        const auto in_animals = animals.run(draws, -1);
        const auto count = static_cast<std::size_t>(settings.draws);
        for (std::size_t c = 0; c < compounds.size(); ++c) {
          by_hypothesis[i].push_back(
              make_row(compounds[c], hypotheses[i], in_people, in_animals, c * count, count));
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

Classification classify(const std::vector<ScreenRow>& rows, const std::vector<data::Compound>& compounds,
                        const std::string& hypothesis, bool human) {
  std::vector<double> yes, no;
  Classification result;
  for (const auto& row : rows) {
    if (row.hypothesis != hypothesis) continue;
    const auto known = std::ranges::find(compounds, row.compound, &data::Compound::id);
    // The effect of NMDA antagonists in people is dissociation, not what 5-HT2A ligands do
    // (evidence/README.md).
    if (known == compounds.end() || known->mechanism.find("NMDA") != std::string::npos) continue;
    const std::string& outcome = human ? known->human_hallucinogenic : known->htr_mouse;
    const double probability = human ? row.hallucinogenic_probability.mean : row.htr_probability.mean;
    if (outcome != "yes" && outcome != "no") continue;
    (outcome == "yes" ? yes : no).push_back(probability);
    if ((outcome == "yes") != (probability > 0.5)) result.wrong.push_back(row.compound);
  }
  result.positives = static_cast<int>(yes.size());
  result.negatives = static_cast<int>(no.size());
  double wins = 0.0;
  for (const double a : yes)
    for (const double b : no) wins += a > b ? 1.0 : a == b ? 0.5 : 0.0;
  result.area_under_curve =
      yes.empty() || no.empty() ? k_nan : wins / static_cast<double>(yes.size() * no.size());
  return result;
}

}  // namespace raad::study
