#include "data/series_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>
#include <random>
#include <tuple>

#include "base/files.hpp"

namespace raad::data {
namespace {

using ::testing::HasSubstr;

SeriesTable parsed(const std::string& text) {
  base::Diagnostics findings;
  auto table = parse_series(text, "a.csv", findings);
  for (const auto& finding : findings.all()) ADD_FAILURE() << base::to_text(finding);
  return table;
}

TEST(SeriesTable, LooksAsDocumented) {
  SeriesTable table;
  table.time = {0.0, 0.5, 1e-7};
  table.columns = {{"plasma_x", "ng/mL", {0.0, 0.1, 1.0 / 3.0}},
                   {"odd, name", "1", {1e300, -2.0, std::numeric_limits<double>::quiet_NaN()}}};
  EXPECT_EQ(
      print_series(table),
      "time_h,plasma_x,\"odd, name\"\n# unit,ng/mL,1\n0,0,1e300\n0.5,0.1,-2\n1e-7,0.3333333333333333,\n");
}

// Every double, subnormals and both infinities included, comes back with the same bits.
TEST(SeriesTable, ReadsBackTheSameBits) {
  std::mt19937_64 random(5);
  SeriesTable table;
  table.columns = {{"a", "mg", {}}, {"b\"q", "1,2", {}}};
  for (int i = 0; i < 2000; ++i) {
    table.time.push_back(static_cast<double>(i) / 7.0);
    for (auto& column : table.columns) {
      double value = 0.0;
      const std::uint64_t bits = random();
      std::memcpy(&value, &bits, sizeof value);
      column.values.push_back(std::isnan(value) ? 1.0 : value);
    }
  }
  table.columns[0].values[0] = std::numeric_limits<double>::infinity();
  table.columns[0].values[1] = -std::numeric_limits<double>::infinity();
  table.columns[0].values[2] = 5e-324;
  table.columns[0].values[3] = -0.0;
  const auto back = parsed(print_series(table));
  ASSERT_EQ(back.columns.size(), 2U);
  EXPECT_EQ(back.time, table.time);
  EXPECT_EQ(back.columns[1].name, "b\"q");
  EXPECT_EQ(back.columns[1].unit, "1,2");
  for (std::size_t c = 0; c < 2; ++c) {
    EXPECT_EQ(std::memcmp(back.columns[c].values.data(), table.columns[c].values.data(),
                          table.time.size() * sizeof(double)),
              0);
  }
  EXPECT_EQ(print_series(back), print_series(table));
}

TEST(SeriesTable, ReadsForeignFiles) {
  const auto table = parsed("time,S1,S2\r\n0,1,2\r\n1,,3\r\n");
  EXPECT_EQ(table.time_name, "time");
  ASSERT_NE(table.find("S2"), nullptr);
  EXPECT_EQ(table.find("S2")->values[1], 3.0);
  EXPECT_TRUE(table.find("S2")->unit.empty());
  EXPECT_TRUE(std::isnan(table.find("S1")->values[1]));
  EXPECT_EQ(table.find("S3"), nullptr);
}

TEST(SeriesTable, ReportsWhatIsWrong) {
  const std::vector<std::tuple<std::string, std::string, int, int>> cases = {
      {"", "R080", 1, 1},
      {"time_h,a,a\n", "R081", 1, 10},
      {"time_h,,a\n", "R080", 1, 8},
      {"time_h,a\n0,1\n1,x\n", "R082", 3, 3},
      {"time_h,a\n0,1,2\n", "R087", 2, 1},
      {"time_h,a\n0,1e999\n", "R082", 2, 3}};
  for (const auto& [text, code, line, column] : cases) {
    base::Diagnostics findings;
    parse_series(text, "a.csv", findings);
    ASSERT_EQ(findings.all().size(), 1U) << text;
    EXPECT_EQ(findings.all()[0].code, code) << text;
    EXPECT_EQ(findings.all()[0].place.line, line) << text;
    EXPECT_EQ(findings.all()[0].place.column, column) << text;
  }
  base::Diagnostics findings;
  EXPECT_THROW(read_series("/nowhere/at/all.csv", findings), base::InputError);
}

TEST(RunRecord, StandsBesideTheResult) {
  const auto folder =
      std::filesystem::temp_directory_path() / ("raad_test_series_" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  const auto result = folder / "curve.csv";
  SeriesTable table;
  table.time = {0.0};
  write_series(result, table);
  RunRecord record;
  record.command = "raad simulate --regimen \"x\xff\"";  // a byte that is no UTF-8
  record.settings["until"] = "28 d";
  record.seed = 18446744073709551615ULL;
  record.relative_tolerance = 1e-6;
  record.started = current_time_utc();
  record.host = host_name();
  record.failure_counts["not finite"] = 2;
  write_run_record(result, record);
  EXPECT_EQ(run_record_path(result), folder / "curve.csv.run.json");
  const auto json = nlohmann::json::parse(base::read_file(folder / "curve.csv.run.json"));
  EXPECT_EQ(json.at("seed").get<std::uint64_t>(), record.seed);
  EXPECT_EQ(json.at("settings").at("until"), "28 d");
  EXPECT_EQ(json.at("failure_counts").at("not finite"), 2);
  EXPECT_EQ(json.at("relative_tolerance"), 1e-6);
  EXPECT_EQ(record.started.size(), std::string("2026-01-01T00:00:00Z").size());
  // The result itself names neither time nor machine.
  EXPECT_EQ(base::read_file(result), "time_h\n# unit\n0\n");
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace raad::data
