#include "base/diagnostics.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

namespace raad::base {
namespace {

TEST(Diagnostics, ReadAsCompilersPrintThem) {
  EXPECT_EQ(to_text({"R001", Severity::error, {"a.ant", 3, 7}, "no `x`", "declare it"}),
            "a.ant:3:7: error R001: no `x`\n  hint: declare it");
  EXPECT_EQ(to_text({"R060", Severity::warning, {"a.ant", 3, 0}, "m", ""}), "a.ant:3: warning R060: m");
  EXPECT_EQ(to_text({"R070", Severity::error, {"", 0, 0}, "m", ""}), "error R070: m");
}

TEST(Diagnostics, SayOnceWhatIsWrongInSeveralLines) {
  Diagnostics findings;
  for (int line = 2; line < 12; ++line) findings.error("R082", {"a.tsv", line, 3}, "no number", "write one");
  findings.warning("R044", {"a.tsv", 4}, "assumed");
  findings.error("R082", {"b.tsv", 4}, "no number", "write one");
  findings.error("R082", {"b.tsv", 7}, "no number", "write one");
  EXPECT_EQ(to_text(findings),
            "a.tsv:2:3: error R082: no number; also in lines 3, 4, 5, 6, 7 and 4 more\n  hint: write one\n"
            "a.tsv:4: warning R044: assumed\n"
            "b.tsv:4: error R082: no number; also in line 7\n  hint: write one");
  EXPECT_EQ(to_text(findings, Severity::error).find("assumed"), std::string::npos);
}

TEST(Diagnostics, SortByPlaceAndDropRepeats) {
  Diagnostics findings;
  findings.error("R003", {"b", 1, 1}, "m");
  findings.error("R001", {"a", 10, 1}, "m");
  findings.error("R001", {"a", 9, 2}, "m");
  findings.error("R001", {"a", 9, 2}, "m");
  findings.sort();
  ASSERT_EQ(findings.all().size(), 3U);
  EXPECT_EQ(findings.all()[0].place.line, 9);
  EXPECT_EQ(findings.all()[1].place.line, 10);
  EXPECT_EQ(findings.all()[2].place.file, "b");
}

TEST(Diagnostics, OnlyErrorsStopARun) {
  Diagnostics findings;
  findings.warning("R060", {}, "m");
  EXPECT_FALSE(findings.has_errors());
  EXPECT_NO_THROW(throw_if_errors(findings));
  findings.error("R001", {}, "first");
  findings.error("R003", {}, "second");
  EXPECT_TRUE(findings.has_errors());
  try {
    throw_if_errors(findings);
    FAIL() << "errors must throw";
  } catch (const InputError& error) {
    EXPECT_EQ(error.findings().all().size(), 3U);
    EXPECT_NE(std::string(error.what()).find("second"), std::string::npos);
  }
}

TEST(Diagnostics, UndocumentedCodesAreAProgrammersMistake) {
  Diagnostics findings;
  EXPECT_THROW(findings.error("R999", {}, "m"), std::logic_error);
}

TEST(NearestName, FindsTyposOnly) {
  EXPECT_EQ(nearest_name("ketamin", {"psilocybin", "ketamine"}), "ketamine");
  EXPECT_EQ(nearest_name("kon", {"koff", "kom"}), "kom");
  EXPECT_EQ(nearest_name("kon", {"psilocin"}), "");
  EXPECT_EQ(nearest_name("x", {}), "");
}

TEST(ErrorCodes, AreUniqueSortedAndComplete) {
  std::string last;
  for (const auto& code : error_codes()) {
    EXPECT_LT(last, code.code);
    last = code.code;
    EXPECT_EQ(code.code.size(), 4U);
    EXPECT_FALSE(code.title.empty()) << code.code;
    EXPECT_FALSE(code.advice.empty()) << code.code;
  }
}

std::string error_code_page() {
  std::string page =
      "# Error codes\n\n"
      "Every message of raad carries one of these codes; a code never changes its meaning. This page is "
      "written from\n"
      "`src/base/error_codes.cpp`: `RAAD_UPDATE_DOCS=1 build/test_base --gtest_filter='ErrorCodes.*'` renews "
      "it.\n\n"
      "| code | meaning | what to do |\n|---|---|---|\n";
  // A bar would end a cell of the table.
  const auto cell = [](std::string_view text) {
    std::string escaped;
    for (const char c : text) {
      if (c == '|') escaped += '\\';
      escaped += c;
    }
    return escaped;
  };
  for (const auto& code : error_codes())
    page += "| " + std::string(code.code) + " | " + cell(code.title) + " | " + cell(code.advice) + " |\n";
  return page;
}

TEST(ErrorCodes, ThePageInDocsIsCurrent) {
  const std::string file = std::string(RAAD_SOURCE_DIR) + "/docs/error_codes.md";
  if (std::getenv("RAAD_UPDATE_DOCS")) std::ofstream(file) << error_code_page();
  std::ifstream stream(file);
  std::stringstream content;
  content << stream.rdbuf();
  EXPECT_EQ(content.str(), error_code_page()) << "run with RAAD_UPDATE_DOCS=1 to renew " << file;
}

}  // namespace
}  // namespace raad::base
