// Every module by itself: it loads, starts at rest with its inputs clamped, and runs.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "science/fixtures.hpp"

namespace raad::science {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> modules() {
  std::vector<fs::path> files;
  const fs::path folder = fs::path(RAAD_SOURCE_DIR) / "library";
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.path().extension() == ".ant" && entry.path().parent_path() != folder)
      files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

class Modules : public testing::TestWithParam<fs::path> {};

TEST_P(Modules, RunAloneAndRestAtBaseline) {
  base::Diagnostics findings;
  const auto loaded = run::load_system(library(), GetParam().string(), findings);
  std::vector<std::string> ids;
  for (const auto& [id, quantity] : loaded.equations.quantities) ids.push_back(id);
  ASSERT_FALSE(ids.empty());
  run::Scenario scenario;
  scenario.end_h = 24.0;
  scenario.output_times_h = {0.0, 12.0, 24.0};
  const auto courses = run::Simulator(library(), loaded, ids).run(scenario);
  for (const auto& series : courses.series) {
    EXPECT_TRUE(std::isfinite(series.values.back())) << series.observable;
    EXPECT_NEAR(series.values.back(), series.values.front(), 1e-9 * (1.0 + std::abs(series.values.front())))
        << series.observable << " moves although its inputs stand at baseline";
  }
}

TEST_P(Modules, HaveACard) {
  EXPECT_TRUE(fs::exists(fs::path(GetParam()).replace_extension(".md")));
}

INSTANTIATE_TEST_SUITE_P(Library, Modules, testing::ValuesIn(modules()),
                         [](const auto& tested) { return tested.param.stem().string(); });

}  // namespace
}  // namespace raad::science
