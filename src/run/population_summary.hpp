// What is kept of a population: distributions by time and read-out, exact whatever the order of subjects.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace raad::run {

/// `madrs < 10`: the share of subjects for whom it holds, at each time.
struct Exceedance {
  enum class Relation { above, below };
  int observable = 0;
  Relation relation = Relation::above;
  double threshold = 0.0;  ///< In the observable's unit
  bool operator==(const Exceedance&) const = default;
};

struct SummaryShape {
  int time_count = 0;
  int observable_count = 0;
  std::vector<Exceedance> exceedances;
  /// Columns that describe a subject (varied parameters, covariates), correlated with the read-outs.
  int descriptor_count = 0;
  bool operator==(const SummaryShape&) const = default;
};

/// Correlations rest on the subjects of lower number: enough for a standard error below 0.008, and it keeps
/// their cost from growing with the population.
inline constexpr std::int64_t k_correlated_subjects = 16'384;

/// A read-out of one subject as one number, for correlations with what describes the subject.
enum class Measure { mean_over_time, greatest, least, last };
inline constexpr int k_measure_count = 4;

/// Reduced results of any number of subjects in bounded memory. Adding and merging commute exactly: counts
/// are integers and sums are exact, so a population gives the same bits for any order of subjects, any number
/// of threads and ranks, and after any interruption.
class PopulationSummary {
 public:
  explicit PopulationSummary(SummaryShape shape);
  ~PopulationSummary();
  PopulationSummary(PopulationSummary&&) noexcept;
  PopulationSummary& operator=(PopulationSummary&&) noexcept;

  /// `subject` is its number, `outputs` [time][observable], `descriptors` [descriptor]. The weight, rounded
  /// to a multiple of 2^-20, says how many people the subject stands for, relative to others. A subject with
  /// a non-finite value belongs to the failures, not here (std::logic_error).
  void add(std::int64_t subject, const double* outputs, const double* descriptors, double weight = 1.0);
  /// Both must have the same shape (std::logic_error).
  void merge(const PopulationSummary& other);

  const SummaryShape& shape() const;
  std::int64_t subject_count() const;
  double weight_sum() const;
  // All weighted; NaN without subjects (standard deviation and correlation: with fewer than two).
  double mean(int time, int observable) const;
  double standard_deviation(int time, int observable) const;
  double least(int time, int observable) const;
  double greatest(int time, int observable) const;
  /// Type-7 quantile of the sketch; off by less than quantile_relative_error() of its size.
  double quantile(int time, int observable, double probability) const;
  static double quantile_relative_error();
  double exceedance(int time, int exceedance) const;
  /// Pearson's correlation over the subjects below k_correlated_subjects; NaN where one side does not vary.
  double correlation(int descriptor, int observable, Measure measure) const;
  std::int64_t correlated_subject_count() const;

  /// Binary form for the journal and for messages between ranks; equal summaries give equal bytes.
  std::string serialise() const;
  /// std::runtime_error when damaged or of another shape.
  static PopulationSummary deserialise(std::string_view bytes);

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace raad::run
