// `raad validate` as users call it.
#include <gtest/gtest.h>

#include "app/program.hpp"

namespace raad::app_test {
namespace {

const char* const k_header =
    "evidenceId\tobservable\tspecies\tpopulation\tarm\tregimen\tcomparator\ttime_"
    "h\tvalue\tunit\tspread\tspreadKind\tn\t"
    "transform\tsourceId\tseen\tweightNote\tnote\n";

std::vector<std::string> cells(const std::string& line) {
  std::vector<std::string> found;
  std::stringstream stream(line + "\t");
  for (std::string cell; std::getline(stream, cell, '\t');) found.push_back(cell);
  return found;
}

TEST(Validate, ScoresWhatItCanAndSaysWhyNot) {
  const auto folder = fresh_folder("validate");
  write(folder / "e.tsv",
        std::string(k_header) +
            "a\tplasma_psilocin_cmax\thuman\thealthy\tpsilocybin\tpsilocybin 25 mg oral @ 0 "
            "h\t\t\t17\tng/mL\t2\tsd\t28\t"
            "absolute\tholze2023\tfull_text\t\t\n"
            "b\tmadrs_difference\thuman\ttrd\tpsilocybin\tpsilocybin 25 mg oral @ 0 "
            "h\tplacebo\t504\t-6.6\tpoints\t\t\t79\t"
            "difference_vs_comparator\tgoodwin2022\tfull_text\t\t\n"
            "c\tno_such_thing\thuman\ttrd\tpsilocybin\tpsilocybin 25 mg oral @ 0 "
            "h\t\t1\t1\tpercent\t\t\t\tabsolute\t"
            "goodwin2022\tfull_text\t\t\n"
            "d\tspine_density\trat\t\tpsilocybin\tpsilocybin 1 mg/kg ip @ 0 h\t\t24\t1\tpercent\t\t\t\t"
            "change_from_baseline\tshao2021\tfull_text\t\t\n");
  const auto run = raad("validate --evidence e.tsv --out v --subjects 50", folder);
  ASSERT_EQ(run.status, 0) << run.errors;
  const auto rows = lines(read(folder / "v/scores.tsv"));
  ASSERT_EQ(rows.size(), 5u);
  EXPECT_EQ(rows[0].rfind(
                "evidenceId\tobservable\tobserved\tspread\tpredicted\tlower50\tupper50\tlower90\tupper90\tz\t"
                "inside\treason_skipped",
                0),
            0u);
  const auto first = cells(rows[1]), second = cells(rows[2]), third = cells(rows[3]), fourth = cells(rows[4]);
  // The model was fitted to this maximum (science specification, section 9: 17.7 ng/mL).
  EXPECT_NEAR(std::stod(first[4]), 17.7, 0.2);
  EXPECT_LT(std::stod(first[7]), std::stod(first[5]));
  EXPECT_LT(std::stod(first[5]), std::stod(first[4]));
  EXPECT_LT(std::stod(first[6]), std::stod(first[8]));
  EXPECT_EQ(first[10], "1");
  EXPECT_LT(std::stod(second[4]), -2.0);
  EXPECT_EQ(third[4], "");
  EXPECT_NE(third[11].find("no_such_thing"), std::string::npos);
  EXPECT_NE(fourth[11].find("rat"), std::string::npos);
  const auto record = read(folder / "v/scores.tsv.run.json");
  EXPECT_NE(record.find("validate --evidence e.tsv"), std::string::npos) << record;
  EXPECT_NE(record.find("human, mouse"), std::string::npos) << record;
  // Equal runs give equal bytes, whatever the number of threads.
  ASSERT_EQ(raad("validate --evidence e.tsv --out w --subjects 50 --threads 1", folder).status, 0);
  EXPECT_EQ(read(folder / "v/scores.tsv"), read(folder / "w/scores.tsv"));

  EXPECT_EQ(raad("validate --evidence e.tsv --out x --subjects 50 --strict", folder).status, 1);
}

// Records are those of the library and of a sources.tsv beside the table.
TEST(Validate, AsksForRecordsOfSources) {
  const auto folder = fresh_folder("validate_sources");
  const auto row = [](const std::string& id, const std::string& source) {
    return id +
           "\tplasma_psilocin_cmax\thuman\thealthy\tpsilocybin\tpsilocybin 25 mg oral @ 0 h\t\t\t17\tng/mL" +
           "\t2\tsd\t28\tabsolute\t" + source + "\tfull_text\t\t\n";
  };
  const auto reasons = [&](const std::string& rows) {
    write(folder / "e.tsv", k_header + rows);
    const auto run = raad("validate --evidence e.tsv --out v", folder);
    EXPECT_EQ(run.status, 0) << run.errors;
    std::vector<std::string> found;
    for (const auto& line : lines(read(folder / "v/scores.tsv"))) found.push_back(cells(line)[11]);
    found.erase(found.begin());
    return found;
  };
  using Reasons = std::vector<std::string>;
  EXPECT_EQ(reasons(row("a", "holze2023") + row("b", "nobody2031")),
            (Reasons{"", "unknown source `nobody2031`"}));
  EXPECT_EQ(reasons(row("a", "nobody2031") + row("b", "someone2032")),
            (Reasons{"unknown source `nobody2031`", "unknown source `someone2032`"}));
  write(folder / "sources.tsv", "sourceId\tcitation\nnobody2031\tNobody et al. 2031\n");
  EXPECT_EQ(reasons(row("a", "holze2023") + row("b", "nobody2031") + row("c", "someone2032")),
            (Reasons{"", "", "unknown source `someone2032`"}));
}

// Natural course: remission of untreated depression (whiteford2013) and of severe treatment-resistant
// depression treated as before (dunner_tau). 1000 participants leave a standard error of 1.6 percentage
// points at most.
TEST(Validate, LeavesPatientsToTheirNaturalCourse) {
  const auto folder = fresh_folder("validate_natural_course");
  const auto row = [](const std::string& id, const std::string& population, const std::string& regimen,
                      const std::string& time_h, const std::string& value, const std::string& source) {
    return id + "\tremission_rate\thuman\t" + population + "\tnone\t" + regimen + "\t\t" + time_h + "\t" +
           value + "\tpercent\t\t\t\trate\t" + source + "\tsecondary\t\t\n";
  };
  write(folder / "e.tsv",
        k_header + row("a", "mdd, untreated", "none", "2190", "23", "whiteford2013") +
            row("b", "mdd, untreated", "none", "8760", "53", "whiteford2013") +
            row("c", "severe trd, treatment as usual", "usual_care @ 0 h", "8760", "3.6", "dunner_tau"));
  const auto run = raad("validate --evidence e.tsv --out v --subjects 1000", folder);
  ASSERT_EQ(run.status, 0) << run.errors;
  const auto rows = lines(read(folder / "v/scores.tsv"));
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_NEAR(std::stod(cells(rows[1])[4]), 23.0, 5.0);
  EXPECT_NEAR(std::stod(cells(rows[2])[4]), 53.0, 5.0);
  EXPECT_NEAR(std::stod(cells(rows[3])[4]), 3.6, 2.0);
}

// The evidence enters the usual ketamine infusion with its 40 min, so an intravenous dose without a length
// was injected. Mice twitch after saline too.
TEST(Validate, ReadsInjectionsAndSpontaneousTwitches) {
  const auto folder = fresh_folder("validate_injection");
  const std::string tail = "\t\t\t9\tabsolute\tpharmacother2022\tfull_text\t\t\n";
  write(
      folder / "e.tsv",
      std::string(k_header) +
          "a\tplasma_ketamine_tmax\thuman\tpatients\tketamine\tketamine 10 mg iv @ 0 h\t\t\t0.0333\th" +
          tail +
          "b\tplasma_ketamine_tmax\thuman\tpatients\tketamine\tketamine 10 mg iv 40 min @ 0 h\t\t\t0.67\th" +
          tail + "c\thtr_count\tmouse\tC57BL/6J\tsaline\tsaline ip @ 0 h\t\t\t5\tcount" + tail);
  const auto run = raad("validate --evidence e.tsv --out v", folder);
  ASSERT_EQ(run.status, 0) << run.errors;
  const auto rows = lines(read(folder / "v/scores.tsv"));
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_NEAR(std::stod(cells(rows[1])[4]), 1.0 / 60.0, 0.01);
  EXPECT_NE(rows[1].find("injected within 1 min"), std::string::npos) << rows[1];
  EXPECT_EQ(rows[2].find("injected"), std::string::npos) << rows[2];
  EXPECT_NEAR(std::stod(cells(rows[2])[4]), 40.0 / 60.0, 0.01);
  EXPECT_NEAR(std::stod(cells(rows[3])[4]), 30.0 * 0.169, 0.01);  // In 30 min, where no window is said
}

TEST(Validate, RefusesMalformedTables) {
  const auto folder = fresh_folder("validate_bad");
  write(folder / "text.tsv",
        std::string(k_header) +
            "a\tplasma_psilocin_cmax\thuman\t\tp\tpsilocybin 25 mg oral @ 0 h\t\t\tmuch\tng/mL\t\t\t\t"
            "absolute\tholze2023\tfull_text\t\t\n");
  write(folder / "column.tsv", "evidenceId\tobservable\na\tmadrs\n");
  for (const char* file : {"text.tsv", "column.tsv", "missing.tsv"}) {
    const auto run = raad(std::string("validate --evidence ") + file + " --out v", folder);
    EXPECT_EQ(run.status, 2) << file;
    EXPECT_NE(run.errors.find(file), std::string::npos) << run.errors;
  }
}

}  // namespace
}  // namespace raad::app_test
