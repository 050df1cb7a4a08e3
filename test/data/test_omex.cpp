// COMBINE archives: what is packed comes back, and everything hostile is refused; reports as HDF5.
#include <gtest/gtest.h>
#include <hdf5.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "base/files.hpp"
#include "data/omex_archive.hpp"
#include "data/report_file.hpp"

namespace raad::data {
namespace {

namespace fs = std::filesystem;

const std::string k_model = "<sbml/>";

class Omex : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("raad_omex_" + std::to_string(getpid()));
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    std::ofstream(folder_ / "model.xml") << k_model;
  }
  fs::path folder_;
};

TEST_F(Omex, ArchivesComeBackAsTheyWerePacked) {
  std::ofstream(folder_ / "e.sedml") << "<sedML/>";
  const std::vector<OmexEntry> entries = {
      {"model.xml", "http://identifiers.org/combine.specifications/sbml", false},
      {"e.sedml", "http://identifiers.org/combine.specifications/sed-ml", true}};
  pack_omex(folder_ / "a.omex", folder_, entries);
  pack_omex(folder_ / "b.omex", folder_, entries);
  EXPECT_EQ(base::read_file(folder_ / "a.omex"), base::read_file(folder_ / "b.omex"));
  base::Diagnostics findings;
  const auto found = unpack_omex(folder_ / "a.omex", folder_ / "out", findings);
  ASSERT_FALSE(findings.has_errors());
  ASSERT_EQ(found.size(), 2u);
  EXPECT_TRUE(found[0].is_sbml());
  EXPECT_TRUE(found[1].is_sedml() && found[1].master);
  EXPECT_EQ(base::read_file(folder_ / "out/model.xml"), k_model);
}

TEST_F(Omex, HostileArchivesAreRefused) {
  const auto code = [&](const fs::path& file, const OmexLimits& limits = {}) {
    base::Diagnostics findings;
    unpack_omex(file, folder_ / "out", findings, limits);
    return findings.all().empty() ? "" : findings.all().front().code;
  };
  std::ofstream(folder_ / "text.omex") << "no zip";
  EXPECT_EQ(code(folder_ / "text.omex"), "R110");
  EXPECT_EQ(code(folder_ / "absent.omex"), "R086");
  // An entry that would land beside the folder: packed from below under a name with `..`.
  fs::create_directories(folder_ / "sub");
  pack_omex(folder_ / "slip.omex", folder_ / "sub", {{"../model.xml", "x", false}});
  EXPECT_EQ(code(folder_ / "slip.omex"), "R110");
  std::ofstream(folder_ / "big.txt") << std::string(1U << 20U, 'a');
  pack_omex(folder_ / "big.omex", folder_, {{"big.txt", "x", false}});
  EXPECT_EQ(code(folder_ / "big.omex", {2000, 1U << 16U}), "R110");
  EXPECT_EQ(code(folder_ / "big.omex", {1, 1U << 30U}), "R110");
}

TEST(ReportFile, HoldsTablesOfAnyRank) {
  const fs::path file = fs::temp_directory_path() / ("raad_reports_" + std::to_string(getpid()) + ".h5");
  const ReportTable table{"deep/e.sedml",
                          "r",
                          "name",
                          "Report",
                          {{"a", "A", "", {{2, 1, 2}, {1, 2, 3, 4}}}, {"b", "B", "", {{}, {7}}}}};
  write_report_hdf5(file, {table});
  const hid_t opened = H5Fopen(file.string().c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  const hid_t set = H5Dopen2(opened, "/deep/e.sedml/r", H5P_DEFAULT);
  ASSERT_GE(set, 0);
  double values[8] = {};
  H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
  EXPECT_EQ(values[3], 4.0);
  EXPECT_EQ(values[4], 7.0);
  EXPECT_TRUE(std::isnan(values[5]));
  EXPECT_GT(H5Aexists(set, "sedmlDataSetShapes"), 0);
  EXPECT_GT(H5Aexists_by_name(opened, "deep", "combineArchiveLocation", H5P_DEFAULT), 0);
  EXPECT_GT(H5Aexists_by_name(opened, "deep/e.sedml", "uri", H5P_DEFAULT), 0);
  H5Dclose(set);
  H5Fclose(opened);
  EXPECT_EQ(report_csv(table), "a,b\n1,7\n2,\n3,\n4,\n");
}

}  // namespace
}  // namespace raad::data
