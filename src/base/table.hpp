// Tab-separated tables: one header line, no quoting, UTF-8, Unix line ends; every cell keeps its place.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/diagnostics.hpp"

namespace raad::base {

/// A parsed table. Cells are text; typed access reports the cell's place when it does not parse.
class Table {
 public:
  /// Reads a file. Findings: R086 (not readable), R083 (byte-order mark, Windows line ends, not UTF-8),
  /// R080 (no header, repeated column), R087 (wrong number of cells). Always returns what could be read.
  static Table read(const std::filesystem::path& file, Diagnostics& findings);
  /// The same from text; `file` is used in messages only.
  static Table parse(std::string_view text, std::string file, Diagnostics& findings);

  const std::string& file() const { return file_; }
  const std::vector<std::string>& columns() const { return columns_; }
  std::size_t row_count() const { return rows_.size(); }
  bool has_column(std::string_view column) const;

  /// Reports R080 for each of `columns` that is absent; true when none is.
  bool require_columns(const std::vector<std::string>& columns, Diagnostics& findings) const;
  /// Reports R081 for each repeated value of `column` (empty cells are ignored).
  void require_unique(std::string_view column, Diagnostics& findings) const;

  /// Text of a cell; empty when the column is absent. `row` counts from 0.
  const std::string& cell(std::size_t row, std::string_view column) const;
  /// Number in a cell; nothing for an empty cell; nothing and R082 for anything that is no finite number.
  std::optional<double> number(std::size_t row, std::string_view column, Diagnostics& findings) const;
  /// Line and character column of a cell; column 0 when the table has no such column.
  /// `yes`, `true`, `1` against `no`, `false`, `0` or nothing; R088 for anything else.
  bool flag(std::size_t row, std::string_view column, Diagnostics& findings) const;
  SourcePlace place(std::size_t row, std::string_view column) const;

 private:
  void read_header(std::string_view line, Diagnostics& findings);
  void read_row(std::string_view line, int line_number, Diagnostics& findings);

  std::string file_;
  std::vector<std::string> columns_;
  std::map<std::string, std::size_t, std::less<>> column_index_;
  std::vector<std::vector<std::string>> rows_;
  std::vector<int> lines_;  ///< Line number of each row in the file.
};

/// Splits at every `separator`; "a;;b" has three parts.
std::vector<std::string> split(std::string_view text, char separator);
/// Without leading and trailing blanks and tabs.
std::string_view trim(std::string_view text);
/// A finite decimal number that takes up the whole text, or nothing. Locale independent.
std::optional<double> parse_number(std::string_view text);
/// The fewest digits that read back as the same double; with an exponent where that is much shorter (1000,
/// 1e6).
std::string format_number(double value);
/// ASCII letters in lower case; all other bytes as they are.
std::string to_lower(std::string_view text);

}  // namespace raad::base
