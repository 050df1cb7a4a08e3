// Many starts of one fit, in parallel, with a journal.
#pragma once

#include <functional>
#include <vector>

#include "study/fit_journal.hpp"
#include "study/local_fit.hpp"

namespace raad::study {

struct MultiStartOptions {
  std::size_t starts = 20;
  /// Draws for each start, of which the one of least cost is taken (the reduced sample of Rinnooy Kan and
  /// Timmer 1987, doi:10.1007/BF02592071): where bounds span many decades most of what lies between them is
  /// flat, and an evaluation costs far less than a fit.
  int candidates = 1;
  std::uint64_t seed = 1;
  int threads = 1;
  FitOptions fit;
  bool nominal_first = false;  ///< The first start is the nominal position
};

/// How far a long piece of work is.
struct FitProgress {
  std::size_t done = 0, total = 0;
  double best = std::numeric_limits<double>::quiet_NaN();
  long evaluations = 0, failures = 0;
  double seconds = 0.0;     ///< Since the work began
  std::size_t resumed = 0;  ///< Of `done`: taken from the journal
};
using FitWatcher = std::function<void(const FitProgress&)>;
/// `3 of 20 starts (15 %), best 138.222, 0.50/s, 34 s left, 2 of 412 evaluations failed`.
std::string progress_text(const FitProgress& progress, const std::string& what);

/// Position of a start: Latin hypercube (McKay, Beckman and Conover 1979, doi:10.1080/00401706.1979.10489755)
/// over the quantiles of Objective::start_position, drawn by address from seed, parameter, start and draw.
/// The first draws of all starts are a hypercube, so are the second, and so on for as many as there are
/// candidates; later ones, after starts whose evaluation failed, are independent.
std::vector<double> start_point(const Objective& objective, const MultiStartOptions& options,
                                std::size_t start, int draw);

/// Fits from every start, those in the journal excepted. The result is in the order of starts and depends on
/// nothing but objective and options. `journal` and `watcher` may be null; the watcher is called by one
/// thread at a time.
std::vector<LocalFit> fit_from_many(const Objective& objective, const MultiStartOptions& options,
                                    FitJournal* journal, const FitWatcher& watcher);

/// Starts by cost, failed ones last; equal costs in the order of starts.
std::vector<std::size_t> order_of_costs(const std::vector<LocalFit>& fits);

/// Runs work(0), ..., work(count - 1) on threads; the first exception ends all and comes back.
void run_parallel(std::size_t count, int threads, const std::function<void(std::size_t)>& work);

}  // namespace raad::study
