// The append-only journal of a fit: one line a finished piece of work, on disk before the next one begins.
#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "run/journal.hpp"

namespace raad::study {

/// What is finished, by key ("start 3"). A kill may cut the last line short; it is then left out, and that
/// piece of work is done again, with the same result.
class FitJournal {
 public:
  enum class Begin { anew, resume };

  /// InputError R089 for a journal of another fit, for one in use, and for one that is there already when a
  /// fit begins anew; R086 for a damaged one.
  FitJournal(const std::filesystem::path& folder, const std::string& identity, Begin begin);
  ~FitJournal();
  FitJournal(const FitJournal&) = delete;
  FitJournal& operator=(const FitJournal&) = delete;

  /// What an earlier run has finished; nothing for what it has not.
  std::optional<nlohmann::json> find(const std::string& key) const;
  std::size_t size() const { return done_.size(); }
  /// Thread safe; returns when the disk has it. InputError R084 or R085.
  void append(const std::string& key, const nlohmann::json& value);
  /// Removes the journal: the fit is complete.
  void remove();

 private:
  void read(const std::string& identity);

  std::filesystem::path folder_, file_;
  run::JournalLock lock_;
  std::map<std::string, nlohmann::json> done_;
  std::mutex mutex_;
  int descriptor_ = -1;
};

}  // namespace raad::study
