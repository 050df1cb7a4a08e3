// A comparison as files: the profile table, the time courses, the report and its figures.
#pragma once

#include <filesystem>
#include <string>

#include "data/series_table.hpp"
#include "study/comparison.hpp"

namespace raad::report {

/// What a report says about its making, besides what is in the comparison. Holds nothing that differs between
/// equal runs (no time, host or thread count), so equal runs give equal bytes.
struct Making {
  std::string command;  ///< Repeats the comparison; made from its settings, not copied from the command line
  std::string model_hash;
  std::string program_version;
  std::string engine;
};

/// The part of a run's record that may stand in a result.
Making making_of(const study::Comparison& comparison, const data::RunRecord& record);

/// Writes `profile.tsv`, `timecourses.csv`, `report.html` and `figures/<group>.svg` and `.json` into
/// `folder`, and the record beside the first three as `<file>.run.json`. Everything is made in a temporary
/// folder beside `folder` first and moved in at the end, so nothing half-written stands under a final name;
/// figures of an earlier comparison are replaced. Throws InputError R084 (cannot write) or R085 (disk full).
void write_comparison(const study::Comparison& comparison, const std::filesystem::path& folder,
                      const data::RunRecord& record);

}  // namespace raad::report
