// NetCDF files of real numbers with named dimensions and units, written in one pass.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "base/output_file.hpp"

namespace raad::data {

struct NetcdfDimension {
  std::string name;
  std::int64_t size = 0;
};

struct NetcdfVariable {
  std::string name;
  std::vector<int> dimensions;  ///< Indices into the file's dimensions, the slowest first
  std::vector<std::pair<std::string, std::string>> attributes;  ///< units, long_name, ...
};

/// The classic format (Unidata, netCDF Classic and 64-bit Offset Format Specification; CDF-5 where a variable
/// is larger than 4 GiB): a header, then each variable's doubles, big-endian. Written without a library
/// because the netCDF library, with HDF5 and network access behind it, adds 50 ms to every start of the
/// program. Equal content gives equal bytes.
class NetcdfFile {
 public:
  NetcdfFile(const std::filesystem::path& file, std::vector<NetcdfDimension> dimensions,
             std::vector<NetcdfVariable> variables,
             const std::vector<std::pair<std::string, std::string>>& attributes);

  /// `count` values of a variable from its value number `first` (last dimension fastest) on. What is never
  /// written reads as 0.
  void write(int variable, std::int64_t first, const double* values, std::size_t count);
  /// The file appears under its name.
  void finish();

 private:
  std::int64_t size_of(const NetcdfVariable& variable) const;

  base::OutputFile file_;
  std::vector<NetcdfDimension> dimensions_;
  std::vector<NetcdfVariable> variables_;
  std::vector<std::int64_t> begins_;  ///< Place of each variable's first value [bytes]
  std::int64_t end_ = 0;
};

}  // namespace raad::data
