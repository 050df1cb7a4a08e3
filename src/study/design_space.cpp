#include "study/design_space.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <optional>

#include "base/table.hpp"

namespace raad::study {
namespace {

using Scale = DesignAxis::Scale;

// Constants from the tightest ligands of evidence/compounds.tsv to where nothing binds at a dose that can be
// taken; efficacies up to that of serotonin. Residence at 5-HT2A from minutes to that of LSD (221 min) and
// beyond. Half-lives from that of DMT to a day. Polar surfaces from N,N-dialkyltryptamines to beyond
// serotonin, which stays out of the brain.
const std::vector<DesignAxis>& compound_axes() {
  static const std::vector<DesignAxis> axes = {
      {"ki_5ht2a_nM", 0.3, 1000.0, Scale::logarithmic, 2.0, "5-HT2A dissociation constant"},
      {"gq_efficacy", 0.0, 1.0, Scale::linear, 0.1, "Gq efficacy relative to serotonin"},
      {"arrestin_efficacy", 0.0, 1.0, Scale::linear, 0.1, "arrestin-2 efficacy relative to serotonin"},
      {"ki_5ht1a_nM", 1.0, 1e4, Scale::logarithmic, 2.0, "5-HT1A dissociation constant"},
      {"ki_5ht2b_nM", 1.0, 1e4, Scale::logarithmic, 2.0, "5-HT2B dissociation constant"},
      {"ki_5ht2c_nM", 1.0, 1e4, Scale::logarithmic, 2.0, "5-HT2C dissociation constant"},
      {"kd_trkb_nM", 1.0, 1e5, Scale::logarithmic, 2.0, "dissociation constant at the site of TrkB"},
      {"residence_h", 0.02, 6.0, Scale::logarithmic, 2.0, "residence time at 5-HT2A"},
      {"absorption_per_h", 0.3, 6.0, Scale::logarithmic, 2.0, "absorption rate"},
      {"half_life_h", 0.5, 24.0, Scale::logarithmic, 2.0, "elimination half-life"},
      {"polar_surface_A2", 15.0, 75.0, Scale::linear, 5.0, "topological polar surface area"},
      {"log_p", 0.5, 5.0, Scale::linear, 0.5, "logarithm of the octanol-water partition"},
      {"exposure", 0.1, 30.0, Scale::logarithmic, 2.0, "unbound peak over the 5-HT2A constant"},
  };
  return axes;
}

// The kinetics that a design does not vary: the generic compound's (library/pharmacokinetics).
constexpr double k_volume_L = 150.0, k_effect_site_rate_per_h = 10.0, k_bioavailability = 0.5,
                 k_molar_mass = 300.0;
constexpr double k_high_affinity_share = 0.1;  // library/compounds.md
constexpr double k_half_permeable_A2 = 55.0, k_permeability_width_A2 = 5.0;
// The same property decides, more sharply, what enters the brain: serotonin and 4-hydroxytryptamine (62 A2,
// three donors) do not, amines with 54 A2 do.
constexpr double k_half_entering_A2 = 58.0, k_entering_width_A2 = 0.8;

/// Binding in plasma grows with lipophilicity: 25 % unbound at logP 2, 5 % at 4. Assumed; it decides the dose
/// only.
double unbound_fraction(double log_p) {
  return std::clamp(std::pow(10.0, 0.1 - 0.35 * log_p), 0.005, 1.0);
}

double logistic_fall(double value, double half, double width) {
  return 1.0 / (1.0 + std::exp((value - half) / width));
}

Requirement at_least(const char* id, double value, double least) {
  return {id, value, value >= least ? 0.0 : std::log10(least / std::max(value, 1e-9 * least))};
}
Requirement at_most(const char* id, double value, double greatest) {
  return {id, value, value <= greatest ? 0.0 : std::log10(value / greatest)};
}
Requirement between(const char* id, double value, double low, double high) {
  return {id, value, std::max({0.0, low - value, value - high})};
}

/// `NAME: LOW..HIGH`, then nothing, `log` or `integer`.
std::optional<DesignAxis> parse_axis(const std::string& text) {
  const auto colon = text.find(':'), dots = text.find("..");
  if (colon == std::string::npos || dots == std::string::npos || dots < colon) return std::nullopt;
  auto words = base::split(base::trim(text.substr(dots + 2)), ' ');
  std::erase(words, "");
  words.resize(std::max<std::size_t>(words.size(), 2));
  const double absent = std::numeric_limits<double>::quiet_NaN();
  const double low =
      base::parse_number(base::trim(text.substr(colon + 1, dots - colon - 1))).value_or(absent);
  const double high = base::parse_number(words[0]).value_or(absent);
  const std::string id(base::trim(text.substr(0, colon)));
  if (id.empty() || words.size() > 2 || !(high >= low)) return std::nullopt;
  DesignAxis axis = {id, low, high, Scale::linear, std::max(0.1 * (high - low), 1e-12), "of the regimen"};
  if (words[1] == "integer") {
    axis.scale = Scale::integer;
    axis.step = 1.0;
  } else if (words[1] == "log" && low > 0.0) {
    axis.scale = Scale::logarithmic;
    axis.step = 2.0;
  } else if (!words[1].empty()) {
    return std::nullopt;
  }
  return axis;
}

}  // namespace

double DesignAxis::value(double coordinate) const {
  const double share = std::clamp(coordinate, 0.0, 1.0);
  switch (scale) {
    case Scale::logarithmic:
      return low * std::pow(high / low, share);
    case Scale::integer:
      // Every number gets an equal part of the axis.
      return std::min(high, low + std::floor(share * (high - low + 1.0)));
    case Scale::linear:
      break;
  }
  return low + share * (high - low);
}

double DesignAxis::coordinate(double value) const {
  if (!(high > low)) return 0.0;
  if (scale == Scale::logarithmic) return std::log(value / low) / std::log(high / low);
  if (scale == Scale::integer) return (value - low + 0.5) / (high - low + 1.0);
  return (value - low) / (high - low);
}

double DesignAxis::stepped(double value, int direction) const {
  const double moved =
      scale == Scale::logarithmic ? value * std::pow(step, direction) : value + direction * step;
  return std::clamp(moved, low, high);
}

double Candidate::violation() const {
  double sum = 0.0;
  for (const auto& one : requirements) sum += one.violation;
  return sum;
}

DesignSpace::DesignSpace(std::string regimen, const DesignLimits& limits, base::Diagnostics& findings)
    : regimen_(std::move(regimen)), limits_(limits) {
  has_compound_ = base::to_lower(regimen_).find("compound_x") != std::string::npos;
  if (has_compound_) axes_ = compound_axes();
  read_placeholders(findings);
}

void DesignSpace::read_placeholders(base::Diagnostics& findings) {
  std::size_t at = 0;
  while (at <= regimen_.size()) {
    const auto open = regimen_.find('{', at);
    pieces_.push_back({regimen_.substr(at, open - at), -1});
    if (open == std::string::npos) return;
    const auto close = regimen_.find('}', open);
    const std::string inside =
        regimen_.substr(open + 1, close == std::string::npos ? close : close - open - 1);
    const auto axis = parse_axis(inside);
    if (!axis || close == std::string::npos || find(axis->id) >= 0) {
      findings.error(
          "R145", {"--regimen", 1, static_cast<int>(open) + 1}, "`{" + inside + "}` is no range of a regimen",
          "write {NAME: LOW..HIGH}, {NAME: LOW..HIGH log} or {NAME: LOW..HIGH integer}, each name once");
      return;
    }
    pieces_.back().axis = static_cast<int>(axes_.size());
    axes_.push_back(*axis);
    at = close + 1;
  }
}

int DesignSpace::find(const std::string& id) const {
  const auto found = std::ranges::find(axes_, id, &DesignAxis::id);
  return found == axes_.end() ? -1 : static_cast<int>(found - axes_.begin());
}

std::vector<double> DesignSpace::coordinates(const std::vector<double>& values) const {
  std::vector<double> result;
  for (std::size_t i = 0; i < axes_.size(); ++i) result.push_back(axes_[i].coordinate(values[i]));
  return result;
}

Candidate DesignSpace::decode(const std::vector<double>& coordinates) const {
  std::vector<double> values;
  for (std::size_t i = 0; i < axes_.size(); ++i) values.push_back(axes_[i].value(coordinates[i]));
  return decode_values(values);
}

Candidate DesignSpace::decode_values(const std::vector<double>& values) const {
  Candidate candidate;
  candidate.values = values;
  for (const Piece& piece : pieces_) {
    candidate.regimen += piece.text;
    if (piece.axis >= 0)
      candidate.regimen += base::format_number(values[static_cast<std::size_t>(piece.axis)]);
  }
  if (has_compound_) set_compound(candidate);
  return candidate;
}

void DesignSpace::set_compound(Candidate& candidate) const {
  const auto value = [&](const char* id) { return candidate.values[static_cast<std::size_t>(find(id))]; };
  const double ki = value("ki_5ht2a_nM"), gq = value("gq_efficacy"), surface = value("polar_surface_A2");
  const double clearance = std::numbers::ln2 * k_volume_L / value("half_life_h");
  const double entry = brain_entry(surface);
  const CompoundKinetics kinetics = {
      value("absorption_per_h"),        clearance,   k_volume_L, k_effect_site_rate_per_h, k_bioavailability,
      unbound_fraction(value("log_p")), k_molar_mass};
  candidate.parameters = {{"compound__molar_mass", k_molar_mass},
                          {"compound__absorption_rate", kinetics.absorption_rate_per_h},
                          {"compound__bioavailability", k_bioavailability},
                          {"compound__clearance", clearance},
                          {"compound__central_volume", k_volume_L},
                          {"compound__distribution_clearance", 0.0},
                          {"compound__effect_site_rate", k_effect_site_rate_per_h},
                          {"compound__unbound_fraction", kinetics.unbound_fraction},
                          {"compound__brain_plasma_unbound_ratio", entry},
                          {"serotonin_2a__compound_dissociation_constant", ki},
                          {"serotonin_2a__compound_dissociation_rate", 1.0 / value("residence_h")},
                          {"serotonin_2a_pet__compound_high_affinity_constant", k_high_affinity_share * ki},
                          {"serotonin_2a__gq_efficacy_compound", gq},
                          {"serotonin_2a__arrestin_efficacy_compound", value("arrestin_efficacy")},
                          // The pool within the cell signals through Gq in this model.
                          {"serotonin_2a__intracellular_efficacy_compound", gq},
                          {"serotonin_2a__compound_permeability", membrane_permeability(surface)},
                          {"trkb_site__compound_dissociation_constant", value("kd_trkb_nM")},
                          {"serotonin_1a__compound_dissociation_constant", value("ki_5ht1a_nM")}};
  candidate.unbound_peak_nM = value("exposure") * ki;
  candidate.compound_dose_factor = candidate.unbound_peak_nM / (entry * peak_unbound_nM_per_mg(kinetics));
  candidate.requirements = {
      at_least("margin_5ht2b", value("ki_5ht2b_nM") / candidate.unbound_peak_nM, limits_.least_margin_5ht2b),
      at_least("margin_5ht2c", value("ki_5ht2c_nM") / candidate.unbound_peak_nM, limits_.least_margin_5ht2c),
      at_least("brain_entry", entry, limits_.least_brain_entry),
      at_most("dose_mg", candidate.compound_dose_factor, limits_.greatest_dose_mg),
      between("log_p", value("log_p"), limits_.least_log_p, limits_.greatest_log_p)};
}

double membrane_permeability(double polar_surface_A2) {
  return logistic_fall(polar_surface_A2, k_half_permeable_A2, k_permeability_width_A2);
}

double brain_entry(double polar_surface_A2) {
  return logistic_fall(polar_surface_A2, k_half_entering_A2, k_entering_width_A2);
}

double peak_unbound_nM_per_mg(const CompoundKinetics& kinetics) {
  // Effect site after a unit dose: a sum of three exponentials (Bateman 1910). Rates that agree would divide
  // by zero; a millionth apart they give the same peak.
  const double absorption = kinetics.absorption_rate_per_h;
  double elimination = kinetics.clearance_L_per_h / kinetics.volume_L;
  double equilibration = kinetics.effect_site_rate_per_h;
  const auto part_from = [](double& rate, double other) {
    if (std::abs(rate - other) < 1e-6 * other) rate = other * (1.0 + 1e-6);
  };
  part_from(elimination, absorption);
  part_from(equilibration, absorption);
  part_from(equilibration, elimination);
  const double a = absorption, e = elimination, q = equilibration;
  const auto concentration = [&](double t) {
    return a * q *
           (std::exp(-a * t) / ((e - a) * (q - a)) + std::exp(-e * t) / ((a - e) * (q - e)) +
            std::exp(-q * t) / ((a - q) * (e - q)));
  };
  // One maximum, before the sum of the three mean times: halved to it by the golden section.
  double low = 0.0, high = 1.0 / a + 1.0 / e + 1.0 / q;
  constexpr double k_section = 1.0 / std::numbers::phi;
  for (int i = 0; i < 80; ++i) {
    const double left = high - k_section * (high - low), right = low + k_section * (high - low);
    (concentration(left) < concentration(right) ? low : high) =
        concentration(left) < concentration(right) ? left : right;
  }
  constexpr double k_ug_per_mg = 1000.0, k_nM_per_uM = 1000.0;
  return concentration(0.5 * (low + high)) * kinetics.bioavailability * k_ug_per_mg / kinetics.volume_L *
         kinetics.unbound_fraction * k_nM_per_uM / kinetics.molar_mass_g_per_mol;
}

}  // namespace raad::study
