#include "base/table.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <clocale>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <random>

#include "base/utf8.hpp"

namespace raad::base {
namespace {

// "R083 1:1" for each finding, in order of appearance.
std::vector<std::string> places(const Diagnostics& findings) {
  std::vector<std::string> result;
  for (const auto& finding : findings.all())
    result.push_back(finding.code + " " + std::to_string(finding.place.line) + ":" +
                     std::to_string(finding.place.column));
  return result;
}

using Places = std::vector<std::string>;

TEST(Table, ReadsCellsAndTheirPlaces) {
  Diagnostics findings;
  const auto table = Table::parse("id\tvalue\tunit\na\t1.5\tnM\nµ\t-2e3\t\n", "t.tsv", findings);
  ASSERT_TRUE(findings.empty());
  ASSERT_EQ(table.row_count(), 2U);
  EXPECT_EQ(table.columns(), (std::vector<std::string>{"id", "value", "unit"}));
  EXPECT_EQ(table.cell(0, "unit"), "nM");
  EXPECT_EQ(table.cell(1, "unit"), "");
  EXPECT_EQ(table.cell(1, "no such column"), "");
  EXPECT_EQ(table.number(0, "value", findings), 1.5);
  EXPECT_EQ(table.number(1, "value", findings), -2000.0);
  EXPECT_EQ(table.number(1, "unit", findings), std::nullopt);
  EXPECT_TRUE(findings.empty());
  EXPECT_EQ(table.place(0, "unit").line, 2);
  EXPECT_EQ(table.place(0, "unit").column, 7);
  // One character before the tab, though two bytes.
  EXPECT_EQ(table.place(1, "value").line, 3);
  EXPECT_EQ(table.place(1, "value").column, 3);
  EXPECT_EQ(table.place(1, "value").file, "t.tsv");
}

TEST(Table, LastLineNeedsNoLineEnd) {
  Diagnostics findings;
  EXPECT_EQ(Table::parse("id\na", "t.tsv", findings).row_count(), 1U);
  EXPECT_EQ(Table::parse("id\na\n", "t.tsv", findings).row_count(), 1U);
  EXPECT_EQ(Table::parse("id", "t.tsv", findings).row_count(), 0U);
  EXPECT_TRUE(findings.empty());
}

TEST(Table, RefusesForeignEncodingsButReadsOn) {
  Diagnostics findings;
  const auto table = Table::parse("\xEF\xBB\xBFid\tv\r\na\t1\r\n\xC3\xA9\xE9\t2\r\n", "t.tsv", findings);
  // Each kind once: mark, line end, and the first byte that is no UTF-8 (second character of line 3).
  EXPECT_EQ(places(findings), (Places{"R083 1:1", "R083 1:5", "R083 3:2"}));
  EXPECT_EQ(table.columns(), (std::vector<std::string>{"id", "v"}));
  EXPECT_EQ(table.cell(0, "v"), "1");
}

TEST(Table, RefusesWrongHeaders) {
  Diagnostics findings;
  Table::parse("", "t.tsv", findings);
  Table::parse("\na\n", "t.tsv", findings);
  Table::parse("id\tvalue\tid\t\n", "t.tsv", findings);
  EXPECT_EQ(places(findings), (Places{"R080 1:1", "R080 1:1", "R080 1:10", "R080 1:13"}));
}

TEST(Table, RefusesRowsOfWrongLength) {
  Diagnostics findings;
  const auto table = Table::parse("id\tvalue\na\nb\t1\tmore\n\nc\t2\n", "t.tsv", findings);
  EXPECT_EQ(places(findings), (Places{"R087 2:2", "R087 3:5", "R087 4:1"}));
  EXPECT_EQ(table.cell(0, "value"), "");
  EXPECT_EQ(table.cell(1, "value"), "1");
  EXPECT_EQ(table.number(3, "value", findings), 2.0);
  EXPECT_EQ(table.place(3, "id").line, 5);
}

TEST(Table, ChecksColumnsAndKeys) {
  Diagnostics findings;
  const auto table = Table::parse("id\tnominalvalue\na\t1\n\t2\n\t3\na\t4\n", "t.tsv", findings);
  EXPECT_FALSE(table.require_columns({"id", "nominalValue"}, findings));
  table.require_unique("id", findings);
  EXPECT_EQ(places(findings), (Places{"R080 1:1", "R081 5:1"}));
  EXPECT_NE(findings.all()[0].hint.find("`nominalvalue`"), std::string::npos);
  EXPECT_NE(findings.all()[1].message.find("line 2"), std::string::npos);
  EXPECT_TRUE(table.require_columns({"id"}, findings));
}

TEST(Table, RefusesTextWhereANumberBelongs) {
  for (const char* bad :
       {"abc", "1,5", "nan", "inf", "-inf", "NaN", "1e999", "0x10", "1.5x", "1 2", "--1", "+-1", "+", "1e"}) {
    Diagnostics findings;
    const auto table = Table::parse(std::string("id\tvalue\na\t") + bad + "\n", "t.tsv", findings);
    EXPECT_EQ(table.number(0, "value", findings), std::nullopt) << bad;
    EXPECT_EQ(places(findings), (Places{"R082 2:3"})) << bad;
  }
}

TEST(Table, ReadsAFileAndReportsAMissingOne) {
  Diagnostics findings;
  const auto file = std::filesystem::temp_directory_path() / "raad_test_table.tsv";
  std::ofstream(file) << "id\na\n";
  EXPECT_EQ(Table::read(file, findings).row_count(), 1U);
  EXPECT_TRUE(findings.empty());
  std::filesystem::remove(file);
  const auto missing = Table::read(file, findings);
  EXPECT_EQ(places(findings), (Places{"R086 0:0"}));
  EXPECT_EQ(missing.file(), file.string());
  EXPECT_EQ(missing.row_count(), 0U);
}

TEST(Text, SplitAndTrim) {
  EXPECT_EQ(split("a;;b", ';'), (std::vector<std::string>{"a", "", "b"}));
  EXPECT_EQ(split("", ';'), (std::vector<std::string>{""}));
  EXPECT_EQ(split(";", ';'), (std::vector<std::string>{"", ""}));
  EXPECT_EQ(trim(" \ta b\t "), "a b");
  EXPECT_EQ(trim(" \t"), "");
  EXPECT_EQ(to_lower("AbZ_9µ"), "abz_9µ");
}

TEST(Text, NumbersAreReadTheSameInEveryLocale) {
  EXPECT_EQ(parse_number("+1.5"), 1.5);
  EXPECT_EQ(parse_number(".5"), 0.5);
  EXPECT_EQ(parse_number("5."), 5.0);
  EXPECT_EQ(parse_number(" 1"), std::nullopt);
  const char* german = std::setlocale(LC_ALL, "de_DE.UTF-8");
  EXPECT_EQ(parse_number("1.5"), 1.5);
  EXPECT_EQ(parse_number("1,5"), std::nullopt);
  EXPECT_EQ(format_number(1.5), "1.5");
  if (german) std::setlocale(LC_ALL, "C");
}

TEST(Text, NumbersPrintForReaders) {
  EXPECT_EQ(format_number(0.0), "0");
  EXPECT_EQ(format_number(25.0), "25");
  EXPECT_EQ(format_number(1000.0), "1000");
  EXPECT_EQ(format_number(1e6), "1e6");
  EXPECT_EQ(format_number(1.5e6), "1500000");
  EXPECT_EQ(format_number(0.001), "0.001");
  EXPECT_EQ(format_number(1e-9), "1e-9");
  EXPECT_EQ(format_number(0.1), "0.1");
  EXPECT_EQ(format_number(-0.25), "-0.25");
  EXPECT_EQ(format_number(6.02214076e23), "6.02214076e23");
  // More than 15 digits, which printers of 15 digits lose.
  EXPECT_EQ(format_number(0.1 + 0.2), "0.30000000000000004");
  EXPECT_EQ(format_number(std::numeric_limits<double>::denorm_min()), "5e-324");
}

TEST(Text, EveryNumberReadsBackAsItself) {
  std::mt19937_64 random(20240229);
  int checked = 0;
  for (int i = 0; i < 20000; ++i) {
    const double value = std::bit_cast<double>(random());
    if (!std::isfinite(value)) continue;
    ++checked;
    const auto read = parse_number(format_number(value));
    ASSERT_TRUE(read.has_value()) << format_number(value);
    ASSERT_EQ(std::bit_cast<std::uint64_t>(*read), std::bit_cast<std::uint64_t>(value));
  }
  EXPECT_GT(checked, 19000);
}

TEST(Text, MessagesAreAlwaysUtf8) {
  EXPECT_EQ(well_formed("aµ"), "aµ");
  EXPECT_EQ(well_formed("a\xE9 \xF0\x9F"), "a\uFFFD \uFFFD\uFFFD");
  Diagnostics findings;
  findings.error("R003", {}, "bad \xFF", "\xC3");
  EXPECT_EQ(findings.all()[0].message, "bad \uFFFD");
  EXPECT_EQ(findings.all()[0].hint, "\uFFFD");
}

TEST(Text, Utf8IsCheckedByTheStandard) {
  EXPECT_EQ(character_count("aµ€😀"), 4U);
  EXPECT_EQ(first_invalid_utf8("aµ€😀\xF4\x8F\xBF\xBF"), std::nullopt);
  EXPECT_EQ(first_invalid_utf8("a\xE9 b"), 1U);
  EXPECT_EQ(first_invalid_utf8("ab\x80"), 2U);
  EXPECT_EQ(first_invalid_utf8("\xC0\x80"), 0U);          // overlong
  EXPECT_EQ(first_invalid_utf8("\xE0\x80\x80"), 0U);      // overlong
  EXPECT_EQ(first_invalid_utf8("x\xED\xA0\x80"), 1U);     // surrogate
  EXPECT_EQ(first_invalid_utf8("\xF4\x90\x80\x80"), 0U);  // above U+10FFFF
  EXPECT_EQ(first_invalid_utf8("\xF0\x9F\x98"), 0U);      // cut short
}

}  // namespace
}  // namespace raad::base
