// Dosing regimens as text: "psilocybin 25 mg oral @ 0 h; ketamine 0.5 mg/kg iv 40 min @ 7 d every 3 d x 6".
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostics.hpp"

namespace raad::dose {

/// One dosing event as written. Grammar: docs/regimens.md.
struct DoseEvent {
  std::string drug;                ///< As written, lower case
  std::vector<double> amounts;     ///< One; two for a range a..b; several for alternatives a|b; none if no dose was given
  enum class Choice { single, range, alternatives } choice = Choice::single;
  std::string amount_unit;         ///< mg, ug, mg/kg, ug/kg/min, mg/70kg, fraction, ...
  std::string route;               ///< Canonical: oral iv im sc ip nasal sublingual ...; empty if not given
  std::optional<double> duration_h;
  enum class When { at, before, unknown } when = When::at;
  double time_h = 0.0;
  double interval_h = 0.0;  ///< 0: single
  int count = 1;
  base::SourcePlace place;  ///< Column = first character of the event in the regimen text
};

struct Regimen {
  std::string text;
  std::vector<DoseEvent> events;
  std::vector<std::string> background;  ///< `with ...`: stated background treatments
};

/// Parses the grammar of evidence/README.md with the additions of architecture.md: times in min, h, d, w; `every N h|d|w x K`;
/// `nasal` = `intranasal`; no `@` means 0 h; `none`. Reports R077 at the offending character, R073, R076.
Regimen parse_regimen(std::string_view text, std::string source_name, base::Diagnostics& findings);

/// The canonical text of a regimen (parses back to the same events).
std::string print_regimen(const Regimen& regimen);

}  // namespace raad::dose
