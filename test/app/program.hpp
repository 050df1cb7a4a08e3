// Runs the built program as a user's shell would, and keeps what it printed.
#pragma once

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace raad::app_test {

namespace fs = std::filesystem;

struct ProgramRun {
  int status = -1;
  std::string output;  ///< Standard output
  std::string errors;  ///< Standard error
};

inline std::string read(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

inline void write(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << text;
}

/// An empty folder of its own for each test.
inline fs::path fresh_folder(const std::string& name) {
  const fs::path folder = fs::path(RAAD_BINARY_DIR) / "command_line" / name;
  fs::remove_all(folder);
  fs::create_directories(folder);
  return folder;
}

/// Runs `raad ARGUMENTS` (shell syntax) in `folder` with the given home.
inline ProgramRun raad(const std::string& arguments, const fs::path& folder,
                       const fs::path& home = RAAD_SOURCE_DIR) {
  const fs::path out = folder / ".stdout", err = folder / ".stderr";
  const std::string command = "cd '" + folder.string() + "' && RAAD_HOME='" + home.string() + "' '" +
                              RAAD_PROGRAM + "' " + arguments + " >'" + out.string() + "' 2>'" +
                              err.string() + "'";
  ProgramRun run;
  const int raw = std::system(command.c_str());
  run.status = WIFEXITED(raw) ? WEXITSTATUS(raw) : 128;
  run.output = read(out);
  run.errors = read(err);
  fs::remove(out);
  fs::remove(err);
  return run;
}

/// A copy of the library (and links to the evidence) that a test may damage.
inline fs::path copied_home(const fs::path& folder) {
  fs::copy(fs::path(RAAD_SOURCE_DIR) / "library", folder / "library", fs::copy_options::recursive);
  fs::create_directory_symlink(fs::path(RAAD_SOURCE_DIR) / "evidence", folder / "evidence");
  return folder;
}

inline bool replace_first(std::string& text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  if (at == std::string::npos) return false;
  text.replace(at, from.size(), to);
  return true;
}

inline std::vector<std::string> lines(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> result;
  for (std::string line; std::getline(stream, line);) result.push_back(line);
  return result;
}

}  // namespace raad::app_test
