// What a long study has evaluated already, kept line by line, so that a killed run goes on where it was.
#pragma once

#include <cstdio>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace raad::study {

/// Predictions of one task.
struct Evaluation {
  std::string key;
  std::vector<double> predicted, z;  ///< NaN: none
  std::vector<std::string> skipped;
};

/// A text file that is only appended to. A line that a kill cut short is evaluated again.
class EvaluationJournal {
 public:
  /// `identity` is everything that decides the numbers. With `resume`, what the file holds is read: R089 when
  /// it is another run's. Without, or without a file, it starts empty. An empty path keeps nothing.
  EvaluationJournal(std::filesystem::path file, const std::string& identity, bool resume);
  ~EvaluationJournal();
  EvaluationJournal(const EvaluationJournal&) = delete;
  EvaluationJournal& operator=(const EvaluationJournal&) = delete;

  /// Null when it is still to be done.
  const Evaluation* find(const std::string& key) const;
  /// Reaches the system at once, so that only its own crash loses it. R084 or R085 when it cannot be written.
  void add(const Evaluation& evaluation);

 private:
  void read(const std::string& header);

  std::filesystem::path file_;
  std::FILE* stream_ = nullptr;
  std::map<std::string, Evaluation> known_;
};

/// Text of a file, empty when there is none.
std::string file_text(const std::filesystem::path& file);

}  // namespace raad::study
