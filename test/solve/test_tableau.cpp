// The published coefficients satisfy the theory: order conditions, stability, and orders of convergence as
// observed.
#include "solve/tableau.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <vector>

#include "solve/evaluator.hpp"
#include "solve/rosenbrock.hpp"
#include "solve/system_builder.hpp"

namespace raad::solve {
namespace {

using testing::SystemBuilder;
using Matrix = std::vector<std::vector<double>>;
using Vector = std::vector<double>;

/// Coefficients in the untransformed form of Hairer and Wanner (1996), section IV.7, eq. 7.4:
/// Gamma^-1 = I/gamma - C, alpha = A Gamma, b = m Gamma, beta = alpha + Gamma.
struct Untransformed {
  std::size_t stages;
  Matrix gamma, alpha, beta;

  explicit Untransformed(const RosenbrockTableau& tableau)
      : stages(static_cast<std::size_t>(tableau.stages)),
        gamma(stages, Vector(stages, 0.0)),
        alpha(gamma),
        beta(gamma) {
    // (I/gamma - C) Gamma = I, row by row.
    for (std::size_t i = 0; i < stages; ++i) {
      for (std::size_t j = 0; j <= i; ++j) {
        double sum = i == j ? 1.0 : 0.0;
        for (std::size_t k = j; k < i; ++k) sum += tableau.c[i][k] * gamma[k][j];
        gamma[i][j] = tableau.gamma * sum;
      }
    }
    for (std::size_t i = 0; i < stages; ++i) {
      for (std::size_t j = 0; j < stages; ++j) {
        for (std::size_t k = j; k < i; ++k) alpha[i][j] += tableau.a[i][k] * gamma[k][j];
        beta[i][j] = alpha[i][j] + gamma[i][j];
      }
    }
  }

  Vector weights(const Vector& transformed) const {
    Vector result(stages, 0.0);
    for (std::size_t i = 0; i < stages; ++i) {
      for (std::size_t j = 0; j <= i; ++j) result[j] += transformed[i] * gamma[i][j];
    }
    return result;
  }
};

/// Rooted tree of the theory of order conditions.
struct Tree {
  std::vector<Tree> children;
  int size() const {
    int total = 1;
    for (const Tree& child : children) total += child.size();
    return total;
  }
  double density() const {
    double total = size();
    for (const Tree& child : children) total *= child.density();
    return total;
  }
};

/// Elementary weight of each stage: a vertex with one child takes beta, one with several takes alpha for each
/// (Hairer and Wanner 1996, theorem IV.7.3).
Vector stage_weights(const Tree& tree, const Untransformed& method) {
  Vector result(method.stages, 1.0);
  const Matrix& edge = tree.children.size() == 1 ? method.beta : method.alpha;
  for (const Tree& child : tree.children) {
    const Vector inner = stage_weights(child, method);
    for (std::size_t i = 0; i < method.stages; ++i) {
      double sum = 0.0;
      for (std::size_t j = 0; j <= i; ++j) sum += edge[i][j] * inner[j];
      result[i] *= sum;
    }
  }
  return result;
}

/// Appends to `forests` every multiset of trees with `vertices` vertices in all, taken from `trees` in order
/// from `first`.
void add_forests(const std::vector<Tree>& trees, std::size_t first, int vertices, std::vector<Tree>& chosen,
                 std::vector<Tree>& result) {
  if (vertices == 0) {
    result.push_back({chosen});
    return;
  }
  for (std::size_t i = first; i < trees.size(); ++i) {
    if (trees[i].size() > vertices) continue;
    chosen.push_back(trees[i]);
    add_forests(trees, i, vertices - trees[i].size(), chosen, result);
    chosen.pop_back();
  }
}

std::vector<Tree> trees_up_to(int order) {
  std::vector<Tree> trees;
  for (int size = 1; size <= order; ++size) {
    std::vector<Tree> chosen, found;
    add_forests(trees, 0, size - 1, chosen, found);
    trees.insert(trees.end(), found.begin(), found.end());
  }
  return trees;
}

double greatest_defect(const Vector& weights, const Untransformed& method, int order, double s = 1.0) {
  double greatest = 0.0;
  for (const Tree& tree : trees_up_to(order)) {
    const Vector inner = stage_weights(tree, method);
    double sum = 0.0;
    for (std::size_t i = 0; i < method.stages; ++i) sum += weights[i] * inner[i];
    greatest = std::max(greatest, std::fabs(sum - std::pow(s, tree.size()) / tree.density()));
  }
  return greatest;
}

class TableauTest : public ::testing::TestWithParam<const RosenbrockTableau*> {};
INSTANTIATE_TEST_SUITE_P(Methods, TableauTest, ::testing::Values(&rodas5p(), &rodas4p()),
                         [](const auto& instance) { return std::string(instance.param->name); });

TEST(Trees, AreAsManyAsTheoryCounts) {
  // 1, 1, 2, 4, 9 rooted trees with 1 to 5 vertices.
  EXPECT_EQ(trees_up_to(5).size(), 17u);
}

TEST_P(TableauTest, SatisfiesOrderConditions) {
  const RosenbrockTableau& tableau = *GetParam();
  const Untransformed method(tableau);
  Vector embedded = tableau.weights;
  for (std::size_t i = 0; i < embedded.size(); ++i) embedded[i] -= tableau.error_weights[i];
  // Coefficients have 16 digits and size up to 150: defects of a few 1e-14 are rounding of what was printed.
  const double rounding = 2e-13;
  EXPECT_LT(greatest_defect(method.weights(tableau.weights), method, tableau.order), rounding);
  EXPECT_LT(greatest_defect(method.weights(embedded), method, tableau.error_order), rounding);
  // One order more must fail, or the test could not tell.
  EXPECT_GT(greatest_defect(method.weights(embedded), method, tableau.order), 1e-6);
}

TEST_P(TableauTest, DenseOutputHasItsOrderEverywhere) {
  const RosenbrockTableau& tableau = *GetParam();
  const Untransformed method(tableau);
  for (double s : {0.1, 0.35, 0.5, 0.8, 1.0}) {
    Vector weights(tableau.weights.size());
    for (std::size_t i = 0; i < weights.size(); ++i) {
      double inner = 0.0;
      for (std::size_t row = tableau.dense.size(); row-- > 0;) inner = inner * s + tableau.dense[row][i];
      weights[i] = s * (tableau.weights[i] + (1.0 - s) * inner);
    }
    EXPECT_LT(greatest_defect(method.weights(weights), method, tableau.dense_order, s), 2e-13) << "s = " << s;
  }
}

TEST_P(TableauTest, NodesAndTimeWeightsAreRowSums) {
  const RosenbrockTableau& tableau = *GetParam();
  const Untransformed method(tableau);
  for (std::size_t i = 0; i < method.stages; ++i) {
    double alpha = 0.0, gamma = 0.0;
    for (std::size_t j = 0; j <= i; ++j) {
      alpha += method.alpha[i][j];
      gamma += method.gamma[i][j];
    }
    EXPECT_NEAR(alpha, tableau.nodes[i], 2e-13);
    EXPECT_NEAR(gamma, tableau.time_weights[i], 2e-13);
  }
}

/// Growth of y' = lambda y in a step, z = h lambda: R(z) = 1 + z b^T (I - z beta)^-1 1, by forward
/// substitution.
std::complex<double> growth(const RosenbrockTableau& tableau, std::complex<double> z) {
  const Untransformed method(tableau);
  const Vector b = method.weights(tableau.weights);
  std::vector<std::complex<double>> inner(method.stages);
  std::complex<double> total = 1.0;
  for (std::size_t i = 0; i < method.stages; ++i) {
    std::complex<double> sum = 1.0;
    for (std::size_t j = 0; j < i; ++j) sum += z * method.beta[i][j] * inner[j];
    inner[i] = sum / (1.0 - z * method.beta[i][i]);
    total += z * b[i] * inner[i];
  }
  return total;
}

TEST_P(TableauTest, IsLStable) {
  const RosenbrockTableau& tableau = *GetParam();
  for (double exponent = -3.0; exponent <= 6.0; exponent += 0.05) {
    EXPECT_LE(std::abs(growth(tableau, {0.0, std::pow(10.0, exponent)})), 1.0 + 1e-9) << exponent;
  }
  EXPECT_LT(std::abs(growth(tableau, -1e8)), 1e-6);
}

/// End value after `steps` equal steps.
double integrate(const testing::BuiltSystem& built, const RosenbrockTableau& tableau, double end, int steps) {
  const Problem problem = built.problem(0.0, end);
  Evaluator evaluator(problem);
  RosenbrockStep step(tableau, evaluator);
  Vector states(evaluator.state_count());
  evaluator.initial_states(0.0, states.data());
  for (int i = 0; i < steps; ++i) {
    step.linearise(end * i / steps, states);
    step.attempt(end / steps);
    states = step.new_states();
  }
  return states[0];
}

void expect_order(const testing::BuiltSystem& built, const RosenbrockTableau& tableau, double exact) {
  const double coarse = std::fabs(integrate(built, tableau, 1.0, 64) - exact);
  const double fine = std::fabs(integrate(built, tableau, 1.0, 128) - exact);
  ASSERT_GT(fine, 1e-14) << "errors at rounding level say nothing about the order";
  EXPECT_NEAR(std::log2(coarse / fine), tableau.order, 0.35) << coarse << " " << fine;
}

TEST_P(TableauTest, ConvergesWithItsOrder) {
  SystemBuilder b;
  // Logistic growth: y = 1 / (1 + 9 exp(-4 t)).
  const auto y = b.state("y", 0.1);
  b.rate(y, 4.0 * y * (1.0 - y));
  expect_order(*b.finish(), *GetParam(), 1.0 / (1.0 + 9.0 * std::exp(-4.0)));
}

TEST_P(TableauTest, ConvergesWithItsOrderWhenTimeIsExplicit) {
  SystemBuilder b;
  // y' = -4 t y^2, y(0) = 1: y = 1 / (1 + 2 t^2).
  const auto y = b.state("y", 1.0);
  b.rate(y, -4.0 * b.time() * y * y);
  expect_order(*b.finish(), *GetParam(), 1.0 / 3.0);
}

TEST_P(TableauTest, DenseOutputConvergesWithItsOrder) {
  SystemBuilder b;
  const auto y = b.state("y", 0.1);
  b.rate(y, 4.0 * y * (1.0 - y));
  const auto built = b.finish();
  const Problem problem = built->problem(0.0, 1.0);
  Evaluator evaluator(problem);
  RosenbrockStep step(*GetParam(), evaluator);
  step.linearise(0.0, {0.1});
  // One step from exact data: the local error of the interpolant is of order dense_order + 1.
  const auto greatest_error = [&](double h) {
    step.attempt(h);
    double greatest = 0.0;
    for (double s = 0.1; s < 0.95; s += 0.1) {
      double value = 0.0;
      step.interpolate(s, &value);
      greatest = std::max(greatest, std::fabs(value - 1.0 / (1.0 + 9.0 * std::exp(-4.0 * s * h))));
    }
    return greatest;
  };
  const double coarse = greatest_error(0.04), fine = greatest_error(0.02);
  EXPECT_NEAR(std::log2(coarse / fine), GetParam()->dense_order + 1, 0.4) << coarse << " " << fine;
}

TEST_P(TableauTest, StiffTransientDiesAtOnce) {
  SystemBuilder b;
  // Prothero and Robinson (1974): y' = -1e9 (y - cos t) - sin t follows cos t whatever the step.
  const auto y = b.state("y", 0.0);
  b.rate(y, -1e9 * (y - function(ir::Operation::cosine, b.time())) - function(ir::Operation::sine, b.time()));
  EXPECT_NEAR(integrate(*b.finish(), *GetParam(), 1.0, 4), std::cos(1.0), 1e-4);
}

}  // namespace
}  // namespace raad::solve
