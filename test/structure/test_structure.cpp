// The structure that docs/architecture.md promises, checked on the sources themselves.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace fs = std::filesystem;

namespace {

// The pipeline from left to right: a folder may include itself and folders to its left only.
const std::vector<std::string> k_pipeline = {"base", "text", "model", "sbml",  "ir",     "codegen", "solve",
                                             "dose", "data", "run",   "study", "report", "app"};

// A file longer than this holds a second concept.
constexpr int k_longest_file_lines = 600;

const fs::path k_source = fs::path(RAAD_SOURCE_DIR) / "src";

std::vector<fs::path> source_files(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const auto extension = entry.path().extension();
    if (extension == ".hpp" || extension == ".cpp") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::ptrdiff_t position(const std::string& folder) {
  return std::find(k_pipeline.begin(), k_pipeline.end(), folder) - k_pipeline.begin();
}

std::vector<std::string> lines_of(const fs::path& file) {
  std::ifstream stream(file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TEST(Structure, EveryFolderIsAStageOfThePipeline) {
  for (const auto& entry : fs::directory_iterator(k_source)) {
    if (!entry.is_directory()) continue;
    EXPECT_LT(position(entry.path().filename().string()), static_cast<std::ptrdiff_t>(k_pipeline.size()))
        << entry.path() << " is not in the pipeline";
  }
}

TEST(Structure, IncludesPointToTheLeftOnly) {
  const std::regex include(R"(^\s*#include\s+"([a-z_]+)/)");
  int includes_seen = 0;
  for (const auto& file : source_files(k_source)) {
    const std::string folder = (*fs::relative(file, k_source).begin()).string();
    for (const auto& line : lines_of(file)) {
      std::smatch match;
      if (!std::regex_search(line, match, include)) continue;
      ++includes_seen;
      EXPECT_LE(position(match[1]), position(folder)) << file << ": " << line;
    }
  }
  EXPECT_GT(includes_seen, 50);  // Guards against a pattern that matches nothing.
}

TEST(Structure, HeavyHeadersStayInTheirFolder) {
  const std::vector<std::pair<std::regex, std::string>> walls = {
      {std::regex(R"(#include\s+[<"]llvm/)"), "codegen"},
      {std::regex(R"(#include\s+[<"](cvodes|sundials|nvector|sunmatrix|sunlinsol)/)"), "solve"},
      // libSBML, in angle brackets; our own folder of that name stands in quotes.
      {std::regex(R"(#include\s+<sbml/)"), "sbml"},
      {std::regex(R"(#include\s+<(libxml/|zip\.h|hdf5\.h))"), "data"},
      {std::regex(R"(#include\s+<Clp)"), "run"},
      {std::regex(R"(#include\s+[<"]mpi\.h)"), "run"},
  };
  for (const auto& file : source_files(k_source)) {
    const std::string folder = (*fs::relative(file, k_source).begin()).string();
    for (const auto& line : lines_of(file))
      for (const auto& [pattern, owner] : walls) {
        if (!std::regex_search(line, pattern)) continue;
        EXPECT_EQ(folder, owner) << file << ": " << line;
        // Headers about a library's own types, for the sources beside them.
        if (file.filename() == "emit_operation.hpp" || file.filename() == "xml.hpp") continue;
        EXPECT_EQ(file.extension(), ".cpp") << "keep heavy headers out of headers: " << file;
      }
    if (file.extension() != ".hpp") continue;
    for (const auto& line : lines_of(file))
      for (const char* walled : {"/emit_operation.hpp\"", "/xml.hpp\""})
        EXPECT_EQ(line.find(walled), std::string::npos) << "only .cpp files may include it: " << file;
  }
}

TEST(Structure, FilesHoldOneConcept) {
  for (const fs::path top : {"src", "test", "bench"})
    for (const auto& file : source_files(fs::path(RAAD_SOURCE_DIR) / top))
      EXPECT_LE(lines_of(file).size(), static_cast<std::size_t>(k_longest_file_lines)) << file;
}

TEST(Structure, HeadersStartWithTheirPurpose) {
  for (const auto& file : source_files(k_source)) {
    if (file.extension() != ".hpp") continue;
    const auto lines = lines_of(file);
    ASSERT_FALSE(lines.empty()) << file;
    EXPECT_EQ(lines.front().substr(0, 3), "// ") << file << " should say in its first line what it is for";
  }
}

TEST(Structure, NoUnfinishedMarks) {
  const std::regex mark(std::string(R"(\b(TO)") + R"(DO|FIX)" + R"(ME|XX)" + R"(X)\b)");
  for (const auto& file : source_files(k_source))
    for (const auto& line : lines_of(file))
      EXPECT_FALSE(std::regex_search(line, mark)) << file << ": " << line;
}

}  // namespace
