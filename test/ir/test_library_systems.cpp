// Every system of the library: its graph against the slow evaluation of its formulas, its derivatives against
// differences.
#include <gtest/gtest.h>

#include "ir/finite_difference.hpp"
#include "ir/library_systems.hpp"

namespace raad {
namespace {

class LibrarySystems : public testing::Test {
 protected:
  void SetUp() override {
    if (test::library_system_files().empty()) GTEST_SKIP() << "this checkout has no library/systems";
  }
};

test::Point<long double> widened(const test::Point<double>& point) {
  test::Point<long double> wide;
  wide.time = static_cast<long double>(point.time);
  for (const double x : point.states) wide.states.push_back(static_cast<long double>(x));
  for (const double p : point.parameters) wide.parameters.push_back(static_cast<long double>(p));
  return wide;
}

/// Values of all symbols by the formulas themselves, rules in the order of the flat model.
std::vector<double> symbol_values(const test::LibrarySystem& loaded, const test::Point<double>& point) {
  std::vector<double> values(loaded.model->symbols.size(), std::nan(""));
  for (std::size_t i = 0; i < loaded.system.states.size(); ++i)
    values[static_cast<std::size_t>(loaded.system.states[i].symbol)] = point.states[i];
  for (std::size_t i = 0; i < loaded.system.parameters.size(); ++i)
    values[static_cast<std::size_t>(loaded.system.parameters[i].symbol)] = point.parameters[i];
  for (const auto& rule : loaded.model->rules)
    values[static_cast<std::size_t>(rule.symbol)] = model::evaluate(*rule.formula, values, point.time);
  return values;
}

TEST_F(LibrarySystems, GraphsMeanWhatTheFormulasMean) {
  for (const auto& file : test::library_system_files()) {
    const auto loaded = test::load_library_system(file);
    for (unsigned seed = 0; seed < 5; ++seed) {
      const auto point = test::disturbed_point(loaded.system, seed);
      const auto symbols = symbol_values(loaded, point);
      const auto nodes = test::evaluate_all(loaded.system.graph, point);
      // Only powers round differently (products instead of pow): a few ULP, enlarged by cancellation in sums.
      const auto expect_near = [&](double expected, double found, const std::string& id) {
        EXPECT_NEAR(found, expected, 1e-11 * (1.0 + std::abs(expected))) << loaded.name << ": " << id;
      };
      for (const auto& rule : loaded.model->rules) {
        const auto& id = loaded.model->symbols[static_cast<std::size_t>(rule.symbol)].id;
        const auto node = loaded.system.quantities.at(id).node;
        expect_near(symbols[static_cast<std::size_t>(rule.symbol)], nodes[static_cast<std::size_t>(node)],
                    id);
      }
      for (const auto& rate : loaded.model->rates) {
        const auto& id = loaded.model->symbols[static_cast<std::size_t>(rate.symbol)].id;
        const auto node = loaded.system.rates[static_cast<std::size_t>(*loaded.system.find_state(id))];
        expect_near(model::evaluate(*rate.formula, symbols, point.time),
                    nodes[static_cast<std::size_t>(node)], "rate of " + id);
      }
    }
  }
}

struct Comparison {
  long compared = 0;
  long nonzero = 0;
  long uncertain = 0;
};

/// All of `nodes` differentiated by the quantity that `moved` points to.
void compare_column(const ir::Graph& graph, const std::vector<ir::NodeId>& nodes,
                    test::Point<long double>& point, long double& moved,
                    const std::vector<long double>& exact, const std::string& what, Comparison& comparison) {
  const long double centre = moved;
  const auto f = [&](long double x) {
    moved = x;
    const auto values = test::evaluate_all(graph, point);
    std::vector<long double> chosen;
    for (const ir::NodeId node : nodes) chosen.push_back(values[static_cast<std::size_t>(node)]);
    return chosen;
  };
  const long double size = centre == 0 ? 1.0L : std::abs(centre);
  const auto undisturbed = f(centre);
  const auto differences = test::extrapolated(f, centre, 1e-3L * size);
  moved = centre;
  for (std::size_t row = 0; row < nodes.size(); ++row) {
    // A change of x by its own size that moves f by less than a thousandth of f counts as small.
    const long double scale =
        std::max(std::abs(differences[row].value), 1e-3L * (std::abs(undisturbed[row]) / size + 1e-6L));
    if (!(differences[row].error < 1e-9L * scale)) {
      ++comparison.uncertain;
      continue;
    }
    ++comparison.compared;
    comparison.nonzero += differences[row].value != 0 ? 1 : 0;
    EXPECT_LE(static_cast<double>(std::abs(exact[row] - differences[row].value) / scale), 1e-8)
        << what << ", row " << row << ": exact " << static_cast<double>(exact[row]) << ", differences "
        << static_cast<double>(differences[row].value);
  }
}

/// A column with its zeros.
std::vector<long double> dense_column(const ir::SparseNodes& matrix, int column,
                                      const std::vector<long double>& values) {
  std::vector<long double> dense(static_cast<std::size_t>(matrix.row_count), 0.0L);
  for (int k = matrix.column_starts[static_cast<std::size_t>(column)];
       k < matrix.column_starts[static_cast<std::size_t>(column) + 1]; ++k)
    dense[static_cast<std::size_t>(matrix.rows[static_cast<std::size_t>(k)])] =
        values[static_cast<std::size_t>(matrix.entries[static_cast<std::size_t>(k)])];
  return dense;
}

TEST_F(LibrarySystems, JacobiansAgreeWithDifferences) {
  for (const auto& file : test::library_system_files()) {
    const auto loaded = test::load_library_system(file);
    const auto& system = loaded.system;
    Comparison comparison;
    for (unsigned seed = 0; seed < 3; ++seed) {
      auto point = widened(test::disturbed_point(system, seed));
      const auto values = test::evaluate_all(system.graph, point);
      for (int column = 0; column < system.jacobian.column_count; ++column)
        compare_column(system.graph, system.rates, point, point.states[static_cast<std::size_t>(column)],
                       dense_column(system.jacobian, column, values),
                       loaded.name + " d/d " + system.states[static_cast<std::size_t>(column)].id,
                       comparison);
      std::vector<long double> time_derivative;
      for (const ir::NodeId node : system.time_derivative)
        time_derivative.push_back(values[static_cast<std::size_t>(node)]);
      compare_column(system.graph, system.rates, point, point.time, time_derivative,
                     loaded.name + " d/d time", comparison);
    }
    EXPECT_GT(comparison.nonzero, system.jacobian.nonzeros()) << loaded.name;
    // Kinks within reach of the first steps; the extrapolation then says itself that it failed.
    EXPECT_LT(comparison.uncertain, comparison.compared / 50) << loaded.name;
  }
}

TEST_F(LibrarySystems, ParameterDerivativesAgreeWithDifferences) {
  for (const auto& file : test::library_system_files()) {
    auto loaded = test::load_library_system(file);
    auto& system = loaded.system;
    std::vector<int> all;
    for (int i = 0; i < static_cast<int>(system.parameters.size()); ++i) all.push_back(i);
    const auto matrix = ir::parameter_jacobian(system, all);
    Comparison comparison;
    auto point = widened(test::disturbed_point(system, 7));
    const auto values = test::evaluate_all(system.graph, point);
    // Differences on a graph without the derivatives, to keep the test quick.
    const auto plain = ir::build_system(*loaded.model);
    for (const int column : all)
      compare_column(plain.graph, plain.rates, point, point.parameters[static_cast<std::size_t>(column)],
                     dense_column(matrix, column, values),
                     loaded.name + " d/d " + system.parameters[static_cast<std::size_t>(column)].id,
                     comparison);
    EXPECT_GT(comparison.nonzero, 100) << loaded.name;
    EXPECT_LT(comparison.uncertain, comparison.compared / 50) << loaded.name;
  }
}

// The baseline is where kinks and zero bases gather: a NaN there would end every run at its start.
TEST_F(LibrarySystems, JacobiansAreFiniteAtTheStart) {
  for (const auto& file : test::library_system_files()) {
    const auto loaded = test::load_library_system(file);
    const auto& system = loaded.system;
    const auto values = test::evaluate_all(system.graph, test::initial_point(system));
    for (int column = 0; column < system.jacobian.column_count; ++column)
      for (int k = system.jacobian.column_starts[static_cast<std::size_t>(column)];
           k < system.jacobian.column_starts[static_cast<std::size_t>(column) + 1]; ++k) {
        const auto at = static_cast<std::size_t>(k);
        EXPECT_TRUE(std::isfinite(values[static_cast<std::size_t>(system.jacobian.entries[at])]))
            << loaded.name << ": d " << system.states[static_cast<std::size_t>(system.jacobian.rows[at])].id
            << "' / d " << system.states[static_cast<std::size_t>(column)].id;
      }
  }
}

}  // namespace
}  // namespace raad
