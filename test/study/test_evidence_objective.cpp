// The calibration objective: what it refuses, and what it costs where the answer is known.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "study/evidence_objective.hpp"

namespace raad::study {
namespace {

class EvidenceObjectives : public testing::Test {
 protected:
  EvidenceObjectives() {
    library_ = data::open_library(std::filesystem::path(RAAD_SOURCE_DIR), findings_);
    evidence_ = data::read_all_evidence(library_.evidence, findings_);
  }
  /// Concentrations of psilocin only, so that an evaluation is quick.
  data::EvidenceTable psilocin_rows() const {
    data::EvidenceTable table = evidence_.calibration;
    std::erase_if(table.rows, [](const data::EvidenceRow& row) {
      return row.observable.rfind("plasma_psilocin", 0) != 0;
    });
    return table;
  }
  static CalibrationSettings settings(const std::string& parameter) {
    CalibrationSettings made;
    made.parameters = {parameter};
    made.families = {"exposure"};
    return made;
  }
  std::string code_of(const data::EvidenceTable& table, const std::string& parameter) {
    try {
      const EvidenceObjective objective(library_, table, settings(parameter));
    } catch (const base::InputError& error) {
      return error.findings().all().front().code;
    }
    return "";
  }

  base::Diagnostics findings_;
  data::Library library_;
  data::Evidence evidence_;
};

TEST_F(EvidenceObjectives, RefuseWhatMustNotBeFitted) {
  EXPECT_EQ(code_of(evidence_.validation, "psilocin__clearance"), "R160");
  EXPECT_EQ(code_of(evidence_.calibration, "psilocin__molar_mass_ratio_of_nothing"), "R079");
  EXPECT_EQ(code_of(evidence_.calibration, "psilocin__oral_bioavailability"), "R161");
  EXPECT_EQ(code_of(evidence_.calibration, "psilocin__clearance"), "R161");  // Two values
  EXPECT_EQ(code_of(evidence_.calibration, "human:psilocin__clearance"), "");
}

TEST_F(EvidenceObjectives, DataMadeByAParameterCostNothingThere) {
  auto table = psilocin_rows();
  ASSERT_GE(table.rows.size(), 5u);
  const double truth = std::log(320.0);
  {
    const EvidenceObjective maker(library_, table, settings("human:psilocin__clearance"));
    const auto made = maker.scores(std::vector<double>{truth});
    for (std::size_t i = 0; i < table.rows.size(); ++i)
      if (made.scores[i].scored()) table.rows[i].value = made.scores[i].predicted;
  }
  const EvidenceObjective objective(library_, table, settings("human:psilocin__clearance"));
  const auto data_cost = [&](double position) {
    return objective.cost_of(objective.scores(std::vector<double>{position})).total();
  };
  EXPECT_NEAR(data_cost(truth), 0.0, 1e-12);
  EXPECT_GT(data_cost(std::log(285.0)), 1e-4);
  EXPECT_GT(data_cost(std::log(345.0)), 1e-4);
  // The prior: bounds 200 and 350 L/h as 95 % interval of the logarithm about 285.
  const double sd = (std::log(350.0) - std::log(200.0)) / (2.0 * 1.959963985);
  const double distance = (truth - std::log(285.0)) / sd;
  EXPECT_NEAR(objective.evaluate(std::vector<double>{truth}, Wanted::cost).cost, 0.5 * distance * distance,
              1e-9);
  EXPECT_NEAR(objective.evaluate(objective.nominal_position(), Wanted::cost).cost, data_cost(std::log(285.0)),
              1e-12);
}

TEST_F(EvidenceObjectives, SpeciesThatDifferAreFittedApart) {
  const EvidenceObjective mouse(library_, evidence_.calibration, settings("mouse:psilocin__clearance"));
  const EvidenceObjective human(library_, evidence_.calibration, settings("human:psilocin__clearance"));
  EXPECT_NE(mouse.rows().front().value, human.rows().front().value);
}

}  // namespace
}  // namespace raad::study
