// NONMEM-style dosing records (ID TIME AMT RATE DUR II ADDL SS EVID CMT) and regimen files.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostics.hpp"
#include "ir/system.hpp"
#include "solve/problem.hpp"

namespace raad::dose {

/// One record. Times [h], amounts in the unit of the compartment's state.
struct Record {
  std::string id;
  double time_h = 0.0, amount = 0.0, rate = 0.0, duration_h = 0.0, interval_h = 0.0;
  int additional = 0;    ///< ADDL
  int steady_state = 0;  ///< SS: 0 or 1
  int event_id = 1;      ///< EVID: 0 observation, 1 dose, 2 other, 3 reset, 4 reset and dose
  std::string compartment;  ///< CMT: flat state id, or a number counted from 1
  base::SourcePlace place;
};

/// Reads a table in tab-, comma- or blank-separated form with a NONMEM header; unknown columns, EVID 3/4 and non-integer ADDL are
/// refused by name (R078), malformed cells reported (R080, R082).
std::vector<Record> read_records(std::string_view text, std::string file, base::Diagnostics& findings);

/// Actions of one subject. SS = 1 is made exact enough by repeating the interval `k_steady_state_doses` times before time.
std::vector<solve::Action> expand_records(const std::vector<Record>& records, const std::string& subject_id,
                                          const ir::System& system, base::Diagnostics& findings);

}  // namespace raad::dose
