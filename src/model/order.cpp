#include "model/order.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <unordered_set>

#include "model/load.hpp"

namespace raad::model {
namespace {

using base::Diagnostics;

std::size_t index_of(SymbolId id) {
  return static_cast<std::size_t>(id);
}

/// What a formula needs; shared parts are visited once.
struct Uses {
  std::set<SymbolId> symbols;
  std::set<SymbolId> rates;  ///< rateOf
};

void collect(const Formula& formula, Uses& uses, std::unordered_set<const Formula*>& seen) {
  if (!seen.insert(&formula).second) return;
  if (formula.kind == Formula::Kind::symbol) uses.symbols.insert(formula.symbol);
  if (formula.kind == Formula::Kind::rate_of) uses.rates.insert(formula.symbol);
  for (const auto& operand : formula.operands) collect(*operand, uses, seen);
}

Uses uses_of(const FormulaPointer& formula) {
  Uses uses;
  std::unordered_set<const Formula*> seen;
  collect(*formula, uses, seen);
  return uses;
}

/// Depth-first order over quantities (by symbol) and, where rateOf occurs, over rates.
class Orderer {
 public:
  /// `at_start`: initial values count as well as rules.
  Orderer(const FlatModel& model, Diagnostics& findings, bool at_start)
      : model_(model), findings_(findings), defined_(model.symbols.size()), rates_(model.symbols.size()) {
    for (const auto& equation : model.rules) defined_[index_of(equation.symbol)] = &equation;
    if (at_start)
      for (const auto& equation : model.initial) defined_[index_of(equation.symbol)] = &equation;
    for (const auto& equation : model.rates) rates_[index_of(equation.symbol)] = &equation;
  }

  std::vector<const Equation*> run() {
    for (SymbolId id = 0; id < static_cast<SymbolId>(defined_.size()); ++id) visit({id, false});
    return std::move(order_);
  }

 private:
  struct Node {
    SymbolId symbol;
    bool is_rate;
    auto operator<=>(const Node&) const = default;
  };

  enum class Stage { open, done };

  // On an own stack, because a chain of rules may be longer than the machine's stack is deep.
  void visit(Node root) {
    if (!begin(root)) return;
    while (!open_.empty()) {
      auto& [node, pending] = open_.back();
      if (pending.empty()) {
        finish(node);
        continue;
      }
      const Node next = pending.back();
      pending.pop_back();
      if (const auto seen = seen_.find(next); seen != seen_.end() && seen->second == Stage::open) {
        report(next);
      } else {
        begin(next);
      }
    }
  }

  bool begin(Node node) {
    const auto* equation = (node.is_rate ? rates_ : defined_)[index_of(node.symbol)];
    if (!equation || !seen_.emplace(node, Stage::open).second) return false;
    const Uses uses = uses_of(equation->formula);
    std::vector<Node> pending;
    for (const SymbolId id : uses.rates) pending.push_back({id, true});
    for (const SymbolId id : uses.symbols) pending.push_back({id, false});
    std::reverse(pending.begin(), pending.end());
    open_.emplace_back(node, std::move(pending));
    return true;
  }

  void finish(Node node) {
    seen_[node] = Stage::done;
    if (!node.is_rate) order_.push_back(defined_[index_of(node.symbol)]);
    open_.pop_back();
  }

  void report(Node repeated) {
    const auto name = [this](Node node) {
      const auto& id = model_.symbols[index_of(node.symbol)].id;
      return node.is_rate ? "rateOf(" + id + ")" : id;
    };
    std::string members;
    auto first =
        std::find_if(open_.begin(), open_.end(), [&](const auto& entry) { return entry.first == repeated; });
    for (; first != open_.end(); ++first) members += name(first->first) + " -> ";
    const auto* equation = (repeated.is_rate ? rates_ : defined_)[index_of(repeated.symbol)];
    findings_.error("R008", equation->place,
                    "values depend on each other in a circle: " + members + name(repeated),
                    "give one of them a rate of change or a number");
  }

  const FlatModel& model_;
  Diagnostics& findings_;
  std::vector<const Equation*> defined_, rates_;
  std::map<Node, Stage> seen_;
  std::vector<std::pair<Node, std::vector<Node>>> open_;
  std::vector<const Equation*> order_;
};

/// Those of `equations` that occur in `order`, in that order.
void rearrange(std::vector<Equation>& equations, const std::vector<const Equation*>& order) {
  std::vector<Equation> sorted;
  const Equation* first = equations.data();
  for (const auto* equation : order)
    if (equation >= first && equation < first + equations.size()) sorted.push_back(*equation);
  equations = std::move(sorted);
}

}  // namespace

void order_equations(FlatModel& model, Diagnostics& findings) {
  const auto running = Orderer(model, findings, false).run();
  // A cycle among rules is one at the start too; once is enough.
  Diagnostics at_start;
  const auto starting = Orderer(model, at_start, true).run();
  if (!findings.has_errors()) findings.append(at_start);
  rearrange(model.initial, starting);
  rearrange(model.rules, running);
}

std::vector<double> start_values(const FlatModel& model) {
  std::vector<double> values = model.parameter_values;
  Diagnostics ignored;
  for (const auto* equation : Orderer(model, ignored, true).run()) {
    // rateOf at the start would need the rates of a model that is not complete yet.
    const bool needs_rates = !uses_of(equation->formula).rates.empty();
    values[index_of(equation->symbol)] =
        needs_rates ? std::numeric_limits<double>::quiet_NaN() : evaluate(*equation->formula, values, 0.0);
  }
  return values;
}

}  // namespace raad::model
