// Reports of simulation experiments as HDF5, laid out as the BioSimulators conventions ask
// (docs.biosimulations.org).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace raad::data {

struct ReportDataSet {
  std::string id, label, name;
  std::vector<double> values;
};

struct ReportTable {
  std::string location;  ///< Of the SED-ML file in the archive: the group
  std::string id, name;
  std::vector<ReportDataSet> data_sets;
};

/// One HDF5 data set a report, [data set][point], with ids, labels and shapes as attributes. Shorter data
/// sets end in NaN. InputError R084 when the file cannot be written.
void write_report_hdf5(const std::filesystem::path& file, const std::vector<ReportTable>& reports);

/// CSV: ids of the data sets, then a row a point.
std::string report_csv(const ReportTable& report);

}  // namespace raad::data
