// All files that a model is made of: the main file, its imports and the parameter tables beside them.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/load.hpp"
#include "model/parameter_table.hpp"
#include "text/syntax_tree.hpp"

namespace raad::model {

struct SourceFile {
  std::filesystem::path path;
  text::SyntaxTree tree;
  std::optional<ParameterTable> table;
  /// Units are checked where a file or its table names any unit. A bare sketch without units is left alone,
  /// and so is what was written from a format whose units cannot be relied on.
  bool checks_units = false;
};

/// A definition and where in the reading order it stands: what comes later cannot be instantiated.
struct ModelSource {
  const text::Model* syntax = nullptr;
  const SourceFile* file = nullptr;
  std::size_t order = 0;
};

struct SourceSet {
  std::vector<std::unique_ptr<SourceFile>>
      files;  ///< Imported files before those that import them; the main one last
  std::map<std::string, const text::Function*> functions;
  std::map<std::string, ModelSource> models;
  const text::Model* main = nullptr;
  bool is_complete = true;  ///< False when a file could not be read or has a syntax error
  std::string system;       ///< "human" or "mouse"
  std::vector<std::string> file_names;
  std::string content_hash;

  const SourceFile& main_file() const { return *files.back(); }
  bool has_tables() const;
};

/// Reads `file` and everything it imports. Findings: those of the parser and the tables, R006, R010, R011,
/// R086.
SourceSet read_sources(const std::filesystem::path& file, const LoadOptions& options,
                       base::Diagnostics& findings);

}  // namespace raad::model
