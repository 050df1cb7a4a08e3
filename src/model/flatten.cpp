#include "model/flatten.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "model/events.hpp"
#include "model/layout.hpp"
#include "model/lowering.hpp"
#include "model/order.hpp"
#include "model/reactions.hpp"

namespace raad::model {
namespace {

using base::Diagnostics;

class Flattener {
 public:
  Flattener(Composition& composition, const std::map<RawId, Meaning>& meanings, Diagnostics& findings)
      : composition_(composition),
        findings_(findings),
        layout_(make_layout(composition, meanings, findings)),
        lowering_(composition, layout_, findings),
        rate_laws_(composition, layout_, lowering_, findings) {
    for (const auto& reaction : composition.reactions)
      if (reaction.symbol >= 0) reaction_of_symbol_.emplace(reaction.symbol, &reaction);
  }

  std::unique_ptr<FlatModel> run() {
    model_ = std::make_unique<FlatModel>();
    model_->parameter_values.assign(layout_.symbols.size(), std::numeric_limits<double>::quiet_NaN());
    for (std::size_t i = 0; i < layout_.symbols.size(); ++i)
      if (const auto* meaning = layout_.meanings[i]) add(static_cast<SymbolId>(i), *meaning);
    model_->events = make_events(composition_, layout_, lowering_, findings_);
    for (const auto& constraint : composition_.constraints) add_constraint(constraint);
    describe();
    return std::move(model_);
  }

 private:
  void add(SymbolId id, const Meaning& meaning) {
    if (meaning.conversion) {
      add_converted(id, *meaning.conversion);
    } else if (meaning.rule) {
      auto value = lower(*meaning.rule);
      if (!check_rate_law(meaning, value)) check_unit(value, *meaning.rule);
      model_->rules.push_back({id, scaled(value.formula, *meaning.rule), meaning.rule->place});
    } else if (layout_.diluted.contains(id)) {
      add_diluted(layout_.diluted.at(id), meaning);
    } else if (meaning.role == Role::state) {
      add_initial(id, id, meaning, nullptr);
      add_rate(id, meaning);
    } else {
      add_initial(id, id, meaning, nullptr);
    }
  }

  // `a is b/f`: a follows from b.
  void add_converted(SymbolId id, const Conversion& conversion) {
    const auto to = layout_.symbol_of.find(composition_.leader(conversion.to));
    const auto factor = layout_.symbol_of.find(composition_.leader(conversion.factor));
    if (to == layout_.symbol_of.end() || factor == layout_.symbol_of.end())
      return;  // Deleted; reported where used
    if (layout_.at(factor->second).role != Role::parameter)
      findings_.error("R078", layout_.at(id).place,
                      "`" + layout_.at(factor->second).id + "` converts a bound name but is not constant",
                      "a conversion factor must be a constant");
    model_->rules.push_back({id, over(symbol(to->second), symbol(factor->second)), layout_.at(id).place});
  }

  void add_diluted(const DilutedSpecies& species, const Meaning& meaning) {
    const auto size = symbol(species.compartment);
    model_->rules.push_back(
        {species.concentration, over(symbol(species.amount), size), layout_.at(species.amount).place});
    add_initial(species.amount, species.concentration, meaning, size);
    if (meaning.role == Role::state)
      model_->rates.push_back(
          {species.amount, rate_laws_.amount_rate(meaning.changes), layout_.at(species.amount).place});
  }

  /// Start value of `id` as said about `named`; `size` turns a concentration into an amount.
  void add_initial(SymbolId id, SymbolId named, const Meaning& meaning, const FormulaPointer& size) {
    if (!meaning.initial) return;  // Reported with the meanings
    auto value = lower(*meaning.initial);
    check_unit(value, *meaning.initial);
    auto formula = times(scaled(value.formula, *meaning.initial), size);
    const bool is_number = value.constant && !size && meaning.initial->factors.empty();
    if (is_number) formula = number(*value.constant);
    if (is_number && layout_.at(named).role == Role::parameter) {
      model_->parameter_values[static_cast<std::size_t>(id)] = *value.constant;
    } else {
      model_->initial.push_back({id, formula, meaning.initial->place});
    }
  }

  void add_rate(SymbolId id, const Meaning& meaning) {
    if (meaning.rate) {
      const auto& definition = *meaning.rate;
      const auto& raw = composition_.at(definition.target);
      auto value = lower(definition);
      const auto& scope = *definition.owner->scope;
      if (raw.unit && scope.time_unit)
        lowering_.checker().require_unit(value, *raw.unit / *scope.time_unit,
                                         raw.unit_text + "/" + scope.time_unit_text, raw.local->name + "'");
      const auto formula =
          over(scaled(value.formula, definition), lowering_.time_conversion(*definition.owner));
      model_->rates.push_back({id, formula, definition.place});
      return;
    }
    auto formula = rate_laws_.amount_rate(meaning.changes);
    const auto compartment = layout_.compartment_of.find(id);
    const bool is_amount = composition_.at(meaning.species).local->substance_only;
    if (!is_amount && compartment != layout_.compartment_of.end())
      formula = over(formula, symbol(compartment->second));
    model_->rates.push_back({id, formula, layout_.at(id).place});
  }

  TypedFormula lower(const Definition& definition) {
    if (definition.value) return literal(*definition.value, false, definition.place);
    auto value = lowering_.lower(*definition.expression, *definition.owner);
    lowering_.checker().require_number(value, "`" + composition_.at(definition.target).local->name + "`");
    return value;
  }

  void check_unit(const TypedFormula& value, const Definition& definition) {
    const auto& raw = composition_.at(definition.target);
    lowering_.checker().require_unit(value, raw.unit, raw.unit_text, raw.local->name);
  }

  // The rule of a reaction's name is its rate law, unless a parent replaced it.
  bool check_rate_law(const Meaning& meaning, const TypedFormula& value) {
    const auto found = reaction_of_symbol_.find(meaning.rule->target);
    if (found == reaction_of_symbol_.end()) return false;
    const auto& reaction = *found->second;
    if (reaction.syntax->rate.get() != meaning.rule->expression) return false;
    rate_laws_.check_unit(reaction, value);
    return true;
  }

  /// What is said about a converted name, times the factors of the conversion.
  FormulaPointer scaled(FormulaPointer formula, const Definition& definition) const {
    for (const RawId factor : definition.factors)
      if (const auto found = layout_.symbol_of.find(composition_.leader(factor));
          found != layout_.symbol_of.end())
        formula = times(formula, symbol(found->second));
    return formula;
  }

  void add_constraint(const Element<text::Constraint>& constraint) {
    if (constraint.is_deleted) return;
    auto condition = lowering_.lower(*constraint.syntax->condition, *constraint.owner);
    lowering_.checker().require_truth(condition, "a constraint");
    model_->constraints.push_back({constraint.id, condition.formula, constraint.place});
  }

  void describe() {
    const auto& sources = *composition_.sources;
    model_->name = sources.main->name;
    model_->system = sources.system;
    model_->files = sources.file_names;
    model_->content_hash = sources.content_hash;
    if (composition_.root->scope->time_unit) model_->time_unit = composition_.root->scope->time_unit_text;
    model_->symbols = layout_.symbols;
    for (std::size_t i = 0; i < model_->symbols.size(); ++i)
      model_->index.emplace(model_->symbols[i].id, static_cast<SymbolId>(i));
    for (std::size_t i = 0; i < layout_.meanings.size(); ++i) {
      if (!layout_.meanings[i]) continue;
      for (const RawId member : layout_.meanings[i]->members)
        if (member != layout_.meanings[i]->name && !composition_.at(member).is_deleted)
          model_->aliases.emplace(composition_.at(member).id, static_cast<SymbolId>(i));
    }
    // A parent that replaces both start value and rate of a state replaces one thing.
    for (const auto& entry : composition_.overrides) {
      const auto is_same = [&](const Override& known) {
        return known.id == entry.id && known.kind == entry.kind && known.by_module == entry.by_module;
      };
      if (std::none_of(model_->overrides.begin(), model_->overrides.end(), is_same))
        model_->overrides.push_back(entry);
    }
  }

  Composition& composition_;
  Diagnostics& findings_;
  FlatLayout layout_;
  Lowering lowering_;
  RateLaws rate_laws_;
  std::map<RawId, const Element<text::Reaction>*> reaction_of_symbol_;
  std::unique_ptr<FlatModel> model_;
};

/// Of a sketch without units, or a model from another format, nothing says that its quantities are relative.
/// A state that starts at nothing is taken to be of the size that half of the others exceed.
double typical_start(const FlatModel& model, const std::vector<double>& values) {
  std::vector<double> sizes;
  for (std::size_t i = 0; i < model.symbols.size(); ++i) {
    const auto& symbol = model.symbols[i];
    if (symbol.role == Role::state && symbol.unit_text.empty() && std::isfinite(values[i]) &&
        values[i] != 0.0)
      sizes.push_back(std::abs(values[i]));
  }
  if (sizes.empty()) return 1.0;
  const auto middle = sizes.begin() + static_cast<std::ptrdiff_t>(sizes.size() / 2);
  std::nth_element(sizes.begin(), middle, sizes.end());
  return *middle;
}

// Without a stated scale a state is taken to be of the size it starts with, and of order 1 where it starts at
// or near nothing: relative quantities, of which these models mostly consist, are.
void set_nominal_scales(FlatModel& model, const LoadOptions& options) {
  const auto values = start_values(model);
  const double typical = typical_start(model, values);
  for (std::size_t i = 0; i < model.symbols.size(); ++i) {
    auto& symbol = model.symbols[i];
    if (symbol.role != Role::state) continue;
    const auto by_id = options.nominal_scales.find(symbol.id);
    const auto by_unit = options.nominal_scales.find(symbol.unit_text);
    if (by_id != options.nominal_scales.end()) {
      symbol.nominal_scale = by_id->second;
    } else if (by_unit != options.nominal_scales.end()) {
      symbol.nominal_scale = by_unit->second;
    } else if (symbol.unit_text.empty()) {
      const bool moves = std::isfinite(values[i]) && values[i] != 0.0;
      symbol.nominal_scale = moves ? std::abs(values[i]) : typical;
    } else if (std::isfinite(values[i])) {
      symbol.nominal_scale = std::max(std::abs(values[i]), 1.0);
    }
  }
}

}  // namespace

std::unique_ptr<FlatModel> flatten(Composition& composition, const std::map<RawId, Meaning>& meanings,
                                   const LoadOptions& options, Diagnostics& findings) {
  auto model = Flattener(composition, meanings, findings).run();
  order_equations(*model, findings);
  if (!findings.has_errors()) set_nominal_scales(*model, options);
  return model;
}

}  // namespace raad::model
