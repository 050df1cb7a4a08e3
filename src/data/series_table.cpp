#include "data/series_table.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "base/files.hpp"
#include "base/table.hpp"

namespace raad::data {
namespace {

std::string quoted(const std::string& cell) {
  if (cell.find_first_of(",\"\n\r") == std::string::npos) return cell;
  std::string text = "\"";
  for (const char c : cell) text += c == '"' ? std::string("\"\"") : std::string(1, c);
  return text + '"';
}

std::string cell_of(double value) {
  return std::isnan(value) ? std::string() : base::format_number(value);
}

struct Cell {
  std::string text;
  int column = 0;
};

/// Cells of one line (RFC 4180; a quoted cell may not hold a line end).
std::vector<Cell> split_csv(std::string_view line) {
  std::vector<Cell> cells(1);
  cells.back().column = 1;
  bool in_quotes = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (in_quotes && c == '"' && i + 1 < line.size() && line[i + 1] == '"') {
      cells.back().text += '"';
      ++i;
    } else if (c == '"') {
      in_quotes = !in_quotes;
    } else if (c == ',' && !in_quotes) {
      cells.push_back({{}, static_cast<int>(i) + 2});
    } else {
      cells.back().text += c;
    }
  }
  return cells;
}

double read_value(const Cell& cell, const base::SourcePlace& place, base::Diagnostics& findings) {
  const double missing = std::numeric_limits<double>::quiet_NaN();
  if (cell.text.empty()) return missing;
  if (cell.text == "inf") return std::numeric_limits<double>::infinity();
  if (cell.text == "-inf") return -std::numeric_limits<double>::infinity();
  const auto value = base::parse_number(cell.text);
  if (!value)
    findings.error("R082", place, fmt::format("`{}` is no number", cell.text),
                   "write a decimal number, or nothing for a missing value");
  return value.value_or(missing);
}

void read_header(const std::vector<Cell>& cells, const base::SourcePlace& place, SeriesTable& table,
                 base::Diagnostics& findings) {
  std::set<std::string> seen;
  table.time_name = cells.front().text;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const base::SourcePlace at{place.file, place.line, cells[i].column};
    if (cells[i].text.empty()) findings.error("R080", at, "a column has no name", "name it");
    if (!seen.insert(cells[i].text).second)
      findings.error("R081", at, fmt::format("column `{}` stands twice", cells[i].text), "keep one");
    if (i > 0) table.columns.push_back({cells[i].text, {}, {}});
  }
}

void read_units(const std::vector<Cell>& cells, SeriesTable& table) {
  for (std::size_t i = 1; i < cells.size() && i <= table.columns.size(); ++i)
    table.columns[i - 1].unit = cells[i].text;
}

}  // namespace

const SeriesColumn* SeriesTable::find(std::string_view name) const {
  const auto found = std::find_if(columns.begin(), columns.end(),
                                  [&](const SeriesColumn& column) { return column.name == name; });
  return found == columns.end() ? nullptr : &*found;
}

std::string print_series(const SeriesTable& table) {
  std::string text = quoted(table.time_name);
  for (const auto& column : table.columns) text += "," + quoted(column.name);
  text += "\n# unit";
  for (const auto& column : table.columns) text += "," + quoted(column.unit);
  text += '\n';
  for (std::size_t row = 0; row < table.time.size(); ++row) {
    text += cell_of(table.time[row]);
    for (const auto& column : table.columns) text += "," + cell_of(column.values.at(row));
    text += '\n';
  }
  return text;
}

void write_series(const std::filesystem::path& file, const SeriesTable& table) {
  base::write_file_atomically(file, print_series(table));
}

SeriesTable read_series(const std::filesystem::path& file, base::Diagnostics& findings) {
  return parse_series(base::read_file(file), file.string(), findings);
}

SeriesTable parse_series(std::string_view text, std::string file, base::Diagnostics& findings) {
  SeriesTable table;
  base::SourcePlace place{std::move(file), 0, 1};
  bool have_header = false;
  std::size_t first = 0;
  while (first < text.size()) {
    const std::size_t last = std::min(text.find('\n', first), text.size());
    std::string_view line = text.substr(first, last - first);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    first = last + 1;
    ++place.line;
    if (line.empty()) continue;
    const auto cells = split_csv(line);
    if (line.front() == '#') {
      if (cells.front().text == "# unit") read_units(cells, table);
    } else if (!have_header) {
      have_header = true;
      read_header(cells, place, table, findings);
    } else if (cells.size() != table.columns.size() + 1) {
      findings.error("R087", place,
                     fmt::format("{} cells where the header has {}", cells.size(), table.columns.size() + 1),
                     "separate cells by single commas");
    } else {
      table.time.push_back(read_value(cells[0], place, findings));
      for (std::size_t i = 1; i < cells.size(); ++i)
        table.columns[i - 1].values.push_back(
            read_value(cells[i], {place.file, place.line, cells[i].column}, findings));
    }
  }
  if (!have_header)
    findings.error("R080", {place.file, 1, 1}, "the file has no header",
                   "first line: time_h and the names of the columns");
  return table;
}

std::filesystem::path run_record_path(const std::filesystem::path& result) {
  std::filesystem::path path = result;
  path += ".run.json";
  return path;
}

std::string print_run_record(const RunRecord& record) {
  nlohmann::json json;  // keys come out sorted
  json["command"] = record.command;
  json["settings"] = record.settings;
  json["system"] = record.system;
  json["model_hash"] = record.model_hash;
  json["program_version"] = record.program_version;
  json["library_versions"] = record.library_versions;
  json["engine"] = record.engine;
  json["seed"] = record.seed;
  json["relative_tolerance"] = record.relative_tolerance;
  json["absolute_tolerance_per_scale"] = record.absolute_tolerance_per_scale;
  json["wall_time_s"] = record.wall_time_s;
  json["thread_count"] = record.thread_count;
  json["started"] = record.started;
  json["host"] = record.host;
  json["failure_counts"] = record.failure_counts;
  json["notes"] = record.notes;
  // Bytes of a command line that are no UTF-8 are replaced: a record must never stop a result from being
  // written.
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

void write_run_record(const std::filesystem::path& result, const RunRecord& record) {
  base::write_file_atomically(run_record_path(result), print_run_record(record));
}

std::string current_time_utc() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text.data();
}

std::string host_name() {
  std::array<char, 256> name{};
  // One byte is kept back: a name that fills the buffer may come without its end.
  if (gethostname(name.data(), name.size() - 1) != 0) return "unknown";
  return name.data();
}

}  // namespace raad::data
