// What a table of subjects may not hold, and parameters that formulas of the model give.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "data/library.hpp"
#include "run/virtual_subjects.hpp"

namespace raad::run {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

const data::Library& opened_library() {
  static const data::Library opened = [] {
    base::Diagnostics findings;
    auto result = data::open_library(fs::path(RAAD_SOURCE_DIR), findings);
    base::throw_if_errors(findings);
    return result;
  }();
  return opened;
}

class Folder {
 public:
  Folder() : path_(fs::temp_directory_path() / ("raad_bad_subjects_" + std::to_string(getpid()))) {
    fs::create_directories(path_);
  }
  ~Folder() {
    std::error_code error;
    fs::remove_all(path_, error);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  fs::path write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name) << text;
    return path_ / name;
  }

 private:
  fs::path path_;
};

std::string refusal(const std::string& text) {
  const Folder folder;
  base::Diagnostics findings;
  const auto system = load_system(opened_library(), "human", findings);
  PopulationDesign design;
  design.subject_count = 1;
  design.parameter_table = folder.write("subjects.csv", text);
  try {
    const VirtualSubjects subjects(opened_library(), system, design);
  } catch (const base::InputError& error) {
    return base::to_text(error.findings().all().front());
  }
  return {};
}

TEST(BadSubjects, CategoriesAndLimitsOfCovariatesAreChecked) {
  EXPECT_THAT(refusal("sex\nfemale\n"), HasSubstr("R088: `female` is no category of sex"));
  EXPECT_THAT(refusal("body_weight\n0\n"), HasSubstr("R046: body_weight = 0 cannot be"));
  EXPECT_THAT(refusal("body_weight\n700\n"), HasSubstr("R046"));
  EXPECT_THAT(refusal("baseline_madrs_psilocybin_trd\n60\n"), HasSubstr("R046"));
  EXPECT_EQ(refusal("sex,body_weight,baseline_madrs_psilocybin_trd\nother,80,33\n"), "");
  EXPECT_EQ(refusal("sex\nwoman\n"), "");
}

TEST(DerivedParameters, FollowEachSubjectAndASingleRun) {
  const Folder folder;
  const auto file = folder.write(
      "derived.ant",
      "model *derived()\n  const formula k has 1/h; k is \"rate\"\n  const formula half has h; half is "
      "\"half-life\"\n"
      "  half = ln(2)/k\n  formula x has mg; x is \"amount\"\n  x = 1\n  x' = -ln(2)/half*x\nend\n");
  folder.write(
      "derived.params.tsv",
      "parameterId\tparameterName\tnominalValue\tunit\tbsvDistribution\tbsvCv\tsourceKind\tsourceId\n"
      "k\tk\t0.5\t1/h\tlognormal\t0.4\tassumed\tinternal:assumed\n");
  base::Diagnostics findings;
  const auto system = load_system(opened_library(), file.string(), findings);
  const auto k = static_cast<std::size_t>(*system.equations.find_parameter("k"));
  const auto half = static_cast<std::size_t>(*system.equations.find_parameter("half"));
  PopulationDesign design;
  design.subject_count = 10;
  const VirtualSubjects subjects(opened_library(), system, design);
  EXPECT_TRUE(subjects.varying_parameters()[half]);
  VirtualSubject one;
  subjects.make(7, one);
  EXPECT_NE(one.subject.parameters[k], 0.5);
  EXPECT_DOUBLE_EQ(one.subject.parameters[half], std::log(2.0) / one.subject.parameters[k]);

  Scenario scenario;
  scenario.settings = {{"k", 1.0}};
  scenario.end_h = 1.0;
  scenario.output_times_h = {1.0};
  const auto courses = Simulator(opened_library(), system, {"x"}).run(scenario);
  EXPECT_NEAR(courses.series[0].values[0], std::exp(-1.0), 1e-5);  // relative tolerance 1e-6 a step
}

}  // namespace
}  // namespace raad::run
