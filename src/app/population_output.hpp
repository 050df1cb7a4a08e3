// What `raad population` writes: tables, netCDF, JSON, influences, every subject's time courses.
#pragma once

#include <string>
#include <vector>

#include "run/population.hpp"
#include "run/simulation.hpp"
#include "run/trajectory_spool.hpp"
#include "run/virtual_subjects.hpp"

namespace raad::app {

/// A finished population with the names of its parts.
struct PopulationOutput {
  const run::PopulationResult& result;
  const std::vector<double>& times;
  const std::vector<run::Series>& observables;
  const std::vector<double>& percents;  ///< Of the quantiles
  std::string time_name, time_unit;     ///< As run::time_column and the model say
};

/// A row a time; per observable mean, standard deviation and quantiles, then the shares of conditions.
std::string population_csv(const PopulationOutput& output);
std::string population_json(const PopulationOutput& output);
/// Dimensions time and quantile; per observable `_mean`, `_sd` (time) and `_quantile` (time, quantile).
void write_population_netcdf(const std::string& file, const PopulationOutput& output);
/// Correlations of what describes subjects with measures of each read-out: a row a pair.
std::string influence_table(const run::PopulationSummary& summary,
                            const std::vector<run::Descriptor>& descriptors,
                            const std::vector<run::Series>& observables);
/// All subjects in order, from where the run has put them (data/trajectory_file.hpp).
void write_trajectories(const std::string& file, const run::TrajectorySpool& spool,
                        const PopulationOutput& output, std::int64_t subject_count);

/// Figures as SVG and JSON (report/population_figures.hpp).
void write_population_figures(const std::string& folder, const PopulationOutput& output,
                              const std::vector<run::Descriptor>& descriptors);

}  // namespace raad::app
