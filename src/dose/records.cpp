#include "dose/records.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "base/files.hpp"
#include "base/table.hpp"
#include "base/units.hpp"
#include "base/utf8.hpp"
#include "dose/factor.hpp"
#include "dose/vocabulary.hpp"

namespace raad::dose {
namespace {

const std::vector<std::string>& known_columns() {
  static const std::vector<std::string> columns = {"ID",   "TIME",  "AMT",  "RATE", "DUR",
                                                   "II",   "ADDL",  "SS",   "EVID", "CMT",
                                                   "DRUG", "ROUTE", "UNIT", "DV",   "MDV"};
  return columns;
}

std::string to_upper(std::string_view text) {
  std::string upper(text);
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return upper;
}

struct Cell {
  std::string text;
  int column = 0;  ///< Counted from 1
};

/// Cells at tabs, at commas, or at runs of blanks; quotes around a cell are dropped.
std::vector<Cell> split_cells(std::string_view line, char separator) {
  std::vector<Cell> cells;
  std::size_t first = 0;
  if (separator == ' ') {
    while ((first = line.find_first_not_of(" \t", first)) != std::string_view::npos) {
      const std::size_t last = std::min(line.find_first_of(" \t", first), line.size());
      cells.push_back({std::string(line.substr(first, last - first)), static_cast<int>(first) + 1});
      first = last;
    }
    return cells;
  }
  while (first <= line.size()) {
    const std::size_t last = std::min(line.find(separator, first), line.size());
    std::string_view text = base::trim(line.substr(first, last - first));
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"') text = text.substr(1, text.size() - 2);
    cells.push_back({std::string(text), static_cast<int>(first) + 1});
    first = last + 1;
  }
  return cells;
}

/// Reads the lines of a record table one by one.
class RecordReader {
 public:
  RecordReader(std::string file, base::Diagnostics& findings) : file_(std::move(file)), findings_(findings) {}

  std::vector<Record> read(std::string_view text) {
    std::vector<Record> records;
    std::size_t first = 0;
    while (first < text.size()) {
      const std::size_t last = std::min(text.find('\n', first), text.size());
      std::string_view line = text.substr(first, last - first);
      if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
      ++line_;
      first = last + 1;
      if (base::trim(line).empty()) continue;
      if (columns_.empty()) {
        if (!read_header(line)) return records;
      } else if (const auto record = read_line(line)) {
        records.push_back(*record);
      }
    }
    if (columns_.empty())
      findings_.error("R080", {file_, 1, 1}, "the table of dosing records has no header",
                      "first line: ID TIME AMT CMT ...");
    return records;
  }

 private:
  bool read_header(std::string_view line) {
    separator_ = line.find('\t') != std::string_view::npos  ? '\t'
                 : line.find(',') != std::string_view::npos ? ','
                                                            : ' ';
    const auto cells = split_cells(line, separator_);
    for (std::size_t i = 0; i < cells.size(); ++i) {
      std::string name = to_upper(cells[i].text);
      if (i == 0 && name == "#ID") name = "ID";
      const base::SourcePlace place{file_, line_, cells[i].column};
      const auto& known = known_columns();
      if (std::find(known.begin(), known.end(), name) == known.end()) {
        const std::string near = base::nearest_name(name, known);
        findings_.error("R080", place, fmt::format("unknown column `{}`", cells[i].text),
                        near.empty() ? fmt::format("columns: {}", fmt::join(known, " "))
                                     : fmt::format("did you mean `{}`?", near));
        continue;
      }
      if (!columns_.emplace(name, i).second)
        findings_.error("R080", place, fmt::format("column `{}` stands twice", name), "keep one");
    }
    cell_count_ = cells.size();
    for (const std::string_view needed : {"TIME", "AMT"}) {
      if (columns_.find(needed) == columns_.end())
        findings_.error("R080", {file_, line_, 1}, fmt::format("column `{}` is missing", needed),
                        "needed are TIME, AMT, and CMT or drug");
    }
    if (columns_.find("CMT") == columns_.end() && columns_.find("DRUG") == columns_.end())
      findings_.error("R080", {file_, line_, 1}, "neither CMT nor drug says where the doses go",
                      "add CMT with state ids, or drug and route");
    return !columns_.empty();
  }

  std::optional<Record> read_line(std::string_view line) {
    cells_ = split_cells(line, separator_);
    if (cells_.size() != cell_count_) {
      findings_.error("R087", {file_, line_, 1},
                      fmt::format("{} cells where the header has {}", cells_.size(), cell_count_),
                      "write . for an empty cell");
      return std::nullopt;
    }
    const std::size_t findings_before = findings_.all().size();
    Record record;
    record.place = {file_, line_, 1};
    record.id = text("ID").empty() ? "1" : text("ID");
    record.time_h = number("TIME").value_or(0.0);
    record.amount = number("AMT").value_or(0.0);
    record.rate = number("RATE").value_or(0.0);
    record.duration_h = number("DUR").value_or(0.0);
    record.interval_h = number("II").value_or(0.0);
    record.additional = whole("ADDL", 0);
    record.steady_state = whole("SS", 0);
    // NM-TRAN: without EVID a row with an amount is a dose, any other an observation.
    record.event_id = whole("EVID", record.amount != 0.0 ? 1 : 0);
    record.compartment = text("CMT");
    record.drug = base::to_lower(text("DRUG"));
    record.route = text("ROUTE");
    record.unit = text("UNIT");
    // A cell that is no number has been reported; what it stands for cannot be judged.
    if (findings_.all().size() == findings_before) check(record);
    return findings_.all().size() > findings_before ? std::nullopt : std::optional<Record>(record);
  }

  // --- what a record may say ---

  void check(const Record& record) {
    if (record.event_id == 3 || record.event_id == 4)
      return refuse("EVID", fmt::format("EVID {} (reset) is not supported", record.event_id),
                    "start a new subject instead");
    if (record.event_id < 0 || record.event_id > 4)
      return refuse("EVID", "EVID is 0, 1 or 2", "0 observation, 1 dose, 2 other");
    if (record.event_id != 1 && record.amount != 0.0)
      return refuse("EVID", fmt::format("EVID {} with an amount has no agreed meaning", record.event_id),
                    "write EVID 1 for a dose, or . for the amount");
    if (record.event_id != 1) return;
    check_amount(record);
    check_repeats(record);
    check_target(record);
  }

  void check_amount(const Record& record) {
    if (record.rate == -1.0 || record.rate == -2.0) {
      refuse("RATE", fmt::format("RATE {} (modelled rate or duration) is not supported", record.rate),
             "write the rate, or DUR");
    } else if (record.rate < 0.0) {
      report("R076", "RATE", "a rate cannot be negative", "write a positive rate");
    }
    if (!(record.amount > 0.0))
      report("R076", "AMT", "a dose record needs a positive AMT", "write EVID 0 for a row without a dose");
    if (record.duration_h < 0.0)
      report("R076", "DUR", "a duration cannot be negative", "write a positive DUR");
    // A part in a million: tables print rates with six digits or so.
    if (record.rate > 0.0 && record.duration_h > 0.0 &&
        std::abs(record.rate * record.duration_h - record.amount) > 1e-6 * record.amount)
      report("R076", "DUR", "AMT, RATE and DUR contradict each other", "AMT = RATE x DUR; give RATE or DUR");
  }

  void check_repeats(const Record& record) {
    if (record.additional < 0 || record.additional > k_max_repeats)
      report("R076", "ADDL", "ADDL is no possible number of doses",
             fmt::format("a whole number from 0 to {}", k_max_repeats));
    if (record.steady_state == 2)
      return refuse("SS", "SS 2 (steady state on top of what is there) is not supported",
                    "write SS 1 on the first record");
    if (record.steady_state != 0 && record.steady_state != 1)
      return report("R076", "SS", "SS is 0 or 1", "1: as if given for ever at this interval");
    if ((record.additional > 0 || record.steady_state == 1) && !(record.interval_h > 0.0))
      report("R076", columns_.count("II") ? "II" : "TIME", "ADDL and SS need a positive interval II",
             "write the hours between doses");
  }

  void check_target(const Record& record) {
    if (record.drug.empty() && record.compartment.empty())
      report("R080", "TIME", "the record names neither a compartment nor a drug", "fill CMT or drug");
    if (!record.drug.empty() && !record.compartment.empty())
      report("R078", "CMT", "the record names a compartment and a drug",
             "keep one: the drug's route decides where it goes");
    if (record.drug.empty() && !record.route.empty())
      report("R078", "ROUTE", "a route needs a drug", "fill the drug column, or clear the route");
    if (!record.route.empty() && !find_route(record.route))
      report("R072", "ROUTE", fmt::format("unknown route `{}`", record.route),
             fmt::format("routes: {}", fmt::join(route_names(), ", ")));
    if (const auto cmt = base::parse_number(record.compartment); cmt && *cmt < 0.0)
      refuse("CMT", "a compartment cannot be turned off", "remove the record");
  }

  // --- cells ---

  std::string text(std::string_view column) const {
    const auto found = columns_.find(column);
    if (found == columns_.end()) return {};
    const std::string& cell = cells_[found->second].text;
    return cell == "." ? std::string() : cell;
  }

  std::optional<double> number(std::string_view column) {
    const std::string cell = text(column);
    if (cell.empty()) return std::nullopt;
    const auto value = base::parse_number(cell);
    if (!value)
      report("R082", column, fmt::format("`{}` is no number", cell),
             column == "TIME" ? "times are hours from the start, as a decimal number"
                              : "write a decimal number, or . for none");
    return value;
  }

  int whole(std::string_view column, int otherwise) {
    const auto value = number(column);
    if (!value) return otherwise;
    if (*value != std::floor(*value) || std::abs(*value) > 1e9) {
      report("R082", column, fmt::format("{} must be a whole number, not {}", column, text(column)), "");
      return otherwise;
    }
    return static_cast<int>(*value);
  }

  void refuse(std::string_view column, std::string message, std::string hint) {
    report("R078", column, std::move(message), std::move(hint));
  }

  void report(std::string code, std::string_view column, std::string message, std::string hint) {
    const auto found = columns_.find(column);
    const int at = found == columns_.end() ? 1 : cells_[found->second].column;
    findings_.error(std::move(code), {file_, line_, at}, std::move(message), std::move(hint));
  }

  std::string file_;
  base::Diagnostics& findings_;
  int line_ = 0;
  char separator_ = '\t';
  std::size_t cell_count_ = 0;
  std::map<std::string, std::size_t, std::less<>> columns_;
  std::vector<Cell> cells_;
};

std::optional<int> find_compartment(const Record& record, const ir::System& system,
                                    base::Diagnostics& findings) {
  const auto number = base::parse_number(record.compartment);
  const auto state_count = static_cast<double>(system.states.size());
  if (number && *number == std::floor(*number) && *number >= 1.0 && *number <= state_count)
    return static_cast<int>(*number) - 1;
  if (!number) {
    if (const auto index = state_index(system, record.compartment)) return index;
  }
  std::vector<std::string> ids;
  for (const auto& state : system.states) ids.push_back(state.id);
  const std::string near = base::nearest_name(record.compartment, ids);
  findings.error("R079", record.place,
                 fmt::format("CMT `{}` is no state of the system {}", record.compartment, system.name),
                 near.empty() ? fmt::format("a state id, or a number from 1 to {}", ids.size())
                              : fmt::format("did you mean `{}`?", near));
  return std::nullopt;
}

/// Factor from the record's unit to the state's. States without a unit take the numbers as they are.
std::optional<double> unit_factor(const Record& record, const ir::StateInfo& state,
                                  base::Diagnostics& findings) {
  const base::UnitTable units;
  const auto of_state = units.parse(state.unit);
  if (record.unit.empty() && (state.unit.empty() || (of_state && of_state->dimensionless()))) return 1.0;
  const std::string given = record.unit.empty() ? "mg" : record.unit;
  const auto of_record = units.parse(given);
  if (!of_record) {
    findings.error("R073", record.place, fmt::format("unknown unit `{}` of AMT", given),
                   "for example mg or nmol");
  } else if (!of_state || !of_record->same_dimension(*of_state)) {
    findings.error("R073", record.place,
                   fmt::format("AMT is in {}, but the state {} is in {}", given, state.id, state.unit),
                   "fill the `unit` column, or dose another state");
  } else {
    return of_record->factor / of_state->factor;
  }
  return std::nullopt;
}

/// All times at which a record's dose is given.
std::vector<double> dose_times(const Record& record) {
  std::vector<double> times;
  const int earlier = record.steady_state == 1 ? k_steady_state_doses : 0;
  for (int k = -earlier; k <= record.additional; ++k) times.push_back(record.time_h + k * record.interval_h);
  return times;
}

double infusion_hours(const Record& record) {
  if (record.duration_h > 0.0) return record.duration_h;
  return record.rate > 0.0 ? record.amount / record.rate : 0.0;
}

/// SS = 1 wipes what earlier records gave, which no action can do: it must come first.
void check_steady_state_is_first(const std::vector<const Record*>& doses, base::Diagnostics& findings) {
  for (const Record* record : doses) {
    const bool earlier = std::any_of(doses.begin(), doses.end(),
                                     [&](const Record* other) { return other->time_h < record->time_h; });
    if (record->steady_state == 1 && earlier)
      findings.error("R078", record->place, "SS 1 after other doses of the subject is not supported",
                     "write it on the first record, or use ADDL");
  }
}

std::vector<const Record*> doses_of(const std::vector<Record>& records, const std::string& subject_id,
                                    bool with_drug) {
  std::vector<const Record*> doses;
  for (const auto& record : records) {
    if (record.id == subject_id && record.event_id == 1 && record.drug.empty() != with_drug)
      doses.push_back(&record);
  }
  return doses;
}

}  // namespace

std::vector<Record> read_records(std::string_view text, std::string file, base::Diagnostics& findings) {
  return RecordReader(file, findings).read(base::without_byte_order_mark(text, file, findings));
}

std::vector<std::string> subjects_of(const std::vector<Record>& records) {
  std::vector<std::string> subjects;
  for (const auto& record : records) {
    if (std::find(subjects.begin(), subjects.end(), record.id) == subjects.end())
      subjects.push_back(record.id);
  }
  return subjects;
}

std::vector<solve::Action> expand_records(const std::vector<Record>& records, const std::string& subject_id,
                                          const ir::System& system, base::Diagnostics& findings) {
  std::vector<solve::Action> actions;
  const auto doses = doses_of(records, subject_id, false);
  check_steady_state_is_first(doses, findings);
  for (const Record* record : doses) {
    const auto state = find_compartment(*record, system, findings);
    if (!state) continue;
    const auto factor = unit_factor(*record, system.states[static_cast<std::size_t>(*state)], findings);
    if (!factor) continue;
    const double hours = infusion_hours(*record);
    for (const double time : dose_times(*record)) {
      if (hours > 0.0) {
        const double rate = record->amount * *factor / hours;
        actions.push_back({time, solve::Action::Kind::add_to_rate, *state, rate});
        actions.push_back({time + hours, solve::Action::Kind::add_to_rate, *state, -rate});
      } else {
        actions.push_back({time, solve::Action::Kind::add_to_state, *state, record->amount * *factor});
      }
    }
  }
  std::stable_sort(actions.begin(), actions.end(),
                   [](const solve::Action& a, const solve::Action& b) { return a.time_h < b.time_h; });
  return actions;
}

Regimen regimen_of(const std::vector<Record>& records, const std::string& subject_id,
                   base::Diagnostics& findings) {
  Regimen regimen;
  const auto doses = doses_of(records, subject_id, true);
  check_steady_state_is_first(doses, findings);
  for (const Record* record : doses) {
    const std::string unit_text = record->unit.empty() ? "mg" : record->unit;
    const auto unit = find_dose_unit(unit_text);
    if (!unit) {
      findings.error("R073", record->place, fmt::format("unknown dose unit `{}`", unit_text),
                     fmt::format("known units: {}", fmt::join(dose_unit_names(), ", ")));
      continue;
    }
    DoseEvent event;
    event.drug = record->drug;
    event.amounts = {record->amount};
    event.amount_unit = unit->name;
    event.route = find_route(record->route).value_or("");
    if (const double hours = infusion_hours(*record); hours > 0.0) event.duration_h = hours;
    const auto times = dose_times(*record);
    event.time_h = times.front();
    event.count = static_cast<int>(times.size());
    event.interval_h = event.count > 1 ? record->interval_h : 0.0;
    event.place = record->place;
    regimen.events.push_back(std::move(event));
  }
  regimen.text = print_regimen(regimen);
  return regimen;
}

RegimenFile read_regimen_file(const std::filesystem::path& file, base::Diagnostics& findings) {
  RegimenFile result;
  const std::string text = base::read_file(file);
  const bool is_table = file.extension() == ".csv" || file.filename().string().ends_with(".dose.tsv");
  if (!is_table) {
    const auto regimen = base::without_byte_order_mark(text, file.string(), findings);
    result.regimen = parse_regimen(regimen, file.string(), findings);
    return result;
  }
  const auto records = read_records(text, file.string(), findings);
  const auto subjects = subjects_of(records);
  std::copy_if(records.begin(), records.end(), std::back_inserter(result.records),
               [](const Record& record) { return record.drug.empty(); });
  if (!subjects.empty()) result.regimen = regimen_of(records, subjects.front(), findings);
  if (subjects.size() > 1 && result.records.size() < records.size())
    findings.error("R078", {file.string(), 1, 1}, "records that name a drug may belong to one subject only",
                   "split the file by ID");
  return result;
}

}  // namespace raad::dose
