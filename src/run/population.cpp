#include "run/population.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <list>
#include <mutex>
#include <thread>

#include "base/bytes.hpp"
#include "base/diagnostics.hpp"

namespace raad::run {
namespace {

using Clock = std::chrono::steady_clock;

// Subjects are handed out in chunks: a chunk takes some hundredths of a second, so that all threads finish
// about together and a killed run loses little, and the shared count is asked a few dozen times a second at
// most.
constexpr std::int64_t k_chunk = 256;

// How often the main thread lets other ranks' requests through while workers compute.
constexpr std::chrono::milliseconds k_service_interval{1};
constexpr std::chrono::milliseconds k_progress_interval{500};

/// What all workers of a rank share.
struct Job {
  const VirtualSubjects& subjects;
  const solve::EnsembleSolver& solver;
  const SummaryShape& shape;
  Ranks& ranks;
  std::vector<SubjectRange> chunks;
  std::int64_t kept_subjects = 0;
  std::atomic<std::int64_t> done{0}, failed{0};
  std::atomic<bool> stop{false};

  bool take(SubjectRange& chunk) {
    if (stop) return false;
    const auto number = static_cast<std::size_t>(ranks.take_number());
    if (number >= chunks.size()) return false;
    chunk = chunks[number];
    return true;
  }
};

/// One thread's subjects. A chunk's results are kept aside until all of its subjects have finished, so that
/// whatever is written to the journal holds whole chunks; meanwhile the lanes go on with the next chunk.
class Worker final : public solve::SubjectStream {
 public:
  explicit Worker(Job& job) : job_(job), result_(job.shape) {}

  void run() { job_.solver.run(*this); }

  bool next(solve::Subject& subject) override;
  void finished(const solve::SubjectResult& result) override;

  /// Adds what complete chunks have brought so far to `to`.
  void contribute(PopulationResult& to, std::vector<SubjectRange>& ranges) {
    const std::lock_guard lock(mutex_);
    to.merge(result_);
    ranges.insert(ranges.end(), ranges_.begin(), ranges_.end());
  }

 private:
  struct Finished {
    double weight = 1.0;
    std::vector<double> descriptors, outputs;
    solve::Status status = solve::Status::success;
    std::string message;
    long steps = 0, rejected_steps = 0;
  };
  struct Chunk {
    SubjectRange range;
    std::int64_t unfinished = 0;
    std::vector<Finished> subjects;
  };

  void complete(const Chunk& chunk);
  void add(std::int64_t subject, const Finished& one);

  Job& job_;
  std::list<Chunk> open_;
  std::int64_t next_ = 0;
  VirtualSubject made_;
  std::mutex mutex_;  ///< Over what the journal reads
  PopulationResult result_;
  std::vector<SubjectRange> ranges_;
};

bool Worker::next(solve::Subject& subject) {
  if (open_.empty() || next_ >= open_.back().range.last) {
    SubjectRange range;
    if (!job_.take(range)) return false;
    const std::int64_t count = range.last - range.first;
    open_.push_back({range, count, std::vector<Finished>(static_cast<std::size_t>(count))});
    next_ = range.first;
  }
  Chunk& chunk = open_.back();
  job_.subjects.make(next_, made_);
  Finished& place = chunk.subjects[static_cast<std::size_t>(next_ - chunk.range.first)];
  place.weight = made_.weight;
  place.descriptors = made_.descriptors;
  std::swap(subject, made_.subject);
  ++next_;
  return true;
}

void Worker::finished(const solve::SubjectResult& result) {
  const auto chunk = std::ranges::find_if(
      open_, [&](const Chunk& one) { return result.id >= one.range.first && result.id < one.range.last; });
  Finished& place = chunk->subjects[static_cast<std::size_t>(result.id - chunk->range.first)];
  place.status = result.status;
  place.message = result.message;
  place.steps = result.statistics.steps;
  place.rejected_steps = result.statistics.rejected_steps;
  const auto values = static_cast<std::size_t>(job_.shape.time_count * job_.shape.observable_count);
  if (result.status == solve::Status::success) place.outputs.assign(result.outputs, result.outputs + values);
  ++job_.done;
  if (result.status != solve::Status::success) ++job_.failed;
  if (--chunk->unfinished > 0) return;
  complete(*chunk);
  open_.erase(chunk);
}

void Worker::complete(const Chunk& chunk) {
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < chunk.subjects.size(); ++i)
    add(chunk.range.first + static_cast<std::int64_t>(i), chunk.subjects[i]);
  if (!ranges_.empty() && ranges_.back().last == chunk.range.first)
    ranges_.back().last = chunk.range.last;
  else
    ranges_.push_back(chunk.range);
}

void Worker::add(std::int64_t subject, const Finished& one) {
  result_.steps += one.steps;
  result_.rejected_steps += one.rejected_steps;
  if (one.status != solve::Status::success) {
    const auto [failure, is_new] = result_.failures.try_emplace(std::string(solve::describe(one.status)),
                                                                PopulationFailure{0, subject, one.message});
    ++failure->second.count;
    if (subject < failure->second.first_subject) {
      failure->second.first_subject = subject;
      failure->second.example = one.message;
    }
    return;
  }
  result_.summary.add(subject, one.outputs.data(), one.descriptors.data(), one.weight);
  if (subject < job_.kept_subjects) result_.kept[subject] = one.outputs;
}

/// Checkpoints of the run that is resumed, put together; on rank 0, and its ranges on all.
Checkpoint read_earlier(const SummaryShape& shape, Ranks& ranks, const PopulationOptions& options) {
  Checkpoint before;
  PopulationResult result(shape);
  if (!options.resume && !options.journal.empty() && ranks.rank() == 0 && Journal::exists(options.journal))
    throw base::InputError("R070", {options.journal.string()},
                           "the folder holds the journal of an unfinished run",
                           "go on with it by --resume, or remove the folder");
  if (options.resume && ranks.rank() == 0) {
    for (auto& checkpoint : Journal::read(options.journal, options.identity)) {
      before.done.insert(before.done.end(), checkpoint.done.begin(), checkpoint.done.end());
      result.merge(PopulationResult::deserialise(checkpoint.results));
    }
    before.done = joined(before.done);
  }
  std::string bytes;
  for (const auto& range : before.done) {
    base::append_bytes(bytes, range.first);
    base::append_bytes(bytes, range.last);
  }
  bytes = ranks.broadcast(bytes);
  before.done.clear();
  for (std::string_view rest = bytes; !rest.empty();) {
    SubjectRange range;
    range.first = base::take_bytes<std::int64_t>(rest);
    range.last = base::take_bytes<std::int64_t>(rest);
    before.done.push_back(range);
  }
  before.results = result.serialise();
  return before;
}

class Supervisor {
 public:
  Supervisor(Job& job, const PopulationOptions& options) : job_(job), options_(options) {
    for (int i = 0; i < options.threads; ++i) workers_.push_back(std::make_unique<Worker>(job));
  }

  /// Runs the workers to their end; the first exception of any comes back here.
  void run(const Journal* journal);
  Checkpoint checkpoint() const {
    PopulationResult result(job_.shape);
    Checkpoint all;
    for (const auto& worker : workers_) worker->contribute(result, all.done);
    all.results = result.serialise();
    return all;
  }

 private:
  void work(Worker& worker);
  void report(Clock::time_point started) const;

  Job& job_;
  const PopulationOptions& options_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::mutex mutex_;
  std::condition_variable ended_;
  int running_ = 0;
  std::exception_ptr error_;
};

void Supervisor::work(Worker& worker) {
  std::exception_ptr error;
  try {
    worker.run();
  } catch (...) {
    error = std::current_exception();
    job_.stop = true;
  }
  const std::lock_guard lock(mutex_);
  if (error && !error_) error_ = error;
  --running_;
  ended_.notify_all();
}

void Supervisor::report(Clock::time_point started) const {
  if (!options_.progress || job_.ranks.rank() != 0) return;
  std::int64_t mine = 0;
  for (const auto& chunk : job_.chunks) mine += chunk.last - chunk.first;
  PopulationProgress progress;
  progress.done = job_.done;
  progress.failed = job_.failed;
  progress.total = mine;
  const double seconds = std::chrono::duration<double>(Clock::now() - started).count();
  progress.subjects_per_second = static_cast<double>(progress.done) / std::max(seconds, 1e-9);
  // Of this rank; the others are taken to be as fast.
  progress.seconds_left = progress.subjects_per_second > 0.0
                              ? static_cast<double>(mine - progress.done * job_.ranks.count()) /
                                    (progress.subjects_per_second * job_.ranks.count())
                              : 0.0;
  options_.progress(progress);
}

void Supervisor::run(const Journal* journal) {
  const auto started = Clock::now();
  auto last_written = started, last_reported = started;
  running_ = static_cast<int>(workers_.size());
  std::vector<std::thread> threads;
  for (const auto& worker : workers_) threads.emplace_back([this, &worker] { work(*worker); });
  std::unique_lock lock(mutex_);
  const bool alone = job_.ranks.count() == 1;
  while (running_ > 0) {
    ended_.wait_for(lock, alone ? std::chrono::milliseconds(50) : k_service_interval,
                    [&] { return running_ == 0; });
    lock.unlock();
    job_.ranks.serve();
    const auto now = Clock::now();
    if (now - last_reported >= k_progress_interval) {
      report(started);
      last_reported = now;
    }
    if (journal != nullptr &&
        std::chrono::duration<double>(now - last_written).count() >= options_.journal_interval_s) {
      try {
        journal->write(checkpoint());
      } catch (...) {
        job_.stop = true;
        if (!error_) error_ = std::current_exception();
      }
      last_written = Clock::now();
    }
    lock.lock();
  }
  lock.unlock();
  for (auto& thread : threads) thread.join();
  report(started);
  if (error_) std::rethrow_exception(error_);
}

}  // namespace

PopulationResult run_population(const VirtualSubjects& subjects, const solve::EnsembleSolver& solver,
                                const SummaryShape& shape, Ranks& ranks, const PopulationOptions& options) {
  const Checkpoint before = read_earlier(shape, ranks, options);
  Job job{subjects,
          solver,
          shape,
          ranks,
          missing_chunks(before.done, subjects.count(), k_chunk),
          options.kept_subjects};
  std::unique_ptr<Journal> journal;
  if (!options.journal.empty()) {
    if (ranks.rank() == 0) Journal::begin(options.journal, options.identity, before);
    ranks.broadcast({});  // No rank writes before the folder is there.
    journal = std::make_unique<Journal>(options.journal, options.identity, ranks.rank());
  }
  Supervisor supervisor(job, options);
  supervisor.run(journal.get());
  const Checkpoint mine = supervisor.checkpoint();
  if (journal) journal->write(mine);
  PopulationResult result(shape);
  if (ranks.rank() == 0) result.merge(PopulationResult::deserialise(before.results));
  if (ranks.rank() != 0) result.merge(PopulationResult::deserialise(mine.results));
  for (const std::string& bytes : ranks.gather(mine.results))
    result.merge(PopulationResult::deserialise(bytes));
  return result;
}

}  // namespace raad::run
