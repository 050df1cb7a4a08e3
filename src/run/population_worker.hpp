// One thread of a population run: makes subjects, hands them to the solver, keeps what they add up to.
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <mutex>
#include <vector>

#include "run/population.hpp"
#include "run/trajectory_spool.hpp"

namespace raad::run {

/// Exactly the results of the subjects in `completed`.
struct PartialResult {
  SubjectRanges completed;
  PopulationResult result;

  explicit PartialResult(const SummaryShape& shape) : result(shape) {}
  /// std::logic_error when both hold a subject: it would count twice.
  void merge(const PartialResult& other);
};

/// What all workers of a rank share.
struct PopulationJob {
  std::function<void(std::int64_t, VirtualSubject&)> make_subject;
  SummaryShape shape;
  std::int64_t kept_subjects = 0;
  const TrajectorySpool* spool = nullptr;     ///< Every subject's outputs go there; null: nowhere
  std::vector<SubjectRange> chunks;           ///< In the order of handing out, the same on all ranks
  std::function<std::int64_t()> take_number;  ///< Each number 0, 1, ... once in the job

  std::atomic<std::int64_t> done{0}, failed{0};  ///< On this rank, in this session
  std::atomic<bool> stop{false};                 ///< No subject is begun any more
};

/// Feeds one thread's solver. Several subjects are in flight at once and end in any order; the lanes never
/// wait for a chunk to end, because what is done is counted subject by subject.
class PopulationWorker final : public solve::SubjectStream {
 public:
  explicit PopulationWorker(PopulationJob& job) : job_(job), part_(job.shape) {}

  bool next(solve::Subject& subject) override;
  void finished(const solve::SubjectResult& result) override;

  /// The results since the last call. Thread safe; the worker waits for a swap only.
  PartialResult hand_over();

 private:
  struct InFlight {
    std::int64_t subject = -1;  ///< -1: free
    double weight = 1.0;
    std::vector<double> descriptors;
  };

  InFlight& slot_of(std::int64_t subject);
  void add(const solve::SubjectResult& result, const InFlight& who);

  PopulationJob& job_;
  SubjectRange chunk_;
  VirtualSubject made_;
  std::vector<InFlight> in_flight_;  ///< As many as the solver has lanes
  std::mutex mutex_;                 ///< Over part_
  PartialResult part_;
};

}  // namespace raad::run
