#include "run/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace raad::run {
namespace {

std::string grouped(std::int64_t count) {
  std::string text = std::to_string(count);
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3)
    text.insert(static_cast<std::size_t>(at), ",");
  return text;
}

// Three digits at least for slow runs, whole numbers for fast ones.
std::string rate_text(double per_second) {
  return per_second >= 10.0 ? grouped(std::llround(per_second)) : fmt::format("{:.2f}", per_second);
}

}  // namespace

std::string duration_text(double seconds) {
  const auto total = static_cast<std::int64_t>(std::ceil(std::max(seconds, 0.0)));
  constexpr std::int64_t minute = 60, hour = 3600, day = 86400;
  if (total < minute) return fmt::format("{} s", total);
  if (total < hour) return fmt::format("{} min {} s", total / minute, total % minute);
  if (total < day) return fmt::format("{} h {} min", total / hour, total % hour / minute);
  return fmt::format("{} d {} h", total / day, total % day / hour);
}

std::string progress_text(const PopulationProgress& progress) {
  // Rounded down: 100 % is said of a finished run only.
  const auto percent = progress.total > 0
                           ? 100.0 * static_cast<double>(progress.done) / static_cast<double>(progress.total)
                           : 100.0;
  std::string text = fmt::format("{} of {} subjects ({} %)", grouped(progress.done), grouped(progress.total),
                                 static_cast<int>(percent));
  if (progress.subjects_per_second > 0.0)
    text += fmt::format(", {}/s, {} left", rate_text(progress.subjects_per_second),
                        duration_text(progress.seconds_left));
  if (progress.failed > 0) text += fmt::format(", {} failed", grouped(progress.failed));
  return text;
}

ProgressLine::ProgressLine(bool wanted) : shown_(wanted && ::isatty(STDERR_FILENO) == 1) {}

ProgressLine::~ProgressLine() {
  if (last_length_ > 0) std::fputc('\n', stderr);
}

void ProgressLine::show(const PopulationProgress& progress) {
  if (shown_) show(progress_text(progress));
}

void ProgressLine::show(const std::string& text) {
  if (!shown_) return;
  // A shorter text must not leave the end of a longer one behind.
  fmt::print(stderr, "\r{:<{}}", text, last_length_);
  std::fflush(stderr);
  last_length_ = text.size();
}

}  // namespace raad::run
