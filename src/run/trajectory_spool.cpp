#include "run/trajectory_spool.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <vector>

#include "base/diagnostics.hpp"

namespace raad::run {
namespace {

// Before the values stands the subject's number + 1: a hole of the file reads as 0 and is noticed.
constexpr std::size_t k_mark_size = sizeof(std::int64_t);

std::size_t record_size(std::size_t values) {
  return k_mark_size + values * sizeof(double);
}

off_t place_of(std::int64_t subject, std::size_t values) {
  return static_cast<off_t>(subject) * static_cast<off_t>(record_size(values));
}

[[noreturn]] void throw_write_error(const std::filesystem::path& file, int error) {
  const bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;
  throw base::InputError(full ? "R085" : "R084", {file.string()},
                         "cannot be written: " + std::generic_category().message(error),
                         full ? "free some space; a run with --journal goes on with --resume"
                              : "choose a place that can be written");
}

}  // namespace

TrajectorySpool::TrajectorySpool(std::filesystem::path file, std::size_t values_per_subject)
    : file_(std::move(file)), values_(values_per_subject) {
  descriptor_ = ::open(file_.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0666);
  if (descriptor_ < 0) throw_write_error(file_, errno);
}

TrajectorySpool::~TrajectorySpool() {
  ::close(descriptor_);
}

void TrajectorySpool::write(std::int64_t subject, const double* outputs) const {
  std::vector<char> record(record_size(values_));
  const std::int64_t mark = subject + 1;
  std::memcpy(record.data(), &mark, k_mark_size);
  std::memcpy(record.data() + k_mark_size, outputs, values_ * sizeof(double));
  off_t place = place_of(subject, values_);
  for (std::size_t done = 0; done < record.size();) {
    const ssize_t written =
        ::pwrite(descriptor_, record.data() + done, record.size() - done, place + static_cast<off_t>(done));
    if (written < 0 && errno != EINTR) throw_write_error(file_, errno);
    if (written > 0) done += static_cast<std::size_t>(written);
  }
}

void TrajectorySpool::flush() const {
  if (::fdatasync(descriptor_) != 0 && errno != EINVAL && errno != EROFS) throw_write_error(file_, errno);
}

void TrajectorySpool::read(std::int64_t subject, double* outputs) const {
  std::vector<char> record(record_size(values_));
  const off_t place = place_of(subject, values_);
  for (std::size_t done = 0; done < record.size();) {
    const ssize_t got =
        ::pread(descriptor_, record.data() + done, record.size() - done, place + static_cast<off_t>(done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    done += static_cast<std::size_t>(got);
  }
  std::int64_t mark = 0;
  std::memcpy(&mark, record.data(), k_mark_size);
  if (mark != subject + 1)
    throw std::runtime_error(
        fmt::format("{}: the time courses of subject {} are missing; do all ranks see "
                    "the same folder?",
                    file_.string(), subject));
  std::memcpy(outputs, record.data() + k_mark_size, values_ * sizeof(double));
}

}  // namespace raad::run
