#include "run/sedml_run.hpp"

#include <algorithm>
#include <chrono>

#include "run/sedml_generators.hpp"
#include "run/sedml_tasks.hpp"

namespace raad::run {
namespace {

using data::SedmlOutput;

class Runner {
 public:
  Runner(const data::SedmlDocument& document, const std::string& location, Substitution substitution,
         const std::function<void(const SedmlLog&)>& on_change)
      : document_(document),
        models_(document),
        runner_(document, models_, substitution),
        on_change_(on_change) {
    result_.log = queued_log(document, location);
  }

  SedmlResult run() {
    auto& log = result_.log;
    const auto started = Clock::now();
    log.status = SedmlStatus::running;
    for (std::size_t i = 0; i < document_.tasks.size(); ++i)
      timed(log.tasks[i], [&] { run_task(document_.tasks[i], log.tasks[i]); });
    for (const auto& generator : document_.generators) evaluate(generator);
    for (std::size_t i = 0; i < document_.outputs.size(); ++i)
      timed(log.outputs[i], [&] { fill(document_.outputs[i], log.outputs[i]); });
    const auto good = [](const SedmlLogEntry& entry) { return entry.status == SedmlStatus::succeeded; };
    log.status = std::ranges::all_of(log.tasks, good) && std::ranges::all_of(log.outputs, good)
                     ? SedmlStatus::succeeded
                     : SedmlStatus::failed;
    log.duration_s = seconds_since(started);
    changed();
    return std::move(result_);
  }

 private:
  using Clock = std::chrono::steady_clock;
  static double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
  }

  void changed() const {
    if (on_change_) on_change_(result_.log);
  }

  template <typename Work>
  void timed(SedmlLogEntry& entry, const Work& work) {
    const auto started = Clock::now();
    entry.status = SedmlStatus::running;
    changed();
    work();
    entry.duration_s = seconds_since(started);
    changed();
  }

  static void fail(SedmlLogEntry& entry, const base::InputError& error) {
    entry.status = SedmlStatus::failed;
    entry.error_type = error.findings().all().front().code;
    entry.message.clear();
    for (const auto& finding : error.findings().all())
      entry.message += (entry.message.empty() ? "" : "; ") + finding.code + " " + finding.message;
  }

  void run_task(const data::SedmlTask& task, SedmlLogEntry& entry) {
    SedmlTaskNotes notes;
    try {
      values_[task.id] = runner_.run(task, notes);
      entry.status = SedmlStatus::succeeded;
    } catch (const base::InputError& error) {
      fail(entry, error);
    } catch (const base::NumericalError& error) {
      entry.status = SedmlStatus::failed;
      entry.error_type = "NumericalError";
      entry.message = error.what();
      result_.failed_numerically = true;
    }
    entry.algorithm = notes.kisao;
    for (const auto& note : notes.notes) entry.note += (entry.note.empty() ? "" : "; ") + note;
  }

  void evaluate(const data::SedmlDataGenerator& generator) {
    try {
      result_.generator_values[generator.id] =
          evaluate_generator(generator, values_, {document_.file.string(), generator.line, 0});
    } catch (const base::InputError& error) {
      failures_[generator.id] = error.findings().all().front().message;
    }
  }

  /// The values of a generator for a part of an output; null, with the reason in `part`, without them.
  const data::Array* values_for(const std::string& generator, SedmlLogEntry& part) const {
    const auto found = result_.generator_values.find(generator);
    if (found != result_.generator_values.end()) {
      part.status = SedmlStatus::succeeded;
      return &found->second;
    }
    part.status = SedmlStatus::failed;
    part.error_type = "R111";
    const auto reason = failures_.find(generator);
    part.message =
        reason != failures_.end() ? reason->second : "the data generator `" + generator + "` is not defined";
    return nullptr;
  }

  void fill(const SedmlOutput& output, SedmlLogEntry& entry) {
    if (!output.refused.empty()) {
      entry.error_type = "R112";
      entry.message = output.refused;
      entry.status = SedmlStatus::failed;
      for (auto& part : entry.parts) part.status = SedmlStatus::skipped;
      return;
    }
    data::ReportTable table{result_.log.location, output.id, output.name, {}, {}};
    if (output.kind == SedmlOutput::Kind::report)
      fill_report(output, entry, table);
    else
      fill_plot(output, entry, table);
    const auto failed = std::ranges::find(entry.parts, SedmlStatus::failed, &SedmlLogEntry::status);
    if (failed == entry.parts.end()) {
      entry.status = SedmlStatus::succeeded;
      result_.reports.push_back(std::move(table));
    } else {
      entry.status = SedmlStatus::failed;
      entry.error_type = failed->error_type;
      entry.message = "`" + failed->id + "`: " + failed->message;
    }
  }

  void fill_report(const SedmlOutput& output, SedmlLogEntry& entry, data::ReportTable& table) {
    table.type = "Report";
    for (std::size_t i = 0; i < output.data_sets.size(); ++i) {
      const auto& set = output.data_sets[i];
      if (const auto* values = values_for(set.generator, entry.parts[i]))
        table.data_sets.push_back({set.id, set.label, set.name, *values});
    }
  }

  /// Data of a plot are the data generators that it shows, in the order of the document.
  void fill_plot(const SedmlOutput& output, SedmlLogEntry& entry, data::ReportTable& table) {
    table.type = "Plot2D";
    for (std::size_t i = 0; i < output.curves.size(); ++i)
      if (values_for(output.curves[i].x, entry.parts[i]) != nullptr)
        values_for(output.curves[i].y, entry.parts[i]);
    for (const auto& generator : document_.generators) {
      const auto shown = [&](const data::SedmlCurve& curve) {
        return curve.x == generator.id || curve.y == generator.id;
      };
      const auto values = result_.generator_values.find(generator.id);
      if (values != result_.generator_values.end() && std::ranges::any_of(output.curves, shown))
        table.data_sets.push_back({generator.id, generator.id, generator.name, values->second});
    }
  }

  const data::SedmlDocument& document_;
  SedmlModels models_;
  SedmlTasks runner_;
  const std::function<void(const SedmlLog&)>& on_change_;
  std::map<std::string, SedmlTaskValues> values_;
  std::map<std::string, std::string> failures_;  ///< Of data generators
  SedmlResult result_;
};

}  // namespace

const char* name_of(SedmlStatus status) {
  switch (status) {
    case SedmlStatus::queued:
      return "QUEUED";
    case SedmlStatus::running:
      return "RUNNING";
    case SedmlStatus::skipped:
      return "SKIPPED";
    case SedmlStatus::succeeded:
      return "SUCCEEDED";
    case SedmlStatus::failed:
      return "FAILED";
  }
  throw std::logic_error("unknown status");
}

SedmlLog queued_log(const data::SedmlDocument& document, const std::string& location) {
  const auto queued = [](const std::string& id) {
    SedmlLogEntry entry;
    entry.id = id;
    return entry;
  };
  SedmlLog log;
  log.location = location;
  for (const auto& task : document.tasks) log.tasks.push_back(queued(task.id));
  for (const auto& output : document.outputs) {
    log.outputs.push_back(queued(output.id));
    log.outputs.back().is_plot = output.kind != SedmlOutput::Kind::report;
    for (const auto& set : output.data_sets) log.outputs.back().parts.push_back(queued(set.id));
    // Curves need no id before Level 1 Version 4.
    for (const auto& curve : output.curves)
      log.outputs.back().parts.push_back(queued(curve.id.empty() ? curve.y : curve.id));
  }
  return log;
}

SedmlResult run_sedml(const data::SedmlDocument& document, const std::string& location,
                      Substitution substitution, const std::function<void(const SedmlLog&)>& on_change) {
  return Runner(document, location, substitution, on_change).run();
}

}  // namespace raad::run
