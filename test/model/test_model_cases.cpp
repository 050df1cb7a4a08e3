// Runs the cases of test/language/model/*.rtest through the model stage. The lines of `--- prints` are those
// of the flat model's listing that matter: each must begin a line of it, in this order.
#include <gtest/gtest.h>

#include "base/table.hpp"
#include "language/case_reader.hpp"
#include "model/model_files.hpp"

namespace raad::model {
namespace {

using language_test::LanguageCase;

class ModelCases : public testing::TestWithParam<LanguageCase> {};

/// A case with a sources.tsv is checked as strictly as `raad check` does.
LoadOptions options_of(const std::filesystem::path& folder) {
  LoadOptions options;
  if (!std::filesystem::exists(folder / "sources.tsv")) return options;
  base::Diagnostics findings;
  const auto sources = base::Table::read(folder / "sources.tsv", findings);
  for (std::size_t row = 0; row < sources.row_count(); ++row)
    options.known_sources.push_back(sources.cell(row, "sourceId"));
  options.check_provenance = true;
  return options;
}

void expect_lines(const std::string& listing, const std::string& expected) {
  const auto lines = base::split(listing, '\n');
  auto next = lines.begin();
  for (const auto& wanted : base::split(expected, '\n')) {
    if (wanted.empty()) continue;
    next = std::find_if(next, lines.end(), [&](const std::string& line) { return line.starts_with(wanted); });
    ASSERT_NE(next, lines.end()) << "no line `" << wanted << "`, or not in this place, in\n" << listing;
    ++next;
  }
}

TEST_P(ModelCases, BehavesAsWritten) {
  const LanguageCase& language_case = GetParam();
  ASSERT_TRUE(language_case.states_findings) << "say `--- accepted` or `--- findings`";
  const model_test::TemporaryFolder folder;
  for (const auto& file : language_case.files) folder.write(file.name, file.content);
  const auto main = folder.write("case.ant", language_case.source);
  base::Diagnostics findings;
  const auto model = load(main, options_of(folder.path()), findings);
  const std::string disagreement = language_test::disagreement(language_case, findings, main.string());
  EXPECT_TRUE(disagreement.empty()) << disagreement;
  EXPECT_EQ(model == nullptr, findings.has_errors());
  for (const auto& finding : findings.all()) EXPECT_TRUE(base::is_known_code(finding.code));
  if (language_case.prints) {
    ASSERT_NE(model, nullptr);
    expect_lines(print_flat_model(*model), *language_case.prints);
  }
}

INSTANTIATE_TEST_SUITE_P(Model, ModelCases,
                         testing::ValuesIn(language_test::read_all_cases(std::string(RAAD_SOURCE_DIR) +
                                                                         "/test/language/model")),
                         [](const auto& test) { return language_test::test_name(test.param); });

}  // namespace
}  // namespace raad::model
