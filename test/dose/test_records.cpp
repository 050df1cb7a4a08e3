#include "dose/records.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <random>

#include "base/files.hpp"
#include "dose/small_system.hpp"

namespace raad::dose {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Kind = solve::Action::Kind;

std::vector<Record> read(const std::string& text) {
  base::Diagnostics findings;
  auto records = read_records(text, "doses.tsv", findings);
  for (const auto& finding : findings.all()) ADD_FAILURE() << base::to_text(finding);
  return records;
}

std::vector<solve::Action> expanded(const std::string& text, const std::string& subject = "1") {
  base::Diagnostics findings;
  auto actions = expand_records(read(text), subject, test::small_system(), findings);
  for (const auto& finding : findings.all()) ADD_FAILURE() << base::to_text(finding);
  return actions;
}

TEST(Records, SeparatorsMakeNoDifference) {
  const std::string blanks = "ID TIME AMT CMT\n1  0   25  gut\n1 24 . .\n";
  const std::string tabs = "ID\tTIME\tAMT\tCMT\n1\t0\t25\tgut\n1\t24\t.\t.\n";
  const std::string commas = "id,time,amt,cmt\r\n1,0,25,\"gut\"\r\n1,24,.,.\r\n";
  for (const auto& text : {blanks, tabs, commas}) {
    const auto records = read(text);
    ASSERT_EQ(records.size(), 2U);
    EXPECT_EQ(records[0].amount, 25.0);
    EXPECT_EQ(records[0].compartment, "gut");
    EXPECT_EQ(records[0].event_id, 1);
    EXPECT_EQ(records[1].event_id, 0) << "no amount: an observation";
    EXPECT_EQ(records[1].place.line, 3);
  }
}

TEST(Records, BolusInfusionAndRepeats) {
  const auto actions = expanded(
      "ID TIME AMT RATE DUR II ADDL EVID CMT\n1 0 25 0 0 24 2 1 1\n1 100 30 60 0 0 0 1 central\n1 200 30 0 2 "
      "0 0 1 3\n");
  ASSERT_EQ(actions.size(), 7U);
  for (std::size_t k = 0; k < 3; ++k) {
    EXPECT_EQ(actions[k].kind, Kind::add_to_state);
    EXPECT_EQ(actions[k].index, 0);
    EXPECT_EQ(actions[k].time_h, 24.0 * static_cast<double>(k));
    EXPECT_EQ(actions[k].value, 25.0);
  }
  EXPECT_EQ(actions[3].value, 60.0);
  EXPECT_EQ(actions[4].time_h, 100.5);
  EXPECT_EQ(actions[4].value, -60.0);
  EXPECT_EQ(actions[5].value, 15.0);
  EXPECT_EQ(actions[6].time_h, 202.0);
  EXPECT_EQ(actions[6].index, 2);
}

TEST(Records, SubjectsAreApart) {
  const std::string text = "ID TIME AMT CMT\n7 0 25 gut\n3 0 10 gut\n7 24 25 gut\n";
  EXPECT_THAT(subjects_of(read(text)), ElementsAre("7", "3"));
  EXPECT_EQ(expanded(text, "7").size(), 2U);
  EXPECT_EQ(expanded(text, "3").size(), 1U);
}

// One compartment with rate constant k under a bolus every II has the exact steady-state peak D/(1 - exp(-k
// II)) (Gibaldi and Perrier 1982, ch. 3); infusions of length T: (R/k)(1 - exp(-k T))/(1 - exp(-k II)) at
// their end.
double amount_at(const std::vector<solve::Action>& actions, double k, double time_h) {
  double amount = 0.0;
  for (const auto& action : actions) {
    const double age = time_h - action.time_h;
    if (age < 0.0) continue;
    if (action.kind == Kind::add_to_state)
      amount += action.value * std::exp(-k * age);
    else
      amount += action.value / k * (1.0 - std::exp(-k * age));
  }
  return amount;
}

TEST(Records, SteadyStateIsReachedForHalfLivesUpToTenIntervals) {
  const auto bolus = expanded("ID TIME AMT II SS EVID CMT\n1 48 100 12 1 1 gut\n");
  const auto infusion = expanded("ID TIME AMT DUR II SS EVID CMT\n1 48 100 3 12 1 1 gut\n");
  for (const double half_life_h : {0.5, 12.0, 120.0}) {
    const double k = std::log(2.0) / half_life_h;
    const double peak = 100.0 / (1.0 - std::exp(-k * 12.0));
    EXPECT_NEAR(amount_at(bolus, k, 48.0), peak, 2e-12 * peak) << half_life_h;
    const double end_of_infusion = 100.0 / 3.0 / k * (1.0 - std::exp(-k * 3.0)) / (1.0 - std::exp(-k * 12.0));
    // Sums of hundreds of rates that cancel in pairs: rounding, not the missing tail, limits this one.
    EXPECT_NEAR(amount_at(infusion, k, 51.0), end_of_infusion, 1e-9 * end_of_infusion) << half_life_h;
  }
  const double k_slow = std::log(2.0) / 240.0;
  const double slow_peak = 100.0 / (1.0 - std::exp(-k_slow * 12.0));
  EXPECT_NEAR(amount_at(bolus, k_slow, 48.0), slow_peak, 1e-6 * slow_peak);
}

TEST(Records, UnitsAreConvertedToTheStates) {
  EXPECT_DOUBLE_EQ(expanded("ID TIME AMT CMT unit\n1 0 100 gut ug\n").at(0).value, 0.1);
  EXPECT_EQ(expanded("ID TIME AMT CMT\n1 0 3 marker\n").at(0).value, 3.0);
  base::Diagnostics findings;
  const auto records = read("ID TIME AMT CMT\n1 0 100 plasma\n");
  EXPECT_TRUE(expand_records(records, "1", test::small_system(), findings).empty());
  ASSERT_EQ(findings.all().size(), 1U);
  EXPECT_EQ(findings.all()[0].code, "R073");
  EXPECT_THAT(findings.all()[0].message, HasSubstr("ng/mL"));
}

TEST(Records, UnknownCompartmentsAreNamed) {
  for (const std::string compartment : {"gutt", "0", "9", "1.5"}) {
    base::Diagnostics findings;
    const auto records = read("ID TIME AMT CMT\n1 0 100 " + compartment + "\n");
    expand_records(records, "1", test::small_system(), findings);
    ASSERT_EQ(findings.all().size(), 1U) << compartment;
    EXPECT_EQ(findings.all()[0].code, "R079");
  }
}

TEST(Records, DrugsBecomeARegimen) {
  base::Diagnostics findings;
  const auto records = read(
      "ID\tTIME\tAMT\tDUR\tII\tADDL\tdrug\troute\tunit\n1\t0\t0.5\t0.5\t84\t3\tketamine\tiv\tmg/"
      "kg\n1\t500\t25\t.\t.\t.\tPsilocybin\toral\t.\n");
  const auto regimen = regimen_of(records, "1", findings);
  EXPECT_TRUE(findings.empty());
  EXPECT_EQ(print_regimen(regimen),
            "ketamine 0.5 mg/kg iv 30 min @ 0 h every 84 h x 4; psilocybin 25 mg oral @ 500 h");
  EXPECT_TRUE(expand_records(records, "1", test::small_system(), findings).empty());
}

struct Refused {
  const char* row;  ///< TIME AMT RATE DUR II ADDL SS EVID CMT
  const char* code;
  int column;
};

TEST(Records, RefusesByNameAtTheCell) {
  const std::vector<Refused> cases = {
      {"0 25 . . . . . 3 gut", "R078", 16},      {"0 25 . . . . . 4 gut", "R078", 16},
      {"0 25 . . . . . 9 gut", "R078", 16},      {"0 25 . . . . . 2 gut", "R078", 16},
      {"0 25 . . . . . 0 gut", "R078", 16},      {"0 25 -1 . . . . 1 gut", "R078", 6},
      {"0 25 -2 . . . . 1 gut", "R078", 6},      {"0 25 -3 . . . . 1 gut", "R076", 6},
      {"0 25 . . 24 . 2 1 gut", "R078", 15},     {"0 25 . . . . 1 1 gut", "R076", 10},
      {"0 25 . . . 3 . 1 gut", "R076", 10},      {"0 25 . . 24 2.5 . 1 gut", "R082", 13},
      {"0 25 . . 24 -1 . 1 gut", "R076", 13},    {"0 -5 . . . . . 1 gut", "R076", 3},
      {"0 0 . . . . . 1 gut", "R076", 3},        {"0 25 . -1 . . . 1 gut", "R076", 8},
      {"0 25 10 1 . . . 1 gut", "R076", 9},      {"0 25 . . . . . 1 -2", "R078", 18},
      {"8:30 25 . . . . . 1 gut", "R082", 1},    {"0 x . . . . . 1 gut", "R082", 3},
      {"0 25 . . . . . 1 .", "R080", 1},         {"0 25 . . . . . 1", "R087", 1},
      {"0 25 . . 24 99999 . 1 gut", "R076", 13},
  };
  for (const auto& refused : cases) {
    base::Diagnostics findings;
    const auto records = read_records(
        std::string("TIME AMT RATE DUR II ADDL SS EVID CMT\n") + refused.row + "\n", "doses", findings);
    ASSERT_EQ(findings.all().size(), 1U) << refused.row;
    EXPECT_EQ(findings.all()[0].code, refused.code) << refused.row << "\n"
                                                    << base::to_text(findings.all()[0]);
    EXPECT_EQ(findings.all()[0].place.column, refused.column) << refused.row << "\n"
                                                              << base::to_text(findings.all()[0]);
    EXPECT_EQ(findings.all()[0].place.line, 2);
    EXPECT_TRUE(records.empty());
  }
}

TEST(Records, RefusesUnknownHeaders) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"ID TIME AMT CMT WT\n", "`WT`"}, {"ID TIME AMTT CMT\n", "`AMT`"},   {"ID AMT CMT\n", "`TIME`"},
      {"ID TIME AMT\n", "CMT"},         {"ID ID TIME AMT CMT\n", "twice"}, {"", "no header"}};
  for (const auto& [text, word] : cases) {
    base::Diagnostics findings;
    read_records(text, "doses", findings);
    ASSERT_FALSE(findings.empty()) << text;
    std::string all;
    for (const auto& finding : findings.all()) {
      EXPECT_EQ(finding.code, "R080") << text;
      all += finding.message + " " + finding.hint + "\n";
    }
    EXPECT_THAT(all, HasSubstr(word)) << text;
  }
}

TEST(Records, SteadyStateComesFirst) {
  base::Diagnostics findings;
  const auto records = read("ID TIME AMT II SS CMT\n1 0 25 . . gut\n1 24 25 12 1 gut\n");
  expand_records(records, "1", test::small_system(), findings);
  ASSERT_EQ(findings.all().size(), 1U);
  EXPECT_EQ(findings.all()[0].code, "R078");
  EXPECT_EQ(findings.all()[0].place.line, 3);
}

// No table may do worse than findings.
TEST(Records, SurvivesNonsense) {
  std::mt19937 random(3);
  const std::vector<std::string> words = {"ID",  "TIME", "AMT", "CMT", "II",   "SS", "ADDL", "drug",
                                          "gut", "1",    "-2",  "0",   "1e9",  ".",  "x",    "\"",
                                          "\t",  ",",    "\n",  "\n",  "\r\n", " ",  "\xff"};
  const auto system = test::small_system();
  for (int i = 0; i < 5000; ++i) {
    std::string text = i % 2 ? "ID TIME AMT II SS ADDL CMT\n" : "";
    for (auto count = random() % 40; count > 0; --count)
      text += words[random() % words.size()] + (random() % 2 ? " " : "");
    base::Diagnostics findings;
    const auto records = read_records(text, "doses", findings);
    for (const auto& subject : subjects_of(records)) {
      expand_records(records, subject, system, findings);
      regimen_of(records, subject, findings);
    }
  }
}

TEST(RegimenFile, ReadsTextAndRecords) {
  const auto folder =
      std::filesystem::temp_directory_path() / ("raad_test_records_" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  base::write_file_atomically(folder / "plan.txt",
                              "# two visits\npsilocybin 25 mg oral\npsilocybin 25 mg oral @ 3 w\n");
  base::write_file_atomically(
      folder / "plan.dose.tsv",
      "ID\tTIME\tAMT\tCMT\tdrug\troute\n1\t0\t25\t.\tpsilocybin\toral\n1\t5\t10\tgut\t.\t.\n");
  base::Diagnostics findings;
  const auto text = read_regimen_file(folder / "plan.txt", findings);
  const auto table = read_regimen_file(folder / "plan.dose.tsv", findings);
  for (const auto& finding : findings.all()) ADD_FAILURE() << base::to_text(finding);
  EXPECT_EQ(text.regimen.events.size(), 2U);
  EXPECT_TRUE(text.records.empty());
  EXPECT_EQ(table.regimen.events.size(), 1U);
  ASSERT_EQ(table.records.size(), 1U);
  EXPECT_EQ(table.records[0].amount, 10.0);
  EXPECT_THROW(read_regimen_file(folder / "absent.txt", findings), base::InputError);
  std::filesystem::remove_all(folder);
}

// The table of docs/regimens.md.
TEST(RegimenFile, ReadsTheRecordsOfTheDocumentation) {
  const std::string text = base::read_file(std::filesystem::path(RAAD_SOURCE_DIR) / "docs" / "regimens.md");
  const std::string fence = "```records\n";
  const auto first = text.find(fence);
  ASSERT_NE(first, std::string::npos);
  const auto start = first + fence.size();
  auto records = text.substr(start, text.find("```", start) - start);
  // The page names a state of the human system; the small one has another.
  const std::string state = "ketamine__s_central_amount";
  for (auto at = records.find(state); at != std::string::npos; at = records.find(state))
    records.replace(at, state.size(), "central");
  const auto actions = expanded(records);
  EXPECT_EQ(actions.size(), 2U * 5U) << "one infusion, then one and three more";
}

}  // namespace
}  // namespace raad::dose
