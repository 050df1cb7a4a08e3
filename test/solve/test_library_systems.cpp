// From model text through every stage to a solution: small models with known answers, and the library's
// systems, on which the two integrators and the two evaluators must agree.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/table.hpp"
#include "model/load.hpp"
#include "solve/problem.hpp"

namespace raad::solve {
namespace {

const std::filesystem::path k_source = RAAD_SOURCE_DIR;

struct Loaded {
  ir::System system;
  std::unique_ptr<codegen::Kernel> interpreter;

  explicit Loaded(const std::filesystem::path& file, const model::LoadOptions& options = {}) {
    base::Diagnostics findings;
    const auto flat = model::load(file, options, findings);
    base::throw_if_errors(findings);
    system = ir::build_system(*flat);
    interpreter = codegen::make_interpreter(codegen::lower(system, {}));
  }

  Problem problem(double end_h, std::vector<double> times) const {
    Problem problem;
    problem.system = &system;
    problem.kernel = interpreter.get();
    problem.parameters = initial_parameters(system);
    problem.end_h = end_h;
    problem.output_times = std::move(times);
    return problem;
  }

  std::size_t state(const std::string& id) const {
    return static_cast<std::size_t>(system.find_state(id).value());
  }
};

Options options_of(Method method, double relative) {
  Options options;
  options.method = method;
  options.relative_tolerance = relative;
  options.absolute_tolerance_per_scale = 1e-3 * relative;
  return options;
}

TEST(ModelText, RobertsonReachesItsPublishedEnd) {
  Loaded loaded(k_source / "test/solve/models/robertson.ant");
  const double scales[] = {1e-7, 1e-12, 1.0};
  const char* ids[] = {"A", "B", "C"};
  const double reference[] = {0.2083340149701255e-7, 0.8333360770334713e-13, 0.9999999791665050};
  for (std::size_t i = 0; i < 3; ++i) loaded.system.states[loaded.state(ids[i])].nominal_scale = scales[i];
  for (Method method : {Method::cvodes, Method::rosenbrock}) {
    const Solution solution = solve(loaded.problem(1e11, {1e11}), options_of(method, 1e-9));
    ASSERT_EQ(solution.status, Status::success) << solution.message;
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_NEAR(solution.states[loaded.state(ids[i])] / reference[i], 1.0, 1e-7) << ids[i];
    }
  }
}

TEST(ModelText, EventsGiveDosesThatFollowBateman) {
  const Loaded loaded(k_source / "test/solve/models/repeated_oral.ant");
  const std::vector<double> times = {0.0, 6.0, 12.0, 18.0, 24.0, 40.0, 60.0};
  const double ka = 1.3, ke = 0.21;
  for (Method method : {Method::cvodes, Method::rosenbrock}) {
    const Solution solution = solve(loaded.problem(60.0, times), options_of(method, 1e-10));
    ASSERT_EQ(solution.status, Status::success) << solution.message;
    ASSERT_EQ(solution.events.size(), 2u);
    EXPECT_EQ(solution.events[0].time_h, 12.0);
    EXPECT_EQ(solution.events[1].time_h, 24.0);
    for (std::size_t i = 0; i < times.size(); ++i) {
      double exact = 0.0;
      for (double given = 0.0; given < 30.0 && given <= times[i]; given += 12.0) {
        exact +=
            10.0 * ka / (ka - ke) * (std::exp(-ke * (times[i] - given)) - std::exp(-ka * (times[i] - given)));
      }
      EXPECT_NEAR(solution.states[i * 2 + loaded.state("centre")], exact, 2e-8) << times[i];
    }
  }
}

class LibrarySystem : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const auto file = k_source / "library/systems" / (std::string(GetParam()) + ".ant");
    if (!std::filesystem::exists(file)) GTEST_SKIP() << "no library at " << file;
    model::LoadOptions options;
    base::Diagnostics findings;
    const base::Table scales = base::Table::read(k_source / "library/scales.tsv", findings);
    for (std::size_t row = 0; row < scales.row_count(); ++row) {
      const std::string& state = scales.cell(row, "stateId");
      options.nominal_scales[state.empty() ? scales.cell(row, "unit") : state] =
          scales.number(row, "nominalScale", findings).value();
    }
    base::throw_if_errors(findings);
    loaded_ = std::make_unique<Loaded>(file, options);
  }

  /// Doses into every amount of the system, one after another, then four weeks of rest.
  Problem dosed() const {
    std::vector<double> times;
    for (int i = 0; i <= 112; ++i) times.push_back(6.0 * i);
    Problem problem = loaded_->problem(672.0, times);
    double time = 1.0;
    for (std::size_t i = 0; i < loaded_->system.states.size(); ++i) {
      if (loaded_->system.states[i].unit != "mg") continue;
      problem.actions.push_back({time, Action::Kind::add_to_state, static_cast<int>(i), 5.0});
      time += 5.0;
    }
    EXPECT_GT(problem.actions.size(), 3u) << "the library's doses go into amounts [mg]";
    return problem;
  }

  /// Greatest difference relative to size + a thousandth of the nominal scale.
  double difference(const Solution& a, const Solution& b) const {
    const std::size_t n = loaded_->system.states.size();
    EXPECT_EQ(a.states.size(), b.states.size());
    double greatest = 0.0;
    for (std::size_t i = 0; i < std::min(a.states.size(), b.states.size()); ++i) {
      const double size = std::fabs(b.states[i]) + 1e-3 * loaded_->system.states[i % n].nominal_scale;
      greatest = std::max(greatest, std::fabs(a.states[i] - b.states[i]) / size);
    }
    return greatest;
  }

  std::unique_ptr<Loaded> loaded_;
};
INSTANTIATE_TEST_SUITE_P(All, LibrarySystem, ::testing::Values("human", "mouse"));

TEST_P(LibrarySystem, BothIntegratorsAgree) {
  const Problem problem = dosed();
  const Solution exact = solve(problem, options_of(Method::rosenbrock, 1e-9));
  ASSERT_EQ(exact.status, Status::success) << exact.message;
  const Solution reference = solve(problem, options_of(Method::cvodes, 1e-9));
  ASSERT_EQ(reference.status, Status::success) << reference.message;
  const Solution usual = solve(problem, options_of(Method::rosenbrock, 1e-6));
  ASSERT_EQ(usual.status, Status::success) << usual.message;
  // At equal tolerance the multistep method's global error is the larger: 1.5e-7 (human) and 1.2e-6 (mouse)
  // measured.
  EXPECT_LT(difference(reference, exact), 1e-5);
  EXPECT_LT(difference(usual, exact), 1e-4) << "at the default tolerance";
}

TEST_P(LibrarySystem, NativeCodeFollowsTheInterpreter) {
  const auto native = codegen::compile_native(codegen::lower(loaded_->system, {}));
  Problem problem = dosed();
  const Solution interpreted = solve(problem, options_of(Method::rosenbrock, 1e-6));
  problem.kernel = native.get();
  const Solution compiled = solve(problem, options_of(Method::rosenbrock, 1e-6));
  ASSERT_EQ(compiled.status, Status::success) << compiled.message;
  // Functions differ by a rounding unit, which the control of step sizes magnifies: 1e-11 measured.
  EXPECT_LT(difference(compiled, interpreted), 1e-8);
}

TEST_P(LibrarySystem, RestsForAYearWithoutDoses) {
  Problem problem = loaded_->problem(8760.0, {0.0, 8760.0});
  const Solution solution = solve(problem, options_of(Method::rosenbrock, 1e-6));
  ASSERT_EQ(solution.status, Status::success) << solution.message;
  EXPECT_LT(baseline_drift(loaded_->system, *loaded_->interpreter, problem.parameters), 1e-12);
  const std::size_t n = loaded_->system.states.size();
  for (std::size_t i = 0; i < n; ++i) {
    const double scale = loaded_->system.states[i].nominal_scale;
    EXPECT_NEAR(solution.states[n + i], solution.states[i], 1e-9 * scale) << loaded_->system.states[i].id;
  }
}

}  // namespace
}  // namespace raad::solve
