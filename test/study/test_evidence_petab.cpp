// The calibration as other tools see it: SBML with gated doses and PEtab tables, read back, give raad's own
// numbers.
#include "study/evidence_petab.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "base/files.hpp"
#include "data/write_petab.hpp"
#include "study/evidence_arms.hpp"
#include "study/parameter_draws.hpp"
#include "study/petab_likelihood.hpp"

namespace raad::study {
namespace {

const data::Library& library() {
  static base::Diagnostics findings;
  static const auto opened = data::open_library(RAAD_SOURCE_DIR, findings);
  return opened;
}

class EvidencePetab : public testing::TestWithParam<const char*> {};

TEST_P(EvidencePetab, ReadBackGivesThePredictionsOfTheLibrary) {
  const std::string system = GetParam();
  base::Diagnostics findings;
  const auto evidence = data::read_all_evidence(library().evidence, findings);
  CalibrationSettings settings;
  settings.parameters = {system + ":psilocin__clearance", "spines__nascent_loss_rate"};
  settings.families = {"exposure", "plasticity", "rodent acute effect", "human acute effect"};
  settings.validation.threads = 2;
  settings.validation.solver.relative_tolerance = 1e-8;
  const EvidenceObjective objective(library(), evidence.calibration, settings);
  auto made = evidence_problem(library(), evidence.calibration, objective, settings, system, findings);
  base::throw_if_errors(findings);
  ASSERT_GE(made.problem.measurements.size(), 15u);

  const auto folder = std::filesystem::path(RAAD_BINARY_DIR) / "evidence_petab" / system;
  std::filesystem::create_directories(folder);
  made.problem.model_file = folder / "model.xml";
  base::write_file_atomically(made.problem.model_file, made.sbml);
  const auto file = data::write_petab(made.problem, 2, folder);
  const auto problem = data::read_petab(file, findings);
  base::throw_if_errors(findings);
  ASSERT_EQ(problem.parameters.size(), 2u);
  const auto& extra = problem.parameters.front().extra;  // Provenance and between-subject variability
  EXPECT_TRUE(std::ranges::any_of(
      extra, [](const auto& cell) { return cell.first == "sourceKind" && !cell.second.empty(); }));
  EXPECT_TRUE(std::ranges::any_of(
      extra, [](const auto& cell) { return cell.first == "bsvCv" && !cell.second.empty(); }));
  const PetabLikelihood likelihood(problem, Derivatives::none);
  solve::Options solver;
  solver.relative_tolerance = 1e-9;
  solver.absolute_tolerance_per_scale = 1e-12;
  const auto value = likelihood.evaluate(likelihood.nominal(), solver, Derivatives::none);

  const auto scores = objective.scores(objective.nominal_position());
  const auto column = static_cast<std::size_t>(std::ranges::find(problem.measurement_columns, "evidenceId") -
                                               problem.measurement_columns.begin());
  ASSERT_LT(column, problem.measurement_columns.size());
  for (std::size_t i = 0; i < problem.measurements.size(); ++i) {
    const auto& id = problem.measurement_cells[i][column];
    const auto score =
        std::ranges::find_if(scores.scores, [&](const auto& one) { return one.row->id == id; });
    ASSERT_NE(score, scores.scores.end()) << id;
    // Maxima are read off a grid of output times by raad; two solvers and a grid agree to a thousandth.
    EXPECT_NEAR(value.simulations[i], score->predicted, 1e-3 * std::abs(score->predicted) + 1e-9) << id;
  }
  // Every row of the species is written or accounted for.
  std::size_t rows = 0;
  for (const auto& score : scores.scores) rows += score.row->species == system ? 1 : 0;
  EXPECT_EQ(made.problem.measurements.size() + made.left_out.size(), rows);
}

INSTANTIATE_TEST_SUITE_P(Systems, EvidencePetab, testing::Values("human", "mouse"),
                         [](const auto& tested) { return std::string(tested.param); });

TEST(ParameterDraws, SpeciesShareWhatIsKnownAlike) {
  base::Diagnostics findings;
  const auto human = run::load_system(library(), "human", findings);
  const auto mouse = run::load_system(library(), "mouse", findings);
  const auto drawn = draw_parameters(library(), {&human, &mouse}, {}, 3, 1);
  const auto has = [&](const std::string& id) { return std::ranges::find(drawn.ids, id) != drawn.ids.end(); };
  EXPECT_TRUE(has("human:psilocin__clearance"));
  EXPECT_TRUE(has("mouse:psilocin__clearance"));
  EXPECT_FALSE(has("psilocin__clearance"));
  EXPECT_TRUE(has("spines__nascent_loss_rate"));
  EXPECT_EQ(id_in_system("human:a__b", "human"), "a__b");
  EXPECT_EQ(id_in_system("human:a__b", "mouse"), "");
  EXPECT_EQ(id_in_system("a__b", "mouse"), "a__b");
  // What one system alone has does not depend on the other.
  const auto alone = draw_parameters(library(), {&human}, {}, 3, 1);
  const auto value_of = [](const ParameterDraws& draws, const std::string& id) {
    return draws.sets[2][static_cast<std::size_t>(std::ranges::find(draws.ids, id) - draws.ids.begin())];
  };
  EXPECT_EQ(value_of(alone, "spines__nascent_loss_rate"), value_of(drawn, "spines__nascent_loss_rate"));
}

TEST(ParameterDraws, EnsemblesMayHoldWhatOneSpeciesHas) {
  base::Diagnostics findings;
  const auto file = std::filesystem::path(RAAD_BINARY_DIR) / "species_ensemble.tsv";
  base::write_file_atomically(file, "human:psilocin__clearance\tspines__nascent_loss_rate\n250\t0.02\n");
  const auto human = read_parameter_ensemble(file, run::load_system(library(), "human", findings), findings);
  const auto mouse = read_parameter_ensemble(file, run::load_system(library(), "mouse", findings), findings);
  base::throw_if_errors(findings);
  EXPECT_EQ(human.ids, (std::vector<std::string>{"human:psilocin__clearance", "spines__nascent_loss_rate"}));
  EXPECT_EQ(human.draws.front(), (std::vector<double>{250.0, 0.02}));
  EXPECT_EQ(mouse.ids, (std::vector<std::string>{"spines__nascent_loss_rate"}));
}

}  // namespace
}  // namespace raad::study
