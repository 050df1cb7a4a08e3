// `raad run`: a COMBINE archive in, reports, plots and a log out.
#include <fmt/format.h>
#include <unistd.h>
#include <yaml-cpp/yaml.h>

#include <filesystem>
#include <memory>

#include "app/command.hpp"
#include "base/files.hpp"
#include "data/omex_archive.hpp"
#include "report/figure.hpp"
#include "run/sedml_run.hpp"

namespace raad::app {
namespace {

namespace fs = std::filesystem;

struct Arguments {
  std::string archive;
  std::string out = "results";
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

report::Figure figure_of(const data::SedmlPlot& plot, const run::SedmlResult& result) {
  report::Figure figure;
  figure.id = plot.id;
  figure.title = plot.name.empty() ? plot.id : plot.name;
  figure.columns = 1;
  report::Panel panel;
  panel.title = figure.title;
  panel.description = "Curves of the plot " + plot.id;
  int colour = 0;
  for (const auto& curve : plot.curves) {
    report::Line line;
    line.label = curve.name.empty() ? curve.y : curve.name;
    line.colour = colour++;
    line.x = result.generator_values.at(curve.x);
    line.y = result.generator_values.at(curve.y);
    panel.log_y = panel.log_y || curve.log_y;
    panel.x_label = curve.x;
    panel.lines.push_back(std::move(line));
  }
  figure.panels.push_back(std::move(panel));
  return figure;
}

void log_document(YAML::Emitter& log, const std::string& location, const run::SedmlResult& result) {
  log << YAML::BeginMap << YAML::Key << "location" << YAML::Value << location << YAML::Key << "status"
      << YAML::Value << (result.succeeded() ? "SUCCEEDED" : "FAILED");
  log << YAML::Key << "tasks" << YAML::Value << YAML::BeginSeq;
  for (const auto& task : result.tasks) {
    log << YAML::BeginMap << YAML::Key << "id" << YAML::Value << task.id << YAML::Key << "status"
        << YAML::Value << task.status;
    if (!task.algorithm.empty()) log << YAML::Key << "algorithm" << YAML::Value << task.algorithm;
    if (!task.note.empty())
      log << YAML::Key << (task.status == "SUCCEEDED" ? "output" : "exception") << YAML::Value << task.note;
    log << YAML::EndMap;
  }
  log << YAML::EndSeq << YAML::Key << "outputs" << YAML::Value << YAML::BeginSeq;
  for (const auto& [id, status] : result.output_status)
    log << YAML::BeginMap << YAML::Key << "id" << YAML::Value << id << YAML::Key << "status" << YAML::Value
        << status << YAML::EndMap;
  log << YAML::EndSeq << YAML::EndMap;
}

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

int run_archive(const Arguments& arguments) {
  const TemporaryFolder folder;
  base::Diagnostics findings;
  const auto entries = data::unpack_omex(arguments.archive, folder.path(), findings);
  throw_if_errors(findings);
  const auto documents = documents_of(entries);
  if (documents.empty())
    throw base::InputError("R110", {arguments.archive},
                           "the archive holds no simulation experiment (SED-ML)");
  // What cannot be read is bad input as a whole; what cannot be run is logged task by task.
  std::vector<data::SedmlDocument> read;
  for (const auto& entry : documents)
    read.push_back(data::read_sedml(folder.path() / entry.location, findings));
  throw_if_errors(findings);

  const fs::path out(arguments.out);
  fs::create_directories(out);
  std::vector<data::ReportTable> reports;
  bool succeeded = true;
  YAML::Emitter documents_log;
  documents_log << YAML::BeginSeq;
  for (std::size_t i = 0; i < documents.size(); ++i) {
    const std::string& location = documents[i].location;
    const auto result = run::run_sedml(read[i], location);
    succeeded = succeeded && result.succeeded();
    fs::create_directories(out / location);
    for (const auto& report : result.reports) {
      base::write_file_atomically(out / location / (report.id + ".csv"), data::report_csv(report));
      reports.push_back(report);
    }
    for (const auto& plot : read[i].plots)
      if (result.output_status.at(plot.id) == "SUCCEEDED")
        base::write_file_atomically(out / location / (plot.id + ".svg"),
                                    report::to_svg(figure_of(plot, result)));
    log_document(documents_log, location, result);
    for (const auto& task : result.tasks)
      if (!arguments.quiet)
        fmt::print(stderr, "{} {}: {}{}\n", location, task.id, task.status,
                   task.note.empty() ? "" : " (" + task.note + ")");
  }
  documents_log << YAML::EndSeq;
  data::write_report_hdf5(out / "reports.h5", reports);
  base::write_file_atomically(
      out / "log.yml", fmt::format("status: {}\nsedDocuments:\n{}\n", succeeded ? "SUCCEEDED" : "FAILED",
                                   documents_log.c_str()));
  return succeeded ? done : run_failed;
}

}  // namespace

void add_run(CLI::App& program, Context& context) {
  auto arguments = std::make_shared<Arguments>();
  auto& command = *program.add_subcommand("run", "Simulation experiments of a COMBINE archive (SED-ML)");
  command.footer("Example:\n  raad run experiment.omex -o results");
  auto* archive = command.add_option("archive,-i,--archive", arguments->archive, "COMBINE archive (.omex)");
  archive->required();
  command.add_option("-o,--out,--out-dir", arguments->out, "Folder for reports, plots and log.yml")
      ->capture_default_str();
  command.add_flag("-q,--quiet", arguments->quiet, "Print errors only");
  command.callback(
      [arguments, &context] { context.selected = [arguments] { return run_archive(*arguments); }; });
}

}  // namespace raad::app
