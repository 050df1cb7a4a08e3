// Time courses of every subject of a population as one file, subject after subject.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace raad::data {

struct TrajectoryLayout {
  std::string time_name = "time_h", time_unit = "h";
  std::vector<double> times;              ///< [time_unit]
  std::vector<std::string> names, units;  ///< Of the observables
  std::int64_t subject_count = 0;
};

/// Holds one subject at a time. Throws InputError R084 or R085 as base::OutputFile.
class TrajectoryFile {
 public:
  virtual ~TrajectoryFile() = default;
  /// Subjects 0, 1, 2, ... in order; `outputs` [time][observable], NaN where there is no value.
  virtual void add(std::int64_t subject, const double* outputs) = 0;
  virtual void finish() = 0;
};

/// `.nc`: netCDF with the dimensions (subject, time) and a variable an observable; else CSV: the columns
/// subject, time_h and the observables, a line of units, a row a subject and time.
std::unique_ptr<TrajectoryFile> open_trajectory_file(const std::filesystem::path& file,
                                                     TrajectoryLayout layout);

}  // namespace raad::data
