#include "report/sedml_log.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace raad::report {
namespace {

using run::SedmlLogEntry;
using run::SedmlStatus;

/// A double-quoted scalar, which may hold anything.
std::string quoted(const std::string& text) {
  std::string made = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') made += '\\';
    if (c == '\n')
      made += "\\n";
    else if (static_cast<unsigned char>(c) >= 0x20)
      made += c;
  }
  return made + "\"";
}

std::string or_null(const std::string& text) {
  return text.empty() ? "null" : quoted(text);
}

bool ended(SedmlStatus status) {
  return status == SedmlStatus::succeeded || status == SedmlStatus::failed;
}

class Writer {
 public:
  std::string text;

  void line(int depth, const std::string& content) {
    text += std::string(static_cast<std::size_t>(2 * depth), ' ') + content + "\n";
  }

  /// What every level of the log has; the first line, with its dash, is written already.
  void common(int depth, SedmlStatus status, const std::string& error_type, const std::string& message,
              const std::string& output, double duration_s) {
    line(depth, std::string("status: ") + run::name_of(status));
    if (message.empty()) {
      line(depth, "exception: null");
    } else {
      line(depth, "exception:");
      line(depth + 1, "type: " + quoted(error_type));
      line(depth + 1, "message: " + quoted(message));
    }
    line(depth, "skipReason: null");
    line(depth, "output: " + or_null(output));
    line(depth, ended(status) ? fmt::format("duration: {:.6f}", duration_s) : "duration: null");
  }

  void list(int depth, const std::string& name, bool empty) { line(depth, name + (empty ? ": []" : ":")); }

  void entry(const SedmlLogEntry& entry, bool is_task, bool is_plot) {
    line(3, "- id: " + quoted(entry.id));
    common(4, entry.status, entry.error_type, entry.message, entry.note, entry.duration_s);
    if (is_task) {
      line(4, "algorithm: " + or_null(entry.algorithm));
      line(4, "simulatorDetails: []");
      return;
    }
    list(4, is_plot ? "curves" : "dataSets", entry.parts.empty());
    for (const auto& part : entry.parts) {
      line(5, "- id: " + quoted(part.id));
      line(6, std::string("status: ") + run::name_of(part.status));
    }
  }

  void document(const run::SedmlLog& log) {
    line(1, "- location: " + quoted(log.location));
    common(2, log.status, log.error_type, log.message, "", log.duration_s);
    list(2, "tasks", log.tasks.empty());
    for (const auto& task : log.tasks) entry(task, true, false);
    list(2, "outputs", log.outputs.empty());
    for (const auto& output : log.outputs) entry(output, false, output.is_plot);
  }
};

}  // namespace

SedmlStatus status_of(const std::vector<run::SedmlLog>& documents) {
  const auto any = [&](SedmlStatus status) {
    return std::ranges::any_of(documents, [&](const auto& one) { return one.status == status; });
  };
  const bool waiting = any(SedmlStatus::queued), running = any(SedmlStatus::running);
  const bool begun = running || any(SedmlStatus::succeeded) || any(SedmlStatus::failed);
  if (waiting && !begun) return SedmlStatus::queued;
  if (waiting || running) return SedmlStatus::running;
  return any(SedmlStatus::failed) ? SedmlStatus::failed : SedmlStatus::succeeded;
}

std::string sedml_log_yaml(const std::vector<run::SedmlLog>& documents, double duration_s) {
  Writer writer;
  writer.common(0, status_of(documents), "", "", "", duration_s);
  writer.list(0, "sedDocuments", documents.empty());
  for (const auto& document : documents) writer.document(document);
  return writer.text;
}

}  // namespace raad::report
