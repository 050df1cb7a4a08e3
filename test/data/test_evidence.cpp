#include "data/evidence.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <fstream>
#include <map>
#include <set>
#include <tuple>

#include "base/files.hpp"
#include "base/table.hpp"

namespace raad::data {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

const std::string k_header =
    "evidenceId\tobservable\tspecies\tpopulation\tarm\tregimen\tcomparator\ttime_"
    "h\tvalue\tunit\tspread\tspreadKind\tn\ttransform\tsourceId\tseen\tweightNote\tnote\n";
const std::string k_row =
    "row1\tmadrs\thuman\ttrd\tketamine\tketamine 0.5 mg/kg iv 40 min @ 0 "
    "h\tsaline\t24\t-7.95\tpoints\t2.1\tsd\t30\tchange_from_baseline\tsmith2020\tabstract\t\t\n";

/// The evidence as this repository holds it, else as it was delivered beside it.
fs::path evidence_folder() {
  const fs::path source(RAAD_SOURCE_DIR);
  return fs::exists(source / "evidence" / "calibration.tsv") ? source / "evidence"
                                                             : source.parent_path() / "shared" / "evidence";
}

class EvidenceTest : public ::testing::Test {
 protected:
  void SetUp() override { fs::create_directories(folder_); }
  void TearDown() override { fs::remove_all(folder_); }

  EvidenceTable read(const std::string& text) {
    std::ofstream(folder_ / "mine.tsv") << text;
    return read_evidence(folder_ / "mine.tsv", findings_);
  }
  /// The good row with one text replaced by another.
  static std::string row_with(const std::string& from, const std::string& to) {
    std::string row = k_row;
    const auto at = row.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return row.replace(at, from.size(), to);
  }

  base::Diagnostics findings_;
  const fs::path folder_ = fs::temp_directory_path() / ("raad_test_evidence_" + std::to_string(getpid()));
};

TEST_F(EvidenceTest, ReadsARow) {
  const auto table = read(k_header + k_row);
  EXPECT_TRUE(findings_.empty());
  EXPECT_EQ(table.name, "mine");
  ASSERT_EQ(table.rows.size(), 1U);
  const auto& row = table.rows[0];
  EXPECT_EQ(row.id, "row1");
  EXPECT_EQ(row.time_h, 24.0);
  EXPECT_EQ(row.value, -7.95);
  EXPECT_EQ(row.spread_kind, SpreadKind::sd);
  EXPECT_EQ(row.transform, Transform::change_from_baseline);
  EXPECT_EQ(name_of(row.transform), "change_from_baseline");
  EXPECT_EQ(name_of(row.spread_kind), "sd");
  EXPECT_EQ(row.regimen.events.size(), 1U);
  EXPECT_EQ(row.place.line, 2);
}

TEST_F(EvidenceTest, BadRegimenSkipsTheRowOnly) {
  const auto table = read(k_header + row_with("0.5 mg/kg iv", "0.5 mgg/kg iv"));
  EXPECT_FALSE(findings_.has_errors());
  ASSERT_EQ(table.rows.size(), 1U);
  EXPECT_THAT(table.rows[0].regimen_problem, HasSubstr("mgg/kg"));
  EXPECT_TRUE(table.rows[0].regimen.events.empty());
}

TEST_F(EvidenceTest, MalformedTablesAreErrors) {
  const std::vector<std::tuple<std::string, std::string, std::string>> cases = {
      {"\t-7.95\t", "\tseven\t", "R082"},
      {"\t-7.95\t", "\t\t", "R082"},
      {"\t24\t", "\tday 1\t", "R082"},
      {"\tsd\t", "\tstdev\t", "R088"},
      {"\tsd\t", "\t\t", "R088"},
      {"\t2.1\t", "\t\t", "R088"},
      {"\t2.1\t", "\t-2.1\t", "R088"},
      {"\t30\t", "\t0\t", "R088"},
      {"change_from", "changed_from", "R088"},
      {"\thuman\t", "\tman\t", "R088"},
      {"abstract", "read", "R088"},
      {"row1\t", "row1\t\t", "R087"},
      {"row1\t", "\t", "R088"},
      {"\tpoints\t", "\t\t", "R088"}};
  for (const auto& [from, to, code] : cases) {
    findings_ = {};
    read(k_header + row_with(from, to));
    ASSERT_FALSE(findings_.empty()) << from << " -> " << to;
    EXPECT_EQ(findings_.all()[0].code, code) << base::to_text(findings_.all()[0]);
    EXPECT_EQ(findings_.all()[0].place.line, 2);
  }
  findings_ = {};
  read(k_header + k_row + k_row);
  EXPECT_EQ(findings_.all().at(0).code, "R081");
  findings_ = {};
  read("evidenceId\tvalue\nx\t1\n");
  EXPECT_EQ(findings_.all().at(0).code, "R080");
}

TEST_F(EvidenceTest, HalfWidthsFollowTheKindOfSpread) {
  EvidenceRow row;
  row.value = 10.0;
  row.spread = 2.0;
  row.n = 16.0;
  const auto of = [&](SpreadKind kind) {
    row.spread_kind = kind;
    return row.half_width_95();
  };
  // z = 1.95996 for 95 %, 1.64485 for 90 %, 1.28155 for 80 % (any table of the normal distribution).
  EXPECT_NEAR(*of(SpreadKind::sem), 3.91993, 1e-5);
  EXPECT_NEAR(*of(SpreadKind::sd), 0.979982, 1e-6);
  EXPECT_EQ(*of(SpreadKind::ci95_half), 2.0);
  EXPECT_NEAR(*of(SpreadKind::ci90_half), 2.0 * 1.95996 / 1.64485, 1e-4);
  EXPECT_NEAR(*of(SpreadKind::ci80_half), 2.0 * 1.95996 / 1.28155, 1e-4);
  EXPECT_NEAR(*of(SpreadKind::gsd), 1.95996 * 10.0 * std::log(2.0) / 4.0, 1e-4);
  EXPECT_NEAR(*of(SpreadKind::cv_percent), 1.95996 * 0.2 / 4.0, 1e-5);
  EXPECT_FALSE(of(SpreadKind::range));
  EXPECT_FALSE(of(SpreadKind::ci95_half_log));
  EXPECT_FALSE(of(SpreadKind::unstated));
  row.n.reset();
  EXPECT_FALSE(of(SpreadKind::sd)) << "a standard deviation says nothing about a mean without n";
  EXPECT_TRUE(of(SpreadKind::sem));
}

// Figures counted from the delivered files with an independent script.
TEST_F(EvidenceTest, DeliveredTablesAreRead) {
  if (!fs::exists(evidence_folder() / "calibration.tsv")) GTEST_SKIP() << "no evidence tables";
  const auto evidence = read_all_evidence(evidence_folder(), findings_);
  for (const auto& finding : findings_.all()) ADD_FAILURE() << base::to_text(finding);
  EXPECT_EQ(evidence.calibration.rows.size(), 482U);
  EXPECT_EQ(evidence.validation.rows.size(), 633U);
  std::map<SpreadKind, int> kinds;
  int without_time = 0;
  for (const auto& row : evidence.calibration.rows) {
    ++kinds[row.spread_kind];
    without_time += row.time_h ? 0 : 1;
    EXPECT_TRUE(row.regimen_problem.empty()) << row.id << ": " << row.regimen_problem;
  }
  EXPECT_EQ(kinds[SpreadKind::none], 271);
  EXPECT_EQ(kinds[SpreadKind::sem], 105);
  EXPECT_EQ(kinds[SpreadKind::ci95_half_log], 6);
  EXPECT_EQ(without_time, 191);
}

TEST_F(EvidenceTest, DeliveredTablesAreClean) {
  if (!fs::exists(evidence_folder() / "calibration.tsv")) GTEST_SKIP() << "no evidence tables";
  const fs::path home(RAAD_SOURCE_DIR);
  if (!fs::exists(home / "library" / "observables.tsv")) GTEST_SKIP() << "no library tables";
  base::Diagnostics of_library;
  const auto library = open_library(home, of_library);
  check_evidence(evidence_folder(), library, findings_);
  for (const auto& finding : findings_.all()) ADD_FAILURE() << base::to_text(finding);
}

TEST_F(EvidenceTest, CheckFindsPlantedDefects) {
  if (!fs::exists(evidence_folder() / "calibration.tsv")) GTEST_SKIP() << "no evidence tables";
  fs::copy(evidence_folder(), folder_, fs::copy_options::recursive);
  const auto defect = [&](const std::string& row) {
    std::ofstream(folder_ / "validation.tsv", std::ios::app) << row;
  };
  base::Diagnostics none;
  const auto calibration = base::Table::read(folder_ / "calibration.tsv", none);
  defect(row_with("row1", calibration.cell(0, "evidenceId")));
  defect(row_with("mg/kg iv", "mg/kg ivv"));
  Library library;
  for (const auto& file : {"calibration.tsv", "validation.tsv"}) {
    const auto table = base::Table::read(evidence_folder() / file, none);
    for (std::size_t row = 0; row < table.row_count(); ++row) {
      Observable observable;
      observable.id = table.cell(row, "observable");
      library.observables.push_back(observable);
    }
  }
  check_evidence(folder_, library, findings_);
  std::multiset<std::string> found;
  for (const auto& finding : findings_.all())
    found.insert(finding.code + ":" + std::to_string(finding.place.line));
  // Both rows cite a source that is not there; the first is in both parts, the second has no such route.
  EXPECT_EQ(found, (std::multiset<std::string>{"R045:635", "R045:636", "R072:636", "R081:635"}));
  for (const auto& finding : findings_.all()) {
    if (finding.code == "R072") {
      EXPECT_THAT(finding.hint, HasSubstr("`iv`"));
    }
  }
}

}  // namespace
}  // namespace raad::data
