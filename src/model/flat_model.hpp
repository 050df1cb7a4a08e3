// A checked model without submodels: symbols with units and sources, and the equations among them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/diagnostics.hpp"
#include "base/units.hpp"
#include "model/expression.hpp"

namespace raad::model {

/// What a symbol is in the flat system.
enum class Role {
  parameter,  ///< constant during a run unless an event or an intervention sets it
  state,      ///< has a rate of change
  assigned,   ///< follows from a rule at all times
};

/// Where a parameter's number comes from: its row of the parameter table.
struct Provenance {
  std::string kind;       ///< measured, derived, fitted, assumed; "unknown" for models without tables
  std::string source_id;  ///< Keys of sources.tsv, separated by ';'
  std::string locator;
  std::string specification_id;  ///< Symbol in the specification, if any
  std::string note;
  std::string spread;
  std::string distribution;  ///< Between-subject distribution: none, lognormal, logitnormal, normal
  std::optional<double> between_subject_cv;
  bool varies_by_trial = false;  ///< The distribution is over trials: one draw for all subjects of a trial
  std::optional<double> lower, upper;
  base::SourcePlace place;  ///< Row of the table
};

struct Symbol {
  std::string id;  ///< Flat: instance path joined with `__`
  std::string display_name;
  std::string unit_text;
  base::Unit unit;
  Role role = Role::parameter;
  std::string module;          ///< Name of the model that defines it
  base::SourcePlace place;     ///< Declaration in the .ant file
  Provenance provenance;       ///< Parameters only
  double nominal_scale = 1.0;  ///< States: typical magnitude for absolute tolerances, in the symbol's unit
};

/// `symbol = formula`: an initial value, a rule or a rate of change (per hour, or per the model's time unit).
struct Equation {
  SymbolId symbol = -1;
  FormulaPointer formula;
  base::SourcePlace place;
};

struct FlatEvent {
  std::string id;
  FormulaPointer trigger;
  FormulaPointer delay;                ///< May be null
  FormulaPointer priority;             ///< May be null
  bool fire_at_start_if_true = false;  ///< !t0
  bool use_values_from_trigger_time = true;
  bool persistent = true;
  std::vector<Equation> assignments;
  base::SourcePlace place;
};

/// `symbol` is what `of` was a duration ago, and `slope` its rate of change then. Both are parameters; before
/// the start of a run they have the values that `initial` gives them.
struct FlatDelay {
  SymbolId symbol = -1;
  SymbolId slope = -1;
  SymbolId of = -1;  ///< A state, or a parameter that events set
  FormulaPointer duration;
  bool is_fixed = true;  ///< The duration is the same throughout a run
  base::SourcePlace place;
};

struct FlatConstraint {
  std::string id;
  FormulaPointer condition;
  base::SourcePlace place;
};

/// What a parent changes in a submodel, listed in reports.
struct Override {
  enum class Kind { replaced, cleared, deleted };
  std::string id;         ///< Flat id of the submodel's element
  std::string by_module;  ///< Name of the model that says so
  base::SourcePlace place;
  Kind kind = Kind::replaced;
};

struct FlatModel {
  std::string name;
  std::string system;           ///< "human" or "mouse": which rows of the parameter tables apply
  std::string time_unit = "h";  ///< Unit of time of rates, delays and `time`
  std::vector<Symbol> symbols;
  std::map<std::string, SymbolId> index;    ///< Flat id to symbol
  std::map<std::string, SymbolId> aliases;  ///< Bound inputs (`A__x is B__y`): other flat ids of a symbol
  std::vector<double> parameter_values;     ///< By SymbolId; NaN for others and where `initial` gives it
  std::vector<Equation> initial;  ///< Initial values of states, and of parameters given by a formula
  std::vector<Equation> rules;    ///< In dependency order
  std::vector<Equation> rates;    ///< One for each state
  std::vector<FlatEvent> events;
  std::vector<FlatDelay> delays;
  std::vector<FlatConstraint> constraints;
  std::vector<Override> overrides;
  std::vector<std::string> files;  ///< Every file read, for the model hash
  std::string content_hash;        ///< Of all files read, in order of name

  /// Symbol by flat id, bound alias or dotted name; nothing if there is none.
  std::optional<SymbolId> find(const std::string& id) const;
};

}  // namespace raad::model
