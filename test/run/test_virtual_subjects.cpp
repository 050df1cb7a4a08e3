#include "run/virtual_subjects.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <set>

#include "../science/fixtures.hpp"

namespace raad::run {
namespace {

PopulationDesign design(const std::string& regimen, std::int64_t count) {
  PopulationDesign made;
  made.scenario.regimen = science::regimen(regimen);
  made.subject_count = count;
  return made;
}

std::size_t parameter(const std::string& id) {
  return static_cast<std::size_t>(*science::system("human").equations.find_parameter(id));
}

struct Moments {
  double mean = 0.0, sd = 0.0;
};

Moments moments(const std::vector<double>& values) {
  Moments result;
  for (const double value : values) result.mean += value / static_cast<double>(values.size());
  for (const double value : values)
    result.sd += (value - result.mean) * (value - result.mean) / static_cast<double>(values.size());
  result.sd = std::sqrt(result.sd);
  return result;
}

TEST(VirtualSubjects, HaveTheDistributionsOfTheirTables) {
  const VirtualSubjects subjects(science::library(), science::system("human"), design("none", 20'000));
  std::vector<double> clearance, volume;
  int women = 0, met = 0;
  VirtualSubject one;
  for (std::int64_t i = 0; i < subjects.count(); ++i) {
    subjects.make(i, one);
    clearance.push_back(std::log(one.subject.parameters[parameter("psilocin__clearance")] / 285.0));
    volume.push_back(std::log(one.subject.parameters[parameter("ketamine__central_volume")] / 133.0));
    for (std::size_t d = 0; d < one.descriptors.size(); ++d) {
      const auto& descriptor = subjects.descriptors()[d];
      if (descriptor.id == "sex") women += one.descriptors[d] == 0.0 ? 1 : 0;
      if (descriptor.id == "bdnf_genotype") met += one.descriptors[d] > 0.0 ? 1 : 0;
    }
  }
  // Tolerances are five standard errors: sd/sqrt(n) of the mean, sd/sqrt(2n) of the SD, sqrt(p q/n) of a
  // share.
  const double sd = std::sqrt(std::log1p(0.25 * 0.25));
  EXPECT_NEAR(moments(clearance).mean, 0.0, 5.0 * sd / std::sqrt(20'000));
  EXPECT_NEAR(moments(clearance).sd, sd, 5.0 * sd / std::sqrt(40'000));
  EXPECT_NEAR(women / 20'000.0, 0.5, 0.018);
  EXPECT_NEAR(met / 20'000.0, 0.36, 0.017);
}

TEST(VirtualSubjects, KeepTheCorrelationsOfTheTable) {
  const VirtualSubjects subjects(science::library(), science::system("human"), design("none", 20'000));
  VirtualSubject one;
  std::vector<double> volume, clearance;
  for (std::int64_t i = 0; i < subjects.count(); ++i) {
    subjects.make(i, one);
    double sex_factor = 1.0;
    for (std::size_t d = 0; d < one.descriptors.size(); ++d)
      if (subjects.descriptors()[d].id == "sex" && one.descriptors[d] == 0.0) sex_factor = 1.2;
    volume.push_back(std::log(one.subject.parameters[parameter("ketamine__central_volume")]));
    clearance.push_back(std::log(one.subject.parameters[parameter("ketamine__clearance")] / sex_factor));
  }
  const Moments v = moments(volume), c = moments(clearance);
  double product = 0.0;
  for (std::size_t i = 0; i < volume.size(); ++i)
    product += (volume[i] - v.mean) * (clearance[i] - c.mean) / 20'000.0;
  EXPECT_NEAR(product / v.sd / c.sd, 0.48, 5.0 * (1.0 - 0.48 * 0.48) / std::sqrt(20'000));
}

TEST(VirtualSubjects, DifferOnlyWhereTheySay) {
  auto wanted = design("psilocybin 25 mg oral; ketamine 0.5 mg/kg iv 40 min @ 2 d every 1 d x 3", 300);
  wanted.adherence = {2.0, 0.3};
  const VirtualSubjects subjects(science::library(), science::system("human"), wanted);
  const auto varies = subjects.varying_parameters(), acted = subjects.acted_states();
  VirtualSubject one, again;
  std::set<std::size_t> counts;
  for (std::int64_t i = 0; i < 300; ++i) {
    subjects.make(i, one);
    for (std::size_t k = 0; k < varies.size(); ++k)
      if (!varies[k]) {
        ASSERT_EQ(one.subject.parameters[k], subjects.typical_parameters()[k]);
      }
    for (const auto& action : one.subject.actions) ASSERT_TRUE(acted[static_cast<std::size_t>(action.index)]);
    ASSERT_FALSE(one.subject.actions.empty());
    EXPECT_EQ(one.subject.actions.front().time_h, 0.0);  // The first dose is neither moved nor missed.
    counts.insert(one.subject.actions.size());
  }
  EXPECT_GT(counts.size(), 2u);  // Some missed some doses.
  subjects.make(299, again);
  EXPECT_EQ(again.subject.parameters, one.subject.parameters);
}

TEST(VirtualSubjects, MoveDosesAsTheirDistributionSaysAndNeverTheFirstOfADrug) {
  auto wanted = design("ketanserin 40 mg oral; psilocybin 25 mg oral @ 24 h every 12 h x 3", 20'000);
  wanted.adherence = {3.0, 0.25};
  const VirtualSubjects subjects(science::library(), science::system("human"), wanted);
  VirtualSubject one;
  std::vector<double> moved;
  int taken = 0;
  for (std::int64_t i = 0; i < subjects.count(); ++i) {
    subjects.make(i, one);
    const auto& actions = one.subject.actions;
    ASSERT_GE(actions.size(), 2u);
    ASSERT_EQ(actions[0].time_h, 0.0);   // First of ketanserin
    ASSERT_EQ(actions[1].time_h, 24.0);  // First of psilocybin
    taken += static_cast<int>(actions.size()) - 2;
    for (std::size_t k = 2; k < actions.size(); ++k)
      if (actions[k].time_h < 42.0) moved.push_back(actions[k].time_h - 36.0);
  }
  // Tolerances: five standard errors. A normal distribution with SD 3 cut at +-6 = 2 SD keeps the share
  // 1 - 2 x 2 phi(2) / (2 Phi(2) - 1) = 0.7737 of its variance.
  const auto n = static_cast<double>(moved.size());
  const double sd = 3.0 * std::sqrt(0.7737);
  EXPECT_NEAR(taken / 40'000.0, 0.75, 5.0 * std::sqrt(0.75 * 0.25 / 40'000.0));
  EXPECT_NEAR(moments(moved).mean, 0.0, 5.0 * sd / std::sqrt(n));
  EXPECT_NEAR(moments(moved).sd, sd, 5.0 * sd / std::sqrt(2.0 * n));
  for (const double value : moved) EXPECT_LE(std::fabs(value), 6.0);
}

TEST(VirtualSubjects, SharesStayBelowOne) {
  const VirtualSubjects subjects(science::library(), science::system("human"), design("none", 5000));
  VirtualSubject one;
  for (std::int64_t i = 0; i < subjects.count(); ++i) {
    subjects.make(i, one);
    ASSERT_LT(one.subject.parameters[parameter("psilocin__oral_bioavailability")], 1.0);
  }
}

TEST(VirtualSubjects, AreToldApartByTheirVariability) {
  const auto hash_with = [&](auto change) {
    base::Diagnostics findings;
    auto system = run::load_system(science::library(), "human", findings);
    change(system);
    return VirtualSubjects(science::library(), system, design("none", 5)).content_hash();
  };
  const auto provenance = [](LoadedSystem& system, const std::string& id) -> model::Provenance& {
    const auto index = static_cast<std::size_t>(*system.equations.find_parameter(id));
    return system.model->symbols[static_cast<std::size_t>(system.equations.parameters[index].symbol)]
        .provenance;
  };
  const auto same = hash_with([](LoadedSystem&) {});
  EXPECT_EQ(hash_with([](LoadedSystem&) {}), same);
  EXPECT_NE(
      hash_with([&](LoadedSystem& s) { provenance(s, "psilocin__clearance").between_subject_cv = 0.26; }),
      same);
  EXPECT_NE(hash_with([&](LoadedSystem& s) { provenance(s, "psilocin__clearance").distribution = "normal"; }),
            same);
  EXPECT_NE(hash_with([&](LoadedSystem& s) { provenance(s, "psilocin__clearance").varies_by_trial = true; }),
            same);
}

TEST(VirtualSubjects, AreGivenTheDosesOfTheirOwnBody) {
  auto wanted = design("ketamine 0.5 mg/kg iv 40 min", 2);
  const auto file = std::filesystem::path(RAAD_BINARY_DIR) / "weights.csv";
  std::ofstream(file) << "body_weight\n70\n105\n";
  wanted.parameter_table = file;
  const VirtualSubjects subjects(science::library(), science::system("human"), wanted);
  VirtualSubject light, heavy;
  subjects.make(0, light);
  subjects.make(1, heavy);
  base::Diagnostics findings;
  const auto planned =
      dose::plan(wanted.scenario.regimen, science::library().dosing, science::system("human").equations,
                 "human", heavy.subject.parameters, findings);
  ASSERT_EQ(planned.actions.size(), heavy.subject.actions.size());
  for (std::size_t i = 0; i < planned.actions.size(); ++i)
    EXPECT_EQ(heavy.subject.actions[i].value, planned.actions[i].value);
  EXPECT_NEAR(heavy.subject.actions[0].value / light.subject.actions[0].value, 1.5, 1e-12);
  EXPECT_NEAR(heavy.subject.parameters[parameter("ketamine__clearance")] /
                  light.subject.parameters[parameter("ketamine__clearance")],
              std::pow(1.5, 0.75), 1e-12);
}

TEST(VirtualSubjects, TrialEffectsAreSharedByAReplicate) {
  auto wanted = design("none", 3);
  const auto disappointment = [&](std::uint64_t replicate, std::int64_t subject) {
    wanted.replicate = replicate;
    const VirtualSubjects subjects(science::library(), science::system("human"), wanted);
    VirtualSubject one;
    subjects.make(subject, one);
    return one.subject.parameters[parameter("expectancy__disappointment")];
  };
  EXPECT_EQ(disappointment(0, 0), disappointment(0, 2));
  EXPECT_NE(disappointment(0, 0), disappointment(1, 0));
}

}  // namespace
}  // namespace raad::run
