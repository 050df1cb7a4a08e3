// Compounds: what is read, what is refused, and what the screen makes of profiles whose answer is known.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "data/library.hpp"
#include "study/screen_report.hpp"

namespace raad::study {
namespace {

data::Library library() {
  base::Diagnostics findings;
  return data::open_library(std::filesystem::path(RAAD_SOURCE_DIR), findings);
}

data::Compound compound(const std::string& id, const std::string& text) {
  base::Diagnostics findings;
  auto made = data::parse_compound(text, findings);
  base::throw_if_errors(findings);
  made.id = id;
  return made;
}

std::string code_of(const std::string& text) {
  base::Diagnostics findings;
  data::parse_compound(text, findings);
  return findings.all().empty() ? "" : findings.all().front().code;
}

TEST(Compounds, AreReadWithTheirUnits) {
  const auto one = compound("x", "Ki_5HT2A=0.012 uM, Gq_Emax=0.35, logP=2.4");
  EXPECT_NEAR(*one.ki_5ht2a_nM, 12.0, 1e-9);
  EXPECT_DOUBLE_EQ(*one.gq_efficacy, 0.35);
  EXPECT_FALSE(one.arrestin_efficacy.has_value());
  EXPECT_EQ(code_of("Ki_5HT2A=12"), "R142");
  EXPECT_EQ(code_of("Ki_5HT2A=12 mg"), "R142");
  EXPECT_EQ(code_of("Ki_5HT9=12 nM"), "R142");
  EXPECT_EQ(code_of("Ki_5HT2A=-3 nM"), "R140");
  EXPECT_EQ(code_of("Gq_Emax=3.5"), "R141");
}

TEST(Compounds, TablesAreCheckedCellByCell) {
  const auto file = std::filesystem::temp_directory_path() / "raad_compounds.tsv";
  const auto code = [&](const std::string& text) {
    std::ofstream(file) << text;
    base::Diagnostics findings;
    data::read_compounds(file, findings);
    return findings.all().empty() ? "" : findings.all().front().code;
  };
  EXPECT_EQ(code("compound\tki_5ht2a_nM\na\t12\n"), "");
  EXPECT_EQ(code("compound\tki_5ht2a_nM\na\t-1\n"), "R140");
  EXPECT_EQ(code("compound\tgq_emax_pct_5ht\na\t350\n"), "R141");
  EXPECT_EQ(code("compound\tcolour\na\tred\n"), "R080");
  EXPECT_EQ(code("compound\tki_5ht2a_nM\treceptor_sources\na\t12\t\n"), "R143");
  EXPECT_EQ(code("compound\tki_5ht2a_nM\treceptor_sources\na\t12\tSmith 2024\n"), "");
  EXPECT_EQ(code("compound\tki_5ht2a_nM\na\tmuch\n"), "R082");
}

TEST(Screen, TellsAgonistsFromAntagonistsAndRepeats) {
  const std::vector<data::Compound> compounds = {
      compound("agonist",
               "Ki_5HT2A=10 nM, Gq_Emax=1, barr2_Emax=1, Ki_5HT1A=10000 nM, Kd_TrkB=1000000 nM, tpsa=39"),
      compound("antagonist",
               "Ki_5HT2A=1 nM, Gq_Emax=0, barr2_Emax=0, Ki_5HT1A=10000 nM, Kd_TrkB=1000000 nM, tpsa=39"),
      compound("unknown", "logP=2")};
  ScreenSettings settings;
  settings.hypotheses = {"default"};
  settings.draws = 4;
  const auto rows = screen(library(), compounds, settings);
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_DOUBLE_EQ(rows[0].hallucinogenic_probability.mean, 1.0);
  EXPECT_DOUBLE_EQ(rows[0].htr_probability.mean, 1.0);
  EXPECT_DOUBLE_EQ(rows[1].hallucinogenic_probability.mean, 0.0);
  EXPECT_GT(rows[0].plasticity_effect.mean, 5.0);
  EXPECT_LT(rows[1].plasticity_effect.mean, 0.5);
  // 4 times the constant at the peak: 80 %.
  EXPECT_NEAR(rows[0].occupancy_5ht2a_max.mean, 80.0, 2.0);
  EXPECT_EQ(rows[0].assumed, "");
  ASSERT_EQ(rows[0].dose_response.size(), 5u);
  for (std::size_t i = 1; i < 5; ++i) {
    EXPECT_GT(rows[0].dose_response[i].occupancy_percent, rows[0].dose_response[i - 1].occupancy_percent);
    EXPECT_GT(rows[0].dose_response[i].gq_signal, rows[0].dose_response[i - 1].gq_signal);
    EXPECT_GT(rows[0].dose_response[i].intracellular_signal,
              rows[0].dose_response[i - 1].intracellular_signal);
  }
  EXPECT_LT(rows[1].dose_response[4].gq_signal, 1e-9);  // The antagonist signals at no dose
  EXPECT_EQ(verdicts(rows)[0].text, "hallucinogenic, plastic");
  EXPECT_EQ(verdicts(rows)[1].text, "not hallucinogenic, not plastic");
  EXPECT_FALSE(verdicts(rows)[2].hangs_on.empty());
  EXPECT_NE(rows[2].assumed.find("Gq efficacy"), std::string::npos);
  settings.threads = 2;
  const auto again = screen(library(), compounds, settings);
  for (std::size_t i = 0; i < rows.size(); ++i)
    EXPECT_EQ(rows[i].plasticity_effect.mean, again[i].plasticity_effect.mean);
}

TEST(Screen, ClassifiesByRanks) {
  std::vector<ScreenRow> rows(4);
  std::vector<data::Compound> compounds(4);
  const double probabilities[] = {0.9, 0.4, 0.6, 0.1};
  const char* outcomes[] = {"yes", "yes", "no", "no"};
  for (std::size_t i = 0; i < 4; ++i) {
    rows[i].compound = compounds[i].id = std::string(1, static_cast<char>('a' + i));
    rows[i].hypothesis = "default";
    rows[i].htr_probability.mean = probabilities[i];
    compounds[i].htr_mouse = outcomes[i];
  }
  const auto result = classify(rows, compounds, "default", false);
  EXPECT_DOUBLE_EQ(result.area_under_curve, 0.75);  // 3 of 4 pairs in order
  EXPECT_EQ(result.wrong, (std::vector<std::string>{"b", "c"}));
  EXPECT_NEAR(result.brier_score, (0.01 + 0.36 + 0.36 + 0.01) / 4.0, 1e-12);
  // The best threshold of the other three lies below b without a, which ends right; above c without b, and
  // below all without c or d, which end wrong.
  EXPECT_DOUBLE_EQ(result.leave_one_out_accuracy, 0.25);
  ASSERT_EQ(result.calibration.size(), 4u);
  EXPECT_DOUBLE_EQ(result.calibration.front().observed, 0.0);
  EXPECT_DOUBLE_EQ(result.calibration.back().observed, 1.0);
}

TEST(Screen, PotencyErrorsAreDecades) {
  std::vector<ScreenRow> rows(2);
  std::vector<data::Compound> compounds(2);
  for (std::size_t i = 0; i < 2; ++i) {
    rows[i].compound = compounds[i].id = std::string(1, static_cast<char>('a' + i));
    rows[i].hypothesis = "default";
  }
  rows[0].htr_ed50_mg_per_kg.mean = 1.0;
  rows[1].htr_ed50_mg_per_kg.mean = 1.0;
  compounds[0].htr_ed50_mg_per_kg = 0.1;
  compounds[1].htr_ed50_mg_per_kg = 10.0;
  const auto result = potency_error(rows, compounds, "default");
  EXPECT_EQ(result.compounds, 2);
  EXPECT_NEAR(result.bias, 0.0, 1e-12);
  EXPECT_NEAR(result.root_mean_square, 1.0, 1e-12);
}

}  // namespace
}  // namespace raad::study
