// What makes subjects differ besides their own variability: covariates, their effects on parameters,
// correlations.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/diagnostics.hpp"

namespace raad::data {

/// Largest score of Montgomery and Asberg (1979, doi:10.1192/bjp.134.4.382) [points].
inline constexpr double k_greatest_score = 60.0;

/// One effect of a covariate on a parameter (a row of covariates.tsv).
struct CovariateEffect {
  enum class Kind {
    power,           ///< parameter x (covariate / reference)^value
    factor,          ///< parameter x value; of a trial covariate: x its draw
    set,             ///< parameter = value
    baseline_score,  ///< parameter = ln(B / (60 - B)), B the covariate: a depression score of 0 to 60 points
  };
  std::string parameter_id;
  Kind kind = Kind::power;
  double value = 0.0;
  int category = -1;  ///< Of a categorical covariate: for subjects of this category only
};

struct Covariate {
  enum class Kind { continuous, categorical, trial };
  struct Category {
    std::string name;
    double share = 0.0;  ///< Of all subjects; what is left of 1 belongs to none of the categories
  };
  std::string id, display_name, unit;
  Kind kind = Kind::continuous;
  std::vector<Category> categories;
  double reference = 0.0;
  bool log_normal = false;
  std::optional<double> mean, sd, lower, upper;  ///< Of a log-normal: median, and SD of the logarithm
  std::vector<CovariateEffect> effects;

  int find_category(const std::string& name) const;  ///< -1: none
};

/// Correlation of two parameters on the normal scale of their distributions (a row of correlations.tsv).
struct Correlation {
  std::string parameter_1, parameter_2;
  double rho = 0.0;
  base::SourcePlace place;
};

/// The covariates of one system. Reports R080, R082, R088. No file, no covariates.
std::vector<Covariate> read_covariates(const std::filesystem::path& file, const std::string& system_name,
                                       base::Diagnostics& findings);
std::vector<Correlation> read_correlations(const std::filesystem::path& file, base::Diagnostics& findings);

}  // namespace raad::data
