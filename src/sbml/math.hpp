// MathML of SBML as formulas.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "sbml/import.hpp"

class ASTNode;
class Model;

namespace raad::sbml {

/// A feature that raad does not simulate, found in the middle of a formula; becomes R101.
struct Unsupported {
  std::string what;
  std::string reason;
};

/// More mathematics than memory or the stack should have to hold; ends the import with R100.
struct Excess {
  std::string what;
};

/// Operands of an associative operation, of which there is at least one, from left to right; very many in
/// halves.
model::FormulaPointer fold(model::Operation operation, std::span<const model::FormulaPointer> operands);

/// Translates mathematics: function definitions are written out, truth values are the numbers 0 and 1, a
/// piecewise expression without a matching piece is NaN (SBML L3V2, section 3.4).
class MathReader {
 public:
  /// What an identifier stands for.
  using Resolve = std::function<model::FormulaPointer(const std::string& id)>;
  /// The rate of change of what an identifier stands for.
  using ResolveRate = std::function<model::FormulaPointer(const std::string& id)>;

  /// The value of the first formula at a time earlier by the second; none: delays are refused.
  using ResolveDelay =
      std::function<model::FormulaPointer(const model::FormulaPointer&, const model::FormulaPointer&)>;

  /// `in_text`: the mathematics was written as text, which has a few names more (log2, sign, inf).
  MathReader(const Model& model, Resolve value, ResolveRate rate, bool in_text = false,
             ResolveDelay delay = {})
      : model_(model),
        value_(std::move(value)),
        rate_(std::move(rate)),
        in_text_(in_text),
        delay_(std::move(delay)) {}

  /// Throws Unsupported and Excess; InputError R100 for recursive or unknown functions.
  model::FormulaPointer read(const ASTNode& node);

 private:
  model::FormulaPointer term(const ASTNode& node);
  model::FormulaPointer bounded_term(const ASTNode& node);
  using Operands = std::vector<model::FormulaPointer>;
  Operands children(const ASTNode& node);
  model::FormulaPointer apply_function(const ASTNode& node);
  model::FormulaPointer piecewise(const ASTNode& node);
  model::FormulaPointer chain(model::Operation operation, const ASTNode& node);
  model::FormulaPointer name(const std::string& id);
  model::FormulaPointer special(const ASTNode& node);

  const Model& model_;
  Resolve value_;
  ResolveRate rate_;
  bool in_text_;
  ResolveDelay delay_;
  std::vector<std::map<std::string, model::FormulaPointer>>
      arguments_;                       ///< Of the functions being written out
  std::vector<std::string> functions_;  ///< The same functions, outermost first
  long terms_ = 0;                      ///< Read so far, functions written out
  int depth_ = 0;                       ///< Of the term being read
};

}  // namespace raad::sbml
