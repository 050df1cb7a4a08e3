#include "data/trajectory_file.hpp"

#include <fmt/format.h>

#include <cmath>

#include "base/output_file.hpp"
#include "base/table.hpp"
#include "data/netcdf_file.hpp"

namespace raad::data {
namespace {

class CsvTrajectories final : public TrajectoryFile {
 public:
  CsvTrajectories(const std::filesystem::path& file, TrajectoryLayout layout)
      : file_(file), layout_(std::move(layout)) {
    std::string header = "subject," + layout_.time_name, units = "# unit," + layout_.time_unit;
    for (const auto& name : layout_.names) header += "," + name;
    for (const auto& unit : layout_.units) units += "," + unit;
    file_.append(header + "\n" + units + "\n");
  }

  void add(std::int64_t subject, const double* outputs) override {
    std::string rows;
    for (const double time : layout_.times) {
      rows += fmt::format("{},{}", subject, base::format_number(time));
      for (std::size_t k = 0; k < layout_.names.size(); ++k, ++outputs)
        rows += std::isnan(*outputs) ? "," : "," + base::format_number(*outputs);
      rows += '\n';
    }
    file_.append(rows);
  }

  void finish() override { file_.finish(); }

 private:
  base::OutputFile file_;
  TrajectoryLayout layout_;
};

class NetcdfTrajectories final : public TrajectoryFile {
 public:
  NetcdfTrajectories(const std::filesystem::path& file, TrajectoryLayout layout)
      : layout_(std::move(layout)),
        file_(file,
              {{"subject", layout_.subject_count}, {"time", static_cast<std::int64_t>(layout_.times.size())}},
              variables(layout_), {{"title", "time courses of virtual subjects"}}),
        course_(layout_.times.size()) {
    file_.write(1, 0, layout_.times.data(), layout_.times.size());
  }

  void add(std::int64_t subject, const double* outputs) override {
    const auto number = static_cast<double>(subject);
    file_.write(0, subject, &number, 1);
    for (std::size_t k = 0; k < layout_.names.size(); ++k) {
      for (std::size_t t = 0; t < course_.size(); ++t) course_[t] = outputs[t * layout_.names.size() + k];
      file_.write(static_cast<int>(k) + 2, subject * static_cast<std::int64_t>(course_.size()),
                  course_.data(), course_.size());
    }
  }

  void finish() override { file_.finish(); }

 private:
  static std::vector<NetcdfVariable> variables(const TrajectoryLayout& layout) {
    std::vector<NetcdfVariable> all = {{"subject", {0}, {{"long_name", "number of the subject"}}},
                                       {"time", {1}, {{"units", layout.time_unit}}}};
    for (std::size_t k = 0; k < layout.names.size(); ++k)
      all.push_back({layout.names[k], {0, 1}, {{"units", layout.units[k]}}});
    return all;
  }

  TrajectoryLayout layout_;
  NetcdfFile file_;
  std::vector<double> course_;
};

}  // namespace

std::unique_ptr<TrajectoryFile> open_trajectory_file(const std::filesystem::path& file,
                                                     TrajectoryLayout layout) {
  if (file.extension() == ".nc") return std::make_unique<NetcdfTrajectories>(file, std::move(layout));
  return std::make_unique<CsvTrajectories>(file, std::move(layout));
}

}  // namespace raad::data
