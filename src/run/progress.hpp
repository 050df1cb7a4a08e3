// Progress of a long run: one line on the terminal, rewritten; nothing when nobody watches.
#pragma once

#include <string>

#include "run/population.hpp"

namespace raad::run {

/// `12,345 of 1,000,000 subjects (1 %), 2,210/s, 7 min 27 s left, 3 failed`.
std::string progress_text(const PopulationProgress& progress);
/// `45 s`, `7 min 27 s`, `3 h 12 min`, `5 d 4 h`.
std::string duration_text(double seconds);

/// Writes to the error stream if that is a terminal.
class ProgressLine {
 public:
  explicit ProgressLine(bool wanted);
  /// Ends the line, so that what is printed next starts on its own.
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  bool is_shown() const { return shown_; }
  void show(const PopulationProgress& progress);
  void show(const std::string& text);

 private:
  bool shown_;
  std::size_t last_length_ = 0;
};

}  // namespace raad::run
