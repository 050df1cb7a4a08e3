#include "run/population_worker.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace raad::run {
namespace {

/// Index of the first output that is not finite; `count` when all are.
std::size_t first_odd(const double* outputs, std::size_t count) {
  return static_cast<std::size_t>(
      std::find_if_not(outputs, outputs + count, [](double x) { return std::isfinite(x); }) - outputs);
}

void count_failure(PopulationResult& result, std::int64_t subject, solve::Status status,
                   const std::string& message) {
  const auto [failure, is_new] = result.failures.try_emplace(std::string(solve::describe(status)),
                                                             PopulationFailure{0, subject, message});
  ++failure->second.count;
  if (subject < failure->second.first_subject) {
    failure->second.first_subject = subject;
    failure->second.example = message;
  }
}

}  // namespace

void PartialResult::merge(const PartialResult& other) {
  if (!completed.add(other.completed)) throw std::logic_error("a subject was about to be counted twice");
  result.merge(other.result);
}

PopulationWorker::InFlight& PopulationWorker::slot_of(std::int64_t subject) {
  const auto slot = std::ranges::find(in_flight_, subject, &InFlight::subject);
  return slot != in_flight_.end() ? *slot : in_flight_.emplace_back();
}

bool PopulationWorker::next(solve::Subject& subject) {
  if (job_.stop) return false;
  if (chunk_.empty()) {
    const auto number = static_cast<std::size_t>(job_.take_number());
    if (number >= job_.chunks.size()) return false;
    chunk_ = job_.chunks[number];
  }
  const std::int64_t index = chunk_.first++;
  job_.make_subject(index, made_);
  made_.subject.id = index;
  InFlight& slot = slot_of(-1);
  slot.subject = index;
  slot.weight = made_.weight;
  std::swap(slot.descriptors, made_.descriptors);
  std::swap(subject, made_.subject);
  return true;
}

void PopulationWorker::finished(const solve::SubjectResult& result) {
  InFlight& slot = slot_of(result.id);
  if (slot.subject != result.id) throw std::logic_error("a result of a subject that was not given out");
  // Before it counts as done: a checkpoint must not name a subject whose courses are not written.
  if (job_.spool != nullptr) job_.spool->write(result.id, result.outputs);
  {
    const std::lock_guard lock(mutex_);
    add(result, slot);
  }
  slot.subject = -1;
  ++job_.done;
}

void PopulationWorker::add(const solve::SubjectResult& result, const InFlight& who) {
  if (!part_.completed.add({result.id, result.id + 1}))
    throw std::logic_error("a subject was about to be counted twice");
  part_.result.steps += result.statistics.steps;
  part_.result.rejected_steps += result.statistics.rejected_steps;
  const std::size_t count =
      static_cast<std::size_t>(job_.shape.time_count) * static_cast<std::size_t>(job_.shape.observable_count);
  const bool solved = result.status == solve::Status::success;
  const std::size_t odd = solved ? first_odd(result.outputs, count) : 0;
  if (solved && odd == count) {
    part_.result.summary.add(result.id, result.outputs, who.descriptors.data(), who.weight);
    if (result.id < job_.kept_subjects)
      part_.result.kept[result.id].assign(result.outputs, result.outputs + count);
    return;
  }
  ++job_.failed;
  const auto status = solved ? solve::Status::not_finite : result.status;
  count_failure(part_.result, result.id, status,
                solved ? fmt::format("read-out {} is not finite at output time {}",
                                     odd % static_cast<std::size_t>(job_.shape.observable_count) + 1,
                                     odd / static_cast<std::size_t>(job_.shape.observable_count) + 1)
                       : result.message);
}

PartialResult PopulationWorker::hand_over() {
  PartialResult taken(job_.shape);
  const std::lock_guard lock(mutex_);
  std::swap(taken, part_);
  return taken;
}

}  // namespace raad::run
