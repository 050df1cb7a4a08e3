#include "run/subject_table.hpp"

#include <algorithm>
#include <cmath>
#include <unordered_set>

#include "base/files.hpp"
#include "base/table.hpp"

namespace raad::run {
namespace {

class Reader {
 public:
  Reader(std::string file, const ir::System& system, const std::vector<double>& lower_bounds,
         const std::vector<data::Covariate>& covariates, base::Diagnostics& findings)
      : file_(std::move(file)),
        system_(system),
        lower_bounds_(lower_bounds),
        covariates_(covariates),
        findings_(findings) {}

  SubjectTable read(const std::string& text) {
    std::size_t at = 0;
    for (int line = 1; at < text.size(); ++line) {
      const std::size_t end = std::min(text.find('\n', at), text.size());
      std::string_view row(text.data() + at, end - at);
      if (!row.empty() && row.back() == '\r') row.remove_suffix(1);
      at = end + 1;
      if (base::trim(row).empty() || row.front() == '#') continue;
      const auto cells = base::split(std::string(row), ',');
      if (places_.empty())
        read_header(cells, line);
      else
        read_row(cells, line);
    }
    if (places_.empty())
      findings_.error("R080", {file_, 1, 1}, "the table has no header", "name the columns");
    return std::move(table_);
  }

 private:
  void read_header(const std::vector<std::string>& cells, int line) {
    std::vector<std::string> seen;
    for (std::size_t k = 0; k < cells.size(); ++k) {
      const std::string name(base::trim(cells[k]));
      const base::SourcePlace place{file_, line, static_cast<int>(k) + 1};
      if (std::ranges::find(seen, name) != seen.end())
        findings_.error("R081", place, "column `" + name + "` stands twice", "remove one");
      seen.push_back(name);
      places_.push_back(name == "id" ? -1 : static_cast<int>(table_.columns.size()));
      if (name == "id") continue;
      table_.columns.push_back(column_of(name, place));
    }
  }

  SubjectTable::Column column_of(const std::string& name, const base::SourcePlace& place) {
    using Kind = SubjectTable::Column::Kind;
    if (name == "weight") return {Kind::weight, 0};
    // A covariate first: body weight is also a parameter, and as a covariate has its effects too.
    const auto covariate = std::ranges::find(covariates_, name, &data::Covariate::id);
    if (covariate != covariates_.end())
      return {Kind::covariate, static_cast<std::size_t>(covariate - covariates_.begin())};
    if (const auto parameter = system_.find_parameter(name))
      return {Kind::parameter, static_cast<std::size_t>(*parameter)};
    std::vector<std::string> known = {"id", "weight"};
    for (const auto& one : covariates_) known.push_back(one.id);
    for (const auto& one : system_.parameters) known.push_back(one.id);
    const std::string nearest = base::nearest_name(name, known);
    findings_.error(
        "R080", place, "unknown column `" + name + "`",
        nearest.empty()
            ? "columns are flat parameter ids (`raad show --stage model`), covariates, id and weight"
            : "did you mean `" + nearest + "`?");
    return {Kind::weight, 0};
  }

  void read_row(const std::vector<std::string>& cells, int line) {
    if (cells.size() != places_.size()) {
      findings_.error("R087", {file_, line, 1},
                      "the row has " + std::to_string(cells.size()) + " cells, the header " +
                          std::to_string(places_.size()),
                      "give every column a value");
      return;
    }
    for (std::size_t k = 0; k < cells.size(); ++k) {
      if (places_[k] < 0) {
        if (!ids_.insert(std::string(base::trim(cells[k]))).second)
          findings_.error("R081", {file_, line, static_cast<int>(k) + 1},
                          "subject `" + std::string(base::trim(cells[k])) + "` stands twice",
                          "give every subject one row");
        continue;
      }
      table_.values.push_back(value_of(table_.columns[static_cast<std::size_t>(places_[k])],
                                       std::string(base::trim(cells[k])),
                                       {file_, line, static_cast<int>(k) + 1}));
    }
  }

  double value_of(const SubjectTable::Column& column, const std::string& text,
                  const base::SourcePlace& place) {
    using Kind = SubjectTable::Column::Kind;
    if (column.kind == Kind::covariate &&
        covariates_[column.index].kind == data::Covariate::Kind::categorical) {
      const int category = covariates_[column.index].find_category(text);
      if (text.empty())
        findings_.error("R082", place, "the covariate has no value", "give a category, or `other`");
      else if (category < 0 && text != "other")
        findings_.error("R088", place, "`" + text + "` is no category of " + covariates_[column.index].id,
                        "one of: " + categories_of(covariates_[column.index]));
      return category;
    }
    const auto number = base::parse_number(text);
    if (!number) {
      findings_.error("R082", place,
                      text.empty() ? "the cell is empty" : "`" + text + "` is no finite number",
                      "give a number with a decimal point");
      return 0.0;
    }
    if (column.kind == Kind::covariate) check_limits(covariates_[column.index], *number, text, place);
    const bool parameter = column.kind == Kind::parameter;
    const double least = parameter ? lower_bounds_[column.index] : 0.0;
    if (*number < 0.0 && least >= 0.0 && !std::isnan(least))
      findings_.error("R076", place,
                      text +
                          " cannot be: " + (parameter ? system_.parameters[column.index].id : "this column") +
                          " is never negative",
                      "correct the value");
    return *number;
  }

  static std::string categories_of(const data::Covariate& covariate) {
    std::string names;
    for (const auto& category : covariate.categories) names += category.name + ", ";
    return names + "other";
  }

  /// Nobody lies outside a covariate's limits; a score at the top of its scale has no logit, and what acts as
  /// a power or a factor must be positive.
  void check_limits(const data::Covariate& covariate, double value, const std::string& text,
                    const base::SourcePlace& place) {
    using Effect = data::CovariateEffect::Kind;
    bool fits = value >= covariate.lower.value_or(value) && value <= covariate.upper.value_or(value);
    for (const auto& effect : covariate.effects) {
      if (effect.kind == Effect::baseline_score) fits = fits && value > 0.0 && value < data::k_greatest_score;
      if (effect.kind == Effect::power) fits = fits && value > 0.0;
    }
    if (fits) return;
    std::string range;
    if (covariate.lower) range += " from " + base::format_number(*covariate.lower);
    if (covariate.upper) range += " to " + base::format_number(*covariate.upper);
    findings_.error("R046", place, covariate.id + " = " + text + " cannot be",
                    range.empty() ? "correct the value" : "possible:" + range + " " + covariate.unit);
  }

  std::string file_;
  const ir::System& system_;
  const std::vector<double>& lower_bounds_;
  const std::vector<data::Covariate>& covariates_;
  base::Diagnostics& findings_;
  SubjectTable table_;
  std::unordered_set<std::string> ids_;
  std::vector<int> places_;  ///< Of each column of the file in `columns`; -1: ignored
};

}  // namespace

SubjectTable read_subject_table(const std::filesystem::path& file, const ir::System& system,
                                const std::vector<double>& lower_bounds,
                                const std::vector<data::Covariate>& covariates, base::Diagnostics& findings) {
  return Reader(file.string(), system, lower_bounds, covariates, findings).read(base::read_file(file));
}

}  // namespace raad::run
