// Models exported as SBML and read back move as before.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "base/files.hpp"
#include "run/moved_rates.hpp"
#include "run/simulation.hpp"
#include "sbml/export.hpp"

namespace raad::run {
namespace {

namespace fs = std::filesystem;

data::Library library() {
  base::Diagnostics findings;
  return data::open_library(fs::path(RAAD_SOURCE_DIR), findings);
}

std::string exported(const data::Library& library, const LoadedSystem& system) {
  sbml::ExportOptions options;
  for (const auto& source : library.sources) options.sources[source.id] = {source.pmid, source.doi};
  base::Diagnostics findings;
  const auto text = sbml::export_model(*system.model, options, findings);
  EXPECT_FALSE(findings.has_errors()) << (findings.all().empty() ? "" : findings.all().front().message);
  return text;
}

class SbmlExport : public testing::TestWithParam<const char*> {};

TEST_P(SbmlExport, ComesBackWithTheSameRates) {
  const auto tables = library();
  base::Diagnostics findings;
  const auto original = load_system(tables, GetParam(), findings);
  const fs::path file = fs::temp_directory_path() / (std::string("raad_export_") + GetParam() + ".xml");
  const std::string text = exported(tables, original);
  std::ofstream(file) << text;
  const auto again = load_system(tables, file.string(), findings);
  const auto before = moved_rates(original.equations), after = moved_rates(again.equations);
  ASSERT_EQ(before.size(), after.size());
  double moved = 0.0;
  for (const auto& [id, rate] : before) {
    // Sums are written in the order of the formulas, so a few roundings differ.
    EXPECT_NEAR(after.at(id), rate, 1e-11 * std::max(1.0, std::abs(rate))) << id;
    moved += std::abs(rate);
  }
  EXPECT_GT(moved, 0.0);
  // Numbers keep their sources.
  EXPECT_NE(text.find("identifiers.org/pubmed:"), std::string::npos);
  EXPECT_NE(text.find("betweenSubjectCv"), std::string::npos);
  EXPECT_NE(text.find("multiplier=\"3600\""), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Systems, SbmlExport, testing::Values("human", "mouse"),
                         [](const auto& one) { return std::string(one.param); });

}  // namespace
}  // namespace raad::run
