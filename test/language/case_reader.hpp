// Reads test cases of the model language that are written as text, so that a bug report becomes a test by
// pasting.
//
//   === name of the case
//   model text, up to the next line that starts with `---` or `===`
//   --- file other.params.tsv        more files that stand beside it (any number; used by the model stage)
//   --- accepted                     no finding at all is expected; or
//   --- findings                     exactly these, in order of file, line and column:
//   R021 3:7 part of the message     code, line:column in the model text
//   warning R041 other.params.tsv:2:1 part of the message
//   --- prints                       the canonical layout, if it matters
//   --- tree                         the tree as `raad show --stage ast` prints it, if it matters
//
// Lines before the first `===` are remarks.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <ostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/diagnostics.hpp"

namespace raad::language_test {

struct ExpectedFinding {
  base::Severity severity = base::Severity::error;
  std::string code;
  std::string file;  ///< Empty for the model text itself.
  int line = 0;
  int column = 0;
  std::string fragment;
};

struct CaseFile {
  std::string name;
  std::string content;
};

struct LanguageCase {
  std::string suite;  ///< Name of the .rtest file without its suffix.
  std::string name;
  int line = 0;  ///< Where the case starts in that file.
  std::string source;
  std::vector<CaseFile> files;
  bool states_findings = false;  ///< `--- accepted` or `--- findings` was given.
  std::vector<ExpectedFinding> findings;
  std::optional<std::string> prints;
  std::optional<std::string> tree;
};

inline void PrintTo(const LanguageCase& language_case, std::ostream* stream) {
  *stream << language_case.suite << ".rtest:" << language_case.line << " " << language_case.name;
}

/// A test name that GoogleTest accepts: letters, digits and underscores.
inline std::string test_name(const LanguageCase& language_case) {
  std::string name =
      language_case.suite + "_" + std::to_string(language_case.line) + "_" + language_case.name;
  for (char& c : name)
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  return name;
}

inline ExpectedFinding parse_expected_finding(const std::string& text, const std::string& where) {
  std::istringstream stream(text);
  ExpectedFinding finding;
  std::string place;
  stream >> finding.code;
  if (finding.code == "warning") {
    finding.severity = base::Severity::warning;
    stream >> finding.code;
  }
  stream >> place >> std::ws;
  std::getline(stream, finding.fragment);
  const std::size_t second = place.rfind(':');
  if (second == std::string::npos || finding.fragment.empty())
    throw std::runtime_error(where + ": write `CODE LINE:COLUMN part of the message`");
  const std::size_t first = place.rfind(':', second - 1);
  const std::size_t line_start = first == std::string::npos ? 0 : first + 1;
  if (first != std::string::npos) finding.file = place.substr(0, first);
  finding.line = std::stoi(place.substr(line_start, second - line_start));
  finding.column = std::stoi(place.substr(second + 1));
  return finding;
}

inline std::vector<LanguageCase> read_cases(const std::filesystem::path& file) {
  std::ifstream stream(file);
  if (!stream) throw std::runtime_error("cannot read " + file.string());
  std::vector<LanguageCase> cases;
  std::string* text = nullptr;  // Where plain lines go.
  bool in_findings = false;
  int number = 0;
  for (std::string line; std::getline(stream, line);) {
    ++number;
    const std::string where = file.string() + ":" + std::to_string(number);
    if (line.rfind("===", 0) == 0) {
      cases.push_back({file.stem().string(),
                       line.substr(std::min<std::size_t>(4, line.size())),
                       number,
                       {},
                       {},
                       false,
                       {},
                       {},
                       {}});
      text = &cases.back().source;
      in_findings = false;
      continue;
    }
    if (cases.empty()) continue;
    LanguageCase& current = cases.back();
    if (line.rfind("--- ", 0) != 0) {
      if (in_findings && !line.empty()) current.findings.push_back(parse_expected_finding(line, where));
      if (text) *text += line + "\n";
      continue;
    }
    const std::string section = line.substr(4);
    in_findings = section == "findings";
    text = nullptr;
    if (section == "accepted" || section == "findings")
      current.states_findings = true;
    else if (section == "prints")
      text = &current.prints.emplace();
    else if (section == "tree")
      text = &current.tree.emplace();
    else if (section.rfind("file ", 0) == 0)
      text = &current.files.emplace_back(CaseFile{section.substr(5), {}}).content;
    else
      throw std::runtime_error(where + ": unknown section `" + section + "`");
  }
  // An empty line before the next case is only for the reader.
  const auto strip = [](std::string& content) {
    if (content.size() > 1 && content.substr(content.size() - 2) == "\n\n") content.pop_back();
  };
  for (auto& current : cases) {
    if (current.prints) strip(*current.prints);
    if (current.tree) strip(*current.tree);
    if (!current.files.empty()) strip(current.files.back().content);
  }
  return cases;
}

/// The cases of every .rtest file of a folder, its subfolders left out.
inline std::vector<LanguageCase> read_all_cases(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().extension() == ".rtest") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::vector<LanguageCase> cases;
  for (const auto& file : files)
    for (auto& one : read_cases(file)) cases.push_back(std::move(one));
  return cases;
}

/// Findings and expectations that do not agree, as text; empty when all agree. A finding belongs to the model
/// text when its file is `source_file`, else it is compared by file name.
inline std::string disagreement(const LanguageCase& language_case, base::Diagnostics found,
                                const std::string& source_file) {
  found.sort();
  const auto agrees = [&](const base::Diagnostic& finding, const ExpectedFinding& expected) {
    const std::string file = finding.place.file == source_file
                                 ? ""
                                 : std::filesystem::path(finding.place.file).filename().string();
    return finding.code == expected.code && finding.severity == expected.severity && file == expected.file &&
           finding.place.line == expected.line && finding.place.column == expected.column &&
           finding.message.find(expected.fragment) != std::string::npos;
  };
  const auto& all = found.all();
  bool all_agree = all.size() == language_case.findings.size();
  for (std::size_t i = 0; all_agree && i < all.size(); ++i)
    all_agree = agrees(all[i], language_case.findings[i]);
  if (all_agree) return {};
  std::string text = "expected:\n";
  for (const auto& expected : language_case.findings)
    text += "  " + expected.code + " " + expected.file + (expected.file.empty() ? "" : ":") +
            std::to_string(expected.line) + ":" + std::to_string(expected.column) + " " + expected.fragment +
            "\n";
  text += "found:\n";
  for (const auto& finding : all) text += "  " + to_text(finding) + "\n";
  return text;
}

}  // namespace raad::language_test
