#include <fmt/format.h>

#include "model/composition.hpp"
#include "model/syntax_walk.hpp"

namespace raad::model {
namespace {

using base::Diagnostics;

/// Follows one `delete` statement to everything inside the submodel that cannot be computed any more.
class Deleter {
 public:
  Deleter(Composition& composition, Diagnostics& findings) : composition_(composition), findings_(findings) {}

  void remove(const text::Name& name, const Instance& instance) {
    if (name.parts.size() < 2) {
      findings_.error("R011", name.place, "`" + name.dotted() + "` belongs to this model itself",
                      "remove its lines instead; `delete` is for elements of submodels");
      return;
    }
    deleter_ = &instance;
    place_ = name.place;
    if (!remove_named(name)) return;
    while (spread()) {
    }
  }

 private:
  bool remove_named(const text::Name& name) {
    text::Name holder_name = name;
    holder_name.parts.pop_back();
    const Instance* holder = deleter_;
    for (const auto& part : holder_name.parts) holder = holder ? holder->child(part) : nullptr;
    if (holder && remove_element(composition_.events, holder->flat_id(name.parts.back()))) return true;
    const auto found = composition_.require(name, *deleter_, findings_);
    if (!found) return false;
    remove_symbol(*found);
    return true;
  }

  template <typename Elements>
  bool remove_element(Elements& elements, const std::string& id) {
    for (auto& element : elements) {
      if (element.id != id || element.is_deleted) continue;
      element.is_deleted = true;
      record(element.id);
      return true;
    }
    return false;
  }

  void remove_symbol(RawId id) {
    auto& symbol = composition_.at(id);
    if (symbol.is_deleted) return;
    symbol.is_deleted = true;
    record(symbol.id);
    for (auto& reaction : composition_.reactions)
      if (reaction.symbol == id) reaction.is_deleted = true;
  }

  void record(const std::string& id) {
    composition_.overrides.push_back({id, deleter_->scope->syntax->name, place_, Override::Kind::deleted});
  }

  bool needs_deleted(const text::Expression& expression, const Instance& instance) const {
    bool needs = false;
    for_each_name(expression, [&](const text::Name& name) {
      const auto found = composition_.find(name, instance);
      needs = needs || (found && composition_.is_gone(*found));
    });
    return needs;
  }

  bool needs_deleted(const text::ExpressionPointer& expression, const Instance& instance) const {
    return expression && needs_deleted(*expression, instance);
  }

  // A parent that still uses what it deletes is told so by the check of names.
  bool is_inside(const Instance& instance) const { return deleter_->is_above(instance); }

  /// One more step; true when something new was removed.
  bool spread() {
    const std::size_t before = composition_.overrides.size();
    composition_.for_each_instance([this](const Instance& instance) {
      if (is_inside(instance)) spread_definitions(instance);
    });
    for (auto& reaction : composition_.reactions) spread_reaction(reaction);
    for (auto& event : composition_.events) spread_event(event);
    for (auto& constraint : composition_.constraints) {
      if (constraint.is_deleted || !is_inside(*constraint.owner)) continue;
      if (!needs_deleted(constraint.syntax->condition, *constraint.owner)) continue;
      constraint.is_deleted = true;
      record(constraint.id);
    }
    return composition_.overrides.size() > before;
  }

  void spread_definitions(const Instance& instance) {
    for (const auto& definition : instance.scope->definitions) {
      if (!definition.value || !needs_deleted(*definition.value, instance)) continue;
      if (!composition_.dropped.emplace(&instance, definition.value).second) continue;
      const auto target = composition_.find(definition.target, instance);
      if (target && !is_defined_above(*target, instance)) remove_symbol(*target);
    }
  }

  bool is_defined_above(RawId target, const Instance& instance) const {
    for (const Instance* above = instance.parent; above; above = above->parent)
      for (const auto& definition : above->scope->definitions)
        if (composition_.find(definition.target, *above) == target) return true;
    return false;
  }

  void spread_reaction(Element<text::Reaction>& reaction) {
    if (reaction.is_deleted || !is_inside(*reaction.owner)) return;
    bool needs = needs_deleted(reaction.syntax->rate, *reaction.owner);
    for (const auto* side : {&reaction.syntax->left, &reaction.syntax->right})
      for (const auto& participant : *side) {
        const auto found = composition_.find(participant.name, *reaction.owner);
        needs = needs || (found && composition_.is_gone(*found));
      }
    if (!needs) return;
    reaction.is_deleted = true;
    if (reaction.symbol >= 0) {
      remove_symbol(reaction.symbol);
    } else {
      record(reaction.id);
    }
  }

  void spread_event(Element<text::Event>& event) {
    if (event.is_deleted || !is_inside(*event.owner)) return;
    const auto& owner = *event.owner;
    bool needs = needs_deleted(event.syntax->trigger, owner) || needs_deleted(event.syntax->delay, owner) ||
                 needs_deleted(event.syntax->priority, owner);
    for (const auto& assignment : event.syntax->assignments) {
      const auto found = composition_.find(assignment.target, owner);
      needs = needs || needs_deleted(assignment.value, owner) || (found && composition_.is_gone(*found));
    }
    if (!needs) return;
    event.is_deleted = true;
    record(event.id);
  }

  Composition& composition_;
  Diagnostics& findings_;
  const Instance* deleter_ = nullptr;
  base::SourcePlace place_;
};

}  // namespace

void apply_deletions(Composition& composition, Diagnostics& findings) {
  Deleter deleter(composition, findings);
  composition.for_each_instance([&](const Instance& instance) {
    for (const auto& deletion : instance.scope->deletions)
      for (const auto& name : deletion.syntax->names) deleter.remove(name, instance);
  });
}

}  // namespace raad::model
