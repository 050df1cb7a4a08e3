#include "model/meaning.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "model/collect.hpp"

namespace raad::model {
namespace {

using base::Diagnostics;

std::optional<double> literal_value(const Definition& definition) {
  if (definition.value) return definition.value;
  const auto& expression = *definition.expression;
  if (expression.kind == text::Expression::Kind::number && !expression.unit) return expression.value;
  return std::nullopt;
}

/// Decides between competing definitions: a parent's wins over its submodels', siblings must agree.
class MeaningFinder {
 public:
  MeaningFinder(Composition& composition, Diagnostics& findings)
      : composition_(composition), findings_(findings) {}

  std::map<RawId, Meaning> run() {
    make_groups();
    for (auto& definition : collect_definitions(composition_, findings_)) assign(std::move(definition));
    for (auto& change : collect_changes(composition_, findings_)) assign(std::move(change));
    for (auto& [leader, meaning] : meanings_) decide(meaning);
    return std::move(meanings_);
  }

 private:
  void make_groups() {
    for (RawId id = 0; id < static_cast<RawId>(composition_.symbols.size()); ++id) {
      const RawId leader = composition_.leader(id);
      auto& meaning = meanings_[leader];
      meaning.leader = leader;
      meaning.conversion = composition_.at(leader).conversion;
      meaning.members.push_back(id);
    }
    std::erase_if(meanings_, [this](const auto& entry) { return composition_.is_gone(entry.first); });
    for (const auto& [leader, meaning] : meanings_) {
      if (!meaning.conversion || !is_circular(leader)) continue;
      findings_.error("R008", composition_.at(leader).binding_place,
                      "`" + composition_.at(leader).id + "` is converted from itself", "remove one binding");
      composition_.at(leader).conversion.reset();
    }
    for (auto& [leader, meaning] : meanings_) meaning.conversion = composition_.at(leader).conversion;
  }

  bool is_circular(RawId leader) const {
    std::set<RawId> seen;
    while (composition_.at(leader).conversion) {
      if (!seen.insert(leader).second) return true;
      leader = composition_.leader(composition_.at(leader).conversion->to);
    }
    return false;
  }

  void assign(Definition definition) {
    const auto target = follow(composition_, definition.target);
    definition.factors = target.factors;
    groups_[{target.leader, definition.aspect}].push_back(std::move(definition));
  }

  void assign(Change change) {
    const auto target = follow(composition_, change.species);
    change.factors = target.factors;
    meanings_.at(target.leader).changes.push_back(std::move(change));
  }

  void decide(Meaning& meaning) {
    meaning.initial = strongest({meaning.leader, Aspect::initial});
    meaning.rule = strongest({meaning.leader, Aspect::rule});
    meaning.rate = strongest({meaning.leader, Aspect::rate});
    settle(meaning.rule, meaning.initial, "R010", "a rule and a value");
    settle(meaning.rule, meaning.rate, "R009", "a rule and a rate of change");
    settle_changes(meaning, meaning.rule);
    settle_changes(meaning, meaning.rate);
    check_constant(meaning.rule);
    check_constant(meaning.rate);
    choose_name(meaning);
    choose_species(meaning);
    if (meaning.rule || meaning.conversion) {
      meaning.role = Role::assigned;
    } else if (meaning.rate || !meaning.changes.empty()) {
      meaning.role = Role::state;
    }
    check_defined(meaning);
  }

  /// The definition of the highest model; others are overridden or in conflict.
  std::optional<Definition> strongest(const std::pair<RawId, Aspect>& key) {
    const auto found = groups_.find(key);
    if (found == groups_.end()) return std::nullopt;
    auto& candidates = found->second;
    std::stable_sort(candidates.begin(), candidates.end(), [](const Definition& a, const Definition& b) {
      return a.owner->depth() < b.owner->depth();
    });
    const Definition& best = candidates.front();
    for (std::size_t i = 1; i < candidates.size(); ++i) {
      if (best.owner->is_above(*candidates[i].owner)) {
        record(best, composition_.at(candidates[i].target).id);
      } else {
        report_competing(best, candidates[i]);
      }
    }
    return best;
  }

  void report_competing(const Definition& best, const Definition& other) {
    const auto& id = composition_.at(other.target).id;
    if (best.target == other.target && best.owner == other.owner) {
      const bool in_table = best.row || other.row;
      findings_.error("R010", other.place,
                      "`" + composition_.at(other.target).local->name + "` is defined twice" +
                          (in_table ? ", in the model and in its table" : ""),
                      fmt::format("the first is in {}, line {}; keep one", best.place.file, best.place.line));
      return;
    }
    if (literal_value(best) && literal_value(best) == literal_value(other)) return;
    findings_.error(
        "R012", conflict_place(best, other),
        fmt::format("`{}` and `{}` are bound but defined differently", composition_.at(best.target).id, id),
        fmt::format("say which holds in the parent, or clear one: `{} = ;`", dotted(id)));
  }

  // The place to act is the binding, which is in the parent, not the definitions.
  base::SourcePlace conflict_place(const Definition& best, const Definition& other) const {
    for (const auto* definition : {&other, &best}) {
      const auto& place = composition_.at(definition->target).binding_place;
      if (!place.file.empty()) return place;
    }
    return other.place;
  }

  static std::string dotted(std::string id) {
    for (std::size_t at = id.find("__"); at != std::string::npos; at = id.find("__")) id.replace(at, 2, ".");
    return id;
  }

  void record(const Definition& winner, const std::string& id) {
    composition_.overrides.push_back(
        {id, winner.owner->scope->syntax->name, winner.place, Override::Kind::replaced});
  }

  /// Keeps the parent's of two definitions that exclude each other.
  void settle(std::optional<Definition>& first, std::optional<Definition>& second, const char* code,
              const char* what) {
    if (!first || !second) return;
    if (first->owner->is_above(*second->owner)) {
      record(*first, composition_.at(second->target).id);
      second.reset();
    } else if (second->owner->is_above(*first->owner)) {
      record(*second, composition_.at(first->target).id);
      first.reset();
    } else if (first->owner == second->owner) {
      findings_.error(
          code, second->place, fmt::format("`{}` has {}", composition_.at(second->target).local->name, what),
          fmt::format("the other is in {}, line {}; keep one", first->place.file, first->place.line));
      second.reset();
    } else {
      findings_.error("R012", conflict_place(*first, *second),
                      fmt::format("`{}` and `{}` are bound but defined differently",
                                  composition_.at(first->target).id, composition_.at(second->target).id),
                      "say which holds in the parent");
      second.reset();
    }
  }

  /// A parent's rule or rate on a species takes it out of its submodel's reactions, as a boundary species.
  void settle_changes(Meaning& meaning, const std::optional<Definition>& definition) {
    if (!definition || meaning.changes.empty()) return;
    const char* what = definition->aspect == Aspect::rule ? "a rule" : "a rate of change";
    std::set<RawId> overridden;
    for (const auto& change : meaning.changes) {
      const auto& reaction = composition_.reactions[change.reaction];
      if (definition->owner->is_above(*reaction.owner)) {
        overridden.insert(change.species);
      } else {
        findings_.error(
            "R009", definition->place,
            fmt::format("`{}` has {} and is changed by a reaction", composition_.at(definition->target).id,
                        what),
            fmt::format("the reaction is in line {}; mark the species with `$` if reactions only read it",
                        reaction.place.line));
      }
    }
    for (const RawId species : overridden) record(*definition, composition_.at(species).id);
    meaning.changes.clear();
  }

  void check_constant(const std::optional<Definition>& definition) {
    if (!definition) return;
    const auto& target = composition_.at(definition->target);
    if (!target.local->is_constant || target.owner != definition->owner) return;
    findings_.error("R009", definition->place,
                    fmt::format("`{}` is const but has {}", target.local->name,
                                definition->aspect == Aspect::rule ? "a rule" : "a rate of change"),
                    "declare it without `const`, or give it a value with `=`");
  }

  /// The highest name among those that define the quantity; without any, the right-hand side of the binding.
  void choose_name(Meaning& meaning) {
    std::vector<RawId> candidates;
    const auto add = [&](RawId id) {
      if (composition_.leader(id) == meaning.leader) candidates.push_back(id);
    };
    if (meaning.rule) add(meaning.rule->target);
    if (meaning.rate) add(meaning.rate->target);
    if (!meaning.rule) {
      if (meaning.initial) add(meaning.initial->target);
      for (const auto& change : meaning.changes) add(change.species);
    }
    meaning.name = meaning.leader;
    if (candidates.empty()) return;
    meaning.name = *std::min_element(candidates.begin(), candidates.end(), [this](RawId a, RawId b) {
      return composition_.at(a).owner->depth() < composition_.at(b).owner->depth();
    });
  }

  void choose_species(Meaning& meaning) {
    const auto is_species = [this](RawId id) {
      return composition_.at(id).local->kind == SymbolKind::species;
    };
    if (is_species(meaning.name)) meaning.species = meaning.name;
    for (const RawId member : meaning.members)
      if (meaning.species < 0 && is_species(member)) meaning.species = member;
    if (meaning.species < 0) {
      if (!meaning.changes.empty()) report_no_species(meaning);
      return;
    }
    const auto& local = *composition_.at(meaning.name).local;
    if (local.is_boundary || local.is_constant) meaning.changes.clear();
    for (const RawId member : meaning.members)
      if (is_species(member) && compartment_of(member) != compartment_of(meaning.species))
        findings_.error("R012", composition_.at(member).binding_place,
                        fmt::format("`{}` and `{}` are in different compartments", composition_.at(member).id,
                                    composition_.at(meaning.species).id),
                        "bind the compartments too");
  }

  // Reactions reach a quantity that is no species through a conversion only.
  void report_no_species(Meaning& meaning) {
    const auto& changed = composition_.at(meaning.changes.front().species);
    findings_.error("R012", changed.binding_place,
                    fmt::format("`{}` is changed by reactions but `{}` is no species", changed.id,
                                composition_.at(meaning.name).id),
                    "declare it as a species");
    meaning.changes.clear();
  }

  RawId compartment_of(RawId species) const {
    const auto& symbol = composition_.at(species);
    if (!symbol.local->compartment) return -1;
    const auto found = composition_.find(*symbol.local->compartment, *symbol.owner);
    return found ? composition_.leader(*found) : -1;
  }

  void check_defined(const Meaning& meaning) {
    const auto& symbol = composition_.at(meaning.name);
    if (symbol.local->kind == SymbolKind::reaction || meaning.role == Role::assigned || meaning.initial)
      return;
    const std::string& name = symbol.local->name;
    if (meaning.role == Role::state) {
      findings_.error("R011", symbol.place(), "`" + name + "` has a rate of change but no initial value",
                      "add `" + name + " = ...`");
      return;
    }
    for (const RawId member : meaning.members) {
      const auto& input = composition_.at(member);
      if (!input.owner->parent || !input.local->in_interface) continue;
      findings_.error("R013", input.binding_place.file.empty() ? input.owner->place : input.binding_place,
                      fmt::format("`{}.{}` has no source", dotted(input.owner->path), input.local->name),
                      fmt::format("bind it: `{}.{} is ...`", input.owner->label, input.local->name));
      return;
    }
    const bool needs_row = symbol.local->is_constant || symbol.local->in_interface;
    if (needs_row && composition_.sources->has_tables()) {
      findings_.error(
          "R041", symbol.place(), "`" + name + "` has no row in the parameter table",
          symbol.local->in_interface ? "add a row with appliesTo alone" : "add a row with its source");
    } else {
      findings_.error("R011", symbol.place(), "`" + name + "` has no value, rule or rate",
                      "add `" + name + " = ...`, `" + name + " := ...` or `" + name + "' = ...`");
    }
  }

  Composition& composition_;
  Diagnostics& findings_;
  std::map<RawId, Meaning> meanings_;
  std::map<std::pair<RawId, Aspect>, std::vector<Definition>> groups_;
};

}  // namespace

Target follow(const Composition& composition, RawId id) {
  Target target{composition.leader(id), {}};
  while (const auto& conversion = composition.at(target.leader).conversion) {
    target.factors.push_back(conversion->factor);
    target.leader = composition.leader(conversion->to);
  }
  return target;
}

std::map<RawId, Meaning> find_meanings(Composition& composition, Diagnostics& findings) {
  return MeaningFinder(composition, findings).run();
}

}  // namespace raad::model
