// The journal of a long run: what is finished, on disk every few seconds, so that a killed run can go on.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "run/subject_ranges.hpp"

namespace raad::run {

/// Finished subjects and everything that is kept of them.
struct Checkpoint {
  SubjectRanges done;
  std::string results;  ///< Whatever the run keeps, in its own form
};

/// Settings by name: a journal belongs to the run with these.
using RunIdentity = std::vector<std::pair<std::string, std::string>>;

/// A folder with one generation of checkpoints, one file a rank. Resuming starts a new generation from all
/// files of the last one; the change is a rename, so that no moment exists at which a subject would be found
/// twice or not at all.
class Journal {
 public:
  /// The generation's files of an earlier run; nothing when there is none. InputError R089 when it is another
  /// run's (naming the settings that differ), R086 when it is damaged.
  static std::vector<Checkpoint> read(const std::filesystem::path& folder, const RunIdentity& identity);

  /// Whether the folder holds an unfinished run.
  static bool exists(const std::filesystem::path& folder);

  /// Begins a generation that holds `base`. One process of a job calls this, before open().
  static void begin(const std::filesystem::path& folder, const RunIdentity& identity, const Checkpoint& base);
  /// The folder must hold a generation.
  Journal(std::filesystem::path folder, RunIdentity identity, int rank);

  /// Replaces this rank's checkpoint atomically and waits until the disk has it. InputError R084 or R085
  /// (disk full).
  void write(const Checkpoint& checkpoint) const;
  /// Removes the journal: the run is complete.
  static void remove(const std::filesystem::path& folder);

 private:
  std::filesystem::path file_;
  RunIdentity identity_;
};

/// Keeps other runs out of a journal for as long as the object, and the process, live. Makes the folder.
/// InputError R089 when another run has it, R084 or R085 when it cannot be written.
class JournalLock {
 public:
  explicit JournalLock(const std::filesystem::path& folder);
  ~JournalLock();
  JournalLock(const JournalLock&) = delete;
  JournalLock& operator=(const JournalLock&) = delete;

 private:
  int descriptor_ = -1;
};

}  // namespace raad::run
