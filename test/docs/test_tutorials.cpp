// Runs the tutorials as a reader would: every fenced block in order, in an empty folder, with the program on
// the path.
//
// Block kinds in docs/tutorials/*.md and docs/design.md:
//   ```sh            commands; run, must succeed
//   ```file NAME     written to NAME
//   ```expect        each line must occur in the output of the commands before it
//   ```needs ARCHIVE a published file, named in the block, that the reader downloads; the test takes it from
//                    that archive of RAAD_CORPORA, or skips the page where there is none
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace fs = std::filesystem;

namespace {

struct Block {
  std::string kind, content;
  int line = 0;
};

std::vector<Block> fenced_blocks(const fs::path& file) {
  std::ifstream stream(file);
  std::vector<Block> blocks;
  bool inside = false;
  int number = 0;
  for (std::string line; std::getline(stream, line);) {
    ++number;
    if (line.rfind("```", 0) == 0) {
      if (!inside) blocks.push_back({line.substr(3), "", number});
      inside = !inside;
    } else if (inside) {
      blocks.back().content += line + "\n";
    }
  }
  return blocks;
}

struct ShellRun {
  int status = 0;
  std::string output;
};

ShellRun run_shell(const std::string& commands, const fs::path& folder) {
  const fs::path script = folder / ".commands.sh";
  std::ofstream(script) << "set -e\nexport PATH=\"" << fs::path(RAAD_PROGRAM).parent_path().string()
                        << ":$PATH\"\n"
                        << "export RAAD_HOME=\"" << RAAD_SOURCE_DIR << "\"\ncd \"" << folder.string()
                        << "\"\n"
                        << commands;
  ShellRun run;
  FILE* pipe = popen(("sh '" + script.string() + "' 2>&1").c_str(), "r");
  std::array<char, 4096> buffer{};
  while (std::fgets(buffer.data(), static_cast<int>(buffer.size()), pipe)) run.output += buffer.data();
  run.status = pclose(pipe);
  return run;
}

std::vector<fs::path> tutorials() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(fs::path(RAAD_SOURCE_DIR) / "docs" / "tutorials"))
    if (entry.path().extension() == ".md") files.push_back(entry.path());
  files.push_back(fs::path(RAAD_SOURCE_DIR) / "docs" / "design.md");
  std::sort(files.begin(), files.end());
  return files;
}

/// Files that are not part of the project, unpacked into the folder; false where the corpora are not here.
bool fetch(const std::string& archive, const std::string& names, const fs::path& folder) {
  const char* given = std::getenv("RAAD_CORPORA");
  const fs::path corpora =
      given != nullptr ? fs::path(given) : fs::path(RAAD_SOURCE_DIR) / "../shared/corpora";
  if (!fs::exists(corpora / archive)) return false;
  std::istringstream lines(names);
  for (std::string name; std::getline(lines, name);) {
    const auto command = "tar -xJf '" + (corpora / archive).string() + "' -C '" + folder.string() +
                         "' --wildcards --transform='s|.*/||' '*" + name + "'";
    if (std::system(command.c_str()) != 0) return false;
  }
  return true;
}

class Tutorial : public testing::TestWithParam<fs::path> {};

TEST_P(Tutorial, RunsAsWritten) {
  const fs::path folder = fs::path(RAAD_BINARY_DIR) / "tutorials" / GetParam().stem();
  fs::remove_all(folder);
  fs::create_directories(folder);
  ShellRun last;
  int commands_run = 0;
  for (const auto& block : fenced_blocks(GetParam())) {
    SCOPED_TRACE(GetParam().filename().string() + ":" + std::to_string(block.line));
    if (block.kind == "sh") {
      last = run_shell(block.content, folder);
      ++commands_run;
      ASSERT_EQ(last.status, 0) << last.output;
    } else if (block.kind.rfind("file ", 0) == 0) {
      const fs::path target = folder / block.kind.substr(5);
      fs::create_directories(target.parent_path());
      std::ofstream(target) << block.content;
    } else if (block.kind.rfind("needs ", 0) == 0) {
      if (!fetch(block.kind.substr(6), block.content, folder)) GTEST_SKIP() << "needs " << block.content;
    } else if (block.kind == "expect") {
      std::istringstream lines(block.content);
      for (std::string line; std::getline(lines, line);)
        EXPECT_NE(last.output.find(line), std::string::npos) << "expected: " << line << "\nin:\n"
                                                             << last.output;
    }
  }
  EXPECT_GT(commands_run, 0);
}

INSTANTIATE_TEST_SUITE_P(Docs, Tutorial, testing::ValuesIn(tutorials()),
                         [](const auto& tested) { return tested.param.stem().string(); });

}  // namespace
