#include "dose/vocabulary.hpp"

#include <map>

#include "base/table.hpp"

namespace raad::dose {
namespace {

using Kind = DoseUnit::Kind;

const std::vector<DoseUnit>& all_units() {
  static const std::vector<DoseUnit> units = {
      {"mg", Kind::mass, 1.0},
      {"ug", Kind::mass, 1e-3},
      {"ng", Kind::mass, 1e-6},
      {"g", Kind::mass, 1e3},
      {"mg/kg", Kind::mass_per_weight, 1.0},
      {"ug/kg", Kind::mass_per_weight, 1e-3},
      {"ng/kg", Kind::mass_per_weight, 1e-6},
      {"g/kg", Kind::mass_per_weight, 1e3},
      {"mg/70kg", Kind::mass_per_70kg, 1.0},
      {"ug/70kg", Kind::mass_per_70kg, 1e-3},
      {"mg/h", Kind::mass_rate, 1.0},
      {"mg/min", Kind::mass_rate, 60.0},
      {"ug/h", Kind::mass_rate, 1e-3},
      {"ug/min", Kind::mass_rate, 60e-3},
      {"mg/kg/h", Kind::mass_rate_per_weight, 1.0},
      {"mg/kg/min", Kind::mass_rate_per_weight, 60.0},
      {"ug/kg/h", Kind::mass_rate_per_weight, 1e-3},
      {"ug/kg/min", Kind::mass_rate_per_weight, 60e-3},
      {"umol", Kind::substance, 1.0},
      {"nmol", Kind::substance, 1e-3},
      {"mmol", Kind::substance, 1e3},
      {"umol/kg", Kind::substance, 1.0},
      {"nmol/kg", Kind::substance, 1e-3},
      {"mmol/kg", Kind::substance, 1e3},
      {"pM", Kind::concentration, 1.0},
      {"nM", Kind::concentration, 1.0},
      {"uM", Kind::concentration, 1.0},
      {"mM", Kind::concentration, 1.0},
      {"ng/mL", Kind::concentration, 1.0},
      {"ug/mL", Kind::concentration, 1.0},
      {"percent", Kind::concentration, 1.0},
      {"fraction", Kind::level, 1.0},
      {"fold", Kind::level, 1.0},
      {"IC50", Kind::level, 1.0},
  };
  return units;
}

const std::map<std::string, std::string, std::less<>>& route_spellings() {
  static const std::map<std::string, std::string, std::less<>> spellings = {
      {"oral", "oral"},
      {"po", "oral"},
      {"iv", "iv"},
      {"intravenous", "iv"},
      {"im", "im"},
      {"intramuscular", "im"},
      {"sc", "sc"},
      {"subcutaneous", "sc"},
      {"ip", "ip"},
      {"intraperitoneal", "ip"},
      {"nasal", "nasal"},
      {"intranasal", "nasal"},
      {"sublingual", "sublingual"},
      {"sl", "sublingual"},
      {"rectal", "rectal"},
      {"inhaled", "inhaled"},
      {"bath", "bath"},
      {"tci", "tci"},
  };
  return spellings;
}

/// Both micro signs of Unicode and `mcg` become `u`.
std::string with_plain_micro(std::string_view text) {
  std::string plain(text);
  for (const std::string_view sign : {"\u00b5", "\u03bc"}) {
    for (auto at = plain.find(sign); at != std::string::npos; at = plain.find(sign))
      plain.replace(at, sign.size(), "u");
  }
  if (plain.rfind("mcg", 0) == 0) plain.replace(0, 3, "ug");
  return plain;
}

}  // namespace

std::optional<DoseUnit> find_dose_unit(std::string_view text) {
  const std::string plain = text == "%" ? "percent" : with_plain_micro(text);
  for (const auto& unit : all_units()) {
    if (unit.name == plain) return unit;
  }
  return std::nullopt;
}

const std::vector<std::string>& dose_unit_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    for (const auto& unit : all_units()) list.push_back(unit.name);
    return list;
  }();
  return names;
}

std::optional<std::string> find_route(std::string_view text) {
  const auto found = route_spellings().find(base::to_lower(text));
  if (found == route_spellings().end()) return std::nullopt;
  return found->second;
}

const std::vector<std::string>& route_names() {
  static const std::vector<std::string> names = {"oral",       "iv",     "im",      "sc",   "ip", "nasal",
                                                 "sublingual", "rectal", "inhaled", "bath", "tci"};
  return names;
}

std::optional<TimeUnit> find_time_unit(std::string_view text) {
  if (text == "h" || text == "hour" || text == "hours") return TimeUnit{1.0, 1.0};
  if (text == "min" || text == "minute" || text == "minutes") return TimeUnit{1.0, 60.0};
  if (text == "s" || text == "second" || text == "seconds") return TimeUnit{1.0, 3600.0};
  if (text == "d" || text == "day" || text == "days") return TimeUnit{24.0, 1.0};
  if (text == "w" || text == "week" || text == "weeks") return TimeUnit{168.0, 1.0};
  return std::nullopt;
}

}  // namespace raad::dose
