// Result files: time courses as CSV, and the record of a run beside them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostics.hpp"

namespace raad::data {

struct SeriesColumn {
  std::string name;
  std::string unit;
  std::vector<double> values;
};

/// Time courses on one time grid.
struct SeriesTable {
  std::string time_name = "time_h";
  std::string time_unit = "h";
  std::vector<double> time;
  std::vector<SeriesColumn> columns;
  const SeriesColumn* find(std::string_view name) const;
};

/// CSV text: the header `time_h,a,b`, then `# unit,ng/mL,...` (the units, time's left out because its name
/// holds it), then a row a time. Numbers in the shortest form that reads back as the same double; NaN as an
/// empty cell. Equal tables give equal bytes. Names and units with a comma, quote or line end are quoted (RFC
/// 4180).
std::string print_series(const SeriesTable& table);
/// Writes it atomically.
void write_series(const std::filesystem::path& file, const SeriesTable& table);

/// Reads such a file, with or without a unit line; findings R080 (header), R081 (repeated column), R082,
/// R083, R086, R087.
SeriesTable read_series(const std::filesystem::path& file, base::Diagnostics& findings);
SeriesTable parse_series(std::string_view text, std::string file, base::Diagnostics& findings);

/// What made a result. The only place that names time, machine and command: results themselves stay equal for
/// equal runs.
struct RunRecord {
  std::string command;
  std::map<std::string, std::string> settings;  ///< Effective settings, defaults included
  std::string system;
  std::string model_hash;
  std::string program_version;
  std::map<std::string, std::string> library_versions;
  std::string engine;
  std::uint64_t seed = 0;
  double relative_tolerance = 0.0;
  double absolute_tolerance_per_scale = 0.0;
  double wall_time_s = 0.0;
  int thread_count = 1;
  std::string started;  ///< UTC, ISO 8601
  std::string host;
  std::map<std::string, long> failure_counts;  ///< Reason -> subjects
  std::vector<std::string> notes;              ///< Assumptions made, such as default durations
};

/// FILE.run.json beside `result`.
std::filesystem::path run_record_path(const std::filesystem::path& result);
/// JSON text with sorted keys.
std::string print_run_record(const RunRecord& record);
void write_run_record(const std::filesystem::path& result, const RunRecord& record);
/// The current time for RunRecord::started, and this machine's name.
std::string current_time_utc();
std::string host_name();

}  // namespace raad::data
