#include "base/table.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <stdexcept>

#include "base/files.hpp"
#include "base/utf8.hpp"

namespace raad::base {
namespace {

SourcePlace place_in(const std::string& file, int line, std::size_t column) {
  return {file, line, static_cast<int>(column)};
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return lines;
}

// Reports each kind of encoding trouble once, at its first place: a file saved wrongly is wrong on every
// line.
class EncodingCheck {
 public:
  EncodingCheck(const std::string& file, Diagnostics& findings) : file_(file), findings_(findings) {}

  std::string_view without_byte_order_mark(std::string_view text) {
    return base::without_byte_order_mark(text, file_, findings_);
  }

  std::string_view without_carriage_return(std::string_view line, int line_number) {
    const bool ends_with_it = !line.empty() && line.back() == '\r';
    const std::string_view rest = ends_with_it ? line.substr(0, line.size() - 1) : line;
    const std::size_t found = line.find('\r');
    if (found != std::string_view::npos && !carriage_return_reported_) {
      carriage_return_reported_ = true;
      findings_.error("R083", place_in(file_, line_number, character_count(line.substr(0, found)) + 1),
                      ends_with_it ? "the file has Windows line ends (CR LF)"
                                   : "the file has a carriage return inside a line",
                      "save it with Unix line ends");
    }
    return rest;
  }

  void check_utf8(std::string_view line, int line_number) {
    const auto bad = first_invalid_utf8(line);
    if (!bad || utf8_reported_) return;
    utf8_reported_ = true;
    findings_.error("R083", place_in(file_, line_number, character_count(line.substr(0, *bad)) + 1),
                    fmt::format("byte 0x{:02X} is not UTF-8 here", static_cast<unsigned char>(line[*bad])),
                    "save the file as UTF-8");
  }

 private:
  const std::string& file_;
  Diagnostics& findings_;
  bool carriage_return_reported_ = false;
  bool utf8_reported_ = false;
};

}  // namespace

Table Table::read(const std::filesystem::path& file, Diagnostics& findings) {
  try {
    return parse(read_file(file), file.string(), findings);
  } catch (const InputError& error) {
    findings.append(error.findings());
    Table table;
    table.file_ = file.string();
    return table;
  }
}

Table Table::parse(std::string_view text, std::string file, Diagnostics& findings) {
  Table table;
  table.file_ = std::move(file);
  EncodingCheck encoding(table.file_, findings);
  const auto lines = lines_of(encoding.without_byte_order_mark(text));
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const int line_number = static_cast<int>(i) + 1;
    const auto line = encoding.without_carriage_return(lines[i], line_number);
    encoding.check_utf8(line, line_number);
    if (i == 0)
      table.read_header(line, findings);
    else
      table.read_row(line, line_number, findings);
  }
  if (lines.empty() || (table.columns_.size() == 1 && trim(table.columns_[0]).empty()))
    findings.error("R080", place_in(table.file_, 1, 1), "the table has no header line",
                   "write the column names, separated by tabs, into the first line");
  return table;
}

void Table::read_header(std::string_view line, Diagnostics& findings) {
  std::size_t column = 1;
  for (auto& name : split(line, '\t')) {
    const auto place = place_in(file_, 1, column);
    column += character_count(name) + 1;
    const bool is_first = column_index_.emplace(name, columns_.size()).second;
    if (!is_first)
      findings.error("R080", place, fmt::format("column `{}` is repeated", name), "keep one of them");
    else if (name.empty() && !trim(line).empty())
      findings.error("R080", place, "a column has no name", "name it, or remove the extra tab");
    columns_.push_back(std::move(name));
  }
}

void Table::read_row(std::string_view line, int line_number, Diagnostics& findings) {
  auto cells = split(line, '\t');
  if (cells.size() != columns_.size()) {
    // The first surplus cell, or the end of a line that is too short.
    const std::size_t shown = std::min(cells.size(), columns_.size());
    std::size_t column = 1;
    for (std::size_t i = 0; i < shown; ++i) column += character_count(cells[i]) + 1;
    if (cells.size() < columns_.size()) --column;
    findings.error("R087", place_in(file_, line_number, column),
                   fmt::format("{} cells where the header has {} columns", cells.size(), columns_.size()),
                   line.empty() ? "remove the empty line" : "separate cells by single tabs");
    cells.resize(columns_.size());
  }
  rows_.push_back(std::move(cells));
  lines_.push_back(line_number);
}

bool Table::has_column(std::string_view column) const {
  return column_index_.find(column) != column_index_.end();
}

bool Table::require_columns(const std::vector<std::string>& columns, Diagnostics& findings) const {
  std::vector<std::string> missing;
  for (const auto& column : columns)
    if (!has_column(column)) missing.push_back(column);
  if (missing.empty()) return true;
  const std::string near = missing.size() == 1 ? nearest_name(missing.front(), columns_) : "";
  findings.error("R080", place_in(file_, 1, 1),
                 fmt::format("column{} `{}` {} missing", missing.size() > 1 ? "s" : "",
                             fmt::join(missing, "`, `"), missing.size() > 1 ? "are" : "is"),
                 !near.empty()      ? fmt::format("the header has `{}`", near)
                 : columns_.empty() ? "the table is empty: give it a header line"
                                    : fmt::format("the header has: {}", fmt::join(columns_, ", ")));
  return false;
}

void Table::require_unique(std::string_view column, Diagnostics& findings) const {
  std::map<std::string_view, std::size_t> first_row;
  for (std::size_t row = 0; row < row_count(); ++row) {
    const std::string& text = cell(row, column);
    if (text.empty()) continue;
    const auto [known, is_new] = first_row.emplace(text, row);
    if (!is_new)
      findings.error("R081", place(row, column),
                     fmt::format("{} `{}` was given in line {} already", column, text, lines_[known->second]),
                     "keep one row, or rename one");
  }
}

const std::string& Table::cell(std::size_t row, std::string_view column) const {
  static const std::string nothing;
  const auto found = column_index_.find(column);
  return found == column_index_.end() ? nothing : rows_.at(row).at(found->second);
}

std::optional<double> Table::number(std::size_t row, std::string_view column, Diagnostics& findings) const {
  const std::string& text = cell(row, column);
  const auto trimmed = trim(text);
  if (trimmed.empty()) return std::nullopt;
  const auto value = parse_number(trimmed);
  if (!value) {
    const bool has_comma = trimmed.find(',') != std::string_view::npos;
    findings.error("R082", place(row, column),
                   fmt::format("`{}` in column `{}` is not a finite number", trimmed, column),
                   has_comma ? "write a decimal point and no thousands separator"
                             : "write a number such as 0.25 or 1e-3, or leave the cell empty");
  }
  return value;
}

bool Table::flag(std::size_t row, std::string_view column, Diagnostics& findings) const {
  const std::string text = to_lower(cell(row, column));
  if (text == "yes" || text == "true" || text == "1") return true;
  if (!text.empty() && text != "no" && text != "false" && text != "0")
    findings.error("R088", place(row, column), "`" + text + "` is neither yes nor no", "write yes or no");
  return false;
}

SourcePlace Table::place(std::size_t row, std::string_view column) const {
  const auto found = column_index_.find(column);
  if (found == column_index_.end()) return place_in(file_, lines_.at(row), 0);
  std::size_t character = 1;
  for (std::size_t i = 0; i < found->second; ++i) character += character_count(rows_.at(row)[i]) + 1;
  return place_in(file_, lines_.at(row), character);
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  std::size_t start = 0;
  for (std::size_t end = 0; (end = text.find(separator, start)) != std::string_view::npos; start = end + 1)
    parts.emplace_back(text.substr(start, end - start));
  parts.emplace_back(text.substr(start));
  return parts;
}

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::optional<double> parse_number(std::string_view text) {
  // from_chars knows no leading plus, which spreadsheets write.
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  double value = 0.0;
  const char* begin = text.data();
  const char* end = begin + text.size();
  const auto [stop, error] = std::from_chars(begin, end, value);
  if (error != std::errc() || stop != end || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::string format_number(double value) {
  // 32 characters hold every exponent form: 17 digits, sign, point, exponent.
  char buffer[32];
  const auto written = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific);
  std::string exponent_form(buffer, written.ptr);
  const std::size_t e = exponent_form.find('e');
  if (e == std::string::npos || !std::isfinite(value)) return exponent_form;
  const int exponent = std::atoi(exponent_form.c_str() + e + 1);
  exponent_form = exponent_form.substr(0, e + 1) + std::to_string(exponent);
  // Beyond these exponents the plain form is never chosen below, and may be hundreds of characters long.
  if (exponent < -20 || exponent > 20) return exponent_form;
  char plain[64];
  const auto plain_end = std::to_chars(plain, plain + sizeof plain, value, std::chars_format::fixed);
  const std::string plain_form(plain, plain_end.ptr);
  // Readers prefer 1000 and 0.001 to 1e3 and 1e-3, but 1e6 and 1e-6 to counting zeros.
  constexpr std::size_t k_tolerated_extra = 3;
  return plain_form.size() <= exponent_form.size() + k_tolerated_extra ? plain_form : exponent_form;
}

std::string to_lower(std::string_view text) {
  std::string lower(text);
  // ASCII only: identifiers and units hold nothing else, and std::tolower depends on the locale.
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

}  // namespace raad::base
