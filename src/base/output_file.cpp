#include "base/output_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <system_error>
#include <utility>

#include "base/diagnostics.hpp"

namespace raad::base {
namespace {

// Large enough that system calls cost nothing beside the writing itself.
constexpr std::size_t k_buffer_size = std::size_t{1} << 20;

}  // namespace

OutputFile::OutputFile(std::filesystem::path file) : file_(std::move(file)) {
  static std::atomic<unsigned> counter{0};
  std::error_code ignored;
  if (std::filesystem::exists(file_, ignored) && !std::filesystem::is_regular_file(file_, ignored))
    throw InputError("R084", {file_.string()}, "cannot be written: it is no regular file",
                     "name another file");
  // A file that its owner protected stays as it is, although its folder would allow the rename.
  if (std::filesystem::exists(file_, ignored) && ::access(file_.c_str(), W_OK) != 0) fail(errno);
  temporary_ = file_.parent_path() / fmt::format(".raad-{}-{}.part", ::getpid(), counter++);
  descriptor_ = ::open(temporary_.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);
  if (descriptor_ < 0) fail(errno);
  buffer_.reserve(k_buffer_size);
}

OutputFile::~OutputFile() {
  if (descriptor_ < 0) return;
  ::close(descriptor_);
  ::unlink(temporary_.c_str());
}

void OutputFile::fail(int error) const {
  const std::string reason = std::generic_category().message(error);
  const bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;
  throw InputError(
      full ? "R085" : "R084", {file_.string()}, "cannot be written: " + reason,
      full ? "free some space; nothing was left under this name" : "choose a place that can be written");
}

void OutputFile::append(std::string_view bytes) {
  if (buffer_.size() + bytes.size() > k_buffer_size) flush();
  buffer_.append(bytes);
}

void OutputFile::flush() {
  const std::string bytes = std::move(buffer_);
  buffer_.clear();
  write_at(appended_, bytes);
  appended_ += static_cast<std::int64_t>(bytes.size());
}

void OutputFile::write_at(std::int64_t place, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(descriptor_, bytes.data(), bytes.size(), place);
    if (written < 0 && errno != EINTR) fail(errno);
    if (written <= 0) continue;
    bytes.remove_prefix(static_cast<std::size_t>(written));
    place += written;
  }
}

void OutputFile::finish() {
  flush();
  if (::fsync(descriptor_) != 0 && errno != EINVAL && errno != EROFS) fail(errno);
  // Network file systems report a full disk only here.
  if (::close(std::exchange(descriptor_, -1)) != 0 || ::rename(temporary_.c_str(), file_.c_str()) != 0) {
    const int error = errno;
    ::unlink(temporary_.c_str());
    fail(error);
  }
}

}  // namespace raad::base
