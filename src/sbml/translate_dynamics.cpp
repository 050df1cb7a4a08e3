// How the symbols move: reactions, rules, events.
#include <sbml/SBMLTypes.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "model/order.hpp"
#include "sbml/translation.hpp"

namespace raad::sbml {

using model::apply;
using model::Formula;
using model::FormulaPointer;
using model::number;
using model::Operation;
using model::Role;
using model::symbol;
using model::SymbolId;

namespace {

int line_of(const SBase& element) {
  return static_cast<int>(element.getLine());
}

FormulaPointer product(const FormulaPointer& a, const FormulaPointer& b) {
  if (a->kind == Formula::Kind::number && a->value == 1.0) return b;
  return apply(Operation::multiply, {a, b});
}

FormulaPointer over(const FormulaPointer& a, const FormulaPointer& b) {
  return apply(Operation::divide, {a, b});
}

}  // namespace

Translation::Translation(const Model& model, std::string file, const ImportOptions& options,
                         base::Diagnostics& findings)
    : in_(model),
      file_(std::move(file)),
      options_(options),
      findings_(findings),
      math_(
          model, [this](const std::string& id) { return value_of(id); },
          [this](const std::string& id) { return rate_of(id); }, false,
          [this](const FormulaPointer& value, const FormulaPointer& delay) {
            return delayed(value, delay);
          }) {
  imported_.model = std::make_unique<model::FlatModel>();
  out_ = imported_.model.get();
}

ImportedModel Translation::run() {
  out_->name = in_.isSetId() ? in_.getId() : "model";
  out_->system = out_->name;
  out_->time_unit = time_unit_text();
  gather_identifiers();
  gather_determinations();
  choose_algebraic_unknowns();
  gather_fast_species();
  add_compartments();
  add_parameters();
  add_species_references();
  add_species();
  add_reactions();
  add_rules();
  solve_algebraic_rules();
  solve_fast_reactions();
  add_rates();
  add_events();
  add_constraints();
  solve_delays();
  if (!findings_.has_errors()) model::order_equations(*out_, findings_);
  if (!findings_.has_errors()) {
    const auto values = model::start_values(*out_);
    require_equilibria(values);
    scale_states(values);
  }
  if (findings_.has_errors()) imported_.model.reset();
  return std::move(imported_);
}

FormulaPointer Translation::read(const ASTNode* node, int line, const std::string& where) {
  try {
    return math_.read(*node);
  } catch (const Unsupported& refused) {
    findings_.error("R101", place(line),
                    where + ": " + refused.what + " is not simulated: " + refused.reason);
  } catch (const Excess& excess) {
    throw base::InputError("R100", place(line), where + ": " + excess.what,
                           "no model needs that; the file is damaged or hostile");
  } catch (const base::InputError& error) {
    for (auto finding : error.findings().all()) {
      finding.place = place(line);
      finding.message = where + ": " + finding.message;
      findings_.add(std::move(finding));
    }
  }
  return nullptr;
}

FormulaPointer Translation::value_of(const std::string& id) {
  const auto local = local_values_.find(id);
  if (local != local_values_.end()) return symbol(local->second);
  const auto found = out_->index.find(id);
  if (found == out_->index.end())
    throw base::InputError("R100", {}, "`" + id + "` has no value", "correct the identifier");
  return symbol(found->second);
}

FormulaPointer Translation::rate_of_symbol(SymbolId id, const std::string& name) {
  if (at(id).role == Role::parameter) return number(0.0);
  if (at(id).role == Role::assigned)
    throw Unsupported{"rateOf(" + name + ")", "an assignment rule determines it"};
  Formula rate;
  rate.kind = Formula::Kind::rate_of;
  rate.symbol = id;
  return std::make_shared<const Formula>(std::move(rate));
}

FormulaPointer Translation::rate_of(const std::string& id) {
  if (local_values_.count(id) > 0) return number(0.0);
  const auto form = forms_.find(id);
  if (form != forms_.end() && form->second.kept == SpeciesForm::Kept::amount_behind) {
    // d(A/V)/dt = (dA/dt - (A/V) dV/dt) / V
    const auto size = symbol(form->second.compartment);
    const auto dilution = product(rate_of_symbol(form->second.compartment, at(form->second.compartment).id),
                                  symbol(out_->index.at(id)));
    return over(apply(Operation::subtract, {rate_of_symbol(imported_.species.at(id).amount, id), dilution}),
                size);
  }
  const auto found = out_->index.find(id);
  if (found == out_->index.end()) throw base::InputError("R100", {}, "`" + id + "` has no rate of change");
  return rate_of_symbol(found->second, id);
}

void Translation::add_reactions() {
  // Rates may name each other, so their symbols come first.
  for (unsigned i = 0; i < in_.getNumReactions(); ++i) {
    const Reaction& one = *in_.getReaction(i);
    add_symbol(one.getId(), Role::assigned, "", line_of(one));
    if (one.isSetName()) imported_.names[one.getId()] = one.getName();
  }
  for (unsigned i = 0; i < in_.getNumReactions(); ++i) add_reaction(*in_.getReaction(i));
}

void Translation::add_reaction(const Reaction& reaction) {
  const int line = line_of(reaction);
  const SymbolId id = out_->index.at(reaction.getId());
  const KineticLaw* law = reaction.getKineticLaw();
  if (law == nullptr || !law->isSetMath()) {
    // Nothing can be said about its rate; the specification leaves the species to other influences.
    out_->rules.push_back({id, number(0.0), place(line)});
    return;
  }
  local_values_.clear();
  for (unsigned i = 0; i < law->getNumParameters() + law->getNumLocalParameters(); ++i) {
    const bool is_local = i >= law->getNumParameters();
    const Parameter& one =
        is_local ? *law->getLocalParameter(i - law->getNumParameters()) : *law->getParameter(i);
    if (local_values_.count(one.getId()) > 0) continue;  // L2 lists appear under both names.
    const SymbolId made =
        add_hidden(reaction.getId() + "__" + one.getId(), Role::parameter, one.getUnits(), line);
    if (one.isSetValue()) out_->parameter_values[static_cast<std::size_t>(made)] = one.getValue();
    local_values_[one.getId()] = made;
  }
  auto rate = read(law->getMath(), line, "the kinetic law of `" + reaction.getId() + "`");
  local_values_.clear();
  if (rate == nullptr) return;
  out_->rules.push_back({id, rate, place(line)});
  if (is_fast(reaction)) {
    add_fast_reaction(reaction, rate);
    return;
  }
  for (unsigned i = 0; i < reaction.getNumReactants(); ++i)
    add_change(*reaction.getReactant(i), -1.0, symbol(id));
  for (unsigned i = 0; i < reaction.getNumProducts(); ++i)
    add_change(*reaction.getProduct(i), 1.0, symbol(id));
}

FormulaPointer Translation::stoichiometry(const SpeciesReference& reference) {
  if (reference.isSetId()) return symbol(out_->index.at(reference.getId()));
  if (reference.isSetStoichiometryMath() && reference.getStoichiometryMath()->isSetMath())
    return read(reference.getStoichiometryMath()->getMath(), line_of(reference),
                "the stoichiometry of `" + reference.getSpecies() + "`");
  return number(reference.getStoichiometry() / reference.getDenominator());
}

/// What a flow through a reaction does to the amount of a species it names. Null when that is refused.
FormulaPointer Translation::change_of(const SpeciesReference& reference, double sign,
                                      const FormulaPointer& flow) {
  const Species& species = *in_.getSpecies(reference.getSpecies());
  const auto factor = stoichiometry(reference);
  if (factor == nullptr) return nullptr;
  auto change = product(factor, flow);
  const std::string& conversion =
      species.isSetConversionFactor() ? species.getConversionFactor() : in_.getConversionFactor();
  if (!conversion.empty()) change = product(change, symbol(out_->index.at(conversion)));
  return sign < 0.0 ? apply(Operation::negate, {change}) : change;
}

void Translation::add_change(const SpeciesReference& reference, double sign, const FormulaPointer& rate) {
  const Species* species = in_.getSpecies(reference.getSpecies());
  if (species == nullptr || !is_changed_by_reactions(*species)) return;
  const auto change = change_of(reference, sign, rate);
  if (change == nullptr) return;
  changes_[species->getId()].push_back(change);
}

void Translation::add_rules() {
  for (unsigned i = 0; i < in_.getNumRules(); ++i) {
    const Rule& rule = *in_.getRule(i);
    if (!rule.isAssignment() || !rule.isSetMath()) continue;
    const auto found = out_->index.find(rule.getVariable());
    if (found == out_->index.end()) continue;  // Reported by the consistency check
    if (auto value =
            read(rule.getMath(), line_of(rule), "the assignment rule of `" + rule.getVariable() + "`"))
      out_->rules.push_back({found->second, std::move(value), place(line_of(rule))});
  }
  // Start values use the same formulas.
  for (unsigned i = 0; i < in_.getNumCompartments(); ++i) {
    const Compartment& one = *in_.getCompartment(i);
    set_value(out_->index.at(one.getId()), one.getId(), one.isSetSize(), one.getSize(), line_of(one));
  }
  for (unsigned i = 0; i < in_.getNumParameters(); ++i) {
    const Parameter& one = *in_.getParameter(i);
    set_value(out_->index.at(one.getId()), one.getId(), one.isSetValue(), one.getValue(), line_of(one));
  }
  for (unsigned i = 0; i < in_.getNumSpecies(); ++i) {
    const Species& one = *in_.getSpecies(i);
    const SpeciesForm& form = forms_.at(one.getId());
    add_initial_of_species(one, kept_symbol(one.getId(), form), form);
  }
  const auto set_reference = [&](const SpeciesReference& one) {
    if (!one.isSetId()) return;
    const SymbolId id = out_->index.at(one.getId());
    if (one.isSetStoichiometryMath() && one.getStoichiometryMath()->isSetMath()) {
      at(id).role = Role::assigned;
      if (auto value = read(one.getStoichiometryMath()->getMath(), line_of(one),
                            "the stoichiometry of `" + one.getSpecies() + "`"))
        out_->rules.push_back({id, std::move(value), place(line_of(one))});
      return;
    }
    set_value(id, one.getId(), !std::isnan(one.getStoichiometry()),
              one.getStoichiometry() / one.getDenominator(), line_of(one));
  };
  for (unsigned i = 0; i < in_.getNumReactions(); ++i) {
    const Reaction& reaction = *in_.getReaction(i);
    for (unsigned k = 0; k < reaction.getNumReactants(); ++k) set_reference(*reaction.getReactant(k));
    for (unsigned k = 0; k < reaction.getNumProducts(); ++k) set_reference(*reaction.getProduct(k));
  }
}

/// The symbol that holds the species.
SymbolId Translation::kept_symbol(const std::string& id, const SpeciesForm& form) const {
  if (form.kept == SpeciesForm::Kept::slow_amount_behind) return form.slow;
  return form.kept == SpeciesForm::Kept::amount_behind ? imported_.species.at(id).amount : out_->index.at(id);
}

void Translation::add_rates() {
  for (unsigned i = 0; i < in_.getNumRules(); ++i) {
    const Rule& rule = *in_.getRule(i);
    if (!rule.isRate() || !rule.isSetMath()) continue;
    const auto found = out_->index.find(rule.getVariable());
    if (found == out_->index.end()) continue;
    if (auto rate = read(rule.getMath(), line_of(rule), "the rate rule of `" + rule.getVariable() + "`"))
      out_->rates.push_back({found->second, std::move(rate), place(line_of(rule))});
  }
  for (const auto& [id, form] : forms_) {
    const SymbolId kept = kept_symbol(id, form);
    if (at(kept).role != Role::state || role_of(id) == Role::state) continue;
    const auto found = changes_.find(id);
    auto rate = found != changes_.end() ? fold(Operation::add, found->second) : number(0.0);
    if (form.kept == SpeciesForm::Kept::own && !form.is_amount) rate = over(rate, symbol(form.compartment));
    out_->rates.push_back({kept, std::move(rate), at(kept).place});
  }
}

void Translation::add_events() {
  for (unsigned i = 0; i < in_.getNumEvents(); ++i) add_event(*in_.getEvent(i), i);
}

void Translation::add_event(const Event& event, std::size_t number) {
  const int line = line_of(event);
  const std::string name = event.isSetId() ? event.getId() : "event " + std::to_string(number + 1);
  const Trigger* trigger = event.getTrigger();
  if (trigger == nullptr || !trigger->isSetMath()) return;  // It can never be triggered.
  model::FlatEvent made;
  made.id = event.isSetId() ? event.getId() : "event_" + std::to_string(number + 1);
  made.place = place(line);
  made.trigger = read(trigger->getMath(), line, "the trigger of " + name);
  made.fire_at_start_if_true = trigger->isSetInitialValue() && !trigger->getInitialValue();
  made.persistent = !trigger->isSetPersistent() || trigger->getPersistent();
  made.use_values_from_trigger_time = event.getUseValuesFromTriggerTime();
  if (event.isSetDelay() && event.getDelay()->isSetMath())
    made.delay = read(event.getDelay()->getMath(), line, "the delay of " + name);
  if (event.isSetPriority() && event.getPriority()->isSetMath())
    made.priority = read(event.getPriority()->getMath(), line, "the priority of " + name);
  std::map<std::string, FormulaPointer> values;
  for (unsigned i = 0; i < event.getNumEventAssignments(); ++i) {
    const EventAssignment& one = *event.getEventAssignment(i);
    if (!one.isSetMath()) continue;
    values[one.getVariable()] = read(one.getMath(), line_of(one), "an assignment of " + name);
  }
  if (findings_.has_errors()) return;
  const bool held = made.delay != nullptr && made.use_values_from_trigger_time;
  for (unsigned i = 0; i < event.getNumEventAssignments(); ++i) {
    const EventAssignment& one = *event.getEventAssignment(i);
    if (one.isSetMath())
      made.assignments.push_back(
          event_assignment(one.getVariable(), values.at(one.getVariable()), values, held, line_of(one)));
  }
  add_dilutions(values, held, made);
  restart_fast_reactions(values, held, made);
  out_->events.push_back(std::move(made));
}

/// Concentrations that a rate rule moves are kept as such; a new size of their compartment leaves the amount.
void Translation::add_dilutions(const std::map<std::string, FormulaPointer>& values, bool held,
                                model::FlatEvent& event) {
  for (const auto& [species, form] : forms_) {
    if (form.compartment < 0 || form.is_amount || form.kept != SpeciesForm::Kept::own) continue;
    const auto size = values.find(at(form.compartment).id);
    const SymbolId own = out_->index.at(species);
    if (size == values.end() || values.count(species) > 0 || at(own).role == Role::assigned) continue;
    if (held)
      findings_.error("R101", event.place,
                      "an event sets the size of a compartment after a delay while a rate rule moves the "
                      "concentration of `" +
                          species + "`: what becomes of the amount is not simulated");
    event.assignments.push_back(
        {own, over(product(symbol(own), symbol(form.compartment)), size->second), event.place});
  }
}

model::Equation Translation::event_assignment(const std::string& variable, const FormulaPointer& value,
                                              const std::map<std::string, FormulaPointer>& all, bool held,
                                              int line) {
  const auto found = out_->index.find(variable);
  if (found == out_->index.end()) {
    findings_.error("R100", place(line), "`" + variable + "` has no value that an event could set");
    return {};
  }
  const auto form = forms_.find(variable);
  if (form == forms_.end() || form->second.is_amount || form->second.compartment < 0)
    return {form != forms_.end() ? kept_symbol(variable, form->second) : found->second, value, place(line)};
  const auto size = all.find(at(form->second.compartment).id);
  if (form->second.kept == SpeciesForm::Kept::own) {
    if (size == all.end()) return {found->second, value, place(line)};
    return {found->second, over(product(value, symbol(form->second.compartment)), size->second), place(line)};
  }
  // A concentration becomes an amount with the size before the event, whatever the event makes of the size.
  if (held)
    findings_.error(
        "R101", place(line),
        "an event sets the concentration `" + variable +
            "` after a delay to a value of trigger time while the size of its compartment changes: "
            "the size at execution is not known then");
  return {imported_.species.at(variable).amount, product(value, symbol(form->second.compartment)),
          place(line)};
}

void Translation::add_constraints() {
  for (unsigned i = 0; i < in_.getNumConstraints(); ++i) {
    const Constraint& one = *in_.getConstraint(i);
    if (!one.isSetMath()) continue;
    if (auto condition = read(one.getMath(), line_of(one), "constraint " + std::to_string(i + 1)))
      out_->constraints.push_back(
          {"constraint_" + std::to_string(i + 1), std::move(condition), place(line_of(one))});
  }
}

/// A state is taken to be of the size it starts with, one that starts at nothing of the size of the largest
/// among those of its kind: what it is made of comes from them. Other states, which a rate rule moves, have
/// no kind: one that starts at nothing is taken to be of the size that half of them exceed, at most 1.
void Translation::scale_states(const std::vector<double>& values) {
  double greatest_amount = 0.0, greatest_concentration = 0.0;
  std::vector<double*> groups(out_->symbols.size(), nullptr);
  for (const auto& [id, symbols] : imported_.species) {
    groups[static_cast<std::size_t>(symbols.amount)] = &greatest_amount;
    if (symbols.concentration >= 0)
      groups[static_cast<std::size_t>(symbols.concentration)] = &greatest_concentration;
  }
  std::vector<double> others;
  for (std::size_t i = 0; i < out_->symbols.size(); ++i) {
    if (out_->symbols[i].role != Role::state || !std::isfinite(values[i])) continue;
    if (groups[i] != nullptr)
      *groups[i] = std::max(*groups[i], std::abs(values[i]));
    else if (values[i] != 0.0)
      others.push_back(std::abs(values[i]));
  }
  double typical = 1.0;
  if (!others.empty()) {
    const auto middle = others.begin() + static_cast<std::ptrdiff_t>(others.size() / 2);
    std::nth_element(others.begin(), middle, others.end());
    typical = std::min(1.0, *middle);
  }
  for (std::size_t i = 0; i < out_->symbols.size(); ++i) {
    if (out_->symbols[i].role != Role::state) continue;
    const double own = std::isfinite(values[i]) ? std::abs(values[i]) : 0.0;
    const double kind = groups[i] != nullptr ? *groups[i] : 0.0;
    out_->symbols[i].nominal_scale = own > 0.0 ? own : kind > 0.0 ? kind : typical;
  }
}

}  // namespace raad::sbml
