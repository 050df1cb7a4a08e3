// The report page and the folder of results.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <regex>

#include "base/files.hpp"
#include "report/example_comparison.hpp"
#include "report/findings.hpp"
#include "report/html_parts.hpp"
#include "report/html_report.hpp"
#include "report/write_comparison.hpp"
#include "report/xml_check.hpp"

namespace raad::report {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

const Making k_making = {"raad compare \"a\" \"b\"", "7f3a9c", "0.1.0", "interpreter"};

/// A fresh folder, removed at the end.
class Folder {
 public:
  Folder() : path_(fs::path(RAAD_BINARY_DIR) / ("report-test-" + std::to_string(::getpid()))) {
    fs::remove_all(path_);
    fs::create_directories(path_);
  }
  ~Folder() {
    fs::permissions(path_, fs::perms::owner_all);
    fs::remove_all(path_);
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

std::vector<std::string> files_below(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) names.push_back(fs::relative(entry.path(), folder).string());
  }
  return names;
}

TEST(Findings, SayWhatTheRowsSay) {
  const Findings findings = find_findings(example_comparison());
  EXPECT_EQ(findings.headline,
            "They share 0 of 1 target read-outs, 3 of 3 in circuit, signalling and plasticity, and 1 of 2 in "
            "acute effect and "
            "clinic.");
  EXPECT_EQ(findings.shared,
            "Both raise glutamate cycling (circuit); raise extracellular BDNF (signalling); raise spine "
            "density (plasticity); lower "
            "MADRS (clinic).");
  EXPECT_EQ(findings.distinct, "Only psilocybin moves 5-HT2A occupancy and intensity of the experience.");
  EXPECT_THAT(findings.details,
              testing::Contains(HasSubstr("5-HT2A occupancy: ketamine none; psilocybin +58.")));
  // Counted apart: of the two validation points one is a whole arm's and one has no interval.
  EXPECT_THAT(findings.details.back(), HasSubstr("2 of calibration (2 with a 95 % interval"));
  EXPECT_THAT(findings.details.back(), HasSubstr("2 of validation."));
}

TEST(Findings, OfTwoInertTreatmentsClaimNothing) {
  study::Comparison comparison = example_comparison();
  for (study::ProfileRow& row : comparison.rows) {
    row.first = row.second = {};
    study::classify(row, 1e-4);
  }
  const Findings findings = find_findings(comparison);
  EXPECT_EQ(findings.headline, "Neither treatment moves any read-out beyond exposure.");
  EXPECT_EQ(findings.shared, "Nothing beyond exposure.");
  EXPECT_EQ(findings.distinct, "Nothing beyond exposure.");
  EXPECT_EQ(findings.details.size(), 1u);
}

TEST(Findings, OfTheSecondScaleOfAReadOutSayNothingTwice) {
  study::Comparison comparison = example_comparison();
  comparison.rows.push_back(comparison.rows.back());
  comparison.rows.back().main = false;
  EXPECT_EQ(find_findings(comparison).shared, find_findings(example_comparison()).shared);
}

TEST(Findings, JoinNamesAsPeopleDo) {
  EXPECT_EQ(join_names({"a"}, 3), "a");
  EXPECT_EQ(join_names({"a", "b"}, 3), "a and b");
  EXPECT_EQ(join_names({"a", "b", "c", "d"}, 3), "a, b, c and d")
      << "one more name is shorter than 'and 1 more'";
  EXPECT_EQ(join_names({"a", "b", "c", "d", "e"}, 3), "a, b, c and 2 more");
}

TEST(Report, NeedsNothingFromOutside) {
  const std::string html = html_report(example_comparison(), k_making);
  EXPECT_FALSE(std::regex_search(html, std::regex("(src|href)=\"(?!#)"))) << "only links within the page";
  EXPECT_THAT(html, Not(HasSubstr("@import")));
  EXPECT_THAT(html, Not(HasSubstr("url(h")));
  EXPECT_THAT(html, Not(HasSubstr("fetch(")));
}

TEST(Report, NamesEverythingAReaderMustKnow) {
  const std::string html = html_report(example_comparison(), k_making);
  for (const char* needed :
       {"ketamine 0.5 mg/kg iv 40 min", "psilocybin 25 mg oral", "raad compare &quot;a&quot;", "7f3a9c",
        "0.1.0", "tolerance 1e-6", "A read-out is shared when", "Onset at 1.2 h is slow",
        "bdnf__release_gain", "zarate2006", "trd &lt;Brazil&gt; &amp; &quot;others&quot;",
        "difference to niacin", "a summary or a relation", "not dosing advice", "taken as free base"}) {
    EXPECT_THAT(html, HasSubstr(needed));
  }
  EXPECT_EQ(html.find("not dosing advice"), html.rfind("not dosing advice")) << "said once";
}

TEST(Report, EveryIdIsUniqueAndEveryLinkHasATarget) {
  const std::string html = html_report(example_comparison(), k_making);
  std::set<std::string> ids;
  const std::regex id(" id=\"([^\"]+)\"");
  for (auto it = std::sregex_iterator(html.begin(), html.end(), id); it != std::sregex_iterator(); ++it) {
    EXPECT_TRUE(ids.insert((*it)[1]).second) << (*it)[1];
  }
  const std::regex link("(?:href=\"#|url\\(#)([^\")]+)");
  for (auto it = std::sregex_iterator(html.begin(), html.end(), link); it != std::sregex_iterator(); ++it) {
    EXPECT_TRUE(ids.count((*it)[1]) == 1) << (*it)[1];
  }
}

TEST(Report, ShowsEachPanelOnceWithoutScript) {
  const study::Comparison comparison = example_comparison();
  const std::string courses = time_courses(comparison);
  std::size_t natural = 0, figures = 0;
  for (std::size_t at = courses.find(" natural\""); at != std::string::npos;
       at = courses.find(" natural\"", at + 1))
    ++natural;
  for (std::size_t at = courses.find("<figure "); at != std::string::npos;
       at = courses.find("<figure ", at + 1))
    ++figures;
  EXPECT_EQ(natural, figures);
  EXPECT_EQ(figures, comparison.rows.size() + comparison.derived.size());
}

TEST(Report, ItsPartsAreWellFormed) {
  const study::Comparison comparison = example_comparison();
  for (const std::string& part :
       {mechanism_strip(comparison), time_courses(comparison), profile_table_html(comparison),
        measurements_html(comparison), limits_html(comparison), making_html(comparison, k_making)}) {
    EXPECT_EQ(xml_problem("<div>" + part + "</div>"), "");
  }
}

TEST(Report, CurveDataHoldTheCurvesToAThousandth) {
  study::Comparison comparison = example_comparison();
  comparison.short_names[0] = "</script><b>";
  const std::string text = curve_data(comparison);
  EXPECT_THAT(text, Not(HasSubstr("</")));
  const auto data = nlohmann::json::parse(text);
  EXPECT_EQ(data["names"][0], "</script><b>");
  for (const study::ProfileRow& row : comparison.rows) {
    for (int i = 0; i < 2; ++i) {
      const auto& line = data["curves"][row.observable]["lines"][static_cast<std::size_t>(i)];
      const std::vector<double> t = line["t"], y = line["y"];
      const auto& times = comparison.courses[i].time_h;
      const auto& values = comparison.courses[i].find(row.observable)->values;
      const double span =
          *std::max_element(values.begin(), values.end()) - *std::min_element(values.begin(), values.end());
      const double magnitude = std::abs(values.front()) + span;
      for (std::size_t k = 0; k < times.size(); k += 97) {
        ASSERT_NEAR(study::value_at(t, y, std::min(times[k], t.back())), values[k],
                    1.5e-3 * span + 1e-4 * magnitude);
      }
    }
  }
}

TEST(WriteComparison, WritesEqualBytesForEqualRuns) {
  const Folder folder;
  data::RunRecord first, second;
  first.model_hash = second.model_hash = "7f3a9c";
  first.started = "2026-01-01T00:00:00Z";
  first.host = "here";
  first.command = "raad compare --out x";
  first.thread_count = 8;
  second.started = "2027-02-02T00:00:00Z";
  second.host = "there";
  write_comparison(example_comparison(), folder.path() / "one", first);
  write_comparison(example_comparison(), folder.path() / "two", second);
  for (const std::string& name : files_below(folder.path() / "one")) {
    if (name.find(".run.json") != std::string::npos) continue;
    const std::string content = base::read_file(folder.path() / "one" / name);
    EXPECT_EQ(content, base::read_file(folder.path() / "two" / name)) << name;
    EXPECT_FALSE(content.empty()) << name;
  }
}

TEST(WriteComparison, WritesTheFilesOfTheContractAndNoOthers) {
  const Folder folder;
  write_comparison(example_comparison(), folder.path() / "demo" / "", {});
  EXPECT_THAT(files_below(folder.path()),
              testing::UnorderedElementsAre(
                  "demo/profile.tsv", "demo/timecourses.csv", "demo/report.html", "demo/profile.tsv.run.json",
                  "demo/timecourses.csv.run.json", "demo/report.html.run.json", "demo/figures/exposure.svg",
                  "demo/figures/exposure.json", "demo/figures/target.svg", "demo/figures/target.json",
                  "demo/figures/circuit.svg", "demo/figures/circuit.json", "demo/figures/signalling.svg",
                  "demo/figures/signalling.json", "demo/figures/plasticity.svg",
                  "demo/figures/plasticity.json", "demo/figures/acute.svg", "demo/figures/acute.json",
                  "demo/figures/clinic.svg", "demo/figures/clinic.json"));
}

TEST(WriteComparison, LeavesNothingBehindWhereItCannotWrite) {
  const Folder folder;
  // A file where the folder should be: fails for every user, root too.
  base::write_file_atomically(folder.path() / "taken", "mine");
  try {
    write_comparison(example_comparison(), folder.path() / "taken", {});
    FAIL() << "should have thrown";
  } catch (const base::InputError& error) {
    EXPECT_EQ(error.findings().all().front().code, "R084");
  }
  EXPECT_THAT(files_below(folder.path()), testing::ElementsAre("taken"));
  EXPECT_EQ(base::read_file(folder.path() / "taken"), "mine");
}

TEST(WriteComparison, RemovesTheFolderItMadeWhenItFails) {
  const Folder folder;
  study::Comparison broken = example_comparison();
  // A group whose figure cannot have this name: the failure comes after other files are written.
  broken.rows.back().group = "no/such/folder";
  EXPECT_THROW(write_comparison(broken, folder.path() / "demo", {}), base::InputError);
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST(WriteComparison, KeepsWhatElseIsInTheFolder) {
  const Folder folder;
  base::create_folder(folder.path() / "demo");
  base::write_file_atomically(folder.path() / "demo" / "notes.txt", "mine");
  base::write_file_atomically(folder.path() / "demo" / "profile.tsv", "old");
  write_comparison(example_comparison(), folder.path() / "demo", {});
  EXPECT_EQ(base::read_file(folder.path() / "demo" / "notes.txt"), "mine");
  EXPECT_THAT(base::read_file(folder.path() / "demo" / "profile.tsv"), HasSubstr("readout"));
}

TEST(Making, CommandRepeatsTheRunAndNamesNoOutput) {
  study::Comparison comparison = example_comparison();
  EXPECT_EQ(making_of(comparison, {}).command,
            "raad compare \"ketamine 0.5 mg/kg iv 40 min\" \"psilocybin 25 mg oral\"");
  comparison.settings.end_h = 48;
  comparison.settings.hypotheses = {"no_trkb"};
  comparison.settings.settings = {{"body_weight", 80}};
  EXPECT_THAT(making_of(comparison, {}).command,
              HasSubstr("--until 48h --hypothesis no_trkb --set body_weight=80"));
}

}  // namespace
}  // namespace raad::report
