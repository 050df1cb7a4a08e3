// A run of raad as a simulation experiment in SED-ML, Level 1 Version 3, which most tools read.
#pragma once

#include <string>
#include <vector>

namespace raad::data {

struct SedmlRun {
  std::string model_file;  ///< Beside the document
  double start = 0.0;      ///< Where the model starts; output begins at `output_start`
  double output_start = 0.0, output_end = 0.0;
  int steps = 0;
  double relative_tolerance = 0.0;
  struct Quantity {
    std::string id;         ///< Of the column
    std::string label;      ///< With its unit
    std::string parameter;  ///< Id in the model
  };
  std::vector<Quantity> quantities;
};

/// One task, a report of all quantities (`report`), a plot for each (`plot_ID`). Equal runs give equal text.
std::string sedml_text(const SedmlRun& run);

}  // namespace raad::data
