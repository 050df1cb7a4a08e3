// Writing results so that a reader never sees half a file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace raad::base {

/// Reads a whole file; throws InputError R086.
std::string read_file(const std::filesystem::path& file);

/// Writes to a temporary file beside `file`, flushes it, then renames. On any failure the temporary file is
/// removed and nothing is left under the final name; throws InputError R084 (cannot write) or R085 (disk
/// full).
void write_file_atomically(const std::filesystem::path& file, std::string_view content);

/// Creates a folder with its parents; throws InputError R084.
void create_folder(const std::filesystem::path& folder);

/// 64-bit FNV-1a hash as 16 hexadecimal digits. Identifies a model in results; it is no defence against
/// forgery. (Fowler, Noll, Vo; http://www.isthe.com/chongo/tech/comp/fnv/)
std::string content_hash(std::string_view content);

}  // namespace raad::base
