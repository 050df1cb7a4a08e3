// A formula under construction with what is known about it: unit, truth value or number, constant value.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/units.hpp"
#include "model/expression.hpp"

namespace raad::model {

struct TypedFormula {
  FormulaPointer formula;
  std::optional<base::Unit>
      unit;               ///< Nothing where a name without a unit is involved: such formulas are not checked
  std::string unit_text;  ///< As declared, where the formula is a single name or number
  bool is_truth = false;
  bool fits_any_unit = false;      ///< 0, infinity or not-a-number written as a literal
  bool is_literal = false;         ///< Made of numbers without units only
  std::optional<double> constant;  ///< Value, if made of numbers only
  double size = 1.0;               ///< Nodes when written out
  int depth = 1;                   ///< Nodes on the longest way from the root to a leaf
  base::SourcePlace place;

  std::string unit_name() const;
  void take_unit(const TypedFormula& other);
};

/// `value` as a plain number: dimensionless when units are checked, else of unknown unit.
TypedFormula literal(double value, bool checks_units, const base::SourcePlace& place);

/// A formula that stands for one after an error, so that no further findings follow from it.
TypedFormula unknown(const base::SourcePlace& place);

/// Text of a product (`*`) or quotient (`/`) of the units of two formulas: "1" where they cancel, empty where
/// it gets long.
std::string joined_unit_text(const TypedFormula& left, char sign, const TypedFormula& right);

/// A conversion factor for messages: twelve digits, because 1e-6/1e-9 should read 1000.
std::string factor_text(double factor);

/// Checks of units and truth values, with messages that say by how much to convert.
class UnitChecker {
 public:
  explicit UnitChecker(base::Diagnostics& findings) : findings_(findings) {}

  /// The part whose unit a sum, minimum, choice... has: all parts share it (R032). `what` names the
  /// operation.
  const TypedFormula& common_unit(const std::vector<const TypedFormula*>& parts, const std::string& what);
  /// R032 unless `value` is a pure number (a percentage is not: 50 percent is 0.5).
  void require_dimensionless(const TypedFormula& value, const std::string& what);
  /// R032 unless `value` can be assigned to `name` [unit]. Literals count in the unit of the name.
  void require_unit(const TypedFormula& value, const std::optional<base::Unit>& unit,
                    const std::string& unit_text, const std::string& name);
  /// R025 for a truth value where a number belongs, or the reverse; then the value is replaced by an unknown
  /// one.
  void require_number(TypedFormula& value, const std::string& what);
  void require_truth(TypedFormula& value, const std::string& what);

 private:
  base::Diagnostics& findings_;
};

/// Applies an operation: number of nodes, constant value and literal mark follow; unit and truth are the
/// caller's.
TypedFormula combine(Operation operation, const std::vector<TypedFormula>& operands,
                     const base::SourcePlace& place);

}  // namespace raad::model
