#include "model/layout.hpp"

#include <algorithm>
#include <set>

namespace raad::model {
namespace {

using base::Diagnostics;

class LayoutMaker {
 public:
  LayoutMaker(Composition& composition, const std::map<RawId, Meaning>& meanings, Diagnostics& findings)
      : composition_(composition), meanings_(meanings), findings_(findings) {}

  FlatLayout run() {
    for (const auto& reaction : composition_.reactions) set_reaction_unit(reaction);
    for (RawId id = 0; id < static_cast<RawId>(composition_.symbols.size()); ++id) {
      const auto found = meanings_.find(composition_.leader(id));
      if (found != meanings_.end() && found->second.name == id) add(found->second);
    }
    find_compartments();
    find_event_targets();
    // By index: adding amounts grows the list.
    const std::size_t count = layout_.symbols.size();
    for (std::size_t i = 0; i < count; ++i) dilute(static_cast<SymbolId>(i));
    return std::move(layout_);
  }

 private:
  void set_reaction_unit(const Element<text::Reaction>& reaction) {
    if (reaction.symbol < 0 || composition_.at(reaction.symbol).unit) return;
    const auto& scope = *reaction.owner->scope;
    if (!scope.time_unit) return;
    for (const auto* side : {&reaction.syntax->left, &reaction.syntax->right})
      for (const auto& participant : *side) {
        const auto species = composition_.find(participant.name, *reaction.owner);
        const auto amount = species ? amount_unit(composition_, *species) : std::nullopt;
        if (!amount) continue;
        auto& symbol = composition_.at(reaction.symbol);
        symbol.unit = amount->unit / *scope.time_unit;
        symbol.unit_text = amount->text + "/" + scope.time_unit_text;
        return;
      }
  }

  void add(const Meaning& meaning) {
    const auto& raw = composition_.at(meaning.name);
    Symbol symbol;
    symbol.id = raw.id;
    symbol.display_name = raw.display_name;
    symbol.unit_text = raw.unit_text;
    if (raw.unit) symbol.unit = *raw.unit;
    symbol.role = meaning.role;
    symbol.module = raw.owner->scope->syntax->name;
    symbol.place = raw.local->place;
    if (meaning.role != Role::assigned && meaning.initial) {
      symbol.provenance.kind = "unknown";
      if (meaning.initial->row) symbol.provenance = meaning.initial->row->provenance;
    }
    layout_.symbol_of.emplace(meaning.leader, static_cast<SymbolId>(layout_.symbols.size()));
    layout_.symbols.push_back(std::move(symbol));
    layout_.meanings.push_back(&meaning);
  }

  void find_compartments() {
    for (std::size_t i = 0; i < layout_.meanings.size(); ++i) {
      const auto& meaning = *layout_.meanings[i];
      if (meaning.species < 0) continue;
      const auto& raw = composition_.at(meaning.species);
      if (!raw.local->compartment) continue;
      const auto compartment = composition_.require(*raw.local->compartment, *raw.owner, findings_);
      const auto found =
          compartment ? layout_.symbol_of.find(composition_.leader(*compartment)) : layout_.symbol_of.end();
      if (found != layout_.symbol_of.end()) layout_.compartment_of[static_cast<SymbolId>(i)] = found->second;
    }
  }

  void find_event_targets() {
    for (const auto& event : composition_.events) {
      if (event.is_deleted) continue;
      for (const auto& assignment : event.syntax->assignments)
        if (const auto target = composition_.find(assignment.target, *event.owner)) {
          const auto found = layout_.symbol_of.find(follow(composition_, *target).leader);
          if (found != layout_.symbol_of.end()) event_targets_.insert(found->second);
        }
    }
  }

  bool varies(SymbolId compartment) const {
    return layout_.at(compartment).role != Role::parameter || event_targets_.contains(compartment);
  }

  // Rules and rates speak of the concentration itself; only reactions and plain dilution work on the amount.
  void dilute(SymbolId id) {
    const auto compartment = layout_.compartment_of.find(id);
    const auto& meaning = *layout_.meanings[static_cast<std::size_t>(id)];
    if (compartment == layout_.compartment_of.end() || meaning.rule || meaning.rate || meaning.conversion)
      return;
    if (composition_.at(meaning.species).local->substance_only || !varies(compartment->second)) return;
    Symbol amount = layout_.at(id);
    amount.id += "__amount";
    if (!amount.display_name.empty()) amount.display_name = "amount of " + amount.display_name;
    const auto unit = amount_unit(composition_, meaning.species);
    amount.unit = unit ? unit->unit : base::Unit{};
    amount.unit_text = unit ? unit->text : "";
    layout_.at(id).role = Role::assigned;
    layout_.diluted[id] = {static_cast<SymbolId>(layout_.symbols.size()), id, compartment->second};
    layout_.symbols.push_back(std::move(amount));
    layout_.meanings.push_back(nullptr);
  }

  Composition& composition_;
  const std::map<RawId, Meaning>& meanings_;
  Diagnostics& findings_;
  FlatLayout layout_;
  std::set<SymbolId> event_targets_;
};

}  // namespace

FlatLayout make_layout(Composition& composition, const std::map<RawId, Meaning>& meanings,
                       Diagnostics& findings) {
  return LayoutMaker(composition, meanings, findings).run();
}

std::optional<AmountUnit> amount_unit(const Composition& composition, RawId species) {
  const auto& symbol = composition.at(species);
  if (!symbol.unit) return std::nullopt;
  if (symbol.local->kind != SymbolKind::species) return std::nullopt;
  if (symbol.local->substance_only) return AmountUnit{*symbol.unit, symbol.unit_text};
  if (!symbol.local->compartment) return std::nullopt;
  const auto compartment = composition.find(*symbol.local->compartment, *symbol.owner);
  if (!compartment || !composition.at(*compartment).unit) return std::nullopt;
  const auto& size = composition.at(*compartment);
  return AmountUnit{*symbol.unit * *size.unit, symbol.unit_text + "*" + size.unit_text};
}

}  // namespace raad::model
