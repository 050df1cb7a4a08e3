// A large file that is written piece by piece and appears under its name only when it is whole.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace raad::base {

/// Written beside `file` under a temporary name and renamed by finish(); without finish() nothing is left.
/// Every member throws InputError R084 (cannot write) or R085 (disk full).
class OutputFile {
 public:
  explicit OutputFile(std::filesystem::path file);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  /// After what was appended last; kept in memory until there is enough of it.
  void append(std::string_view bytes);
  /// At a place of its own, in any order.
  void write_at(std::int64_t place, std::string_view bytes);
  void finish();

 private:
  [[noreturn]] void fail(int error) const;
  void flush();

  std::filesystem::path file_, temporary_;
  int descriptor_ = -1;
  std::string buffer_;
  std::int64_t appended_ = 0;
};

}  // namespace raad::base
