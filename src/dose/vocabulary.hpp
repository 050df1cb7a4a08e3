// The words of a regimen: dose units and routes, with the other spellings that people use.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace raad::dose {

/// What a dose unit measures, and its size in the first unit named here.
struct DoseUnit {
  enum class Kind {
    mass,                  ///< [mg]
    mass_per_weight,       ///< [mg/kg]
    mass_per_70kg,         ///< [mg for a person of 70 kg]
    mass_rate,             ///< [mg/h]
    mass_rate_per_weight,  ///< [mg/kg/h]
    substance,             ///< [umol] or [umol/kg]: needs a molar mass
    concentration,         ///< Bath, target-controlled infusion, inhaled gas
    level,                 ///< Share, fold or multiple of IC50 that an inhibitor is set to
  };
  std::string name;  ///< Canonical spelling
  Kind kind = Kind::mass;
  double factor = 1.0;

  bool is_rate() const { return kind == Kind::mass_rate || kind == Kind::mass_rate_per_weight; }
};

/// The unit of that spelling (`mcg` and micro signs are `ug`); nothing if there is none.
std::optional<DoseUnit> find_dose_unit(std::string_view text);
/// Canonical spellings, for messages.
const std::vector<std::string>& dose_unit_names();

/// Canonical route (`intranasal` -> `nasal`, `po` -> `oral`, ...), case ignored; nothing if it is no route.
std::optional<std::string> find_route(std::string_view text);
const std::vector<std::string>& route_names();

/// Hours in one `s`, `min`, `h`, `d` or `w` (`day`, `days`, `week`, ... too); nothing if it is no unit of
/// time. Given as a divisor where that is exact: 40 min is 40/60 h to the last bit.
struct TimeUnit {
  double multiplier = 1.0;
  double divisor = 1.0;
  double hours(double value) const { return value * multiplier / divisor; }
};
std::optional<TimeUnit> find_time_unit(std::string_view text);

}  // namespace raad::dose
