// A flat model as statements of another language: every quantity a variable, written after all that it uses.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "model/flat_model.hpp"

namespace raad::data {

/// A parameter that varies between subjects.
struct ForeignVariability {
  enum class Scale { logarithmic, logit, linear };
  std::string parameter;  ///< Flat id
  Scale scale = Scale::logarithmic;
  double variance = 0.0;  ///< On that scale
  /// Covariances with those that stand before it in the list, as far as they are not 0.
  std::map<std::string, double> covariances;
};

struct ForeignText {
  std::string text;
  std::vector<std::pair<std::string, std::string>> renamed;  ///< Flat id and what stands for it
};

/// What the languages differ in.
struct ForeignDialect {
  std::string name;                ///< For messages
  std::set<std::string> reserved;  ///< In small letters: no variable may have such a name in any case
  bool is_cpp = false;             ///< C++ expressions; else those of rxode2
  std::string time;                ///< While the model runs
  std::string declaration;         ///< Before the name of a new variable: `double `
  std::string assignment, end;     ///< ` = ` and what ends a statement
};

/// Writes statements. InputError-free: what cannot be expressed is a finding R151.
class ForeignCode {
 public:
  ForeignCode(const model::FlatModel& model, ForeignDialect dialect,
              const std::vector<ForeignVariability>& varying, base::Diagnostics& findings);

  /// What a symbol is called: constants, states and, by default, rules.
  const std::string& name(model::SymbolId id) const { return names_[static_cast<std::size_t>(id)]; }
  std::string free_name(const std::string& wanted);
  const std::vector<std::pair<std::string, std::string>>& renamed() const { return renamed_; }
  /// Constants with a number of their own, in the order of the model.
  std::vector<model::SymbolId> constants() const;
  std::vector<model::SymbolId> of_role(model::Role role) const;
  double value(model::SymbolId id) const;
  /// The random effect of a parameter, or empty.
  std::string effect(model::SymbolId id) const;

  /// Statements of parameters that formulas give or that vary, and of initial values (`NAME_start`).
  std::string start_section();
  std::string start_name(model::SymbolId state);
  /// Statements of all rules, then `rate(state, expression)` for each state. Rules carry `suffix`.
  struct Section {
    std::string statements;
    std::map<model::SymbolId, std::string> rates;  ///< By state
  };
  Section running_section(const std::string& suffix, bool with_rates, const std::string& declaration,
                          const std::string& time);

 private:
  struct Context {
    bool at_start = false;
    std::string suffix, declaration, time;
    std::string statements;
    std::map<std::pair<model::SymbolId, bool>, std::string> known;  ///< Variable of a quantity or its rate
    std::set<std::pair<model::SymbolId, bool>> in_work;
  };

  void name_symbols();
  std::string reference(model::SymbolId id, bool is_rate, Context& context);
  std::string define(model::SymbolId id, bool is_rate, Context& context);
  std::string varied(model::SymbolId id, const std::string& typical) const;
  std::string number_text(double value);
  std::string expression(const model::Formula& formula, Context& context);
  std::string operation(const model::Formula& formula, Context& context);
  std::string condition(const model::Formula& formula, Context& context);
  std::string choice(const std::string& condition, const std::string& yes, const std::string& no,
                     Context& context);

  const model::FlatModel& model_;
  ForeignDialect dialect_;
  base::Diagnostics& findings_;
  std::map<std::string, ForeignVariability> varying_;
  std::vector<std::string> names_;
  std::set<std::string> taken_;  ///< In small letters
  std::vector<std::pair<std::string, std::string>> renamed_;
  std::map<model::SymbolId, model::FormulaPointer> initial_, rules_, rates_;
  std::map<model::SymbolId, std::string> effects_;
  Context start_;
};

/// One line about a symbol: display name, unit, and for numbers kind and source.
std::string foreign_description(const model::Symbol& symbol);

/// Text of the model in mrgsolve's format (Elmokadem et al. 2019, doi:10.1002/psp4.12445): parameters,
/// compartments, individual values, equations, captured rules.
ForeignText mrgsolve_text(const model::FlatModel& model, const std::vector<ForeignVariability>& varying,
                          base::Diagnostics& findings);

/// A function of that name for rxode2 and nlmixr2 (Fidler et al. 2019, doi:10.1002/psp4.12445).
ForeignText rxode2_text(const model::FlatModel& model, const std::string& name,
                        const std::vector<ForeignVariability>& varying, base::Diagnostics& findings);

}  // namespace raad::data
