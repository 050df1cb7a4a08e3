#include "base/files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <system_error>

#include "base/diagnostics.hpp"

namespace raad::base {
namespace {

namespace fs = std::filesystem;

// Closes a descriptor when an error leaves the scope early; `close_now` reports what close() itself finds,
// because network file systems report a full disk only there.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int number() const { return number_; }
  int close_now() {
    const int result = ::close(number_);
    number_ = -1;
    return result == 0 ? 0 : errno;
  }

 private:
  int number_;
};

[[noreturn]] void throw_write_error(const fs::path& file, int error) {
  const std::string reason = std::generic_category().message(error);
  if (error == ENOSPC || error == EDQUOT)
    throw InputError("R085", {file.string()}, "cannot be written: " + reason,
                     "free some space; nothing was left under this name");
  throw InputError("R084", {file.string()}, "cannot be written: " + reason,
                   error == ENOENT ? "create its folder first" : "choose a place that can be written");
}

// 0, or the error number.
int write_all(int descriptor, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(descriptor, content.data(), content.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return errno;
    }
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  // EINVAL and EROFS: a device or pipe that has nothing to flush.
  if (::fsync(descriptor) != 0 && errno != EINVAL && errno != EROFS) return errno;
  return 0;
}

int open_write_close(const fs::path& file, int flags, mode_t mode, bool set_mode, std::string_view content) {
  Descriptor descriptor(::open(file.c_str(), flags | O_WRONLY | O_CLOEXEC, mode));
  if (descriptor.number() < 0) return errno;
  if (set_mode && ::fchmod(descriptor.number(), mode) != 0) return errno;
  if (const int error = write_all(descriptor.number(), content); error != 0) return error;
  return descriptor.close_now();
}

// Unlike any file a user has; the counter keeps threads apart, the process number programs.
fs::path temporary_beside(const fs::path& file) {
  static std::atomic<unsigned> counter{0};
  return file.parent_path() / fmt::format(".raad-{}-{}.tmp", ::getpid(), counter++);
}

}  // namespace

std::string read_file(const fs::path& file) {
  const auto refuse = [&](int error) {
    throw InputError("R086", {file.string()}, "cannot be read: " + std::generic_category().message(error),
                     error == ENOENT ? "correct the path" : "");
  };
  Descriptor descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (descriptor.number() < 0) refuse(errno);
  std::string content;
  char buffer[65536];
  while (true) {
    const ssize_t got = ::read(descriptor.number(), buffer, sizeof buffer);
    if (got == 0) return content;
    if (got > 0)
      content.append(buffer, static_cast<std::size_t>(got));
    else if (errno != EINTR)
      refuse(errno);
  }
}

void write_file_atomically(const fs::path& file, std::string_view content) {
  struct stat status{};
  const bool exists = ::stat(file.c_str(), &status) == 0;
  if (exists && S_ISDIR(status.st_mode)) throw_write_error(file, EISDIR);
  if (exists && !S_ISREG(status.st_mode)) {
    // A device or pipe is written in place; a rename would replace the device itself by a file.
    if (const int error = open_write_close(file, 0, 0, false, content); error != 0)
      throw_write_error(file, error);
    return;
  }
  // A file that its owner protected stays as it is, although its folder would allow the rename.
  if (exists && ::access(file.c_str(), W_OK) != 0) throw_write_error(file, errno);

  // A link keeps pointing where it points: the file behind it is replaced, not the link.
  std::error_code ignored;
  const fs::path resolved = fs::weakly_canonical(file, ignored);
  const fs::path target = resolved.empty() ? file : resolved;
  const fs::path temporary = temporary_beside(target);
  // 0666 lets the user's umask decide; a file that is replaced hands on its own mode.
  const mode_t mode = exists ? status.st_mode & 07777 : 0666;
  int error = open_write_close(temporary, O_CREAT | O_EXCL, mode, exists, content);
  if (error == 0 && ::rename(temporary.c_str(), target.c_str()) != 0) error = errno;
  if (error == 0) return;
  ::unlink(temporary.c_str());
  throw_write_error(file, error);
}

void create_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (!error && !fs::is_directory(folder, error) && !error)
    error = std::make_error_code(std::errc::not_a_directory);
  if (error)
    throw InputError("R084", {folder.string()}, "the folder cannot be created: " + error.message(),
                     "choose a place that can be written");
}

std::string content_hash(std::string_view content) {
  // Offset basis and prime of the 64-bit variant, as published by the authors.
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : content) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3ULL;
  }
  return fmt::format("{:016x}", hash);
}

}  // namespace raad::base
