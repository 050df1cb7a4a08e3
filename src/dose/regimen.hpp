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
  std::string drug;  ///< As written, lower case
  std::vector<double>
      amounts;  ///< One; two for a range a..b; several for alternatives a|b; none if no dose was given
  enum class Choice { single, range, alternatives } choice = Choice::single;
  std::string amount_unit;           ///< Canonical: mg, ug, mg/kg, ug/kg/min, mg/70kg, fraction, ...
  std::string route;                 ///< Canonical: oral iv im sc ip nasal sublingual ...; empty if not given
  std::optional<double> duration_h;  ///< [h]; 0 asks for a bolus where an infusion is the default
  enum class When { at, before, unknown } when = When::at;  ///< `@ 3 h`, `@ pre`, `@ unknown`
  double time_h = 0.0;                                      ///< [h] of the first of `count` doses
  double interval_h = 0.0;                                  ///< [h]; 0: single
  int count = 1;
  base::SourcePlace place;  ///< Column = first character of the event in the regimen text
};

struct Regimen {
  std::string text;
  std::vector<DoseEvent> events;
  std::vector<std::string> background;  ///< `with ...`: stated background treatments
};

/// Most doses that one `every ... x K` may ask for: a hundred years of daily doses is 36525, so more is a
/// slip of the key.
inline constexpr int k_max_repeats = 50'000;

/// Parses the grammar of docs/regimens.md. Reports, each with a line that points at the character: R077 for
/// what does not parse, R073 for an unknown dose unit, R072 for an unknown route, R076 for amounts and
/// durations that cannot be. Line ends separate events as `;` does, and `#` starts a comment, so a file may
/// hold a regimen. Events with an error are left out.
Regimen parse_regimen(std::string_view text, std::string source_name, base::Diagnostics& findings);

/// The canonical text of a regimen (parses back to the same events).
std::string print_regimen(const Regimen& regimen);
/// The canonical text of one event.
std::string print_event(const DoseEvent& event);

/// The dosing time of the k-th (from 0) of an event's doses [h].
inline double dose_time_h(const DoseEvent& event, int k) {
  return event.time_h + k * event.interval_h;
}

}  // namespace raad::dose
