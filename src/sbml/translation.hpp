// One SBML model on its way to a flat model: what each identifier becomes, then how it moves.
#pragma once

#include <set>

#include "sbml/math.hpp"

class Compartment;
class Event;
class KineticLaw;
class Reaction;
class SimpleSpeciesReference;
class Species;
class SpeciesReference;

namespace raad::sbml {

/// What the rules and events of a model say about one identifier.
struct Determined {
  const ASTNode* assignment = nullptr;  ///< Assignment rule
  const ASTNode* rate = nullptr;        ///< Rate rule
  const ASTNode* initial = nullptr;     ///< Initial assignment
  bool by_event = false;
  bool algebraic = false;  ///< By algebraic rules
  bool changes() const { return assignment != nullptr || rate != nullptr || by_event || algebraic; }
};

/// How a species is kept.
struct SpeciesForm {
  /// `own`: the symbol of its identifier holds the value. `amount_behind`: an amount is kept, from which the
  /// concentration that its identifier means follows, because the size of the compartment changes.
  /// `slow_amount_behind`: the same with the part of the amount that fast reactions leave alone.
  enum class Kept { own, amount_behind, slow_amount_behind } kept = Kept::own;
  bool is_amount = false;            ///< The identifier means an amount
  model::SymbolId compartment = -1;  ///< -1: without size
  model::SymbolId slow = -1;         ///< State of slow_amount_behind
};

/// Semantics after SBML L3V2 core, sections 4.6 (species), 4.9 (rules), 4.11 (reactions), 4.12 (events);
/// those of older levels are the same once defaults are filled in.
class Translation {
 public:
  Translation(const Model& model, std::string file, const ImportOptions& options,
              base::Diagnostics& findings);

  /// Null model when there are errors.
  ImportedModel run();

 private:
  // translate_quantities.cpp
  void gather_identifiers();
  void gather_determinations();
  void add_compartments();
  void add_parameters();
  void add_species_references();
  void add_species();
  void add_fast_species(const Species& species, SpeciesForm& form);
  void add_forms(const Species& species, model::SymbolId own, const SpeciesForm& form);
  void add_initial_of_species(const Species& species, model::SymbolId id, const SpeciesForm& form);
  /// What a reader calls a unit: the name of its definition, where it has one.
  std::string unit_text(const std::string& id) const;
  /// Unit of time: s, min, h or d where it is one of them.
  std::string time_unit_text() const;
  model::SymbolId add_symbol(const std::string& id, model::Role role, const std::string& unit, int line);
  model::SymbolId add_hidden(const std::string& id, model::Role role, const std::string& unit, int line);
  model::Role role_of(const std::string& id) const;
  void set_value(model::SymbolId id, const std::string& sbml_id, bool is_set, double value, int line);
  bool changes(const std::string& id) const;

  // translate_algebraic.cpp
  std::set<std::string> names_behind(const ASTNode& math) const;
  bool is_undetermined(const std::string& id) const;
  bool may_vary_in_level_1(const std::string& id) const;
  void choose_algebraic_unknowns();
  void solve_algebraic_rules();

  // translate_fast.cpp
  bool is_fast(const Reaction& reaction) const;
  bool is_changed_by_reactions(const Species& species) const;
  void gather_fast_species();
  bool is_constant(const ASTNode& math) const;
  void require_constant_stoichiometry(const SpeciesReference& reference);
  void add_fast_reaction(const Reaction& reaction, const model::FormulaPointer& law);
  void solve_fast_reactions();
  void require_equilibria(const std::vector<double>& start_values);
  void restart_fast_reactions(const std::map<std::string, model::FormulaPointer>& values, bool held,
                              model::FlatEvent& event);

  // translate_delay.cpp
  friend class EarlierTime;
  model::FormulaPointer delayed(const model::FormulaPointer& value, const model::FormulaPointer& delay);
  bool is_fixed(const model::FormulaPointer& duration,
                const std::map<model::SymbolId, model::FormulaPointer>& rules,
                const std::set<model::SymbolId>& set_by_events) const;
  void solve_delays();

  // translate_dynamics.cpp
  void add_reactions();
  void add_reaction(const Reaction& reaction);
  void add_change(const SpeciesReference& reference, double sign, const model::FormulaPointer& rate);
  model::FormulaPointer change_of(const SpeciesReference& reference, double sign,
                                  const model::FormulaPointer& rate);
  model::FormulaPointer stoichiometry(const SpeciesReference& reference);
  void add_rules();
  model::SymbolId kept_symbol(const std::string& id, const SpeciesForm& form) const;
  void add_rates();
  void add_events();
  void add_event(const Event& event, std::size_t number);
  model::Equation event_assignment(const std::string& variable, const model::FormulaPointer& value,
                                   const std::map<std::string, model::FormulaPointer>& all, bool held,
                                   int line);
  void add_dilutions(const std::map<std::string, model::FormulaPointer>& values, bool held,
                     model::FlatEvent& event);
  void add_constraints();
  void scale_states(const std::vector<double>& start_values);

  // Formulas
  model::FormulaPointer value_of(const std::string& id);
  model::FormulaPointer rate_of(const std::string& id);
  model::FormulaPointer rate_of_symbol(model::SymbolId id, const std::string& name);
  /// Null when the formula is refused; the finding is added.
  model::FormulaPointer read(const ASTNode* node, int line, const std::string& where);

  model::Symbol& at(model::SymbolId id) const { return out_->symbols[static_cast<std::size_t>(id)]; }
  base::SourcePlace place(int line) const { return {file_, line, 0}; }

  const Model& in_;
  std::string file_;
  const ImportOptions& options_;
  base::Diagnostics& findings_;
  ImportedModel imported_;
  model::FlatModel* out_;
  MathReader math_;

  std::set<std::string> taken_;  ///< Identifiers of the file
  std::map<std::string, Determined> determined_;
  std::map<std::string, SpeciesForm> forms_;                           ///< By species
  std::map<std::string, model::SymbolId> local_values_;                ///< Of the kinetic law being read
  std::set<std::string> reacting_;                                     ///< Species that reactions change
  std::map<std::string, std::vector<model::FormulaPointer>> changes_;  ///< Of the amount, by species

  struct Delayed {
    model::SymbolId symbol = -1;
    model::FormulaPointer value, delay;
  };
  std::vector<Delayed> delays_;

  struct FastEquation {
    model::SymbolId extent = -1;
    model::FormulaPointer law;  ///< 0 at equilibrium
    int line = 0;
  };
  std::set<std::string> fast_species_;
  std::vector<FastEquation> fast_equations_;
  std::map<std::string, model::FormulaPointer> fast_changes_;  ///< Of the amount, by species
};

}  // namespace raad::sbml
