#include <algorithm>

#include "base/bytes.hpp"
#include "run/population.hpp"

namespace raad::run {

std::int64_t PopulationResult::failed_count() const {
  std::int64_t sum = 0;
  for (const auto& [status, failure] : failures) sum += failure.count;
  return sum;
}

void PopulationResult::merge(const PopulationResult& other) {
  summary.merge(other.summary);
  for (const auto& [status, failure] : other.failures) {
    const auto [known, is_new] = failures.emplace(status, failure);
    if (is_new) continue;
    if (failure.first_subject < known->second.first_subject) {
      known->second.first_subject = failure.first_subject;
      known->second.example = failure.example;
    }
    known->second.count += failure.count;
  }
  kept.insert(other.kept.begin(), other.kept.end());
  steps += other.steps;
  rejected_steps += other.rejected_steps;
}

std::string PopulationResult::serialise() const {
  std::string bytes;
  base::append_text(bytes, summary.serialise());
  base::append_bytes(bytes, static_cast<std::uint64_t>(failures.size()));
  for (const auto& [status, failure] : failures) {
    base::append_text(bytes, status);
    base::append_bytes(bytes, failure.count);
    base::append_bytes(bytes, failure.first_subject);
    base::append_text(bytes, failure.example);
  }
  base::append_bytes(bytes, static_cast<std::uint64_t>(kept.size()));
  for (const auto& [subject, outputs] : kept) {
    base::append_bytes(bytes, subject);
    base::append_bytes(bytes, static_cast<std::uint64_t>(outputs.size()));
    for (const double value : outputs) base::append_bytes(bytes, value);
  }
  base::append_bytes(bytes, steps);
  base::append_bytes(bytes, rejected_steps);
  return bytes;
}

PopulationResult PopulationResult::deserialise(std::string_view bytes) {
  PopulationResult result{SummaryShape{}};
  result.summary = PopulationSummary::deserialise(base::take_text(bytes));
  for (auto count = base::take_bytes<std::uint64_t>(bytes); count > 0; --count) {
    PopulationFailure& failure = result.failures[base::take_text(bytes)];
    failure.count = base::take_bytes<std::int64_t>(bytes);
    failure.first_subject = base::take_bytes<std::int64_t>(bytes);
    failure.example = base::take_text(bytes);
  }
  for (auto count = base::take_bytes<std::uint64_t>(bytes); count > 0; --count) {
    auto& outputs = result.kept[base::take_bytes<std::int64_t>(bytes)];
    for (auto values = base::take_bytes<std::uint64_t>(bytes); values > 0; --values)
      outputs.push_back(base::take_bytes<double>(bytes));
  }
  result.steps = base::take_bytes<std::int64_t>(bytes);
  result.rejected_steps = base::take_bytes<std::int64_t>(bytes);
  return result;
}

}  // namespace raad::run
