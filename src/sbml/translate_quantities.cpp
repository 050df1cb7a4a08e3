// Which symbols there are: compartments, parameters, species in one form or the other, stoichiometries.
#include <sbml/SBMLTypes.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "sbml/translation.hpp"

namespace raad::sbml {

using model::apply;
using model::FormulaPointer;
using model::Operation;
using model::Role;
using model::symbol;
using model::SymbolId;

namespace {

int line_of(const SBase& element) {
  return static_cast<int>(element.getLine());
}

const ASTNode* math_of(const Rule& rule) {
  return rule.isSetMath() ? rule.getMath() : nullptr;
}

}  // namespace

void Translation::gather_identifiers() {
  for (unsigned i = 0; i < in_.getNumCompartments(); ++i) taken_.insert(in_.getCompartment(i)->getId());
  for (unsigned i = 0; i < in_.getNumParameters(); ++i) taken_.insert(in_.getParameter(i)->getId());
  for (unsigned i = 0; i < in_.getNumSpecies(); ++i) taken_.insert(in_.getSpecies(i)->getId());
  for (unsigned i = 0; i < in_.getNumReactions(); ++i) taken_.insert(in_.getReaction(i)->getId());
}

void Translation::gather_determinations() {
  for (unsigned i = 0; i < in_.getNumRules(); ++i) {
    const Rule& rule = *in_.getRule(i);
    // Mathematics may be left out from L3V2 on; the element then says nothing.
    if (rule.isAlgebraic() || math_of(rule) == nullptr) continue;
    (rule.isAssignment() ? determined_[rule.getVariable()].assignment
                         : determined_[rule.getVariable()].rate) = rule.getMath();
  }
  for (unsigned i = 0; i < in_.getNumInitialAssignments(); ++i) {
    const InitialAssignment& assignment = *in_.getInitialAssignment(i);
    if (assignment.isSetMath()) determined_[assignment.getSymbol()].initial = assignment.getMath();
  }
  for (unsigned i = 0; i < in_.getNumEvents(); ++i)
    for (unsigned k = 0; k < in_.getEvent(i)->getNumEventAssignments(); ++k) {
      const EventAssignment& assignment = *in_.getEvent(i)->getEventAssignment(k);
      if (assignment.isSetMath()) determined_[assignment.getVariable()].by_event = true;
    }
  for (unsigned i = 0; i < in_.getNumReactions(); ++i) {
    const Reaction& reaction = *in_.getReaction(i);
    for (unsigned k = 0; k < reaction.getNumReactants(); ++k)
      reacting_.insert(reaction.getReactant(k)->getSpecies());
    for (unsigned k = 0; k < reaction.getNumProducts(); ++k)
      reacting_.insert(reaction.getProduct(k)->getSpecies());
  }
}

bool Translation::changes(const std::string& id) const {
  const auto found = determined_.find(id);
  return found != determined_.end() && found->second.changes();
}

Role Translation::role_of(const std::string& id) const {
  const auto found = determined_.find(id);
  if (found == determined_.end()) return Role::parameter;
  if (found->second.assignment != nullptr || found->second.algebraic) return Role::assigned;
  return found->second.rate != nullptr ? Role::state : Role::parameter;
}

std::string Translation::unit_text(const std::string& id) const {
  const auto* definition = in_.getUnitDefinition(id);
  return definition != nullptr && definition->isSetName() ? definition->getName() : id;
}

std::string Translation::time_unit_text() const {
  // Before Level 3 time is in seconds unless the model defines `time` anew.
  const bool is_old = in_.getLevel() < 3;
  const std::string id = is_old ? "time" : in_.getTimeUnits();
  const auto* definition = in_.getUnitDefinition(id);
  if (definition == nullptr && (is_old || id == "second")) return "s";
  if (definition != nullptr) {
    double seconds = 1.0;
    bool is_time = false;
    for (unsigned i = 0; i < definition->getNumUnits(); ++i) {
      const Unit& unit = *definition->getUnit(i);
      if (unit.getKind() != UNIT_KIND_SECOND && unit.getKind() != UNIT_KIND_DIMENSIONLESS)
        return unit_text(id);
      is_time = is_time || (unit.getKind() == UNIT_KIND_SECOND && unit.getExponentAsDouble() == 1.0);
      seconds *= std::pow(unit.getMultiplier() * std::pow(10.0, unit.getScale()), unit.getExponentAsDouble());
    }
    // Factors are products of a few decimals, as in base::Unit::equivalent.
    for (const auto& [text, length] : {std::pair("s", 1.0), {"min", 60.0}, {"h", 3600.0}, {"d", 86400.0}})
      if (is_time && std::abs(seconds / length - 1.0) < 1e-9) return text;
  }
  return id.empty() ? "time unit of the model" : unit_text(id);
}

SymbolId Translation::add_symbol(const std::string& id, Role role, const std::string& unit, int line) {
  const auto number = static_cast<SymbolId>(out_->symbols.size());
  model::Symbol made;
  made.id = id;
  made.unit_text = unit_text(unit);
  made.role = role;
  made.module = out_->name;
  made.place = place(line);
  made.provenance.kind = "unknown";
  out_->symbols.push_back(std::move(made));
  out_->index.emplace(id, number);
  out_->parameter_values.push_back(std::numeric_limits<double>::quiet_NaN());
  return number;
}

/// A symbol that SBML has no identifier for.
SymbolId Translation::add_hidden(const std::string& id, Role role, const std::string& unit, int line) {
  std::string free = id;
  while (out_->index.count(free) > 0 || taken_.count(free) > 0) free += "_";
  return add_symbol(free, role, unit, line);
}

/// The start value of a symbol that holds what its SBML identifier means.
void Translation::set_value(SymbolId id, const std::string& sbml_id, bool is_set, double value, int line) {
  if (at(id).role == Role::assigned) return;
  const auto found = determined_.find(sbml_id);
  if (found != determined_.end() && found->second.initial != nullptr) {
    if (auto formula = read(found->second.initial, line, "the initial assignment of `" + sbml_id + "`"))
      out_->initial.push_back({id, std::move(formula), place(line)});
  } else if (at(id).role == Role::state) {
    out_->initial.push_back(
        {id, model::number(is_set ? value : std::numeric_limits<double>::quiet_NaN()), place(line)});
  } else if (is_set) {
    out_->parameter_values[static_cast<std::size_t>(id)] = value;
  }
}

void Translation::add_compartments() {
  for (unsigned i = 0; i < in_.getNumCompartments(); ++i) {
    const Compartment& one = *in_.getCompartment(i);
    add_symbol(one.getId(), role_of(one.getId()), one.getUnits(), line_of(one));
    if (one.isSetName()) imported_.names[one.getId()] = one.getName();
  }
}

void Translation::add_parameters() {
  for (unsigned i = 0; i < in_.getNumParameters(); ++i) {
    const Parameter& one = *in_.getParameter(i);
    add_symbol(one.getId(), role_of(one.getId()), one.getUnits(), line_of(one));
    if (one.isSetName()) imported_.names[one.getId()] = one.getName();
  }
}

void Translation::add_species_references() {
  const auto add = [&](const SpeciesReference& one) {
    if (one.isSetId()) add_symbol(one.getId(), role_of(one.getId()), "", line_of(one));
  };
  for (unsigned i = 0; i < in_.getNumReactions(); ++i) {
    const Reaction& reaction = *in_.getReaction(i);
    for (unsigned k = 0; k < reaction.getNumReactants(); ++k) add(*reaction.getReactant(k));
    for (unsigned k = 0; k < reaction.getNumProducts(); ++k) add(*reaction.getProduct(k));
  }
}

void Translation::add_species() {
  for (unsigned i = 0; i < in_.getNumSpecies(); ++i) {
    const Species& one = *in_.getSpecies(i);
    const std::string& id = one.getId();
    const Compartment* compartment = in_.getCompartment(one.getCompartment());
    // A point has no size, unless the file gives it one to turn a concentration into an amount.
    const bool is_point = compartment == nullptr || compartment->getSpatialDimensionsAsDouble() == 0.0;
    const bool has_size = !is_point || (compartment != nullptr && compartment->isSetSize());
    SpeciesForm form;
    form.is_amount = one.getHasOnlySubstanceUnits() || is_point;
    form.compartment = has_size ? out_->index.at(one.getCompartment()) : -1;
    const bool reacts = reacting_.count(id) > 0 && !one.getBoundaryCondition() && !one.getConstant();
    Role role = role_of(id);
    if (role == Role::parameter && reacts) role = Role::state;
    const bool ruled = role_of(id) != Role::parameter;
    if (fast_species_.count(id) > 0) {
      add_fast_species(one, form);
    } else if (!form.is_amount && !ruled && changes(one.getCompartment())) {
      form.kept = SpeciesForm::Kept::amount_behind;
      const SymbolId own = add_symbol(id, Role::assigned, one.getUnits(), line_of(one));
      const SymbolId amount = add_hidden(id + "__amount", role, one.getSubstanceUnits(), line_of(one));
      out_->rules.push_back(
          {own, apply(Operation::divide, {symbol(amount), symbol(form.compartment)}), place(line_of(one))});
      imported_.species[id] = {amount, own, form.compartment};
    } else {
      add_forms(one, add_symbol(id, role, one.getUnits(), line_of(one)), form);
    }
    forms_[id] = form;
    if (one.isSetName()) imported_.names[id] = one.getName();
  }
}

/// Its amount follows from what is kept and the extents of the fast reactions.
void Translation::add_fast_species(const Species& species, SpeciesForm& form) {
  const std::string& id = species.getId();
  const int line = line_of(species);
  form.kept = SpeciesForm::Kept::slow_amount_behind;
  const SymbolId own = add_symbol(id, Role::assigned, species.getUnits(), line);
  if (form.is_amount) {
    add_forms(species, own, form);
  } else {
    const SymbolId amount = add_hidden(id + "__amount", Role::assigned, species.getSubstanceUnits(), line);
    out_->rules.push_back(
        {own, apply(Operation::divide, {symbol(amount), symbol(form.compartment)}), place(line)});
    imported_.species[id] = {amount, own, form.compartment};
  }
  form.slow = add_hidden(id + "__slow_amount", Role::state, species.getSubstanceUnits(), line);
}

/// The other form of a species that is kept in the form its identifier means.
void Translation::add_forms(const Species& species, SymbolId own, const SpeciesForm& form) {
  const std::string& id = species.getId();
  if (form.compartment < 0) {
    imported_.species[id] = {own, -1, -1};
    return;
  }
  const SymbolId other = add_hidden(id + (form.is_amount ? "__concentration" : "__amount"), Role::assigned,
                                    species.getSubstanceUnits(), line_of(species));
  out_->rules.push_back({other,
                         apply(form.is_amount ? Operation::divide : Operation::multiply,
                               {symbol(own), symbol(form.compartment)}),
                         place(line_of(species))});
  imported_.species[id] = form.is_amount ? SpeciesSymbols{own, other, form.compartment}
                                         : SpeciesSymbols{other, own, form.compartment};
}

void Translation::add_initial_of_species(const Species& species, SymbolId id, const SpeciesForm& form) {
  if (at(id).role == Role::assigned) return;
  const int line = line_of(species);
  const bool keeps_amount = form.is_amount || form.kept != SpeciesForm::Kept::own;
  const auto size = [&] { return symbol(form.compartment); };
  const auto put = [&](FormulaPointer formula) {
    if (formula == nullptr) return;
    if (formula->kind == model::Formula::Kind::number && at(id).role == Role::parameter)
      out_->parameter_values[static_cast<std::size_t>(id)] = formula->value;
    else
      out_->initial.push_back({id, std::move(formula), place(line)});
  };
  const auto found = determined_.find(species.getId());
  if (found != determined_.end() && found->second.initial != nullptr) {
    auto value = read(found->second.initial, line, "the initial assignment of `" + species.getId() + "`");
    if (value != nullptr && !form.is_amount && keeps_amount)
      value = apply(Operation::multiply, {value, size()});
    put(std::move(value));
  } else if (species.isSetInitialAmount()) {
    auto value = model::number(species.getInitialAmount());
    // Nothing is nothing, even in a compartment whose size is not given.
    if (!keeps_amount && species.getInitialAmount() != 0.0) value = apply(Operation::divide, {value, size()});
    put(std::move(value));
  } else if (species.isSetInitialConcentration()) {
    auto value = model::number(species.getInitialConcentration());
    if (keeps_amount && form.compartment >= 0 && species.getInitialConcentration() != 0.0)
      value = apply(Operation::multiply, {value, size()});
    put(std::move(value));
  } else {
    put(model::number(std::numeric_limits<double>::quiet_NaN()));
  }
}

}  // namespace raad::sbml
