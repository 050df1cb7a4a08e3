// Archives and simulation experiments: a small one with a solution on paper, and everything that is refused.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "base/files.hpp"
#include "data/omex_archive.hpp"
#include "run/sedml_run.hpp"

namespace raad::run {
namespace {

namespace fs = std::filesystem;

const std::string k_model =
    "<?xml version='1.0' encoding='UTF-8'?>\n"
    "<sbml xmlns='http://www.sbml.org/sbml/level3/version1/core' level='3' version='1'><model id='decay'>"
    "<listOfParameters><parameter id='x' value='2' constant='false'/><parameter id='k' value='1' "
    "constant='true'/>"
    "</listOfParameters><listOfRules><rateRule variable='x'><math "
    "xmlns='http://www.w3.org/1998/Math/MathML'><apply>"
    "<times/><cn>-1</cn><ci>k</ci><ci>x</ci></apply></math></rateRule></listOfRules></model></sbml>\n";

std::string experiment(const std::string& kisao = "KISAO:0000019", const std::string& task = "",
                       const std::string& id = "x") {
  return "<?xml version='1.0' encoding='UTF-8'?>\n"
         "<sedML xmlns='http://sed-ml.org/sed-ml/level1/version3' level='1' version='3' "
         "xmlns:sbml='http://www.sbml.org/sbml/level2/version4'><listOfModels><model id='m' "
         "language='urn:sedml:language:sbml' source='model.xml'><listOfChanges><changeAttribute "
         "target=\"/sbml:sbml/sbml:model/sbml:listOfParameters/sbml:parameter[@id='k']/@value\" "
         "newValue='0.5'/>"
         "</listOfChanges></model></listOfModels><listOfSimulations><uniformTimeCourse id='s' "
         "initialTime='0' "
         "outputStartTime='2' outputEndTime='4' numberOfPoints='4'><algorithm kisaoID='" +
         kisao + "'/></uniformTimeCourse></listOfSimulations><listOfTasks>" +
         (task.empty() ? "<task id='t' modelReference='m' simulationReference='s'/>" : task) +
         "</listOfTasks><listOfDataGenerators><dataGenerator id='time'><listOfVariables><variable id='v' "
         "symbol='urn:sedml:symbol:time' taskReference='t'/></listOfVariables><math "
         "xmlns='http://www.w3.org/1998/Math/MathML'><ci>v</ci></math></dataGenerator><dataGenerator "
         "id='scaled'>"
         "<listOfVariables><variable id='w' "
         "target=\"/sbml:sbml/sbml:model/sbml:listOfParameters/sbml:parameter[@id='" +
         id +
         "']\" taskReference='t'/></listOfVariables><listOfParameters><parameter id='ten' "
         "value='10'/></listOfParameters>"
         "<math "
         "xmlns='http://www.w3.org/1998/Math/MathML'><apply><times/><ci>ten</ci><ci>w</ci></apply></math>"
         "</dataGenerator></listOfDataGenerators><listOfOutputs><report id='r'><listOfDataSets><dataSet "
         "id='a' label='t' "
         "dataReference='time'/><dataSet id='b' label='x' dataReference='scaled'/></listOfDataSets></report>"
         "</listOfOutputs></sedML>\n";
}

class Sedml : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / "raad_sedml";
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    std::ofstream(folder_ / "model.xml") << k_model;
  }
  data::SedmlDocument read(const std::string& text, base::Diagnostics& findings) {
    std::ofstream(folder_ / "e.sedml") << text;
    return data::read_sedml(folder_ / "e.sedml", findings);
  }
  fs::path folder_;
};

TEST_F(Sedml, RunsWithChangesAndOutputStart) {
  base::Diagnostics findings;
  const auto document = read(experiment(), findings);
  ASSERT_FALSE(findings.has_errors());
  const auto result = run_sedml(document, "e.sedml");
  ASSERT_TRUE(result.succeeded()) << result.tasks.front().note;
  ASSERT_EQ(result.reports.size(), 1u);
  const auto& sets = result.reports.front().data_sets;
  ASSERT_EQ(sets[0].values.size(), 5u);
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_DOUBLE_EQ(sets[0].values[i], 2.0 + 0.5 * static_cast<double>(i));
    // k is 0.5 by the change; the default tolerance is 1e-8.
    EXPECT_NEAR(sets[1].values[i], 20.0 * std::exp(-0.5 * sets[0].values[i]), 1e-5);
  }
  data::write_report_hdf5(folder_ / "r.h5", result.reports);
  EXPECT_GT(fs::file_size(folder_ / "r.h5"), 500u);
  EXPECT_EQ(data::report_csv(result.reports.front()).substr(0, 4), "a,b\n");
}

TEST_F(Sedml, LogsWhatCannotBeRun) {
  base::Diagnostics findings;
  const auto stochastic = run_sedml(read(experiment("KISAO:0000029"), findings), "e.sedml");
  EXPECT_EQ(stochastic.tasks.front().status, "FAILED");
  EXPECT_NE(stochastic.tasks.front().note.find("KISAO:0000029"), std::string::npos);
  EXPECT_EQ(stochastic.output_status.at("r"), "FAILED");
  const auto replaced = run_sedml(read(experiment("KISAO:0000086"), findings), "e.sedml");
  EXPECT_TRUE(replaced.succeeded());
  EXPECT_NE(replaced.tasks.front().note.find("Fehlberg"), std::string::npos);
  const auto unknown = run_sedml(read(experiment("KISAO:0000019", "", "nowhere"), findings), "e.sedml");
  EXPECT_NE(unknown.tasks.front().note.find("nowhere"), std::string::npos);
}

TEST_F(Sedml, RefusesByName) {
  const auto code = [&](const std::string& text) {
    base::Diagnostics findings;
    read(text, findings);
    return findings.all().empty() ? "" : findings.all().front().code;
  };
  EXPECT_EQ(code(experiment("KISAO:0000019", "<repeatedTask id='t'/>")), "R112");
  EXPECT_EQ(code("<?xml version='1.0'?><sedML>"), "R111");
  EXPECT_EQ(code("<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><sedML/>"), "R111");
}

TEST_F(Sedml, ArchivesComeBackAsTheyWerePacked) {
  std::ofstream(folder_ / "e.sedml") << experiment();
  const std::vector<data::OmexEntry> entries = {
      {"model.xml", "http://identifiers.org/combine.specifications/sbml", false},
      {"e.sedml", "http://identifiers.org/combine.specifications/sed-ml", true}};
  data::pack_omex(folder_ / "a.omex", folder_, entries);
  data::pack_omex(folder_ / "b.omex", folder_, entries);
  EXPECT_EQ(base::read_file(folder_ / "a.omex"), base::read_file(folder_ / "b.omex"));
  base::Diagnostics findings;
  const auto found = data::unpack_omex(folder_ / "a.omex", folder_ / "out", findings);
  ASSERT_FALSE(findings.has_errors());
  ASSERT_EQ(found.size(), 2u);
  EXPECT_TRUE(found[0].is_sbml());
  EXPECT_TRUE(found[1].is_sedml() && found[1].master);
  EXPECT_EQ(base::read_file(folder_ / "out/model.xml"), k_model);
}

TEST_F(Sedml, HostileArchivesAreRefused) {
  const auto code = [&](const fs::path& file, const data::OmexLimits& limits = {}) {
    base::Diagnostics findings;
    data::unpack_omex(file, folder_ / "out", findings, limits);
    return findings.all().empty() ? "" : findings.all().front().code;
  };
  std::ofstream(folder_ / "text.omex") << "no zip";
  EXPECT_EQ(code(folder_ / "text.omex"), "R110");
  EXPECT_EQ(code(folder_ / "absent.omex"), "R086");
  // An entry that would land beside the folder: packed from below under a name with `..`.
  fs::create_directories(folder_ / "sub");
  data::pack_omex(folder_ / "slip.omex", folder_ / "sub", {{"../model.xml", "x", false}});
  EXPECT_EQ(code(folder_ / "slip.omex"), "R110");
  std::ofstream(folder_ / "big.txt") << std::string(1U << 20U, 'a');
  data::pack_omex(folder_ / "big.omex", folder_, {{"big.txt", "x", false}});
  EXPECT_EQ(code(folder_ / "big.omex", {2000, 1U << 16U}), "R110");
  EXPECT_EQ(code(folder_ / "big.omex", {1, 1U << 30U}), "R110");
}

}  // namespace
}  // namespace raad::run
