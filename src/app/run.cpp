// `raad run`: a COMBINE archive in, reports, plots and a log out.
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <memory>

#include "app/command.hpp"
#include "base/files.hpp"
#include "data/omex_archive.hpp"
#include "report/sedml_figure.hpp"
#include "report/sedml_log.hpp"
#include "run/sedml_run.hpp"

namespace raad::app {
namespace {

namespace fs = std::filesystem;

struct Arguments {
  std::string archive;
  std::string out = "results";
  std::string substitution = "SIMILAR_VARIABLES";
  bool quiet = false;
};

/// A folder of its own that goes away at the end.
class TemporaryFolder {
 public:
  TemporaryFolder() : path_(fs::temp_directory_path() / fmt::format("raad-{}", getpid())) {
    fs::create_directories(path_);
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

/// Master documents first; all where none is master.
std::vector<data::OmexEntry> documents_of(const std::vector<data::OmexEntry>& entries) {
  std::vector<data::OmexEntry> masters, all;
  for (const auto& entry : entries) {
    if (!entry.is_sedml()) continue;
    all.push_back(entry);
    if (entry.master) masters.push_back(entry);
  }
  return masters.empty() ? all : masters;
}

class ArchiveRun {
 public:
  explicit ArchiveRun(const Arguments& arguments) : arguments_(arguments), out_(arguments.out) {}

  int run() {
    base::Diagnostics findings;
    const auto entries = data::unpack_omex(arguments_.archive, folder_.path(), findings);
    throw_if_errors(findings);
    const auto documents = documents_of(entries);
    if (documents.empty())
      throw base::InputError("R110", {arguments_.archive},
                             "the archive holds no simulation experiment (SED-ML)");
    base::create_folder(out_);
    for (const auto& entry : documents) read(entry);
    write_log();
    for (std::size_t i = 0; i < read_.size(); ++i)
      if (logs_[i].status == run::SedmlStatus::queued) run_document(i);
    data::write_report_hdf5(out_ / "reports.h5", reports_);
    write_log();
    throw_if_errors(findings_);
    return report::status_of(logs_) == run::SedmlStatus::succeeded ? done
           : failed_numerically_                                   ? run_failed
                                                                   : bad_input;
  }

 private:
  void read(const data::OmexEntry& entry) {
    base::Diagnostics found;
    read_.push_back(data::read_sedml(folder_.path() / entry.location, found));
    logs_.push_back(run::queued_log(read_.back(), entry.location));
    if (!found.has_errors()) return;
    // The others still run; the findings end the command.
    auto& log = logs_.back();
    log.status = run::SedmlStatus::failed;
    log.error_type = found.all().front().code;
    log.message = found.all().front().message;
    for (auto* list : {&log.tasks, &log.outputs})
      for (auto& one : *list) one.status = run::SedmlStatus::skipped;
    findings_.append(found);
  }

  void write_log() const {
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count();
    base::write_file_atomically(out_ / "log.yml", report::sedml_log_yaml(logs_, seconds));
  }

  void run_document(std::size_t index) {
    const auto& document = read_[index];
    const std::string location = logs_[index].location;
    const bool substitute = arguments_.substitution != "NONE" && arguments_.substitution != "SAME_METHOD";
    const auto result = run::run_sedml(
        document, location, substitute ? run::Substitution::same_mathematics : run::Substitution::none,
        [&](const run::SedmlLog& log) {
          logs_[index] = log;
          write_log();
        });
    failed_numerically_ = failed_numerically_ || result.failed_numerically;
    base::create_folder(out_ / location);
    for (const auto& table : result.reports) {
      reports_.push_back(table);
      if (table.type == "Report")
        base::write_file_atomically(out_ / location / (table.id + ".csv"), data::report_csv(table));
    }
    for (std::size_t i = 0; i < document.outputs.size(); ++i) {
      const auto& output = document.outputs[i];
      if (output.kind == data::SedmlOutput::Kind::plot_2d &&
          logs_[index].outputs[i].status == run::SedmlStatus::succeeded)
        base::write_file_atomically(
            out_ / location / (output.id + ".svg"),
            report::to_svg(report::sedml_figure(document, output, result.generator_values)));
    }
    tell(logs_[index]);
  }

  void tell(const run::SedmlLog& log) const {
    const auto say = [&](const run::SedmlLogEntry& entry) {
      std::string remark = entry.message;
      if (!entry.note.empty()) remark += (remark.empty() ? "" : "; ") + entry.note;
      // What failed is said even when only errors are.
      if (arguments_.quiet && entry.status != run::SedmlStatus::failed) return;
      fmt::print(stderr, "{} {}: {}{}\n", log.location, entry.id, run::name_of(entry.status),
                 remark.empty() ? "" : " (" + remark + ")");
    };
    for (const auto& task : log.tasks) say(task);
    for (const auto& output : log.outputs) say(output);
  }

  const Arguments& arguments_;
  const fs::path out_;
  const TemporaryFolder folder_;
  const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  base::Diagnostics findings_;
  std::vector<data::SedmlDocument> read_;
  std::vector<run::SedmlLog> logs_;
  std::vector<data::ReportTable> reports_;
  bool failed_numerically_ = false;
};

}  // namespace

void add_run(Command& program, Context& context) {
  auto arguments = std::make_shared<Arguments>();
  auto& command = program.add_subcommand("run", "Simulation experiments of a COMBINE archive (SED-ML)");
  command.footer("Example:\n  raad run experiment.omex -o results");
  command.add_option("archive,-i,--archive", arguments->archive, "COMBINE archive (.omex)").required();
  command.add_option("-o,--out,--out-dir", arguments->out, "Folder for reports, plots and log.yml")
      .show_default();
  command
      .add_option("--substitution-policy", arguments->substitution,
                  "Whether another method of the same mathematics may stand in for one that raad lacks: "
                  "NONE and SAME_METHOD forbid it")
      .one_of({"NONE", "SAME_METHOD", "SAME_MATH", "SIMILAR_APPROXIMATIONS", "DISTINCT_APPROXIMATIONS",
               "DISTINCT_SCALES", "SAME_VARIABLES", "SIMILAR_VARIABLES", "SAME_FRAMEWORK", "ANY"})
      .from_environment("ALGORITHM_SUBSTITUTION_POLICY")
      .show_default();
  command.add_flag("-q,--quiet", arguments->quiet, "Print errors only");
  command.callback(
      [arguments, &context] { context.selected = [arguments] { return ArchiveRun(*arguments).run(); }; });
}

}  // namespace raad::app
