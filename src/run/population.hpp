// A population run: subjects on lanes, threads and ranks, reduced on the fly, journalled, resumable.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "run/population_summary.hpp"
#include "run/virtual_subjects.hpp"
#include "solve/ensemble.hpp"

namespace raad::run {

struct PopulationProgress {
  std::int64_t done = 0, failed = 0, total = 0;
  double subjects_per_second = 0.0;
  double seconds_left = 0.0;
};

struct PopulationOptions {
  int threads = 1;
  std::filesystem::path journal;  ///< Folder; empty: none
  bool resume = false;            ///< Continue the journal's run; refused (InputError) if it is another run's
  double journal_interval_s = 2.0;
  /// Numbers of subjects whose whole time courses are kept (for spaghetti figures).
  std::vector<std::int64_t> kept_subjects;
  /// Called about twice a second on rank 0 by one thread.
  std::function<void(const PopulationProgress&)> progress;
};

struct PopulationFailure {
  std::int64_t count = 0;
  std::vector<std::int64_t> first_subjects;  ///< The lowest ten numbers
  std::string example;                       ///< Message of the lowest-numbered subject
};

struct PopulationResult {
  PopulationSummary summary;
  std::map<std::string, PopulationFailure> failures;     ///< By status
  std::map<std::int64_t, std::vector<double>> kept;      ///< Subject -> outputs [time][observable]
  solve::Statistics statistics;                          ///< Sums over subjects
};

/// Runs all subjects of this job over its ranks and threads. The result is complete on rank 0.
PopulationResult run_population(const VirtualSubjects& subjects, const solve::EnsembleSolver& solver,
                                const SummaryShape& shape, const PopulationOptions& options);

}  // namespace raad::run
