#include "run/subject_draw.hpp"

#include <algorithm>
#include <cmath>

namespace raad::run {
namespace {

constexpr std::int64_t k_whole_trial = -1;

VaryingParameter::Scale scale_of(const std::string& distribution) {
  if (distribution == "logitnormal") return VaryingParameter::Scale::logit;
  return distribution == "normal" ? VaryingParameter::Scale::linear : VaryingParameter::Scale::logarithmic;
}

/// Standard deviation on the distribution's own scale from a coefficient of variation; for the logit to first
/// order, d logit(p) = dp / (p (1 - p)).
double spread_of(VaryingParameter::Scale scale, double cv, double value) {
  switch (scale) {
    case VaryingParameter::Scale::logarithmic:
      return std::sqrt(std::log1p(cv * cv));
    case VaryingParameter::Scale::logit:
      return cv / (1.0 - value);
    case VaryingParameter::Scale::linear:
      return cv * std::fabs(value);
  }
  return 0.0;
}

/// Rows of the lower Cholesky factor; false when the matrix is not positive definite.
bool factor(std::vector<std::vector<double>>& matrix) {
  for (std::size_t i = 0; i < matrix.size(); ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      double rest = matrix[i][j];
      for (std::size_t k = 0; k < j; ++k) rest -= matrix[i][k] * matrix[j][k];
      if (i == j && !(rest > 0.0)) return false;
      matrix[i][j] = i == j ? std::sqrt(rest) : rest / matrix[j][j];
    }
    std::fill(matrix[i].begin() + static_cast<std::ptrdiff_t>(i) + 1, matrix[i].end(), 0.0);
  }
  return true;
}

/// Puts the correlated parameters first, so that the loadings of each refer to draws of those before it.
void correlate(std::vector<VaryingParameter>& varying, const LoadedSystem& system,
               const std::vector<data::Correlation>& correlations, base::Diagnostics& findings) {
  const auto& parameters = system.equations.parameters;
  const auto is_correlated = [&](const VaryingParameter& one) {
    const std::string& id = parameters[one.index].id;
    return std::ranges::any_of(correlations, [&](const data::Correlation& pair) {
      return pair.parameter_1 == id || pair.parameter_2 == id;
    });
  };
  const auto end = std::stable_partition(varying.begin(), varying.end(), is_correlated);
  const auto count = static_cast<std::size_t>(end - varying.begin());
  std::vector<std::vector<double>> matrix(count, std::vector<double>(count, 0.0));
  for (std::size_t i = 0; i < count; ++i) matrix[i][i] = 1.0;
  const auto place_of = [&](const std::string& id) {
    return std::find_if(varying.begin(), end,
                        [&](const VaryingParameter& one) { return parameters[one.index].id == id; });
  };
  for (const auto& pair : correlations) {
    // A module run alone has not all parameters of the system, and another format no variabilities.
    const auto is_described = [&](const std::string& id) {
      const auto index = system.equations.find_parameter(id);
      const int symbol = index ? parameters[static_cast<std::size_t>(*index)].symbol : -1;
      return symbol >= 0 &&
             system.model->symbols[static_cast<std::size_t>(symbol)].provenance.kind != "unknown";
    };
    if (!is_described(pair.parameter_1) || !is_described(pair.parameter_2)) continue;
    const auto one = place_of(pair.parameter_1), other = place_of(pair.parameter_2);
    if (one == end || other == end || one->by_trial != other->by_trial) {
      findings.error("R088", pair.place,
                     "`" + pair.parameter_1 + "` and `" + pair.parameter_2 + "` cannot be correlated",
                     "both need a between-subject variability in their parameter tables");
      continue;
    }
    const auto i = static_cast<std::size_t>(one - varying.begin()),
               j = static_cast<std::size_t>(other - varying.begin());
    matrix[i][j] = matrix[j][i] = pair.rho;
  }
  if (!factor(matrix)) {
    findings.error("R088", correlations.front().place, "the correlations contradict each other",
                   "no joint distribution has them all: the matrix is not positive definite");
    return;
  }
  for (std::size_t i = 0; i < count; ++i)
    varying[i].loadings.assign(matrix[i].begin(), matrix[i].begin() + static_cast<std::ptrdiff_t>(i) + 1);
}

double moved(const VaryingParameter& one, double typical, double deviation) {
  switch (one.scale) {
    case VaryingParameter::Scale::logarithmic:
      return typical * std::exp(one.spread * deviation);
    case VaryingParameter::Scale::logit:
      return 1.0 / (1.0 + (1.0 - typical) / typical * std::exp(-one.spread * deviation));
    case VaryingParameter::Scale::linear:
      return typical + one.spread * deviation;
  }
  return typical;
}

}  // namespace

std::vector<VaryingParameter> varying_parameters(const LoadedSystem& system,
                                                 const std::vector<data::Correlation>& correlations,
                                                 base::Diagnostics& findings) {
  std::vector<VaryingParameter> varying;
  const auto& parameters = system.equations.parameters;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    if (parameters[i].symbol < 0) continue;
    const auto& provenance = system.model->symbols[static_cast<std::size_t>(parameters[i].symbol)].provenance;
    const double cv = provenance.between_subject_cv.value_or(0.0);
    if (cv <= 0.0 || provenance.distribution == "none") continue;
    const auto scale = scale_of(provenance.distribution);
    varying.push_back({i,
                       scale,
                       spread_of(scale, cv, parameters[i].value),
                       provenance.varies_by_trial,
                       base::purpose_of(parameters[i].id),
                       {}});
  }
  if (!correlations.empty()) correlate(varying, system, correlations, findings);
  return varying;
}

void draw_parameters(const std::vector<VaryingParameter>& varying, base::StreamKey key,
                     std::vector<double>& parameters) {
  std::vector<double> correlated;
  for (const VaryingParameter& one : varying) {
    base::StreamKey own = key;
    own.purpose = one.purpose;
    if (one.by_trial) own.subject = k_whole_trial;
    double deviation = base::RandomStream(own).normal();
    if (!one.loadings.empty()) {
      correlated.push_back(deviation);
      deviation = 0.0;
      for (std::size_t k = 0; k < one.loadings.size(); ++k) deviation += one.loadings[k] * correlated[k];
    }
    parameters[one.index] = moved(one, parameters[one.index], deviation);
  }
}

double draw_covariate(const data::Covariate& covariate, base::StreamKey key) {
  key.purpose = base::purpose_of(covariate.id);
  if (covariate.kind == data::Covariate::Kind::trial) key.subject = k_whole_trial;
  base::RandomStream stream(key);
  if (covariate.kind == data::Covariate::Kind::categorical) {
    double rest = stream.uniform();
    for (std::size_t i = 0; i < covariate.categories.size(); ++i) {
      rest -= covariate.categories[i].share;
      if (rest < 0.0) return static_cast<double>(i);
    }
    return -1.0;
  }
  // Within its limits by drawing from that part of the distribution only.
  const double mean = covariate.log_normal ? std::log(*covariate.mean) : *covariate.mean;
  const auto at_limit = [&](const std::optional<double>& limit, double otherwise) {
    if (!limit) return otherwise;
    return base::normal_probability(((covariate.log_normal ? std::log(*limit) : *limit) - mean) /
                                    *covariate.sd);
  };
  const double low = at_limit(covariate.lower, 0.0), high = at_limit(covariate.upper, 1.0);
  const double drawn = mean + *covariate.sd * base::normal_quantile(low + (high - low) * stream.uniform());
  return covariate.log_normal ? std::exp(drawn) : drawn;
}

bool is_drawn(const data::Covariate& covariate) {
  const bool score = std::ranges::any_of(covariate.effects, [](const data::CovariateEffect& effect) {
    return effect.kind == data::CovariateEffect::Kind::baseline_score;
  });
  if (score) return false;
  if (covariate.kind == data::Covariate::Kind::categorical)
    return std::ranges::any_of(covariate.categories,
                               [](const auto& category) { return category.share > 0.0; });
  return covariate.mean.has_value() && covariate.sd.has_value();
}

}  // namespace raad::run
