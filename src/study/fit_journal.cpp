#include "study/fit_journal.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "base/files.hpp"
#include "base/table.hpp"

namespace raad::study {
namespace {

constexpr const char* k_file = "finished.jsonl";
constexpr const char* k_identity = "identity";
// A line is a hash of the rest, a blank, and the JSON text.
constexpr std::size_t k_hash_length = 16;

std::string line_of(const std::string& key, const nlohmann::json& value) {
  const std::string text = nlohmann::json{{"key", key}, {"value", value}}.dump();
  return base::content_hash(text) + " " + text + "\n";
}

std::optional<nlohmann::json> parse(const std::string& line) {
  if (line.size() <= k_hash_length + 1) return std::nullopt;
  const std::string text = line.substr(k_hash_length + 1);
  if (base::content_hash(text) != line.substr(0, k_hash_length)) return std::nullopt;
  return nlohmann::json::parse(text);
}

}  // namespace

FitJournal::FitJournal(const std::filesystem::path& folder, const std::string& identity, Begin begin)
    : folder_(folder), file_(folder / k_file), lock_(folder) {
  if (std::filesystem::exists(file_)) {
    if (begin == Begin::anew)
      throw base::InputError("R089", {folder.string()}, "holds the journal of an unfinished fit",
                             "add --resume to go on with it, or remove the folder");
    read(identity);
  }
  descriptor_ = ::open(file_.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0666);
  if (descriptor_ < 0)
    throw base::InputError("R084", {file_.string()},
                           "cannot be written: " + std::generic_category().message(errno));
  if (done_.empty()) append(k_identity, identity);
}

FitJournal::~FitJournal() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void FitJournal::read(const std::string& identity) {
  const std::string text = base::read_file(file_);
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = text.find('\n', at);
    const auto line = end == std::string::npos ? std::nullopt : parse(text.substr(at, end - at));
    if (!line) {
      if (end != std::string::npos && end + 1 < text.size())
        throw base::InputError("R086", {file_.string()}, "damaged journal", "start anew without --resume");
      break;
    }
    done_[(*line)["key"].get<std::string>()] = (*line)["value"];
    at = end + 1;
  }
  // What a kill has cut short goes, so that the next line begins on its own.
  std::filesystem::resize_file(file_, at);
  const auto known = find(k_identity);
  if (known && *known != identity)
    throw base::InputError("R089", {file_.string()},
                           "the journal belongs to another fit: the problem, the seed or an option differs",
                           "repeat that fit's command, or name another folder");
}

std::optional<nlohmann::json> FitJournal::find(const std::string& key) const {
  const auto found = done_.find(key);
  return found == done_.end() ? std::nullopt : std::optional(found->second);
}

void FitJournal::append(const std::string& key, const nlohmann::json& value) {
  const std::string line = line_of(key, value);
  const std::lock_guard guard(mutex_);
  std::size_t written = 0;
  while (written < line.size()) {
    const auto count = ::write(descriptor_, line.data() + written, line.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0)
      throw base::InputError(errno == ENOSPC ? "R085" : "R084", {file_.string()},
                             "cannot be written: " + std::generic_category().message(errno),
                             "free some space, then repeat the command with --resume");
    written += static_cast<std::size_t>(count);
  }
  ::fdatasync(descriptor_);
}

void FitJournal::remove() {
  std::error_code ignored;
  std::filesystem::remove(file_, ignored);
  run::Journal::remove(folder_);
}

}  // namespace raad::study
