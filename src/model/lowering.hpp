// Written formulas to resolved ones: names become symbols, functions are written out, units and truth values
// are checked.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "model/layout.hpp"
#include "model/typed_formula.hpp"

namespace raad::model {

class Lowering {
 public:
  Lowering(const Composition& composition, const FlatLayout& layout, base::Diagnostics& findings);

  /// The formula as written in `owner`'s model, in the units of that model. Findings: R001, R008, R020, R025,
  /// R032, R078.
  TypedFormula lower(const text::Expression& expression, const Instance& owner);

  /// Time of `instance` times this is time of the main model; null where they agree. `extent_conversion`
  /// likewise.
  FormulaPointer time_conversion(const Instance& instance) const;
  FormulaPointer extent_conversion(const Instance& instance) const;

  /// The symbol that stands for a name, or nothing after reporting why not.
  std::optional<SymbolId> symbol_of(const text::Name& name, const Instance& owner);
  UnitChecker& checker() { return checker_; }

 private:
  using Arguments = std::map<std::string, TypedFormula>;

  TypedFormula lower(const text::Expression& expression, const Instance& owner, const Arguments* arguments);
  TypedFormula lower_number(const text::Expression& expression, const Instance& owner);
  TypedFormula lower_name(const text::Name& name, const Instance& owner, const Arguments* arguments);
  std::optional<TypedFormula> lower_constant(const std::string& name, const Instance& owner,
                                             const base::SourcePlace& place);
  TypedFormula lower_call(const text::Expression& call, const Instance& owner, const Arguments* arguments);
  TypedFormula lower_function(const text::Function& function, const text::Expression& call,
                              std::vector<TypedFormula> values, const Instance& owner);
  TypedFormula lower_rate_of(const text::Expression& call, const Instance& owner, const Arguments* arguments);
  FormulaPointer rate_of(SymbolId symbol) const;
  TypedFormula limited(TypedFormula result);
  FormulaPointer conversion(const Instance& instance,
                            std::optional<ConversionFactor> Instance::* factor) const;

  const Composition& composition_;
  const FlatLayout& layout_;
  base::Diagnostics& findings_;
  UnitChecker checker_;
  std::vector<std::string> open_functions_;
};

/// `a*b` and `a/b` where a null pointer stands for 1.
FormulaPointer times(const FormulaPointer& a, const FormulaPointer& b);
FormulaPointer over(const FormulaPointer& a, const FormulaPointer& b);

}  // namespace raad::model
