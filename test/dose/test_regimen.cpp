#include "dose/regimen.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <random>
#include <set>

#include "base/files.hpp"
#include "base/table.hpp"
#include "dose/vocabulary.hpp"

namespace raad::dose {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Regimen parsed(const std::string& text) {
  base::Diagnostics findings;
  Regimen regimen = parse_regimen(text, "regimen", findings);
  for (const auto& finding : findings.all()) ADD_FAILURE() << text << "\n" << base::to_text(finding);
  return regimen;
}

DoseEvent parsed_event(const std::string& text) {
  const Regimen regimen = parsed(text);
  EXPECT_EQ(regimen.events.size(), 1U) << text;
  return regimen.events.empty() ? DoseEvent{} : regimen.events.front();
}

void expect_same(const DoseEvent& a, const DoseEvent& b, const std::string& text) {
  EXPECT_EQ(a.drug, b.drug) << text;
  EXPECT_EQ(a.amounts, b.amounts) << text;
  EXPECT_EQ(a.choice, b.choice) << text;
  EXPECT_EQ(a.amount_unit, b.amount_unit) << text;
  EXPECT_EQ(a.route, b.route) << text;
  EXPECT_EQ(a.duration_h, b.duration_h) << text;
  EXPECT_EQ(a.when, b.when) << text;
  EXPECT_EQ(a.time_h, b.time_h) << text;
  EXPECT_EQ(a.interval_h, b.interval_h) << text;
  EXPECT_EQ(a.count, b.count) << text;
}

void expect_round_trip(const std::string& text) {
  const Regimen once = parsed(text);
  const std::string printed = print_regimen(once);
  const Regimen twice = parsed(printed);
  EXPECT_EQ(print_regimen(twice), printed);
  EXPECT_EQ(once.background, twice.background);
  ASSERT_EQ(once.events.size(), twice.events.size()) << text;
  for (std::size_t i = 0; i < once.events.size(); ++i) expect_same(once.events[i], twice.events[i], text);
}

TEST(Regimen, ReadsEveryPartOfAnEvent) {
  const DoseEvent event = parsed_event("ketamine 0.5 mg/kg iv 40 min @ 7 d every 84 h x 4");
  EXPECT_EQ(event.drug, "ketamine");
  EXPECT_THAT(event.amounts, ElementsAre(0.5));
  EXPECT_EQ(event.amount_unit, "mg/kg");
  EXPECT_EQ(event.route, "iv");
  EXPECT_EQ(event.duration_h, 40.0 / 60.0);
  EXPECT_EQ(event.time_h, 168.0);
  EXPECT_EQ(event.interval_h, 84.0);
  EXPECT_EQ(event.count, 4);
  EXPECT_EQ(dose_time_h(event, 3), 168.0 + 3 * 84.0);
}

TEST(Regimen, LeavesOutWhatIsNotWritten) {
  const DoseEvent event = parsed_event("Psilocybin 25 mg oral");
  EXPECT_EQ(event.drug, "psilocybin");
  EXPECT_EQ(event.time_h, 0.0);
  EXPECT_EQ(event.when, DoseEvent::When::at);
  EXPECT_EQ(event.count, 1);
  EXPECT_EQ(event.interval_h, 0.0);
  EXPECT_FALSE(event.duration_h.has_value());
  const DoseEvent bare = parsed_event("lisuride");
  EXPECT_TRUE(bare.amounts.empty());
  EXPECT_TRUE(bare.route.empty());
}

TEST(Regimen, ReadsTimesInEveryUnit) {
  EXPECT_EQ(parsed_event("x 1 mg oral @ 90 min").time_h, 1.5);
  EXPECT_EQ(parsed_event("x 1 mg oral @ -30 min").time_h, -0.5);
  EXPECT_EQ(parsed_event("x 1 mg oral @ 0.5 h").time_h, 0.5);
  EXPECT_EQ(parsed_event("x 1 mg oral @ 2 d").time_h, 48.0);
  EXPECT_EQ(parsed_event("x 1 mg oral @ -6 w").time_h, -6 * 168.0);
  EXPECT_EQ(parsed_event("x 1 mg oral @ 0 h every 1 w x 3").interval_h, 168.0);
  EXPECT_EQ(parsed_event("x 1 mg iv 90 s").duration_h, 90.0 / 3600.0);
  EXPECT_EQ(parsed_event("x 1 mg oral @ pre").when, DoseEvent::When::before);
  EXPECT_EQ(parsed_event("x 1 mg oral @ unknown").when, DoseEvent::When::unknown);
}

TEST(Regimen, ReadsRangesAndAlternatives) {
  const DoseEvent range = parsed_event("psilocybin 22..30 mg/70kg oral");
  EXPECT_EQ(range.choice, DoseEvent::Choice::range);
  EXPECT_THAT(range.amounts, ElementsAre(22.0, 30.0));
  const DoseEvent decimals = parsed_event("psilocybin 0.3..0.6 mg/kg oral");
  EXPECT_THAT(decimals.amounts, ElementsAre(0.3, 0.6));
  const DoseEvent alternatives = parsed_event("esketamine 28|56|84 mg nasal");
  EXPECT_EQ(alternatives.choice, DoseEvent::Choice::alternatives);
  EXPECT_THAT(alternatives.amounts, ElementsAre(28.0, 56.0, 84.0));
}

TEST(Regimen, AcceptsOtherSpellings) {
  EXPECT_EQ(parsed_event("LSD 100 \u00b5g po").amount_unit, "ug");
  EXPECT_EQ(parsed_event("LSD 100 \u03bcg PO").amount_unit, "ug");
  EXPECT_EQ(parsed_event("LSD 100 mcg oral").amount_unit, "ug");
  EXPECT_EQ(parsed_event("esketamine 56 mg intranasal").route, "nasal");
  EXPECT_EQ(parsed_event("ketamine 10 mg Intramuscular").route, "im");
  const DoseEvent glued = parsed_event("ketamine 35mg iv 40min @2d every 84h x4");
  EXPECT_EQ(glued.amount_unit, "mg");
  EXPECT_EQ(glued.duration_h, 40.0 / 60.0);
  EXPECT_EQ(glued.time_h, 48.0);
  EXPECT_EQ(glued.count, 4);
  EXPECT_EQ(parsed_event("placebo 40 min").duration_h, 40.0 / 60.0);
  EXPECT_EQ(parsed_event("5-MeO-DMT 10 mg inhaled").drug, "5-meo-dmt");
  EXPECT_EQ(parsed_event("x 1 mg oral every 1 d x 1").interval_h, 0.0);
}

TEST(Regimen, KeepsBackgroundApart) {
  const Regimen regimen = parsed("esketamine 56 mg nasal @ 0 h; with oral_ad_new; with ssri;");
  EXPECT_EQ(regimen.events.size(), 1U);
  EXPECT_THAT(regimen.background, ElementsAre("oral_ad_new", "ssri"));
  EXPECT_TRUE(parsed("none").events.empty());
  EXPECT_THAT(parsed("none; with ssri").background, ElementsAre("ssri"));
  EXPECT_EQ(print_regimen(parsed("none")), "none");
}

TEST(Regimen, ReadsLinesAndComments) {
  const Regimen regimen =
      parsed("# first visit\npsilocybin 25 mg oral  # fasting\n\npsilocybin 25 mg oral @ 3 w\n");
  ASSERT_EQ(regimen.events.size(), 2U);
  EXPECT_EQ(regimen.events[0].place.line, 2);
  EXPECT_EQ(regimen.events[1].place.line, 4);
  EXPECT_EQ(regimen.events[1].time_h, 3 * 168.0);
}

struct Refusal {
  const char* text;
  const char* code;
  int column;  ///< Of the character that is wrong, from 1
};

class RefusedRegimen : public ::testing::TestWithParam<Refusal> {};

TEST_P(RefusedRegimen, PointsAtTheCharacter) {
  const Refusal& refusal = GetParam();
  base::Diagnostics findings;
  parse_regimen(refusal.text, "regimen", findings);
  ASSERT_EQ(findings.all().size(), 1U) << refusal.text;
  const auto& finding = findings.all().front();
  EXPECT_EQ(finding.code, refusal.code) << refusal.text << "\n" << base::to_text(finding);
  EXPECT_EQ(finding.place.column, refusal.column) << refusal.text << "\n" << base::to_text(finding);
  EXPECT_EQ(finding.place.line, 1);
  if (std::string_view(refusal.text).empty()) return;
  // The caret stands under that character of the repeated line.
  const std::string caret_line =
      "\n    " + std::string(static_cast<std::size_t>(refusal.column - 1), ' ') + "^";
  EXPECT_THAT(finding.hint, HasSubstr(std::string("\n    ") + refusal.text + caret_line));
}

INSTANTIATE_TEST_SUITE_P(
    Syntax, RefusedRegimen,
    ::testing::Values(
        Refusal{"psilocybin 25 oral @ 0 h", "R077", 15}, Refusal{"psilocybin 25", "R077", 14},
        Refusal{"psilocybin 25 mgg oral", "R073", 15}, Refusal{"psilocybin 25 mg orall", "R072", 18},
        Refusal{"25 mg oral", "R077", 1}, Refusal{"25mg oral", "R077", 1}, Refusal{"oral 25 mg", "R077", 1},
        Refusal{"psilo%cybin 25 mg", "R077", 6}, Refusal{"psilocybin 25 mg oral @", "R077", 24},
        Refusal{"psilocybin 25 mg oral @ soon", "R077", 25}, Refusal{"psilocybin 25 mg oral @ 0", "R077", 26},
        Refusal{"psilocybin 25 mg oral @ 0 m", "R077", 27},
        Refusal{"psilocybin 25 mg oral @ 0 h x 4", "R077", 29},
        Refusal{"psilocybin 25 mg oral @ 0 h every 4", "R077", 36},
        Refusal{"psilocybin 25 mg oral @ 0 h every day x 4", "R077", 35},
        Refusal{"psilocybin 25 mg oral @ 0 h every 1 d", "R077", 38},
        Refusal{"psilocybin 25 mg oral @ 0 h every 1 d 4", "R077", 39},
        Refusal{"psilocybin 25 mg oral @ 0 h every 1 d x", "R077", 40},
        Refusal{"psilocybin 25 mg oral @ 0 h @ 1 h", "R077", 29},
        Refusal{"psilocybin 0,5 mg oral", "R077", 13}, Refusal{"psilocybin 1..2..3 mg oral", "R077", 16},
        Refusal{"psilocybin 1|2..3 mg oral", "R077", 15}, Refusal{"psilocybin 1| mg oral", "R077", 14},
        Refusal{"ketamine 35 mg iv 40", "R077", 21}, Refusal{"ketamine 35 mg iv 40 mins", "R077", 22},
        Refusal{"psilocybin 25 mg oral;; lsd 100 ug oral", "R077", 23}, Refusal{"", "R077", 1},
        Refusal{"psilocybin 25 mg oral; with", "R077", 28}, Refusal{"with a b", "R077", 8},
        Refusal{"\u00b5\u00b5x 25 mg oral", "R077", 1}, Refusal{"lsd 100 \u00b5g oralx", "R072", 12}));

INSTANTIATE_TEST_SUITE_P(Amounts, RefusedRegimen,
                         ::testing::Values(Refusal{"psilocybin -25 mg oral", "R076", 12},
                                           Refusal{"psilocybin nan mg oral", "R076", 12},
                                           Refusal{"psilocybin inf mg oral", "R076", 12},
                                           Refusal{"psilocybin 1e999 mg oral", "R076", 12},
                                           Refusal{"psilocybin 30..20 mg oral", "R076", 12},
                                           Refusal{"ketamine 35 mg iv -40 min", "R076", 19},
                                           Refusal{"psilocybin 25 mg oral @ 0 h every 0 h x 4", "R076", 35},
                                           Refusal{"psilocybin 25 mg oral @ 0 h every -1 h x 4", "R076", 35},
                                           Refusal{"psilocybin 25 mg oral @ 0 h every 1 h x 0", "R076", 41},
                                           Refusal{"psilocybin 25 mg oral @ 0 h every 1 h x 2.5", "R076", 41},
                                           Refusal{"psilocybin 25 mg oral @ 0 h every 1 h x 1000000", "R076",
                                                   41}));

TEST(Regimen, RefusesNoneBesideADose) {
  base::Diagnostics findings;
  parse_regimen("psilocybin 25 mg oral; none", "regimen", findings);
  ASSERT_EQ(findings.all().size(), 1U);
  EXPECT_EQ(findings.all().front().code, "R077");
}

TEST(Regimen, FindsEveryErrorInOneRun) {
  base::Diagnostics findings;
  const auto regimen = parse_regimen(
      "lsd 100 ugg oral; psilocybin 25 mg oral; ketamine 35 mg ivv\nx -1 mg oral", "regimen", findings);
  ASSERT_EQ(findings.all().size(), 3U);
  EXPECT_EQ(findings.all()[0].code, "R073");
  EXPECT_THAT(findings.all()[0].hint, HasSubstr("did you mean `ug`?"));
  EXPECT_EQ(findings.all()[1].code, "R072");
  EXPECT_THAT(findings.all()[1].hint, HasSubstr("did you mean `iv`?"));
  EXPECT_EQ(findings.all()[2].code, "R076");
  EXPECT_EQ(findings.all()[2].place.line, 2);
  EXPECT_EQ(regimen.events.size(), 1U) << "the sound event is kept";
}

// Canonical texts survive printing and parsing bit by bit, whatever the numbers.
TEST(Regimen, PrintedRegimensReadBackEqual) {
  std::mt19937 random(20240611);
  const auto pick = [&](const std::vector<std::string>& list) { return list[random() % list.size()]; };
  const auto number = [&] {
    const double exponent = static_cast<double>(random() % 9) - 4.0;
    return base::format_number(static_cast<double>(random() % 100000) * std::pow(10.0, exponent));
  };
  for (int i = 0; i < 3000; ++i) {
    std::string text = pick({"psilocybin", "4-F_5-MeO-PyrT", "LSD", "25N-NBOMe"});
    const auto kind = random() % 4;
    if (kind == 1) text += " " + number() + " " + pick(dose_unit_names());
    if (kind == 2) text += " " + number() + "|" + number() + " mg";
    if (kind == 3) text += " 0.1.." + std::to_string(1 + random() % 50) + " mg/kg";
    if (random() % 2)
      text += " " + pick(route_names()) +
              (random() % 2 ? " " + number() + " " + pick({"s", "min", "h", "d"}) : "");
    if (random() % 2) text += " @ -" + number() + " " + pick({"min", "h", "d", "w"});
    if (random() % 2)
      text += " every 0." + std::to_string(1 + random() % 999) + " " + pick({"h", "d", "w"}) + " x " +
              std::to_string(1 + random() % 60);
    if (random() % 3 == 0) text += "; with ssri";
    expect_round_trip(text);
    if (HasFailure()) break;
  }
}

// No text may do worse than a finding.
TEST(Regimen, SurvivesNonsense) {
  std::mt19937 random(7);
  const std::string alphabet = "abx 019.-+|@;\t\n#ehmgµ/";
  for (int i = 0; i < 20000; ++i) {
    std::string text;
    for (auto length = random() % 24; length > 0; --length) text += alphabet[random() % alphabet.size()];
    base::Diagnostics findings;
    parse_regimen(text, "regimen", findings);
  }
}

/// The evidence as this repository holds it, else as it was delivered beside it.
std::filesystem::path evidence_folder() {
  const std::filesystem::path source(RAAD_SOURCE_DIR);
  const auto own = source / "evidence";
  return std::filesystem::exists(own / "calibration.tsv") ? own
                                                          : source.parent_path() / "shared" / "evidence";
}

TEST(Regimen, ReadsEveryRegimenOfTheEvidence) {
  if (!std::filesystem::exists(evidence_folder() / "calibration.tsv")) GTEST_SKIP() << "no evidence tables";
  std::set<std::string> regimens;
  for (const std::string file : {"calibration.tsv", "validation.tsv"}) {
    base::Diagnostics findings;
    const auto table = base::Table::read(evidence_folder() / file, findings);
    ASSERT_FALSE(findings.has_errors());
    for (std::size_t row = 0; row < table.row_count(); ++row) regimens.insert(table.cell(row, "regimen"));
  }
  EXPECT_GT(regimens.size(), 150U);
  for (const auto& regimen : regimens) expect_round_trip(regimen);
}

/// Lines of the fenced blocks of docs/regimens.md that open with ```<tag>.
std::vector<std::string> documented_examples(const std::string& tag) {
  const std::string text = base::read_file(std::filesystem::path(RAAD_SOURCE_DIR) / "docs" / "regimens.md");
  std::vector<std::string> examples;
  bool inside = false;
  for (const auto& line : base::split(text, '\n')) {
    if (line == "```" + tag)
      inside = true;
    else if (line.rfind("```", 0) == 0)
      inside = false;
    else if (inside && !base::trim(line).empty())
      examples.push_back(line);
  }
  return examples;
}

TEST(Regimen, ReadsTheExamplesOfTheDocumentation) {
  const auto examples = documented_examples("regimen");
  EXPECT_GE(examples.size(), 12U);
  for (const auto& example : examples) expect_round_trip(example);
}

// A refused example ends with the code that it gets, as a comment.
TEST(Regimen, RefusesTheErrorsOfTheDocumentation) {
  const auto examples = documented_examples("regimen-error");
  EXPECT_GE(examples.size(), 5U);
  for (const auto& example : examples) {
    base::Diagnostics findings;
    parse_regimen(example, "regimen", findings);
    ASSERT_FALSE(findings.empty()) << example;
    const std::string& code = findings.all().front().code;
    EXPECT_EQ(example.substr(example.size() - code.size()), code) << base::to_text(findings.all().front());
  }
}

}  // namespace
}  // namespace raad::dose
