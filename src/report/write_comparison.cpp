#include "report/write_comparison.hpp"

#include <fmt/core.h>

#include <system_error>

#include "base/files.hpp"
#include "base/table.hpp"
#include "report/comparison_figures.hpp"
#include "report/html_report.hpp"
#include "study/profile_table.hpp"

namespace raad::report {
namespace {

namespace fs = std::filesystem;

std::string quoted(const std::string& text) {
  return "\"" + text + "\"";
}

/// The command that repeats the comparison: only what decides its numbers.
std::string repeating_command(const study::Comparison& comparison) {
  const study::ComparisonSettings& settings = comparison.settings;
  const study::ComparisonSettings defaults;
  std::string command =
      fmt::format("raad compare {} {}", quoted(comparison.treatments[0]), quoted(comparison.treatments[1]));
  if (comparison.system != defaults.system) command += " --system " + comparison.system;
  if (settings.end_h != defaults.end_h)
    command += fmt::format(" --until {}h", base::format_number(settings.end_h));
  for (const std::string& hypothesis : settings.hypotheses) command += " --hypothesis " + hypothesis;
  for (const auto& [id, value] : settings.settings)
    command += fmt::format(" --set {}={}", id, base::format_number(value));
  if (settings.solver.method == solve::Method::cvodes) command += " --solver cvodes";
  if (settings.solver.method == solve::Method::rosenbrock_conservative)
    command += " --solver rosenbrock_conservative";
  if (settings.solver.relative_tolerance != defaults.solver.relative_tolerance) {
    command += " --rtol " + base::format_number(settings.solver.relative_tolerance);
  }
  if (settings.uncertainty_draws > 0)
    command += fmt::format(" --uncertainty {} --seed {}", settings.uncertainty_draws, settings.seed);
  return command;
}

/// A folder inside the final one, removed with all that is left in it; the final one too, if it was made for
/// this and nothing came of it.
class TemporaryFolder {
 public:
  explicit TemporaryFolder(const fs::path& final_folder)
      : final_folder_(final_folder), path_(final_folder / ".writing"), made_(!fs::exists(final_folder)) {
    base::create_folder(final_folder);
    std::error_code ignored;
    fs::remove_all(path_, ignored);  // Left by a run that was killed
    base::create_folder(path_);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
    if (made_ && fs::is_empty(final_folder_, ignored)) fs::remove(final_folder_, ignored);
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path final_folder_, path_;
  bool made_ = false;
};

void write_all(const study::Comparison& comparison, const fs::path& folder, const data::RunRecord& record) {
  base::write_file_atomically(folder / "profile.tsv", study::print_profile_table(comparison));
  data::write_series(folder / "timecourses.csv", study::series_table(comparison));
  base::write_file_atomically(folder / "report.html", html_report(comparison, making_of(comparison, record)));
  for (const char* file : {"profile.tsv", "timecourses.csv", "report.html"}) {
    data::write_run_record(folder / file, record);
  }
  base::create_folder(folder / "figures");
  const std::vector<TimeWindow> windows = time_windows(comparison.settings.end_h);
  for (const std::string& group : groups_of(comparison)) {
    const Figure figure =
        group_figure(comparison, group, windows[natural_window(comparison, group, windows)]);
    base::write_file_atomically(folder / "figures" / (figure.id + ".svg"), to_svg(figure));
    base::write_file_atomically(folder / "figures" / (figure.id + ".json"), to_json(figure));
  }
}

/// Renames every file into `to`; both folders are on one file system, so each appears whole or not at all.
void move_files(const fs::path& from, const fs::path& to) {
  base::create_folder(to / "figures");
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(from)) {
    if (!entry.is_regular_file()) continue;
    const fs::path target = to / fs::relative(entry.path(), from);
    std::error_code error;
    fs::rename(entry.path(), target, error);
    if (error) {
      throw base::InputError("R084", {target.string(), 0, 0}, "cannot write the result: " + error.message(),
                             "choose a folder that can be written");
    }
  }
}

}  // namespace

Making making_of(const study::Comparison& comparison, const data::RunRecord& record) {
  return {repeating_command(comparison), record.model_hash, record.program_version, record.engine};
}

void write_comparison(const study::Comparison& comparison, const fs::path& folder,
                      const data::RunRecord& record) {
  const TemporaryFolder temporary(folder);
  write_all(comparison, temporary.path(), record);
  move_files(temporary.path(), folder);
}

}  // namespace raad::report
