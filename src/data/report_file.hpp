// Reports of simulation experiments as HDF5, laid out as the BioSimulators conventions ask
// (docs.biosimulations.org).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "data/array.hpp"

namespace raad::data {

struct ReportDataSet {
  std::string id, label, name;
  Array values;
};

struct ReportTable {
  std::string location;  ///< Of the SED-ML file in the archive: the group
  std::string id, name;
  std::string type;  ///< Report or Plot2D
  std::vector<ReportDataSet> data_sets;
};

/// One HDF5 data set a report, [data set] and the dimensions of its values, with ids, labels and shapes as
/// attributes; lesser data sets end in NaN. The folders of a location are groups. InputError R084 when the
/// file cannot be written.
void write_report_hdf5(const std::filesystem::path& file, const std::vector<ReportTable>& reports);

/// CSV: ids of the data sets, then a row a point; further dimensions one after another, the last the fastest.
std::string report_csv(const ReportTable& report);

}  // namespace raad::data
