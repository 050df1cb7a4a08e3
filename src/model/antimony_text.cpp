#include "model/antimony_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/table.hpp"
#include "model/export_limits.hpp"
#include "model/load.hpp"
#include "text/vocabulary.hpp"

namespace raad::model {
namespace {

/// A name of the language near `id`.
std::string plain_name(const std::string& id) {
  std::string made;
  for (const char c : id) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0;
    if (plain || made.empty() || made.back() != '_') made += plain ? c : '_';
  }
  // Flat names are joined by two underscores, which a name cannot hold.
  if (made.empty() || std::isalpha(static_cast<unsigned char>(made.front())) == 0) made = "x" + made;
  if (text::is_keyword(made) || text::is_builtin_function(made) || text::is_builtin_constant(made))
    made += "_";
  return made;
}

/// Cells of a table hold one line.
std::string cell(std::string text) {
  std::ranges::replace_if(text, [](char c) { return c == '\t' || c == '\n' || c == '\r'; }, ' ');
  return text;
}

class Writer {
 public:
  Writer(const FlatModel& model, base::Diagnostics& findings)
      : in_(model), model_(model), findings_(findings) {}

  AntimonyText write(const std::string& name) {
    refuse_delays(model_, "the model language", findings_);
    rename();
    for (const auto& event : model_.events)
      for (const auto& assignment : event.assignments) set_by_events_.insert(assignment.symbol);
    for (const auto& initial : model_.initial) initial_[initial.symbol] = initial.formula;
    std::string body;
    for (std::size_t i = 0; i < in_.symbols.size(); ++i) body += start(static_cast<SymbolId>(i));
    for (const auto& rule : model_.rules)
      body += fmt::format("  {} := {}\n", id(rule.symbol), print(rule.formula, false));
    for (const auto& rate : model_.rates)
      body += fmt::format("  {}' = {}\n", id(rate.symbol), print(rate.formula, false));
    for (const auto& event : model_.events) body += event_text(event);
    int constraints = 0;
    for (const auto& constraint : model_.constraints)
      body += fmt::format("  constraint check_{}: {}\n", ++constraints, print(constraint.condition, true));
    made_.model = head(name) + declarations() + body + "end\n";
    made_.table =
        "parameterId\tparameterName\tnominalValue\tunit\tlowerBound\tupperBound\tbsvDistribution\t"
        "bsvCv\tbsvGroup\tsourceKind\tsourceId\tsourceLocator\tspread\tnote\n" +
        rows_;
    return std::move(made_);
  }

 private:
  const std::string& id(SymbolId symbol) const { return model_.symbols[static_cast<std::size_t>(symbol)].id; }

  void rename() {
    for (auto& symbol : model_.symbols) {
      const std::string given = symbol.id;
      symbol.id = free_name(plain_name(given));
      if (symbol.id != given) made_.renamed.emplace_back(given, symbol.id);
    }
  }

  std::string free_name(std::string name) {
    for (int i = 2; !names_.insert(name).second; ++i) name = fmt::format("{}_{}", name, i);
    return name;
  }

  std::string head(const std::string& name) const {
    std::string text = fmt::format("# {}, written by raad.\n#\n# Numbers and their sources: {}.params.tsv.\n",
                                   in_.name.empty() ? name : cell(in_.name), name);
    if (!made_.renamed.empty()) text += "#\n# Names that this language cannot have:\n";
    for (const auto& [from, to] : made_.renamed) text += fmt::format("#   {} is {}\n", to, from);
    text += fmt::format("\nmodel {}()\n", plain_name(name));
    if (base::UnitTable().parse(model_.time_unit) && model_.time_unit != "h")
      text += fmt::format("  unit time_unit = {}\n", model_.time_unit);
    return text;
  }

  std::string declarations() const {
    std::string text;
    for (const auto& symbol : model_.symbols) {
      const auto index = &symbol - model_.symbols.data();
      const bool constant =
          symbol.role == Role::parameter && !set_by_events_.count(static_cast<SymbolId>(index));
      text += std::string(constant ? "  const formula " : "  formula ") + symbol.id;
      if (!symbol.display_name.empty())
        text += fmt::format("; {} is \"{}\"", symbol.id, quoted(symbol.display_name));
      text += symbol.unit_text.empty() ? "\n" : "  # " + cell(symbol.unit_text) + "\n";
    }
    return text;
  }

  static std::string quoted(std::string text) {
    std::ranges::replace(text, '"', '\'');
    return cell(std::move(text));
  }

  /// The value at the start: a row of the table, or a formula in the text.
  std::string start(SymbolId symbol) {
    const auto index = static_cast<std::size_t>(symbol);
    if (model_.symbols[index].role == Role::assigned) return "";
    const auto given = initial_.find(symbol);
    const double value = given == initial_.end()                        ? model_.parameter_values[index]
                         : given->second->kind == Formula::Kind::number ? given->second->value
                                                                        : std::nan("");
    if (std::isfinite(value)) {
      add_row(model_.symbols[index], value);
      return "";
    }
    return fmt::format("  {} = {}\n", id(symbol),
                       given == initial_.end() ? "notanumber" : print(given->second, false));
  }

  void add_row(const Symbol& symbol, double value) {
    const auto& from = symbol.provenance;
    const bool varies = from.between_subject_cv.value_or(0.0) > 0.0;
    const auto number = [](const std::optional<double>& one) {
      return one ? base::format_number(*one) : std::string();
    };
    std::string note = from.note;
    if (!symbol.unit_text.empty()) note += (note.empty() ? "" : "; ") + ("unit: " + symbol.unit_text);
    rows_ += fmt::format(
        "{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\n", symbol.id, cell(symbol.display_name),
        base::format_number(value), "", number(from.lower), number(from.upper),
        varies ? from.distribution : "none", varies ? number(from.between_subject_cv) : "0",
        varies ? (from.varies_by_trial ? "trial" : "subject") : "", from.kind.empty() ? "unknown" : from.kind,
        from.source_id, cell(from.locator), cell(from.spread), cell(note));
  }

  /// A formula as the language wants it: numbers out of the way, truth values and numbers apart.
  std::string print(const FormulaPointer& formula, bool as_truth) {
    return print_formula(*fitted(formula, as_truth), model_);
  }

  FormulaPointer fitted(const FormulaPointer& formula, bool as_truth, bool exponent = false) {
    FormulaPointer made = formula;
    if (formula->kind == Formula::Kind::number) {
      made = exponent ? formula : fitted_number(formula->value);
    } else if (formula->kind == Formula::Kind::apply) {
      if (formula->operation == Operation::arctangent2)
        findings_.error("R151", formula->place, "the model language has no `arctan2`",
                        "write the formula without it");
      std::vector<FormulaPointer> operands;
      for (std::size_t i = 0; i < formula->operands.size(); ++i)
        operands.push_back(fitted(formula->operands[i], takes_truth(formula->operation, i),
                                  formula->operation == Operation::power && i == 1));
      made = apply(formula->operation, std::move(operands));
    }
    const bool is_truth = made->kind == Formula::Kind::apply && is_truth_valued(made->operation);
    if (as_truth && !is_truth) return apply(Operation::not_equal, {made, number(0.0)});
    if (!as_truth && is_truth) return apply(Operation::select, {made, number(1.0), number(0.0)});
    return made;
  }

  static bool takes_truth(Operation operation, std::size_t operand) {
    return operation == Operation::logical_and || operation == Operation::logical_or ||
           operation == Operation::logical_xor || operation == Operation::logical_not ||
           (operation == Operation::select && operand == 0);
  }

  FormulaPointer fitted_number(double value) {
    if (!std::isfinite(value)) return number(value);
    if (value < 0.0) return apply(Operation::negate, {fitted_number(-value)});
    for (const double plain : {0.0, 1.0, 2.0, 10.0, 100.0})
      if (value == plain) return number(value);
    const auto known = numbers_.find(value);
    if (known != numbers_.end()) return symbol(known->second);
    Symbol made;
    made.id = free_name(fmt::format("number_{}", numbers_.size() + 1));
    made.provenance.kind = "unknown";
    made.provenance.note = "a number in the formulas of the source";
    const auto id = static_cast<SymbolId>(model_.symbols.size());
    add_row(made, value);
    model_.symbols.push_back(std::move(made));
    numbers_[value] = id;
    return symbol(id);
  }

  std::string event_text(const FlatEvent& event) {
    std::string text = "  " + free_name(plain_name(event.id)) + ": at ";
    if (event.delay) text += print(event.delay, false) + " after ";
    text += print(event.trigger, true);
    if (event.priority) text += ", priority = " + print(event.priority, false);
    if (event.fire_at_start_if_true) text += ", t0 = false";
    if (!event.use_values_from_trigger_time) text += ", fromTrigger = false";
    if (event.delay || !event.persistent)
      text += std::string(", persistent = ") + (event.persistent ? "true" : "false");
    for (std::size_t i = 0; i < event.assignments.size(); ++i)
      text += fmt::format("{} {} = {}", i == 0 ? ":" : ",", id(event.assignments[i].symbol),
                          print(event.assignments[i].formula, false));
    return text + "\n";
  }

  const FlatModel& in_;
  FlatModel model_;  ///< With the names of the text, and parameters for its numbers
  base::Diagnostics& findings_;
  AntimonyText made_;
  std::set<std::string> names_;
  std::set<SymbolId> set_by_events_;
  std::map<SymbolId, FormulaPointer> initial_;
  std::map<double, SymbolId> numbers_;
  std::string rows_;
};

}  // namespace

AntimonyText antimony_text(const FlatModel& model, const std::string& name, base::Diagnostics& findings) {
  return Writer(model, findings).write(name);
}

}  // namespace raad::model
