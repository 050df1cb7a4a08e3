// A population run: subjects on lanes, threads and ranks, reduced on the fly, journalled, resumable.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "run/journal.hpp"
#include "run/population_summary.hpp"
#include "run/ranks.hpp"
#include "run/virtual_subjects.hpp"
#include "solve/ensemble.hpp"

namespace raad::run {

struct PopulationProgress {
  std::int64_t done = 0, failed = 0, total = 0;
  double subjects_per_second = 0.0;
  double seconds_left = 0.0;
  const char* noun = "subjects";  ///< What is counted
};

struct PopulationOptions {
  int threads = 1;
  std::filesystem::path journal;  ///< Folder; empty: none
  bool resume = false;            ///< Go on with the journal's run
  RunIdentity identity;           ///< What a journal's run must have in common with this one
  double journal_interval_s = 2.0;
  std::int64_t kept_subjects =
      0;  ///< The whole time courses of the first so many are kept (spaghetti figures)
  /// Every subject's outputs are written here as they come (trajectory_spool.hpp); empty: nowhere. On a
  /// cluster on a shared file system. A run that is not resumed starts with an empty file.
  std::filesystem::path trajectory_spool;
  /// Called about twice a second on rank 0 by one thread, and once at the end.
  std::function<void(const PopulationProgress&)> progress;
};

struct PopulationFailure {
  std::int64_t count = 0;
  std::int64_t first_subject = 0;  ///< The lowest number
  std::string example;             ///< Its message
};

struct PopulationResult {
  PopulationSummary summary;
  std::map<std::string, PopulationFailure> failures;  ///< By what the status means
  std::map<std::int64_t, std::vector<double>> kept;   ///< Subject -> outputs [time][observable]
  std::int64_t steps = 0, rejected_steps = 0;         ///< Sums over subjects

  explicit PopulationResult(const SummaryShape& shape) : summary(shape) {}
  std::int64_t failed_count() const;
  void merge(const PopulationResult& other);
  std::string serialise() const;
  static PopulationResult deserialise(std::string_view bytes);  ///< std::runtime_error when damaged
};

/// Runs all subjects over the ranks and threads of this job. Complete on rank 0; others get what is theirs.
/// The result does not depend on how the work was shared or whether it was interrupted. InputError for a
/// journal that is another run's or cannot be written.
///
/// A checkpoint is written every journal_interval_s, or less often where writing it takes long.
PopulationResult run_population(const VirtualSubjects& subjects, const solve::EnsembleSolver& solver,
                                const SummaryShape& shape, Ranks& ranks, const PopulationOptions& options);

/// The same for subjects from anywhere: `make_subject` fills in one by its number, `run` is
/// solve::EnsembleSolver::run. Both are called by several threads at once.
PopulationResult run_population(std::int64_t subject_count,
                                const std::function<void(std::int64_t, VirtualSubject&)>& make_subject,
                                const std::function<void(solve::SubjectStream&)>& run,
                                const SummaryShape& shape, Ranks& ranks, const PopulationOptions& options);

}  // namespace raad::run
