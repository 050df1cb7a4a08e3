#include "data/netcdf_file.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <fstream>
#include <sstream>

#include "base/diagnostics.hpp"
#include "data/trajectory_file.hpp"

namespace raad::data {
namespace {

namespace fs = std::filesystem;

fs::path place(const std::string& name) {
  const fs::path folder = fs::path(RAAD_BINARY_DIR) / "netcdf";
  fs::create_directories(folder);
  fs::remove(folder / name);
  return folder / name;
}

std::string read(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

std::string words(std::initializer_list<int> values) {
  std::string bytes;
  for (const int value : values)
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>((value >> shift) & 0xff);
  return bytes;
}

TEST(NetcdfFile, FollowsTheClassicFormat) {
  // Spelled out by hand from the specification: one dimension x = 2, one attribute, one variable v(x).
  const auto file = place("small.nc");
  NetcdfFile netcdf(file, {{"x", 2}}, {{"v", {0}, {{"units", "mg"}}}}, {{"title", "small"}});
  const double values[] = {1.0, -2.0};
  netcdf.write(0, 0, values, 2);
  EXPECT_FALSE(fs::exists(file)) << "the file appears only when it is whole";
  netcdf.finish();
  std::string expected = "CDF\2" + words({0, 10, 1, 1}) + std::string("x\0\0\0", 4) + words({2});
  expected +=
      words({12, 1, 5}) + std::string("title\0\0\0", 8) + words({2, 5}) + std::string("small\0\0\0", 8);
  expected += words({11, 1, 1}) + std::string("v\0\0\0", 4) + words({1, 0, 12, 1, 5}) +
              std::string("units\0\0\0", 8) + words({2, 2}) + std::string("mg\0\0", 4) + words({6, 16, 0});
  const int begin = static_cast<int>(expected.size()) + 4;
  expected += words({begin, 0x3ff00000, 0, static_cast<int>(0xc0000000), 0});
  EXPECT_EQ(read(file), expected);
}

TEST(NetcdfFile, WritesInAnyOrderAndRefusesWhatIsOutside) {
  const auto file = place("parts.nc");
  NetcdfFile netcdf(file, {{"x", 2}, {"y", 2}}, {{"a", {0, 1}, {}}, {"b", {}, {}}}, {});
  const double one = 7.0, pair[] = {3.0, 4.0};
  netcdf.write(1, 0, &one, 1);
  netcdf.write(0, 2, pair, 2);
  EXPECT_THROW(netcdf.write(0, 3, pair, 2), std::logic_error);
  EXPECT_THROW(netcdf.write(1, 1, &one, 1), std::logic_error);
  netcdf.finish();
  const std::string bytes = read(file);
  // 0 0 3 4 7 stand at the end.
  EXPECT_EQ(bytes.substr(bytes.size() - 40),
            words({0, 0, 0, 0, 0x40080000, 0, 0x40100000, 0, 0x401c0000, 0}));
}

TEST(NetcdfFile, LeavesNothingWhenItIsNotFinished) {
  const auto file = place("unfinished/x.nc");
  fs::create_directories(file.parent_path());
  {
    NetcdfFile netcdf(file, {{"x", 1}}, {{"a", {0}, {}}}, {});
  }
  EXPECT_TRUE(fs::is_empty(file.parent_path()));
  EXPECT_THROW(NetcdfFile("/proc/nowhere/x.nc", {}, {}, {}), base::InputError);
}

TEST(NetcdfFile, TakesTheLargeFormatForLargeVariables) {
  // 5 GB of which nothing is written: a hole in the file.
  const auto file = place("large.nc");
  NetcdfFile netcdf(file, {{"subject", 625'000'000}}, {{"v", {0}, {}}}, {});
  netcdf.finish();
  std::ifstream stream(file, std::ios::binary);
  std::string head(4, '\0');
  stream.read(head.data(), 4);
  EXPECT_EQ(head, "CDF\5");
  fs::remove(file);
}

TEST(TrajectoryFile, LeavesMissingValuesEmpty) {
  const auto file = place("t.csv");
  const auto trajectories =
      open_trajectory_file(file, {"time_h", "h", {0.0, 1.5}, {"a", "b"}, {"mg", "1"}, 2});
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double first[] = {1.0, 2.0, 0.1, 1e-20}, second[] = {1.0, 2.0, nan, nan};
  trajectories->add(0, first);
  trajectories->add(1, second);
  trajectories->finish();
  EXPECT_EQ(read(file), "subject,time_h,a,b\n# unit,h,mg,1\n0,0,1,2\n0,1.5,0.1,1e-20\n1,0,1,2\n1,1.5,,\n");
}

}  // namespace
}  // namespace raad::data
