// Design on the real model: a planted target is found, spaces are read, exposure is what it says, results
// repeat.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "base/files.hpp"
#include "run/simulation.hpp"
#include "study/compound_inputs.hpp"
#include "study/design.hpp"
#include "study/design_review.hpp"
#include "study/design_tables.hpp"
#include "study/explain.hpp"

namespace raad::study {
namespace {

const data::Library& library() {
  static const data::Library opened = [] {
    base::Diagnostics findings;
    return data::open_library(std::filesystem::path(RAAD_SOURCE_DIR), findings);
  }();
  return opened;
}

const run::LoadedSystem& human() {
  static const run::LoadedSystem loaded = [] {
    base::Diagnostics findings;
    return run::load_system(library(), "human", findings);
  }();
  return loaded;
}

std::vector<data::Compound> known_compounds() {
  base::Diagnostics findings;
  return data::read_compounds(library().evidence / "compounds.tsv", findings);
}

DesignSpace space_of(const std::string& regimen) {
  base::Diagnostics findings;
  DesignSpace space(regimen, {}, findings);
  base::throw_if_errors(findings);
  return space;
}

std::string space_error(const std::string& regimen) {
  base::Diagnostics findings;
  const DesignSpace space(regimen, {}, findings);
  return findings.all().empty() ? "" : findings.all().front().code;
}

TEST(DesignSpace, ReadsRangesOfARegimen) {
  const auto space = space_of(
      "psilocybin {dose_mg: 5..30} mg oral @ 0 h every {gap_d: 1..16 log} d x {count: 1..4 integer}");
  ASSERT_EQ(space.axes().size(), 3u);
  EXPECT_FALSE(space.has_compound());
  EXPECT_EQ(space.decode({0.0, 0.5, 0.99}).regimen, "psilocybin 5 mg oral @ 0 h every 4 d x 4");
  EXPECT_EQ(space.decode({1.0, 1.0, 0.0}).regimen, "psilocybin 30 mg oral @ 0 h every 16 d x 1");
  for (const auto& axis : space.axes())
    EXPECT_NEAR(axis.value(axis.coordinate(axis.value(0.4))), axis.value(0.4), 1e-12);
  EXPECT_EQ(space_error("psilocybin {5..30} mg oral"), "R145");
  EXPECT_EQ(space_error("psilocybin {dose: 30..5} mg oral"), "R145");
  EXPECT_EQ(space_error("psilocybin {dose: 5..30 mg oral"), "R145");
  EXPECT_EQ(space_error("psilocybin {a: 0..30 log} mg oral"), "R145");
  EXPECT_EQ(space_error("psilocybin {a: 1..30} mg oral @ {a: 1..3} h"), "R145");
  EXPECT_EQ(space_error("psilocybin {a: 1..30 odd} mg oral"), "R145");
}

TEST(DesignSpace, GoalsAreNamed) {
  base::Diagnostics findings;
  EXPECT_EQ(parse_goal("effect, trip", findings).size(), 2u);
  EXPECT_TRUE(findings.all().empty());
  parse_goal("effect,effect,joy", findings);
  ASSERT_EQ(findings.all().size(), 2u);
  EXPECT_EQ(findings.all()[0].code, "R146");
  EXPECT_EQ(findings.all()[1].code, "R146");
}

TEST(DesignSpace, ConstraintsSayHowMuchIsMissed) {
  const auto space = space_of(k_design_regimen);
  auto values = space.decode(std::vector<double>(space.axes().size(), 0.5)).values;
  const auto set = [&](const char* axis, double value) {
    values[static_cast<std::size_t>(space.find(axis))] = value;
  };
  set("ki_5ht2a_nM", 10.0);
  set("exposure", 1.0);
  set("ki_5ht2b_nM", 1000.0);
  set("ki_5ht2c_nM", 1000.0);
  set("polar_surface_A2", 30.0);
  set("log_p", 2.0);
  EXPECT_EQ(space.decode_values(values).violation(), 0.0);
  set("ki_5ht2b_nM", 10.0);  // A margin of 1 in place of 10: one decade missing
  EXPECT_NEAR(space.decode_values(values).violation(), 1.0, 1e-9);
}

TEST(DesignModel, DosesReachTheExposureThatTheyStandFor) {
  const auto space = space_of("compound_x 1 mg oral @ 0 h");
  for (const double coordinate : {0.3, 0.5}) {
    const auto candidate = space.decode(std::vector<double>(space.axes().size(), coordinate));
    run::Scenario scenario;
    base::Diagnostics findings;
    scenario.regimen = dose::parse_regimen("compound_x 1 mg oral @ 0 h", "test", findings);
    scenario.end_h = 48.0;
    for (double t = 0.0; t <= 48.0; t += 0.02) scenario.output_times_h.push_back(t);
    scenario.settings = candidate.parameters;
    const run::Simulator simulator(library(), human(), {"compound__unbound_effect_site"});
    const auto courses = simulator.run(scenario);
    const double peak = candidate.compound_dose_factor * std::ranges::max(courses.series.front().values);
    // Times of 0.02 h miss a little of the peak.
    EXPECT_NEAR(peak / candidate.unbound_peak_nM, 1.0, 1e-3);
  }
}

TEST(Design, FindsAPlantedRegimenOnTheModel) {
  // What 17 mg after 3 h of delay makes of effect and trip, searched for from outside.
  const auto space =
      space_of("psilocybin {dose_mg: 2..40} mg oral @ 0 h; ketanserin 40 mg oral @ {delay_h: 0.5..10} h");
  DesignModelSettings settings;
  settings.end_h = 336.0;
  const DesignModel model(library(), human(), space, settings);
  const auto planted = model.evaluate({space.decode_values({17.0, 3.0})}, 1).front().front();
  EXPECT_GT(planted.intensity_percent, 20.0);
  const auto appraise = [&](const std::vector<std::vector<double>>& points) {
    std::vector<Candidate> candidates;
    for (const auto& point : points) candidates.push_back(space.decode(point));
    std::vector<Appraisal> made;
    for (const auto& outcomes : model.evaluate(candidates, 2))
      made.push_back({{std::abs(outcomes[0].effect_points - planted.effect_points),
                       std::abs(outcomes[0].intensity_percent - planted.intensity_percent) / 10.0},
                      0.0});
    return made;
  };
  SearchSettings search;
  search.dimensions = 2;
  search.objectives = 2;
  search.population = 40;
  search.evaluations = 1200;
  SearchState state;
  search_pareto(search, appraise, state, {});
  const auto best = std::ranges::min_element(state.archive, {}, [](const SearchPoint& point) {
    return point.appraisal.objectives[0] + point.appraisal.objectives[1];
  });
  const auto found = space.decode(best->coordinates).values;
  EXPECT_NEAR(found[0], 17.0, 0.8);
  EXPECT_NEAR(found[1], 3.0, 0.4);
}

DesignSettings small_design() {
  DesignSettings settings;
  settings.evaluations = 160;
  settings.population = 40;
  settings.front_size = 4;
  settings.draws = 3;
  settings.end_h = 672.0;
  return settings;
}

std::string all_tables(const DesignResult& result) {
  return print_front(result) + print_trade_offs(result) + print_axes(result) + print_hypotheses(result);
}

TEST(Design, RepeatsForAnyNumberOfThreadsAndAfterAStop) {
  const auto ranks = run::join_ranks();
  auto settings = small_design();
  const auto compounds = known_compounds();
  const auto whole = design(library(), human(), compounds, settings, {}, *ranks);
  ASSERT_FALSE(whole.front.empty());
  settings.threads = 2;
  const auto journal = std::filesystem::path(RAAD_BINARY_DIR) / "design_journal";
  std::filesystem::remove_all(journal);
  DesignOptions options;
  options.journal = journal;
  options.identity = {{"seed", "1"}};
  options.resume = true;
  options.progress = [](const DesignProgress& progress) {
    if (progress.evaluations == 80) throw std::runtime_error("stopped");
  };
  EXPECT_THROW(design(library(), human(), compounds, settings, options, *ranks), std::runtime_error);
  std::int64_t first = 0;
  options.progress = [&](const DesignProgress& progress) {
    if (first == 0) first = progress.evaluations;
  };
  const auto resumed = design(library(), human(), compounds, settings, options, *ranks);
  EXPECT_EQ(first, 120);  // What was there is not done again
  EXPECT_EQ(all_tables(whole), all_tables(resumed));
  for (const auto& one : whole.front) {
    EXPECT_EQ(one.candidate.violation(), 0.0);
    EXPECT_GE(one.effect_points.value, settings.least_effect_points);
    EXPECT_EQ(one.nearest.size(), 3u);
    EXPECT_LE(one.effect_points.lower90, one.effect_points.upper90);
  }
}

TEST(Design, SearchesUnderRivalsSideBySide) {
  const auto ranks = run::join_ranks();
  auto settings = small_design();
  settings.evaluations = 80;
  settings.draws = 2;
  settings.hypotheses = {"surface", "intracellular"};
  settings.combination = Combination::worst;
  const auto compounds = known_compounds();
  const auto both = design(library(), human(), compounds, settings, {}, *ranks);
  ASSERT_FALSE(both.front.empty());
  EXPECT_GE(both.model_runs, 2 * both.evaluations);
  settings.hypotheses = {"surface", "no such hypothesis"};
  EXPECT_THROW(design(library(), human(), compounds, settings, {}, *ranks), base::InputError);
}

TEST(Design, TradeOffsAreWhatTheModelSays) {
  const auto ranks = run::join_ranks();
  const auto settings = small_design();
  const auto result = design(library(), human(), known_compounds(), settings, {}, *ranks);
  const auto space = space_of(settings.regimen);
  DesignModelSettings model_settings;
  model_settings.end_h = settings.end_h;
  model_settings.trip_spread_percent = trip_spread_percent(library());
  const DesignModel model(library(), human(), space, model_settings);
  const auto& one = result.front.front();
  const auto gq = static_cast<std::size_t>(space.find("gq_efficacy"));
  const auto found = std::ranges::find(one.trade_offs, gq, &TradeOff::axis);
  ASSERT_NE(found, one.trade_offs.end());
  auto values = one.candidate.values;
  values[gq] = found->to;
  const auto outcomes = model.evaluate({one.candidate, space.decode_values(values)}, 1);
  EXPECT_NEAR(found->effect_change, outcomes[1][0].effect_points - outcomes[0][0].effect_points, 1e-9);
  EXPECT_NEAR(found->trip_change, outcomes[1][0].trip_probability - outcomes[0][0].trip_probability, 1e-9);
}

TEST(Design, FlagsWhatHoldsUnderOneRivalOnly) {
  EXPECT_EQ(robustness_flag(library(), {}), "under no hypothesis");
  const auto one = robustness_flag(library(), {"default", "arrestin_route", "gq_gate", "no_gate"});
  EXPECT_EQ(one, "only arrestin_route of group route");
  EXPECT_EQ(robustness_flag(library(), {"default", "surface", "trkb_direct", "gq_gate", "no_gate"}), "");
}

TEST(Design, NearestCompoundOfAKnownProfileIsItself) {
  const auto space = space_of(k_design_regimen);
  const auto compounds = known_compounds();
  const auto lsd = std::ranges::find(compounds, "LSD", &data::Compound::id);
  auto values = space.decode(std::vector<double>(space.axes().size(), 0.5)).values;
  const auto set = [&](const char* axis, double value) {
    values[static_cast<std::size_t>(space.find(axis))] = value;
  };
  set("ki_5ht2a_nM", *lsd->ki_5ht2a_nM);
  set("gq_efficacy", model_efficacy(*lsd->gq_efficacy));
  set("ki_5ht1a_nM", *lsd->ki_5ht1a_nM);
  set("ki_5ht2c_nM", *lsd->ki_5ht2c_nM);
  set("kd_trkb_nM", *lsd->trkb_kd_nM);
  set("polar_surface_A2", *lsd->polar_surface_A2);
  set("log_p", *lsd->log_p);
  const auto near = nearest_compounds(space, values, compounds);
  EXPECT_EQ(near.front().id, "LSD");
  EXPECT_NEAR(near.front().distance, 0.0, 1e-9);
}

TEST(Explain, RanksByDifferenceOverSpread) {
  const std::vector<ExperimentPredictions> predictions = {
      {"noisy", false, 10.0, {0.0, 10.0, 5.0}, {0.0, 0.0, 0.0}},
      {"sharp", false, 1.0, {0.0, 4.0, 9.0}, {0.0, 0.0, 0.0}},
      {"unknown compound", false, 1.0, {0.0, 4.0, 9.0}, {3.0, 4.0, 0.0}}};
  // The third hypothesis agrees with the first, so that its difference decides nothing.
  const auto ranked = rank_experiments({"a", "b", "c"}, {1, 0, 1}, predictions);
  ASSERT_EQ(ranked.size(), 3u);
  EXPECT_EQ(ranked[0].measurement, "sharp");
  EXPECT_DOUBLE_EQ(ranked[0].separation, 5.0);  // b against c
  EXPECT_EQ(ranked[0].lowest, "b");
  EXPECT_EQ(ranked[0].highest, "c");
  EXPECT_EQ(ranked[2].measurement, "noisy");
}

TEST(Explain, FindsTheHypothesesThatWouldSinkACompound) {
  base::Diagnostics findings;
  const auto impermeable = data::parse_compound(
      "Ki_5HT2A=10 nM, Gq_Emax=0.16, barr2_Emax=1, Ki_5HT1A=10000 nM, Kd_TrkB=10 nM, tpsa=30", findings);
  ScreenSettings settings;
  settings.hypotheses = {"default", "no_gate", "trkb_direct"};
  settings.draws = 4;
  const auto made = explain(library(), impermeable, 3.0, settings);
  ASSERT_EQ(made.verdicts.size(), 3u);
  EXPECT_EQ(made.verdicts[0].fails, "");      // Gq of 0.4 lies below the gate
  EXPECT_EQ(made.verdicts[1].fails, "trip");  // Without the gate it trips
  ASSERT_FALSE(made.experiments.empty());
  EXPECT_NE(made.experiments.front().measurement.find("intensity"), std::string::npos);
}

TEST(CompoundInputs, TheLibraryTableIsCurrent) {
  const std::string table = base::read_file(library().file("compounds.tsv"));
  EXPECT_EQ(derived_compound_table(table, known_compounds()), table)
      << "run: raad screen --write-inputs library/compounds.tsv";
  EXPECT_NE(table.find("dmt\tserotonin_2a__gq_efficacy_compound\t0.632456"),
            std::string::npos);  // sqrt(0.40)
}

}  // namespace
}  // namespace raad::study
