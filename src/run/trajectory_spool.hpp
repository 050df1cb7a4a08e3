// Time courses of every subject on disk: each at its own place, so that order and interruptions do not
// matter.
#pragma once

#include <cstdint>
#include <filesystem>

namespace raad::run {

/// A file of equal records, one a subject, at subject x record size. Threads and ranks write records in any
/// order; a resumed run writes some again with the same bytes. On a cluster it must lie on a shared file
/// system, like the journal. InputError R084 or R085 when it cannot be written.
class TrajectorySpool {
 public:
  /// Opens or makes the file; what it holds stays.
  TrajectorySpool(std::filesystem::path file, std::size_t values_per_subject);
  ~TrajectorySpool();
  TrajectorySpool(const TrajectorySpool&) = delete;
  TrajectorySpool& operator=(const TrajectorySpool&) = delete;

  /// `outputs` as in solve::SubjectResult. Thread safe.
  void write(std::int64_t subject, const double* outputs) const;
  /// What was written before survives any failure from now on.
  void flush() const;
  /// std::runtime_error when the subject was never written.
  void read(std::int64_t subject, double* outputs) const;
  std::size_t values_per_subject() const { return values_; }

 private:
  std::filesystem::path file_;
  std::size_t values_;
  int descriptor_ = -1;
};

}  // namespace raad::run
