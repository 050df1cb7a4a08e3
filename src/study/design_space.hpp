// What a design search may change: properties of a compound and numbers in a regimen, each an axis with its
// range.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/diagnostics.hpp"

namespace raad::study {

/// One thing that a search varies. Searches move in coordinates from 0 to 1 along it.
struct DesignAxis {
  enum class Scale { linear, logarithmic, integer };
  std::string id;  ///< With its unit: ki_5ht2a_nM
  double low = 0.0, high = 1.0;
  Scale scale = Scale::linear;
  double step = 0.1;  ///< Of a trade-off; on a logarithmic axis a factor
  std::string meaning;

  double value(double coordinate) const;
  double coordinate(double value) const;
  /// `value` one step up (+1) or down (-1), kept inside the range.
  double stepped(double value, int direction) const;
};

/// A requirement that needs no simulation, and by how much a design misses it (0: fulfilled, 1: by a factor
/// of ten or by all of it).
struct Requirement {
  std::string id;
  double value = 0.0, violation = 0.0;
};

/// A point of the space, spelled out for the model.
struct Candidate {
  std::vector<double> values;                              ///< One for each axis
  std::vector<std::pair<std::string, double>> parameters;  ///< Model parameters that it sets
  std::string regimen;
  double compound_dose_factor = 1.0;  ///< Of doses of compound_x: 1 mg in the text is this many [mg]
  double unbound_peak_nM = 0.0;       ///< Of one dose of a compound; 0 without
  std::vector<Requirement> requirements;
  double violation() const;
};

/// Limits of what counts as a plausible compound, all of them assumptions that a caller may change.
struct DesignLimits {
  // Valvulopathy follows 5-HT2B agonism (Rothman et al. 2000, doi:10.1161/01.CIR.102.23.2836); a tenth of the
  // constant is 9 % occupancy at the peak.
  double least_margin_5ht2b = 10.0;
  double least_margin_5ht2c = 1.0;  ///< Less than half occupancy at the peak
  double least_brain_entry = 0.5;
  double greatest_dose_mg = 100.0;  ///< Of one administration
  // Of drugs that act in the brain nine of ten lie between (Wager et al. 2010, doi:10.1021/cn100008c,
  // desirable logP up to 3 and none above 5).
  double least_log_p = 1.0, greatest_log_p = 4.5;
};

/// Compounds searched over are called `compound_x`; their doses are relative: 1 mg in the regimen stands for
/// the dose whose unbound peak is `exposure` times the 5-HT2A constant.
inline constexpr const char* k_design_regimen =
    "compound_x 1 mg oral @ 0 h every {interval_d: 3..28} d x {doses: 1..4 integer}";

class DesignSpace {
 public:
  /// Axes from the placeholders of a regimen such as `psilocybin {dose_mg: 5..30} mg oral @ 0 h`, and from a
  /// compound's properties where it gives compound_x. R145 for placeholders that do not parse.
  DesignSpace(std::string regimen, const DesignLimits& limits, base::Diagnostics& findings);

  const std::vector<DesignAxis>& axes() const { return axes_; }
  const std::string& regimen() const { return regimen_; }
  bool has_compound() const { return has_compound_; }
  /// Index of an axis; -1: none.
  int find(const std::string& id) const;
  Candidate decode(const std::vector<double>& coordinates) const;
  Candidate decode_values(const std::vector<double>& values) const;
  std::vector<double> coordinates(const std::vector<double>& values) const;

 private:
  void read_placeholders(base::Diagnostics& findings);
  void set_compound(Candidate& candidate) const;

  std::string regimen_;
  DesignLimits limits_;
  bool has_compound_ = false;
  std::vector<DesignAxis> axes_;
  struct Piece {
    std::string text;
    int axis = -1;  ///< Follows the text; -1: the end
  };
  std::vector<Piece> pieces_;
};

/// Shares in [0, 1] of a compound that enters cells and the brain by its topological polar surface area [A2]:
/// amines of psychedelics (20 to 55 A2) pass membranes, serotonin (62 A2) does not (Vargas et al. 2023,
/// doi:10.1126/science.adf0435).
double membrane_permeability(double polar_surface_A2);
double brain_entry(double polar_surface_A2);

/// Kinetics of one compound with one compartment, absorbed by the gut.
struct CompoundKinetics {
  double absorption_rate_per_h, clearance_L_per_h, volume_L, effect_site_rate_per_h, bioavailability,
      unbound_fraction, molar_mass_g_per_mol;
};
/// Greatest unbound concentration at the effect site after 1 mg [nM].
double peak_unbound_nM_per_mg(const CompoundKinetics& kinetics);

}  // namespace raad::study
