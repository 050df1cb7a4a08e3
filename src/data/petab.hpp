// Parameter estimation problems in the PEtab format, versions 1 and 2 (Schmiester et al. 2021,
// doi:10.1371/journal.pcbi.1008646; petab.readthedocs.io), as one typed problem: version 1 becomes
// experiments of version 2.
#pragma once

#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/diagnostics.hpp"

namespace raad::data {

enum class PetabScale { linear, logarithm, logarithm10 };

struct PetabPrior {
  std::string distribution;  ///< uniform, normal, ...; in lower case with dashes, as version 2 writes them
  std::vector<double> parameters;
  bool on_parameter_scale = false;  ///< Version 1: of the scaled parameter
  bool truncated = false;           ///< Version 2: to the parameter's bounds
};

struct PetabParameter {
  std::string id;
  PetabScale scale = PetabScale::linear;  ///< On which it is estimated (version 1)
  double lower = -std::numeric_limits<double>::infinity(), upper = std::numeric_limits<double>::infinity();
  double nominal = std::numeric_limits<double>::quiet_NaN();
  bool estimate = false;
  std::optional<PetabPrior> prior;
  std::optional<PetabPrior> initialization;  ///< Version 1: where starts of a fit are drawn from
  /// Columns that PEtab does not know, such as provenance, with their cells.
  std::vector<std::pair<std::string, std::string>> extra;
  base::SourcePlace place;
};

struct PetabObservable {
  std::string id, formula, noise_formula;
  PetabScale scale = PetabScale::linear;  ///< On which residuals are normal or Laplacian
  bool laplace = false;
  std::vector<std::string> observable_placeholders, noise_placeholders;
  base::SourcePlace place;
};

struct PetabMeasurement {
  std::size_t observable = 0;
  std::size_t experiment = 0;
  double time = 0.0;  ///< Infinite: at steady state
  double value = 0.0;
  std::vector<std::string> observable_overrides,
      noise_overrides;  ///< Numbers or parameters, for the placeholders
  base::SourcePlace place;
};

/// `target = value` from a time on.
struct PetabChange {
  std::string target, value;
  base::SourcePlace place;
};

struct PetabPeriod {
  double time = 0.0;  ///< -infinity: a pre-equilibration
  std::vector<PetabChange> changes;
};

struct PetabExperiment {
  std::string id;
  std::string preequilibration_condition, simulation_condition;  ///< Version 1
  std::vector<PetabPeriod> periods;  ///< Ascending; the first may be a pre-equilibration
  /// Version 1: what a condition says about species applies to the start of its simulation only where there
  /// is no pre-equilibration or the value is not NaN.
};

struct PetabProblem {
  int version = 1;
  std::filesystem::path file, model_file;
  std::vector<PetabParameter> parameters;
  std::vector<PetabObservable> observables;
  std::vector<PetabExperiment> experiments;
  std::vector<PetabMeasurement> measurements;
  std::vector<std::pair<std::string, std::string>> mapping;  ///< PEtab identifier to the model's
  std::vector<std::string> measurement_columns;  ///< Of the measurement table, for the simulation table
  std::vector<std::vector<std::string>> measurement_cells;  ///< Its rows
  std::size_t measurement_column = 0;                       ///< Place of `measurement` among the columns
  std::vector<std::filesystem::path> files;                 ///< All that were read

  const PetabParameter* find_parameter(const std::string& id) const;
};

/// Reads the YAML file and the tables that it names. Findings: R120, R121, R122 and those of tables.
PetabProblem read_petab(const std::filesystem::path& file, base::Diagnostics& findings);

}  // namespace raad::data
