#include "study/evaluation_journal.hpp"

#include <cerrno>
#include <cmath>
#include <limits>

#include "base/diagnostics.hpp"
#include "base/files.hpp"
#include "base/table.hpp"

namespace raad::study {
namespace {

std::string number_text(double value) {
  return std::isfinite(value) ? base::format_number(value) : "nan";
}

std::vector<double> numbers(const std::string& text) {
  std::vector<double> values;
  for (const auto& part : base::split(text, ','))
    values.push_back(base::parse_number(part).value_or(std::numeric_limits<double>::quiet_NaN()));
  return values;
}

std::string plain(std::string text) {
  for (char& c : text)
    if (c == '\t' || c == '\n' || c == '|') c = ' ';
  return text;
}

}  // namespace

std::string file_text(const std::filesystem::path& file) {
  return std::filesystem::is_regular_file(file) ? base::read_file(file) : "";
}

EvaluationJournal::EvaluationJournal(std::filesystem::path file, const std::string& identity, bool resume)
    : file_(std::move(file)) {
  if (file_.empty()) return;
  const std::string header = "# raad evaluations " + base::content_hash(identity) + "\n";
  const bool goes_on = resume && std::filesystem::is_regular_file(file_);
  if (goes_on) read(header);
  if (!file_.parent_path().empty()) base::create_folder(file_.parent_path());
  stream_ = std::fopen(file_.c_str(), goes_on ? "ab" : "wb");
  if (stream_ == nullptr)
    throw base::InputError("R084", {file_.string()}, "the journal cannot be written",
                           "choose a folder that can be written");
  // On a line of its own after what a kill may have cut short.
  std::fputs(goes_on ? "\n" : header.c_str(), stream_);
  std::fflush(stream_);
}

EvaluationJournal::~EvaluationJournal() {
  if (stream_ != nullptr) std::fclose(stream_);
}

void EvaluationJournal::read(const std::string& header) {
  const std::string text = base::read_file(file_);
  if (text.rfind(header, 0) != 0)
    throw base::InputError("R089", {file_.string()}, "the journal belongs to another run",
                           "leave out --resume to start again, or name another folder");
  for (const auto& line : base::split(std::string_view(text).substr(header.size()), '\n')) {
    const auto cells = base::split(line, '\t');
    // The mark at the end is there only when the whole line is.
    if (cells.size() != 5 || cells[4] != ".") continue;
    Evaluation one{cells[0], numbers(cells[1]), numbers(cells[2]), base::split(cells[3], '|')};
    if (one.predicted.size() != one.z.size() || one.predicted.size() != one.skipped.size()) continue;
    known_[one.key] = std::move(one);
  }
}

const Evaluation* EvaluationJournal::find(const std::string& key) const {
  const auto found = known_.find(key);
  return found == known_.end() ? nullptr : &found->second;
}

void EvaluationJournal::add(const Evaluation& evaluation) {
  if (stream_ == nullptr) return;
  std::string predicted, z, skipped;
  for (std::size_t i = 0; i < evaluation.predicted.size(); ++i) {
    const char* separator = i > 0 ? "," : "";
    predicted += separator + number_text(evaluation.predicted[i]);
    z += separator + number_text(evaluation.z[i]);
    skipped += (i > 0 ? "|" : "") + plain(evaluation.skipped[i]);
  }
  const std::string line = evaluation.key + '\t' + predicted + '\t' + z + '\t' + skipped + "\t.\n";
  if (std::fputs(line.c_str(), stream_) < 0 || std::fflush(stream_) != 0)
    throw base::InputError(errno == ENOSPC ? "R085" : "R084", {file_.string()},
                           "the journal cannot be written", "free some space, or write elsewhere");
}

}  // namespace raad::study
