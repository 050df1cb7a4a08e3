#include "study/compound_inputs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/random.hpp"
#include "base/table.hpp"
#include "study/design_space.hpp"

namespace raad::study {
namespace {

// What stands in for a missing value: mean and spread over the compounds of evidence/compounds.tsv that have
// it [log10 nM].
struct Prior {
  double mean, spread;
};
constexpr Prior k_usual_ki = {1.5, 1.0}, k_usual_trkb = {3.5, 0.8}, k_usual_1a = {2.5, 0.8};
// A control whose table gives no 5-HT2A affinity is taken to have next to none.
constexpr Prior k_control_ki = {5.0, 0.5};
constexpr Prior k_usual_efficacy = {0.6, 0.3};   // [1]
constexpr Prior k_usual_surface = {40.0, 15.0};  // [A2]
// Efficacies at the two transducers go together: of compounds with both, arrestin lies within a quarter of
// Gq.
constexpr double k_bias_spread = 0.2;
constexpr double k_greatest_efficacy = 1.2;  // The model's response must stay below its maximum

Prior ki_prior(const data::Compound& compound) {
  return compound.mechanism.find("control") != std::string::npos ? k_control_ki : k_usual_ki;
}

class Guess {
 public:
  Guess(const data::Compound& compound, std::uint64_t seed, int draw)
      : compound_(compound), key_{seed, 0, draw, 0} {}

  CompoundGuess make() {
    CompoundGuess made{};
    const auto known_ki = compound_.ki_5ht2a_nM ? compound_.ki_5ht2a_nM : compound_.gq_ec50_nM;
    made.ki_nM = power("ki", known_ki, ki_prior(compound_));
    made.trkb_nM = power("trkb", compound_.trkb_kd_nM, k_usual_trkb);
    made.ki_1a_nM = power("1a", compound_.ki_5ht1a_nM, k_usual_1a);
    made.gq = share("gq", compound_.gq_efficacy, compound_.arrestin_efficacy);
    made.arrestin = compound_.arrestin_efficacy
                        ? share("arrestin", compound_.arrestin_efficacy, std::nullopt)
                        : std::clamp(made.gq + k_bias_spread * normal("bias"), 0.0, k_greatest_efficacy);
    const double surface = compound_.polar_surface_A2
                               ? *compound_.polar_surface_A2 + k_surface_spread * normal("surface")
                               : k_usual_surface.mean + k_usual_surface.spread * normal("surface");
    made.permeability = membrane_permeability(surface);
    made.brain_entry = brain_entry(surface);
    return made;
  }

 private:
  double normal(const char* purpose) {
    auto key = key_;
    key.purpose = base::purpose_of(compound_.id + "/" + purpose);
    return base::RandomStream(key).normal();
  }
  double power(const char* purpose, const std::optional<double>& known, const Prior& usual) {
    return std::pow(10.0, known ? std::log10(*known) + k_assay_spread * normal(purpose)
                                : usual.mean + usual.spread * normal(purpose));
  }
  double share(const char* purpose, const std::optional<double>& known,
               const std::optional<double>& related) {
    // Antagonists are antagonists in every assay.
    if (known && *known == 0.0) return 0.0;
    const double mean = known     ? model_efficacy(*known)
                        : related ? model_efficacy(*related)
                                  : k_usual_efficacy.mean;
    const double spread = known ? k_efficacy_spread : related ? k_bias_spread : k_usual_efficacy.spread;
    return std::clamp(mean + spread * normal(purpose), 0.0, k_greatest_efficacy);
  }

  const data::Compound& compound_;
  base::StreamKey key_;
};

/// A row of library/compounds.tsv.
std::string row(const std::string& id, const char* parameter, double value, const char* unit, bool known,
                const std::string& note) {
  return fmt::format("{}\t{}\t{:.6g}\t{}\t{}\t{}\t{}\n", id, parameter, value, unit,
                     known ? "derived" : "assumed", k_compound_table_source, note);
}

std::string constant_note(const char* what, const std::optional<double>& known, const Prior& prior) {
  return known ? fmt::format("{} of evidence/compounds.tsv; spread {} decades between assays", what,
                             base::format_number(k_assay_spread))
               : fmt::format("no {} known: prior with a spread of {} decades", what,
                             base::format_number(prior.spread));
}

std::string derived_rows(const std::string& id, const data::Compound& compound) {
  const auto constant = [](const std::optional<double>& known, const Prior& prior) {
    return known ? *known : std::pow(10.0, prior.mean);
  };
  const auto known_ki = compound.ki_5ht2a_nM ? compound.ki_5ht2a_nM : compound.gq_ec50_nM;
  const char* ki_name = compound.ki_5ht2a_nM || !compound.gq_ec50_nM ? "5-HT2A affinity" : "Gq potency";
  const double ki = constant(known_ki, ki_prior(compound));
  const auto efficacy = [&](const std::optional<double>& own, const std::optional<double>& other) {
    return own ? model_efficacy(*own) : other ? model_efficacy(*other) : k_usual_efficacy.mean;
  };
  const auto efficacy_note = [&](const std::optional<double>& own, const std::optional<double>& other) {
    return own     ? fmt::format("square root of the maximum relative to serotonin ({:g} %); spread {}",
                                 100.0 * *own, base::format_number(k_efficacy_spread))
           : other ? fmt::format("not known: as the other transducer; spread {}",
                                 base::format_number(k_bias_spread))
                   : fmt::format("not known: prior with a spread of {}",
                                 base::format_number(k_usual_efficacy.spread));
  };
  const double gq = efficacy(compound.gq_efficacy, compound.arrestin_efficacy);
  const double arrestin = efficacy(compound.arrestin_efficacy, compound.gq_efficacy);
  const bool has_surface = compound.polar_surface_A2.has_value();
  const double surface = has_surface ? *compound.polar_surface_A2 : k_usual_surface.mean;
  const std::string surface_note =
      has_surface
          ? fmt::format("polar surface {:g} A2; spread {} A2", surface, base::format_number(k_surface_spread))
          : fmt::format("polar surface not known: prior with a spread of {} A2",
                        base::format_number(k_usual_surface.spread));
  const std::string gq_note = efficacy_note(compound.gq_efficacy, compound.arrestin_efficacy);
  std::string text;
  text += row(id, "serotonin_2a__compound_dissociation_constant", ki, "nM", known_ki.has_value(),
              constant_note(ki_name, known_ki, ki_prior(compound)));
  text += row(id, "serotonin_2a_pet__compound_high_affinity_constant", k_high_affinity_share * ki, "nM",
              known_ki.has_value(), "a tenth of the functional constant");
  text += row(id, "serotonin_2a__gq_efficacy_compound", gq, "1", compound.gq_efficacy.has_value(), gq_note);
  text += row(id, "serotonin_2a__arrestin_efficacy_compound", arrestin, "1",
              compound.arrestin_efficacy.has_value(),
              efficacy_note(compound.arrestin_efficacy, compound.gq_efficacy));
  text += row(id, "serotonin_2a__intracellular_efficacy_compound", gq, "1", compound.gq_efficacy.has_value(),
              "that of Gq: " + gq_note);
  text += row(id, "serotonin_2a__compound_permeability", membrane_permeability(surface), "1", has_surface,
              surface_note);
  text +=
      row(id, "compound__brain_plasma_unbound_ratio", brain_entry(surface), "1", has_surface, surface_note);
  text +=
      row(id, "trkb_site__compound_dissociation_constant", constant(compound.trkb_kd_nM, k_usual_trkb), "nM",
          compound.trkb_kd_nM.has_value(), constant_note("TrkB affinity", compound.trkb_kd_nM, k_usual_trkb));
  text += row(id, "serotonin_1a__compound_dissociation_constant", constant(compound.ki_5ht1a_nM, k_usual_1a),
              "nM", compound.ki_5ht1a_nM.has_value(),
              constant_note("5-HT1A affinity", compound.ki_5ht1a_nM, k_usual_1a));
  if (compound.molar_mass)
    text += row(id, "compound__molar_mass", *compound.molar_mass, "g/mol", true, "evidence/compounds.tsv");
  return text;
}

}  // namespace

double model_efficacy(double assay_efficacy) {
  return std::pow(assay_efficacy, k_reserve_exponent);
}

const std::vector<GuessMember>& guess_members() {
  static const std::vector<GuessMember> members = {
      {"5-HT2A affinity", &CompoundGuess::ki_nM},      {"Gq efficacy", &CompoundGuess::gq},
      {"arrestin efficacy", &CompoundGuess::arrestin}, {"permeability", &CompoundGuess::permeability},
      {"brain entry", &CompoundGuess::brain_entry},    {"TrkB affinity", &CompoundGuess::trkb_nM},
      {"5-HT1A affinity", &CompoundGuess::ki_1a_nM}};
  return members;
}

LibraryProfile library_profile(const data::Library& library, const run::LoadedSystem& system,
                               const std::string& compound_id) {
  // A prodrug acts through its active moiety (drugs.tsv).
  std::string moiety = base::to_lower(compound_id);
  const auto& drugs = library.dosing.drugs;
  for (std::size_t i = 0; i < drugs.row_count(); ++i)
    if (drugs.cell(i, "drugId") == moiety && !drugs.cell(i, "activeMoiety").empty() &&
        drugs.cell(i, "class") != "unsupported") {
      moiety = drugs.cell(i, "activeMoiety");
      break;
    }
  if (moiety == "compound") return {};
  const auto value = [&](const std::string& parameter) -> std::optional<double> {
    const auto index = system.equations.find_parameter(parameter);
    if (!index) return std::nullopt;
    return system.equations.parameters[static_cast<std::size_t>(*index)].value;
  };
  LibraryProfile profile;
  profile.gq = value("serotonin_2a__gq_efficacy_" + moiety);
  profile.arrestin = value("serotonin_2a__arrestin_efficacy_" + moiety);
  profile.permeability = value("serotonin_2a__" + moiety + "_permeability");
  if (profile.gq) profile.brain_entry = 1.0;
  return profile;
}

CompoundGuess guess_compound(const data::Compound& compound, const LibraryProfile& profile,
                             std::uint64_t seed, int draw) {
  CompoundGuess made = Guess(compound, seed, draw).make();
  // The efficacy of a drug of the library is the library's own.
  if (profile.gq) made.gq = *profile.gq;
  if (profile.arrestin) made.arrestin = *profile.arrestin;
  if (profile.permeability) made.permeability = *profile.permeability;
  if (profile.brain_entry) made.brain_entry = *profile.brain_entry;
  return made;
}

std::string derived_compound_table(const std::string& table, const std::vector<data::Compound>& compounds) {
  std::string text;
  std::set<std::string> by_hand;
  for (const auto& line : base::split(table, '\n')) {
    if (line.empty() || line.find(k_compound_table_source) != std::string::npos) continue;
    by_hand.insert(line.substr(0, line.find('\t')));
    text += line + "\n";
  }
  for (const auto& compound : compounds) {
    const std::string id = base::to_lower(compound.id);
    if (by_hand.count(id) == 0) text += derived_rows(id, compound);
  }
  return text;
}

}  // namespace raad::study
