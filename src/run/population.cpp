#include "run/population.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "base/bytes.hpp"
#include "base/diagnostics.hpp"
#include "run/population_worker.hpp"
#include "run/work_sharing.hpp"

namespace raad::run {
namespace {

using Clock = std::chrono::steady_clock;

// How often the main thread lets other ranks' requests through while workers compute. A rank asks about a
// hundred times in a whole run.
constexpr std::chrono::milliseconds k_service_interval{1};
constexpr std::chrono::milliseconds k_progress_interval{500};

// A checkpoint takes at most this share of the time: large results are written less often.
constexpr double k_checkpoint_share = 0.05;

double seconds_between(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

/// Runs one rank's workers; its own thread writes checkpoints, reports, and serves other ranks.
class Supervisor {
 public:
  Supervisor(PopulationJob& job, Ranks& ranks, const PopulationOptions& options, std::int64_t done_before,
             std::int64_t failed_before, std::int64_t total)
      : job_(job),
        ranks_(ranks),
        options_(options),
        done_before_(done_before),
        failed_before_(failed_before),
        total_(total),
        collected_(job.shape) {}

  /// Everything that this rank has done. The first exception of any worker, or of writing the journal, comes
  /// back here after all workers have stopped.
  PartialResult run(const std::function<void(solve::SubjectStream&)>& solve, const Journal* journal);
  /// Adds this rank's progress to the job's; on rank 0 tells the caller. Once more at the very end.
  void report();

 private:
  void work(PopulationWorker& worker, const std::function<void(solve::SubjectStream&)>& solve);
  void keep_error();
  void attend(const Journal* journal);
  void checkpoint(const Journal* journal);

  PopulationJob& job_;
  Ranks& ranks_;
  const PopulationOptions& options_;
  std::int64_t done_before_, failed_before_, total_;
  PartialResult collected_;
  std::vector<std::unique_ptr<PopulationWorker>> workers_;
  const Clock::time_point started_ = Clock::now();
  Clock::time_point next_report_ = started_, next_checkpoint_ = started_;
  std::int64_t reported_done_ = 0, reported_failed_ = 0;

  std::mutex mutex_;  ///< Over what follows
  std::condition_variable ended_;
  int running_ = 0;
  std::exception_ptr error_;
};

void Supervisor::keep_error() {
  job_.stop = true;
  const std::lock_guard lock(mutex_);
  if (!error_) error_ = std::current_exception();
}

void Supervisor::work(PopulationWorker& worker, const std::function<void(solve::SubjectStream&)>& solve) {
  try {
    solve(worker);
  } catch (...) {
    keep_error();
  }
  const std::lock_guard lock(mutex_);
  --running_;
  ended_.notify_all();
}

PartialResult Supervisor::run(const std::function<void(solve::SubjectStream&)>& solve,
                              const Journal* journal) {
  for (int i = 0; i < options_.threads; ++i) workers_.push_back(std::make_unique<PopulationWorker>(job_));
  running_ = options_.threads;
  next_checkpoint_ +=
      std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(options_.journal_interval_s));
  next_report_ += k_progress_interval;
  {
    std::vector<std::jthread> threads;
    try {
      for (const auto& worker : workers_) threads.emplace_back([&] { work(*worker, solve); });
      attend(journal);
    } catch (...) {
      keep_error();
    }
  }
  if (error_) std::rethrow_exception(error_);
  checkpoint(journal);
  return std::move(collected_);
}

void Supervisor::attend(const Journal* journal) {
  const std::chrono::milliseconds longest = ranks_.count() > 1 ? k_service_interval : k_progress_interval;
  std::unique_lock lock(mutex_);
  while (running_ > 0) {
    auto wake = std::min(Clock::now() + longest, next_report_);
    if (journal != nullptr) wake = std::min(wake, next_checkpoint_);
    ended_.wait_until(lock, wake, [&] { return running_ == 0; });
    lock.unlock();
    ranks_.serve();
    if (Clock::now() >= next_report_) report();
    if (journal != nullptr && Clock::now() >= next_checkpoint_ && !job_.stop) checkpoint(journal);
    lock.lock();
  }
}

void Supervisor::checkpoint(const Journal* journal) {
  const auto begun = Clock::now();
  for (const auto& worker : workers_) collected_.merge(worker->hand_over());
  if (journal == nullptr) return;
  // First the time courses: the checkpoint says that they are there.
  if (job_.spool != nullptr) job_.spool->flush();
  journal->write({collected_.completed, collected_.result.serialise()});
  const auto ended = Clock::now();
  const double pause =
      std::max(options_.journal_interval_s, seconds_between(begun, ended) / k_checkpoint_share);
  next_checkpoint_ =
      ended + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(pause));
}

void Supervisor::report() {
  const auto now = Clock::now();
  next_report_ = now + k_progress_interval;
  const std::int64_t done = job_.done, failed = job_.failed;
  const auto counts = ranks_.add_progress(done - reported_done_, failed - reported_failed_);
  reported_done_ = done;
  reported_failed_ = failed;
  if (!options_.progress || ranks_.rank() != 0) return;
  PopulationProgress progress{done_before_ + counts[0], failed_before_ + counts[1], total_};
  progress.subjects_per_second =
      static_cast<double>(counts[0]) / std::max(seconds_between(started_, now), 1e-9);
  if (counts[0] > 0)
    progress.seconds_left = static_cast<double>(total_ - progress.done) / progress.subjects_per_second;
  options_.progress(progress);
}

/// What the run that is resumed had finished; empty when nothing is resumed.
PartialResult read_earlier(const SummaryShape& shape, const PopulationOptions& options) {
  PartialResult earlier(shape);
  if (options.journal.empty()) return earlier;
  if (!options.resume) {
    if (Journal::exists(options.journal))
      throw base::InputError("R089", {options.journal.string()},
                             "the folder holds the journal of an unfinished run",
                             "go on with it by --resume, or remove the folder");
    return earlier;
  }
  for (const auto& checkpoint : Journal::read(options.journal, options.identity)) {
    PartialResult part(shape);
    part.completed = checkpoint.done;
    try {
      part.result = PopulationResult::deserialise(checkpoint.results);
      earlier.merge(part);
    } catch (const std::exception& damage) {
      throw base::InputError("R086", {options.journal.string()},
                             std::string("damaged journal: ") + damage.what(), "start anew without --resume");
    }
  }
  return earlier;
}

/// Begins the journal's next session on rank 0; every rank gets the ranges that were finished before.
SubjectRanges begin_session(const PartialResult& earlier, Ranks& ranks, const PopulationOptions& options) {
  std::string bytes;
  if (ranks.rank() == 0) {
    if (!options.journal.empty())
      Journal::begin(options.journal, options.identity, {earlier.completed, earlier.result.serialise()});
    // Time courses of a run that is not resumed would stand between those of this one.
    if (!options.trajectory_spool.empty() && earlier.completed.count() == 0)
      std::filesystem::remove(options.trajectory_spool);
    for (const auto& [first, last] : earlier.completed.intervals()) {
      base::append_bytes(bytes, first);
      base::append_bytes(bytes, last);
    }
  }
  bytes = ranks.broadcast(bytes);
  SubjectRanges completed;
  for (std::string_view rest = bytes; !rest.empty();) {
    const auto first = base::take_bytes<std::int64_t>(rest);
    if (!completed.add({first, base::take_bytes<std::int64_t>(rest)}))
      throw std::logic_error("ranges of finished subjects overlap");
  }
  return completed;
}

/// The sum over ranks on rank 0: pairs of ranks join their results, then pairs of pairs, so that no rank
/// holds more than two results and the time grows with the logarithm of their number.
void sum_over_ranks(PopulationResult& result, Ranks& ranks) {
  for (int distance = 1; distance < ranks.count(); distance *= 2) {
    if (ranks.rank() % (2 * distance) != 0) {
      ranks.send(ranks.rank() - distance, result.serialise());
      return;
    }
    const int other = ranks.rank() + distance;
    if (other < ranks.count()) result.merge(PopulationResult::deserialise(ranks.receive(other)));
  }
}

}  // namespace

PopulationResult run_population(const VirtualSubjects& subjects, const solve::EnsembleSolver& solver,
                                const SummaryShape& shape, Ranks& ranks, const PopulationOptions& options) {
  return run_population(
      subjects.count(), [&](std::int64_t index, VirtualSubject& subject) { subjects.make(index, subject); },
      [&](solve::SubjectStream& stream) { solver.run(stream); }, shape, ranks, options);
}

PopulationResult run_population(std::int64_t subject_count,
                                const std::function<void(std::int64_t, VirtualSubject&)>& make_subject,
                                const std::function<void(solve::SubjectStream&)>& run,
                                const SummaryShape& shape, Ranks& ranks, const PopulationOptions& options) {
  std::optional<JournalLock> lock;
  if (!options.journal.empty() && ranks.rank() == 0) lock.emplace(options.journal);
  PartialResult earlier = ranks.rank() == 0 ? read_earlier(shape, options) : PartialResult(shape);
  const SubjectRanges completed = begin_session(earlier, ranks, options);

  std::optional<Journal> journal;
  if (!options.journal.empty()) journal.emplace(options.journal, options.identity, ranks.rank());
  std::optional<TrajectorySpool> spool;
  if (!options.trajectory_spool.empty())
    spool.emplace(options.trajectory_spool, static_cast<std::size_t>(shape.time_count) *
                                                static_cast<std::size_t>(shape.observable_count));
  PopulationJob job;
  job.make_subject = make_subject;
  job.shape = shape;
  job.kept_subjects = options.kept_subjects;
  job.spool = spool ? &*spool : nullptr;
  job.chunks = guided_chunks(completed.complement(subject_count), ranks.count() * options.threads);
  job.take_number = [&ranks] { return ranks.take_number(); };

  Supervisor supervisor(job, ranks, options, completed.count(), earlier.result.failed_count(), subject_count);
  earlier.merge(supervisor.run(run, journal ? &*journal : nullptr));
  // Rank 0 last, so that it tells of the whole.
  if (ranks.rank() != 0) supervisor.report();
  sum_over_ranks(earlier.result, ranks);
  if (ranks.rank() == 0) supervisor.report();
  return std::move(earlier.result);
}

}  // namespace raad::run
