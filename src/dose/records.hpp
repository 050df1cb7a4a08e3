// NONMEM-style dosing records (ID TIME AMT RATE DUR II ADDL SS EVID CMT) and regimen files.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostics.hpp"
#include "dose/regimen.hpp"
#include "ir/system.hpp"
#include "solve/problem.hpp"

namespace raad::dose {

/// One record. Times [h]; amounts in `unit`, else in mg.
struct Record {
  std::string id;
  double time_h = 0.0, amount = 0.0, rate = 0.0, duration_h = 0.0, interval_h = 0.0;
  int additional = 0;       ///< ADDL: doses after this one, every interval
  int steady_state = 0;     ///< SS: 0 or 1
  int event_id = 1;         ///< EVID: 0 observation, 1 dose, 2 other (no effect)
  std::string compartment;  ///< CMT: flat state id, or a number counted from 1
  std::string drug;         ///< `drug` column: the library's routes decide the compartment instead
  std::string route;        ///< With `drug` only
  std::string unit;         ///< Unit of AMT; empty: mg
  base::SourcePlace place;
};

/// Doses that stand for the endless past of SS = 1. What a linear system still lacks after N intervals of
/// length II is exp(-ln 2 x N x II / half-life): with 400 it is below 1e-12 for every half-life up to 10
/// intervals, and below 1e-6 up to 20. Such a run starts 400 intervals before the record; that costs
/// milliseconds.
inline constexpr int k_steady_state_doses = 400;

/// Reads a table in tab-, comma- or blank-separated form with a NONMEM header (case ignored, `.` is an empty
/// cell). DV and MDV may stand in it and are ignored. Reports R080 for other unknown columns and missing
/// ones, R082 and R087 for malformed cells and rows, R076 for impossible numbers, and R078, by name, for what
/// is not supported: EVID 3 and 4, RATE -1 and -2, SS 2, a compartment turned off.
std::vector<Record> read_records(std::string_view text, std::string file, base::Diagnostics& findings);

/// Subjects in order of first appearance.
std::vector<std::string> subjects_of(const std::vector<Record>& records);

/// Actions of one subject, in order of time; those of SS = 1 start k_steady_state_doses intervals earlier, so
/// at negative times. Records that name a drug are left to `regimen_of`. Reports R079 (compartment) and R073
/// (unit).
std::vector<solve::Action> expand_records(const std::vector<Record>& records, const std::string& subject_id,
                                          const ir::System& system, base::Diagnostics& findings);

/// One subject's records that name a drug, as a regimen.
Regimen regimen_of(const std::vector<Record>& records, const std::string& subject_id,
                   base::Diagnostics& findings);

/// A regimen from a file: `*.dose.tsv` and `*.csv` hold records, anything else the text of docs/regimens.md.
struct RegimenFile {
  Regimen regimen;              ///< Text, or the records of the first subject that name a drug
  std::vector<Record> records;  ///< Records that name a compartment
};
RegimenFile read_regimen_file(const std::filesystem::path& file, base::Diagnostics& findings);

}  // namespace raad::dose
