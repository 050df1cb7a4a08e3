// The stored report of a published oscillator against both of raad's methods: which of them is off?
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>

#include "base/files.hpp"
#include "base/table.hpp"
#include "codegen/kernel.hpp"
#include "data/omex_archive.hpp"
#include "sbml/import.hpp"
#include "solve/problem.hpp"

namespace raad::run {
namespace {

namespace fs = std::filesystem;

using Course = std::vector<double>;

Course course_of(const ir::System& system, const std::string& id, solve::Method method, const Course& times) {
  const auto kernel = codegen::make_interpreter(codegen::lower(system, {system.quantities.at(id).node}));
  solve::Problem problem;
  problem.system = &system;
  problem.kernel = kernel.get();
  problem.parameters = solve::initial_parameters(system);
  problem.end_h = times.back();
  problem.output_times = times;
  solve::Options options;
  options.method = method;
  options.relative_tolerance = 1e-11;
  options.absolute_tolerance_per_scale = 1e-14;
  return solve::solve(problem, options).outputs;
}

double greatest_difference(const Course& a, const Course& b) {
  double worst = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) worst = std::max(worst, std::abs(a[i] - b[i]));
  return worst;
}

/// Vilar et al. 2002, figure 1a: 33 spikes in 200 time units. The two methods share no code but the
/// equations, and agree far better with each other than either does with the stored report, whose last spikes
/// come early: it was made at a looser tolerance.
TEST(SedmlCorpus, MethodsAgreeWhereAStoredReportDrifts) {
  const std::string name = "Vilar-PNAS-2002-minimal-circardian-clock-continuous";
  const char* given = std::getenv("RAAD_CORPORA");
  const fs::path corpora = given != nullptr ? given : fs::path(RAAD_SOURCE_DIR) / "../shared/corpora";
  const fs::path archive = corpora / "omex" / (name + ".omex");
  if (!fs::exists(archive)) GTEST_SKIP() << "the corpus of archives is not here";
  const fs::path folder = fs::temp_directory_path() / ("raad_omex_corpus_" + std::to_string(getpid()));
  fs::create_directories(folder);
  ASSERT_EQ(std::system(("tar -xJf '" + (corpora / "omex/expected.tar.xz").string() + "' -C '" +
                         folder.string() + "'")
                            .c_str()),
            0);
  const fs::path stored = folder / name;
  base::Diagnostics findings;
  data::unpack_omex(archive, folder, findings);
  const auto imported = sbml::import_model(folder / "model_ODE_deterministic.xml", {}, findings);
  ASSERT_FALSE(findings.has_errors());
  const auto system = ir::build_system(*imported.model);

  Course times, expected;
  const auto lines = base::split(base::read_file(stored / "report_Fig_1a.csv"), '\n');
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const auto cells = base::split(lines[i], ',');
    if (cells.size() < 7) continue;
    times.push_back(std::stod(cells[0]));
    expected.push_back(std::stod(cells[6]));  // C, as a concentration
  }
  ASSERT_EQ(times.size(), 401u);
  const auto& species = imported.species.at("C");
  const std::string id = imported.model->symbols[static_cast<std::size_t>(species.concentration)].id;
  const Course first = course_of(system, id, solve::Method::rosenbrock, times);
  const Course second = course_of(system, id, solve::Method::cvodes, times);
  const double own = greatest_difference(first, second), theirs = greatest_difference(first, expected);
  EXPECT_LT(own, 1e-6 * *std::ranges::max_element(first));
  EXPECT_GT(theirs, 1000.0 * own);
  fs::remove_all(folder);
}

}  // namespace
}  // namespace raad::run
