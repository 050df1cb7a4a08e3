// Virtual subjects: who they are (parameters, covariates, weight) and what they are given.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "run/simulation.hpp"
#include "solve/ensemble.hpp"

namespace raad::run {

/// A column that describes a subject: a parameter that varies, or a covariate.
struct Descriptor {
  enum class Kind { parameter, covariate };
  std::string id;  ///< Flat parameter id or covariate id
  std::string unit;
  Kind kind = Kind::parameter;
  std::vector<std::string> categories;  ///< Categorical covariates: the value is an index into these
};

/// How doses depart from the regimen, subject by subject.
struct Adherence {
  /// Of the normal distribution of each dose's time about the planned one, cut off at half the way to its
  /// neighbours. The first dose of each drug is neither moved nor missed.
  double timing_sd_h = 0.0;
  double missed_probability = 0.0;
};

struct PopulationDesign {
  Scenario scenario;  ///< Regimen, hypotheses, settings, end; doses per kg follow the subject's weight
  std::uint64_t seed = 1;
  std::uint64_t replicate = 0;
  std::int64_t subject_count = 0;
  /// Table of parameters (CSV), one row a subject; columns are flat ids or covariate ids, `id`, `weight`.
  /// Empty: draw from the between-subject variability, covariates and correlations of the library (a model
  /// file: of its tables).
  std::filesystem::path parameter_table;
  Adherence adherence;
};

/// One subject, ready to run.
struct VirtualSubject {
  solve::Subject subject;
  double weight = 1.0;
  std::vector<double> descriptors;  ///< In the order of VirtualSubjects::descriptors
};

/// Makes subjects by number, each from its own random streams (seed, replicate, subject, purpose), so that
/// any subject can be made again alone.
class VirtualSubjects {
 public:
  /// With a table nothing is drawn but adherence: what the table does not name is typical. Throws InputError
  /// with all findings (unknown columns, text, NaN, impossible signs, too few rows, zero subjects,
  /// correlations that cannot be).
  VirtualSubjects(const data::Library& library, const LoadedSystem& system, PopulationDesign design);
  ~VirtualSubjects();
  VirtualSubjects(VirtualSubjects&&) noexcept;

  const std::vector<Descriptor>& descriptors() const;
  std::int64_t count() const;
  /// Typical parameters after hypotheses, compounds and settings.
  const std::vector<double>& typical_parameters() const;
  std::vector<char> varying_parameters() const;  ///< For solve::Ensemble
  std::vector<char> acted_states() const;        ///< For solve::Ensemble
  const std::vector<std::string>& notes()
      const;  ///< Assumptions made: defaults, truncations, assumed variabilities
  /// Identifies everything that decides a subject's numbers, for the journal.
  std::string content_hash() const;

  /// Subject `index`, 0 <= index < count(). Thread safe; reuses the vectors of `result`.
  void make(std::int64_t index, VirtualSubject& result) const;

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace raad::run
