// Fits of objectives with known optima: convergence, failures, bounds, journals, profiles.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "base/diagnostics.hpp"
#include "study/fit_result.hpp"

namespace raad::study {
namespace {

namespace fs = std::filesystem;

/// y = a exp(-b t) at ten times with normal noise of known size: two parameters that the data determine, and
/// and if asked for a third, c, that enters through the product b c only.
class DecayObjective : public Objective {
 public:
  enum class Form { identifiable, product_only };
  explicit DecayObjective(Form form = Form::identifiable) : form_(form) {
    parameters_ = {{"a", EstimationScale::logarithm10, -3.0, 3.0},
                   {"b", EstimationScale::logarithm10, -3.0, 3.0}};
    if (form == Form::product_only) parameters_.push_back({"c", EstimationScale::logarithm10, -3.0, 3.0});
    for (int i = 0; i < 10; ++i) times_.push_back(0.5 * i);
  }
  const std::vector<EstimatedParameter>& parameters() const override { return parameters_; }
  bool has_gradient() const override { return with_gradient; }
  std::string identity() const override { return "decay"; }

  Evaluation evaluate(std::span<const double> position, Wanted wanted) const override {
    ++evaluations;
    Evaluation made;
    std::vector<double> values;
    for (std::size_t k = 0; k < position.size(); ++k)
      values.push_back(from_scale(parameters_[k].scale, position[k]));
    if (values[1] > fails_above) {
      made.failure = "too steep";
      return made;
    }
    const double rate = values[1] * (form_ == Form::product_only ? values[2] : 1.0);
    const std::size_t n = position.size();
    made.cost = 0.0;
    made.gradient.assign(n, 0.0);
    made.information.assign(n * n, 0.0);
    for (const double time : times_) {
      const double simulated = values[0] * std::exp(-rate * time);
      // The "noise" is a known wave, so that the optimum is not at the truth and not at zero cost.
      const double measured = 5.0 * std::exp(-0.4 * time) + 0.05 * std::cos(3.0 * time);
      const double residual = (simulated - measured) / k_noise;
      made.cost += 0.5 * residual * residual;
      std::vector<double> slope = {simulated / values[0], -time * simulated * rate / values[1]};
      if (n == 3) slope.push_back(-time * simulated * rate / values[2]);
      for (std::size_t k = 0; k < n; ++k)
        slope[k] *= scale_slope(parameters_[k].scale, position[k]) / k_noise;
      for (std::size_t k = 0; k < n; ++k) {
        made.gradient[k] += residual * slope[k];
        for (std::size_t l = 0; l < n; ++l) made.information[k * n + l] += slope[k] * slope[l];
      }
    }
    if (wanted == Wanted::cost) made.gradient.clear();
    if (wanted != Wanted::information) made.information.clear();
    return made;
  }

  static constexpr double k_noise = 0.1;
  bool with_gradient = true;
  double fails_above = std::numeric_limits<double>::infinity();
  mutable std::atomic<long> evaluations{0};

 private:
  Form form_;
  std::vector<EstimatedParameter> parameters_;
  std::vector<double> times_;
};

/// Brown and Dennis (1971), problem 16 of More, Garbow and Hillstrom 1981 (doi:10.1145/355934.355936): sums
/// of squares that stay large, where Gauss-Newton's curvature is far from the true one.
class LargeResiduals : public Objective {
 public:
  LargeResiduals() {
    for (const char* id : {"a", "b", "c", "d"}) parameters_.push_back({id});
  }
  const std::vector<EstimatedParameter>& parameters() const override { return parameters_; }
  bool has_gradient() const override { return true; }
  std::string identity() const override { return "Brown and Dennis"; }
  Evaluation evaluate(std::span<const double> x, Wanted) const override {
    Evaluation made;
    made.cost = 0.0;
    made.gradient.assign(4, 0.0);
    made.information.assign(16, 0.0);
    for (int i = 1; i <= 20; ++i) {
      const double t = i / 5.0;
      const double first = x[0] + t * x[1] - std::exp(t), second = x[2] + x[3] * std::sin(t) - std::cos(t);
      const double residual = first * first + second * second;
      const double slope[] = {2.0 * first, 2.0 * first * t, 2.0 * second, 2.0 * second * std::sin(t)};
      made.cost += 0.5 * residual * residual;
      for (std::size_t k = 0; k < 4; ++k) {
        made.gradient[k] += residual * slope[k];
        for (std::size_t l = 0; l < 4; ++l) made.information[4 * k + l] += slope[k] * slope[l];
      }
    }
    return made;
  }

 private:
  std::vector<EstimatedParameter> parameters_;
};

TEST(Fit, LearnsTheCurvatureThatLargeResidualsAdd) {
  FitOptions how;
  how.cost_tolerance = 1e-12;
  const auto fit = fit_from(LargeResiduals(), {25.0, 5.0, -5.0, -1.0}, how, 1);
  // The published least sum of squares. Information alone uses up 491 gradients and ends 187 above.
  EXPECT_NEAR(2.0 * fit.cost, 85822.2, 0.05);
  EXPECT_LT(fit.gradients, 50);
}

MultiStartOptions options(FitMethod method, std::size_t starts = 8) {
  MultiStartOptions made;
  made.starts = starts;
  made.threads = 2;
  made.fit.method = method;
  return made;
}

class EveryMethod : public ::testing::TestWithParam<FitMethod> {};
INSTANTIATE_TEST_SUITE_P(Methods, EveryMethod,
                         ::testing::Values(FitMethod::trust_region, FitMethod::lbfgs, FitMethod::slsqp,
                                           FitMethod::bobyqa, FitMethod::cmaes));

TEST_P(EveryMethod, FindsTheOptimum) {
  const DecayObjective objective;
  const auto fit = summarise(objective, fit_from_many(objective, options(GetParam(), 20), nullptr, {}));
  // At an optimum no slope is left: by Gauss-Newton's quadratic model the cost could still fall by
  // g H^-1 g / 2, which must be below what the test of convergence sees.
  ASSERT_EQ(fit.parameters.size(), 2u);
  EXPECT_NEAR(from_scale(EstimationScale::logarithm10, fit.parameters[0].position), 5.0, 0.1);
  EXPECT_NEAR(from_scale(EstimationScale::logarithm10, fit.parameters[1].position), 0.4, 0.02);
  for (std::size_t k = 0; k < 2; ++k)
    EXPECT_LT(fit.gradient[k] * fit.gradient[k] / fit.information[3 * k], 1e-4)
        << fit.parameters[k].parameter.id;
}

TEST(Fit, CountsFailuresAndNeverTakesThemForResults) {
  DecayObjective objective;
  objective.fails_above = 0.3;  // The unhindered optimum lies at 0.4.
  const auto fit = summarise(objective, fit_from_many(objective, options(FitMethod::lbfgs), nullptr, {}));
  EXPECT_GT(fit.failures(), 0);
  EXPECT_TRUE(std::isfinite(fit.cost));
  EXPECT_LE(from_scale(EstimationScale::logarithm10, fit.parameters[1].position), 0.3);

  objective.fails_above = 0.0;
  const auto none = summarise(objective, fit_from_many(objective, options(FitMethod::cmaes), nullptr, {}));
  EXPECT_TRUE(std::isnan(none.cost));
  EXPECT_EQ(none.failures(), none.evaluations());
  EXPECT_EQ(none.starts.front().first_failure, "too steep");
}

TEST(Fit, GivesTheSameResultForAnyNumberOfThreads) {
  const DecayObjective objective;
  for (const auto method : {FitMethod::trust_region, FitMethod::cmaes}) {
    auto how = options(method);
    how.threads = 1;
    const auto one = fit_from_many(objective, how, nullptr, {});
    how.threads = 4;
    const auto four = fit_from_many(objective, how, nullptr, {});
    for (std::size_t i = 0; i < one.size(); ++i) {
      EXPECT_EQ(one[i].position, four[i].position);
      EXPECT_EQ(one[i].evaluations, four[i].evaluations);
    }
  }
}

TEST(Fit, StartsFillEveryStratumOnce) {
  const DecayObjective objective;
  const auto how = options(FitMethod::trust_region, 10);
  for (std::size_t k = 0; k < 2; ++k) {
    std::vector<int> strata;
    for (std::size_t i = 0; i < 10; ++i)
      strata.push_back(static_cast<int>((start_point(objective, how, i, 0)[k] + 3.0) / 0.6));
    EXPECT_THAT(strata, ::testing::UnorderedElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9));
  }
}

TEST(Fit, TakesTheCheapestOfTheCandidates) {
  DecayObjective objective;
  objective.fails_above = 10.0;  // So that some candidates fail
  auto how = options(FitMethod::trust_region, 6);
  how.candidates = 10;
  const auto fits = fit_from_many(objective, how, nullptr, {});
  for (std::size_t i = 0; i < fits.size(); ++i) {
    double least = std::numeric_limits<double>::infinity();
    for (int draw = 0; draw < how.candidates; ++draw) {
      const auto made = objective.evaluate(start_point(objective, how, i, draw), Wanted::cost);
      if (made.failure.empty()) least = std::min(least, made.cost);
    }
    EXPECT_DOUBLE_EQ(fits[i].start_cost, least);
    EXPECT_GE(fits[i].evaluations, 10);
  }
  EXPECT_NE(start_point(objective, how, 0, 0), start_point(objective, how, 0, 1));
}

TEST(Fit, StandardErrorsAreThoseOfTheInformation) {
  DecayObjective objective;
  const auto exact =
      summarise(objective, fit_from_many(objective, options(FitMethod::trust_region), nullptr, {}));
  EXPECT_EQ(exact.errors_from, InformationKind::observed);
  // The observed information differs from the expected by the residuals, which are small here.
  const auto& h = exact.information;
  const double determinant = h[0] * h[3] - h[1] * h[2];
  const double expected[] = {std::sqrt(h[3] / determinant), std::sqrt(h[0] / determinant)};
  objective.with_gradient = false;
  const auto differenced = summarise(objective, exact.starts);
  for (const std::size_t k : {0u, 1u}) {
    const double error = exact.parameters[k].standard_error;
    EXPECT_NEAR(error, expected[k], 0.05 * error);
    EXPECT_NE(error, expected[k]);
    EXPECT_NEAR(error, differenced.parameters[k].standard_error, 1e-4 * error);
  }
}

TEST(Fit, JournalGoesOnWhereItEnded) {
  const DecayObjective objective;
  const auto how = options(FitMethod::trust_region);
  const fs::path folder = fs::path(RAAD_BINARY_DIR) / "fit_journal";
  fs::remove_all(folder);
  const auto whole = fit_from_many(objective, how, nullptr, {});
  {
    FitJournal journal(folder, "this fit", FitJournal::Begin::anew);
    fit_from_many(objective, how, &journal, {});
  }
  // A kill in the middle of a line.
  const auto file = folder / "finished.jsonl";
  fs::resize_file(file, fs::file_size(file) * 2 / 3);
  EXPECT_THROW(FitJournal(folder, "this fit", FitJournal::Begin::anew), base::InputError);
  EXPECT_THROW(FitJournal(folder, "another fit", FitJournal::Begin::resume), base::InputError);
  FitJournal journal(folder, "this fit", FitJournal::Begin::resume);
  const auto kept = journal.size() - 1;  // Less the identity
  EXPECT_GT(kept, 0u);
  EXPECT_LT(kept, how.starts);
  std::size_t resumed = 0;
  const auto resumed_fits = fit_from_many(objective, how, &journal,
                                          [&](const FitProgress& progress) { resumed = progress.resumed; });
  EXPECT_EQ(resumed, kept);
  for (std::size_t i = 0; i < whole.size(); ++i) {
    EXPECT_EQ(whole[i].position, resumed_fits[i].position);
    EXPECT_EQ(whole[i].cost, resumed_fits[i].cost);
  }
  journal.remove();
  EXPECT_FALSE(fs::exists(file));
}

TEST(Fit, DamagedJournalIsRefused) {
  const fs::path folder = fs::path(RAAD_BINARY_DIR) / "damaged_journal";
  fs::remove_all(folder);
  {
    FitJournal journal(folder, "this fit", FitJournal::Begin::anew);
    journal.append("start 0", 1.0);
    journal.append("start 1", 2.0);
  }
  std::fstream file(folder / "finished.jsonl", std::ios::in | std::ios::out);
  file.seekp(30);
  file.put('#');
  file.close();
  EXPECT_THROW(FitJournal(folder, "this fit", FitJournal::Begin::resume), base::InputError);
}

TEST(Profiles, AgreeWithTheCurvatureWhereTheCostIsNearlyQuadratic) {
  const DecayObjective objective;
  const auto fit =
      summarise(objective, fit_from_many(objective, options(FitMethod::trust_region), nullptr, {}));
  const std::vector<double> optimum = {fit.parameters[0].position, fit.parameters[1].position};
  const auto profiles =
      profile(objective, optimum, fit.cost, fit.information, {0, 1}, ProfileOptions{}, nullptr, {});
  for (std::size_t k = 0; k < 2; ++k) {
    EXPECT_EQ(profiles[k].verdict, Identifiability::identifiable);
    // 1.96 standard errors to each side; the curve's third order makes a few per cent.
    const double reach = 1.96 * fit.parameters[k].standard_error;
    EXPECT_NEAR(*profiles[k].upper - optimum[k], reach, 0.05 * reach);
    EXPECT_NEAR(optimum[k] - *profiles[k].lower, reach, 0.05 * reach);
    EXPECT_GE(profiles[k].least_cost, fit.cost - 1e-6);
  }
}

TEST(Profiles, SeeThatOnlyAProductIsDetermined) {
  const DecayObjective objective(DecayObjective::Form::product_only);
  const auto fit =
      summarise(objective, fit_from_many(objective, options(FitMethod::trust_region), nullptr, {}));
  std::vector<double> optimum;
  for (const auto& one : fit.parameters) optimum.push_back(one.position);
  EXPECT_TRUE(std::isinf(fit.parameters[1].standard_error));
  EXPECT_FALSE(std::isinf(fit.parameters[0].standard_error));
  // Between their bounds b and c make up for each other, but not all the way for both ends: the product of
  // 0.4 leaves b = 400 to 0.001 within the bounds of c.
  const auto profiles =
      profile(objective, optimum, fit.cost, fit.information, {0, 1}, ProfileOptions{}, nullptr, {});
  EXPECT_EQ(profiles[0].verdict, Identifiability::identifiable);
  EXPECT_NE(profiles[1].verdict, Identifiability::identifiable);
}

}  // namespace
}  // namespace raad::study
