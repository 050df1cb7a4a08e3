// Adjudication on synthetic truth: rows made by each hypothesis must bring that hypothesis back, and the
// experiment that tells two rivals apart must come first.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "base/random.hpp"
#include "base/table.hpp"
#include "study/adjudication.hpp"
#include "study/experiments.hpp"

namespace raad::study {
namespace {

const data::Library& library() {
  static base::Diagnostics findings;
  static const auto opened = data::open_library(std::filesystem::path(RAAD_SOURCE_DIR), findings);
  return opened;
}

const run::LoadedSystem& human() {
  static base::Diagnostics findings;
  static const auto loaded = run::load_system(library(), "human", findings);
  return loaded;
}

constexpr const char* k_header =
    "evidenceId\tobservable\tspecies\tpopulation\tarm\tregimen\tcomparator\ttime_"
    "h\tvalue\tunit\tspread\tspreadKind"
    "\tn\ttransform\tsourceId\tseen\tweightNote\tnote\n";

struct SyntheticRow {
  const char *id, *observable, *species, *regimen;
  double time_h;
  const char *unit, *source;
  double sem;  ///< Standard error in the row's unit
};

// Each hypothesis of the test below changes some of them by several standard errors.
const std::vector<SyntheticRow> k_rows = {
    {"spines_1d", "spine_density", "mouse", "psilocybin 1 mg/kg ip", 24, "percent", "shao2021", 0.3},
    {"spines_ketanserin", "spine_density", "mouse", "psilocybin 1 mg/kg ip; ketanserin 5 mg/kg ip @ -0.5 h",
     24, "percent", "vargas2023", 0.3},
    {"spines_biased", "spine_density", "mouse", "arrestin_biased_x 0.4 mg/kg oral", 24, "percent",
     "wallach2023", 0.3},
    {"spines_ketamine", "spine_density", "mouse", "ketamine 10 mg/kg ip", 24, "percent", "an2021", 0.3},
    {"ampar_rapamycin", "ampar", "mouse", "ketamine 10 mg/kg ip; rapamycin ip @ -0.5 h", 24, "percent",
     "moliner2023", 0.3},
    {"intensity_biased", "intensity", "human", "arrestin_biased_x 30 mg oral", 2, "percent", "holze2023", 2},
    {"intensity_full", "intensity", "human", "psilocybin 25 mg oral", 2, "percent", "madsen2019", 2},
};

/// A table with these values, and the spread that the rows state.
data::EvidenceTable table_of(const std::vector<double>& values, const std::string& name) {
  const auto folder = std::filesystem::path(RAAD_BINARY_DIR) / "adjudication";
  std::filesystem::create_directories(folder);
  const auto file = folder / (name + ".tsv");
  std::ofstream stream(file);
  stream << k_header;
  for (std::size_t i = 0; i < k_rows.size(); ++i) {
    const auto& row = k_rows[i];
    stream << row.id << '\t' << row.observable << '\t' << row.species << "\tsynthetic\tdrug\t" << row.regimen
           << "\t\t" << base::format_number(row.time_h) << '\t' << base::format_number(values[i]) << '\t'
           << row.unit << '\t' << base::format_number(row.sem) << "\tsem\t20\tabsolute\t" << row.source
           << "\tfull_text\t\t\n";
  }
  stream.close();
  base::Diagnostics findings;
  auto table = data::read_evidence(file, findings);
  base::throw_if_errors(findings);
  return table;
}

/// Next to no error of the model: the data are its own.
std::vector<PredictionSpread> small_spreads() {
  std::vector<PredictionSpread> spreads;
  for (const char* family : {"plasticity", "human acute effect"})
    spreads.push_back({family, ScoreScale::linear, "percent", "", 0.05, 1});
  return spreads;
}

AdjudicationSettings settings() {
  AdjudicationSettings made;
  made.subjects = 10;
  made.threads = 2;
  return made;
}

HypothesisSpace rivals() {
  return restrict_to(
      hypothesis_space(library(), human()),
      {"default", "surface", "intracellular", "arrestin_route", "trkb_direct", "no_gate", "mtorc1_free"});
}

TEST(HypothesisSpace, HoldsEveryAdmissibleCombinationOnce) {
  const auto space = hypothesis_space(library(), human());
  std::size_t product = 1;
  std::set<std::vector<int>> seen;
  for (const auto& group : space.groups) product *= group.options.size();
  for (const auto& one : space.combinations) seen.insert(one.options);
  EXPECT_EQ(space.combinations.size(), product);
  EXPECT_EQ(seen.size(), product);
  // Six routes with the default mix, four rules of hallucination (`gq_gate` is the default), trip or not, and
  // four switches of which mTORC1 has two positions besides the default.
  EXPECT_EQ(product, 6U * 4U * 2U * 2U * 2U * 2U * 3U);
  EXPECT_EQ(space.label(space.combinations[0]), "default");
  EXPECT_THROW(restrict_to(space, {"surface+intracellular"}), base::InputError);
  EXPECT_THROW(restrict_to(space, {"surfaces"}), base::InputError);
}

TEST(HypothesisSpace, SwitchesMatterOnlyDownstream) {
  const auto space = hypothesis_space(library(), human());
  const auto group_bit = [&](const std::string& id) {
    const auto found = std::ranges::find(space.groups, id, &HypothesisGroup::id);
    return std::uint64_t{1} << (found - space.groups.begin());
  };
  base::Diagnostics findings;
  run::Scenario psilocybin, ketamine;
  psilocybin.regimen = dose::parse_regimen("psilocybin 25 mg oral", "test", findings);
  ketamine.regimen = dose::parse_regimen("ketamine 0.5 mg/kg iv 40 min", "test", findings);
  EXPECT_EQ(groups_behind(library(), human(), space, psilocybin, {"psilocin__plasma_concentration"}), 0U);
  const auto mood = groups_behind(library(), human(), space, psilocybin, {"depression__madrs"});
  EXPECT_NE(mood & group_bit("route"), 0U);
  EXPECT_NE(mood & group_bit("trip"), 0U);
  EXPECT_EQ(mood & group_bit("hydroxynorketamine"), 0U);  // No ketamine, no metabolite
  const auto under_ketamine = groups_behind(library(), human(), space, ketamine, {"depression__madrs"});
  EXPECT_NE(under_ketamine & group_bit("habenula"), 0U);
  EXPECT_NE(under_ketamine & group_bit("hydroxynorketamine"), 0U);
  EXPECT_EQ(groups_behind(library(), human(), space, ketamine, {"experience__intensity"}), 0U);
}

TEST(Adjudication, BringsBackTheHypothesisThatMadeTheData) {
  const auto space = rivals();
  const auto blank = table_of(std::vector<double>(k_rows.size(), 1.0), "blank");
  const auto predictions = predict_under(library(), space, blank, small_spreads(), settings());
  ASSERT_EQ(predictions.rows.size(), k_rows.size())
      << (predictions.dropped.empty() ? "" : predictions.dropped.front());
  for (std::size_t truth = 0; truth < space.combinations.size(); ++truth) {
    const std::string name = space.label(space.combinations[truth]);
    SCOPED_TRACE(name);
    std::vector<double> values;
    base::RandomStream noise({7, 0, static_cast<std::int64_t>(truth), base::purpose_of("synthetic rows")});
    for (std::size_t i = 0; i < k_rows.size(); ++i)
      values.push_back(predictions.predicted[truth][i] + k_rows[i].sem * noise.normal());
    const auto made = predict_under(library(), space, table_of(values, name), small_spreads(), settings());
    const auto clusters = clusters_of(made, 0.5);
    const auto scores =
        weigh(log_likelihoods(made), std::vector<int>(space.combinations.size(), 0), clusters, 200, 1);
    for (std::size_t other = 0; other < scores.size(); ++other)
      if (other != truth) {
        EXPECT_GT(scores[truth].weight, scores[other].weight) << space.label(space.combinations[other]);
      }
    EXPECT_GT(scores[truth].weight, 0.5);
    const auto deciding = deciding_rows(space, made, scores, clusters, 3);
    ASSERT_FALSE(deciding.empty());
    for (const auto& row : deciding) EXPECT_TRUE(std::isfinite(row.log_likelihood_difference));
  }
}

TEST(Adjudication, GoesOnFromItsJournalWithTheSameResult) {
  const auto space = rivals();
  const auto table = table_of({10, 8, 5, 12, 9, 40, 70}, "journal_rows");
  auto with_journal = settings();
  with_journal.journal = std::filesystem::path(RAAD_BINARY_DIR) / "adjudication" / "journal";
  const auto whole = predict_under(library(), space, table, small_spreads(), with_journal);
  // Cut in the middle of a line, as a kill would.
  const auto size = std::filesystem::file_size(with_journal.journal);
  std::filesystem::resize_file(with_journal.journal, size / 2);
  with_journal.resume = true;
  std::size_t evaluated = 0;
  with_journal.progress = [&](std::size_t, std::size_t total) { evaluated = total; };
  const auto resumed = predict_under(library(), space, table, small_spreads(), with_journal);
  EXPECT_EQ(whole.z, resumed.z);
  EXPECT_EQ(whole.predicted, resumed.predicted);
  EXPECT_GT(evaluated, 0U);
  EXPECT_LT(evaluated, whole.evaluations);
  with_journal.seed = 2;
  EXPECT_THROW(predict_under(library(), space, table, small_spreads(), with_journal), base::InputError);
}

TEST(Experiments, TheOneThatTellsRivalsApartRanksFirst) {
  const auto file = std::filesystem::path(RAAD_BINARY_DIR) / "adjudication" / "experiments.tsv";
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file)
      << "experimentId\tsystem\tregimen\tcontrol\tsettings\tobservable\tmeasure\ttime_h\tcontrast\t"
         "spread\tdescription\n"
         "exposure\thuman\tpsilocybin 25 mg oral\t\t\tplasma_psilocin\tmax\t12\tnone\t2\texposure\n"
         "occupancy\thuman\tpsilocybin 25 mg oral\t\t\toccupancy_5ht2a\tmax\t12\tnone\t5\toccupancy\n"
         "impermeable\tmouse\tpsilocybin 1 mg/kg ip; ketanserin 5 mg/kg ip @ -0.5 h\tpsilocybin 1 mg/kg "
         "ip\tserotonin_2a__antagonist_permeability=0\tspine_density\tat\t24\tdifference\t3\tantagonist "
         "that does not enter cells\n"
         "rapamycin\tmouse\tketamine 10 mg/kg ip; rapamycin ip @ -0.5 h\tketamine 10 mg/kg "
         "ip\t\tspine_density\tat\t24\tdifference\t0.5\tketamine with rapamycin\n"
         "bursts\thuman\tketamine 0.5 mg/kg iv 40 min\t\t\tlhb_burst\tat\t3\tnone\t10\tbursts while "
         "plasma falls\n";
  base::Diagnostics findings;
  const auto experiments = read_experiments(file, library(), findings);
  base::throw_if_errors(findings);
  const auto first_for = [&](const std::vector<std::string>& pair) {
    const auto space = restrict_to(hypothesis_space(library(), human()), pair);
    const auto predictions = predict_experiments(library(), space, experiments, settings());
    const auto ranks = rank_experiments(space, experiments, predictions, {0.5, 0.5}, 0.05);
    EXPECT_EQ(ranks.front().question, "all");
    EXPECT_GT(ranks.front().gain.bits, 10.0 * ranks.front().gain.error);
    EXPECT_LE(ranks.front().gain.bits, 1.0 + 1e-6);
    EXPECT_NE(next_measurement(space, experiments, ranks).find(experiments[ranks.front().experiment].id),
              std::string::npos);
    // Exposure tells nothing about any of them.
    for (const auto& rank : ranks)
      if (experiments[rank.experiment].id == "exposure") {
        EXPECT_DOUBLE_EQ(rank.gain.bits, 0.0);
      }
    return experiments[ranks.front().experiment].id;
  };
  EXPECT_EQ(first_for({"surface", "intracellular"}), "impermeable");
  EXPECT_EQ(first_for({"mtorc1_needed", "mtorc1_free"}), "rapamycin");
  EXPECT_EQ(first_for({"default", "no_lhb_trap"}), "bursts");
}

TEST(Experiments, TablesAreRefusedCellByCell) {
  const auto file = std::filesystem::path(RAAD_BINARY_DIR) / "adjudication" / "bad_experiments.tsv";
  std::filesystem::create_directories(file.parent_path());
  const auto code = [&](const std::string& row) {
    std::ofstream(file)
        << "experimentId\tsystem\tregimen\tcontrol\tsettings\tobservable\tmeasure\ttime_h\tcontrast\t"
           "spread\tdescription\n"
        << row << "\n";
    base::Diagnostics findings;
    read_experiments(file, library(), findings);
    return findings.all().empty() ? "" : findings.all().front().code;
  };
  EXPECT_EQ(code("a\thuman\tnone\t\t\tmadrs\tat\t24\tnone\t3\tx"), "");
  EXPECT_EQ(code("a\tpig\tnone\t\t\tmadrs\tat\t24\tnone\t3\tx"), "R079");
  EXPECT_EQ(code("a\thuman\tnone\t\t\tmood\tat\t24\tnone\t3\tx"), "R074");
  EXPECT_EQ(code("a\thuman\tnone\t\t\tmadrs\twhen\t24\tnone\t3\tx"), "R088");
  EXPECT_EQ(code("a\thuman\tnone\t\t\tmadrs\tat\t24\tboth\t3\tx"), "R088");
  EXPECT_EQ(code("a\thuman\tnone\t\t\tmadrs\tat\t24\tnone\t0\tx"), "R088");
  EXPECT_EQ(code("a\thuman\tnone\t\t\tmadrs\tat\tsoon\tnone\t3\tx"), "R082");
  EXPECT_EQ(code("a\thuman\tnone\t\tk=x\tmadrs\tat\t24\tnone\t3\tx"), "R082");
  EXPECT_EQ(code("a\thuman\tpsilocybin\t\t\tmadrs\tat\t24\tnone\t3\tx").substr(0, 2), "R0");
}

}  // namespace
}  // namespace raad::study
