#include "model/scope.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "model/syntax_walk.hpp"

namespace raad::model {
namespace {

using base::Diagnostics;
using base::SourcePlace;

// Names that set a default of the model instead of naming a unit, as in Antimony.
constexpr std::string_view k_time_unit = "time_unit";
constexpr std::array<std::string_view, 2> k_extent_units = {"extent_unit", "substance_unit"};
constexpr std::array<std::string_view, 3> k_other_defaults = {"volume", "area", "length"};

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

SymbolKind kind_of(text::DeclaredKind kind) {
  switch (kind) {
    case text::DeclaredKind::species:
      return SymbolKind::species;
    case text::DeclaredKind::compartment:
      return SymbolKind::compartment;
    case text::DeclaredKind::reaction:
      return SymbolKind::reaction;
    case text::DeclaredKind::formula:
    case text::DeclaredKind::unspecified:
      return SymbolKind::formula;
  }
  return SymbolKind::formula;
}

Aspect aspect_of(text::Assignment::Kind kind) {
  switch (kind) {
    case text::Assignment::Kind::initial:
      return Aspect::initial;
    case text::Assignment::Kind::rule:
      return Aspect::rule;
    case text::Assignment::Kind::rate:
      return Aspect::rate;
  }
  return Aspect::initial;
}

Aspect aspect_of(text::DeclaredItem::Value kind) {
  if (kind == text::DeclaredItem::Value::rule) return Aspect::rule;
  return kind == text::DeclaredItem::Value::rate ? Aspect::rate : Aspect::initial;
}

bool is_interaction(text::Arrow arrow) {
  return arrow == text::Arrow::activates || arrow == text::Arrow::inhibits ||
         arrow == text::Arrow::influences;
}

/// Builds the scope in three passes, because the order of statements in a model has no meaning: units, then
/// names, then what is said about them.
class ScopeBuilder {
 public:
  ScopeBuilder(const ModelSource& source, const LoadOptions& options, Diagnostics& findings)
      : options_(options), findings_(findings) {
    scope_.syntax = source.syntax;
    scope_.file = source.file;
    scope_.order = source.order;
    scope_.checks_units = source.file->checks_units;
  }

  ModelScope build() {
    define_units();
    for (const auto& statement : scope_.syntax->statements) {
      statement_ = &statement;
      std::visit([this](const auto& content) { name(content); }, statement.content);
    }
    mark_interface();
    for (const auto& statement : scope_.syntax->statements) {
      statement_ = &statement;
      std::visit([this](const auto& content) { describe(content); }, statement.content);
    }
    check_complete();
    return std::move(scope_);
  }

 private:
  // First pass: units may use each other in any order.
  void define_units() {
    std::vector<std::pair<const text::UnitDefinition*, SourcePlace>> pending;
    std::set<std::string> seen;
    for (const auto& statement : scope_.syntax->statements) {
      const auto* unit = std::get_if<text::UnitDefinition>(&statement.content);
      if (!unit) continue;
      if (seen.insert(unit->name).second) {
        pending.emplace_back(unit, statement.place);
      } else {
        findings_.error("R010", statement.place, "unit `" + unit->name + "` is defined twice", "keep one");
      }
    }
    bool progress = true;
    while (progress && !pending.empty()) {
      progress = std::erase_if(pending,
                               [this](const auto& entry) { return define_unit(*entry.first, entry.second); });
    }
    for (const auto& [unit, place] : pending)
      findings_.error("R073", place, "unit `" + unit->name + "` = `" + unit->unit.text + "` is not known",
                      "it must be made of known units and not of itself");
    if (!scope_.checks_units || scope_.time_unit) return;
    scope_.time_unit = scope_.units.find("h");
    scope_.time_unit_text = "h";
  }

  bool define_unit(const text::UnitDefinition& definition, const SourcePlace& place) {
    const auto unit = scope_.units.parse(definition.unit.text);
    if (!unit) return false;
    if (definition.name == k_time_unit) {
      scope_.time_unit = unit;
      scope_.time_unit_text = definition.unit.text;
    } else if (contains(k_extent_units, definition.name)) {
      scope_.extent_unit = unit;
    } else if (!contains(k_other_defaults, definition.name)) {
      const auto known = scope_.units.find(definition.name);
      if (known && !known->equivalent(*unit))
        findings_.error("R010", place, "unit `" + definition.name + "` already means something else",
                        "choose another name");
      scope_.units.define(definition.name, *unit);
    }
    return true;
  }

  // Second pass: which names exist.
  void name(const text::Declaration& declaration) {
    for (const auto& item : declaration.items) name_item(declaration, item);
  }

  void name_item(const text::Declaration& declaration, const text::DeclaredItem& item) {
    const auto& written = item.place.name;
    if (written.parts.size() != 1) {
      findings_.error("R005", written.place, "`" + written.dotted() + "` cannot be declared here",
                      "declare it in its own model");
      return;
    }
    const std::string& name = written.parts.front();
    const bool says_kind = declaration.kind != text::DeclaredKind::unspecified;
    if (says_kind && !kinds_said_.try_emplace(name, written.place).second) {
      report_repeat(name, written.place, kinds_said_.at(name));
      return;
    }
    auto* symbol = add_symbol(name, written.place);
    if (!symbol) return;
    if (says_kind) symbol->kind = kind_of(declaration.kind);
    symbol->is_constant = symbol->is_constant || declaration.is_const;
    symbol->substance_only = symbol->substance_only || declaration.substance_only;
  }

  void name(const text::Reaction& reaction) {
    auto labelled = label(reaction.label, "J", reaction);
    if (is_interaction(reaction.arrow)) {
      if (labelled.is_named) take_name(labelled.label, labelled.place, "interaction");
      scope_.interactions.push_back(std::move(labelled));
      return;
    }
    if (labelled.is_named) {
      auto* symbol = add_symbol(labelled.label, labelled.place);
      if (!symbol) return;
      if (const auto said = kinds_said_.find(labelled.label);
          said != kinds_said_.end() && symbol->kind != SymbolKind::reaction) {
        report_repeat(labelled.label, labelled.place, said->second);
        return;
      }
      symbol->kind = SymbolKind::reaction;
      if (!reaction_labels_.insert(labelled.label).second) {
        report_repeat(labelled.label, labelled.place, symbol->place);
        return;
      }
    }
    scope_.reactions.push_back(std::move(labelled));
  }

  void name(const text::Event& event) {
    auto labelled = label(event.label, "E", event);
    if (labelled.is_named) take_name(labelled.label, labelled.place, "event");
    scope_.events.push_back(std::move(labelled));
  }

  void name(const text::Submodel& submodel) {
    auto labelled = label(submodel.label, "S", submodel);
    if (labelled.is_named) take_name(labelled.label, labelled.place, "submodel");
    scope_.submodels.push_back(std::move(labelled));
  }

  void name(const text::Constraint& constraint) {
    Labelled<text::Constraint> labelled{constraint.id, !constraint.id.empty(), &constraint,
                                        statement_->place};
    if (labelled.is_named) {
      take_name(labelled.label, labelled.place, "constraint");
    } else {
      labelled.label = fmt::format("_C{}", unnamed_++);
    }
    scope_.constraints.push_back(std::move(labelled));
  }

  void name(const text::Synonym& synonym) { scope_.synonyms.push_back({&synonym, statement_->place}); }
  void name(const text::Deletion& deletion) { scope_.deletions.push_back({&deletion, statement_->place}); }
  template <typename Other>
  void name(const Other&) {}

  // Identifiers start with a letter, so a made-up name that starts with `_` meets none of them.
  template <typename Syntax>
  Labelled<Syntax> label(const std::optional<text::Place>& written, const char* prefix,
                         const Syntax& syntax) {
    if (!written) return {fmt::format("_{}{}", prefix, unnamed_++), false, &syntax, statement_->place};
    if (written->name.parts.size() != 1) {
      findings_.error("R005", written->name.place, "`" + written->name.dotted() + "` cannot be a label here",
                      "labels are single names; delete the submodel's element and write a new one");
      return {fmt::format("_{}{}", prefix, unnamed_++), false, &syntax, statement_->place};
    }
    return {written->name.parts.front(), true, &syntax, written->name.place};
  }

  LocalSymbol* add_symbol(const std::string& name, const SourcePlace& place) {
    if (const auto taken = other_names_.find(name); taken != other_names_.end()) {
      report_repeat(name, place, taken->second);
      return nullptr;
    }
    const auto [entry, inserted] = scope_.index.try_emplace(name, scope_.symbols.size());
    if (inserted) {
      LocalSymbol symbol;
      symbol.name = name;
      symbol.place = place;
      scope_.symbols.push_back(std::move(symbol));
    }
    return &scope_.symbols[entry->second];
  }

  void take_name(const std::string& name, const SourcePlace& place, const char* what) {
    const auto symbol = scope_.index.find(name);
    if (symbol != scope_.index.end()) {
      report_repeat(name, place, scope_.symbols[symbol->second].place);
      return;
    }
    const auto [first, inserted] = other_names_.try_emplace(name, place);
    if (!inserted)
      findings_.error("R010", place, fmt::format("{} `{}` has the name of something else", what, name),
                      fmt::format("the first is in line {}", first->second.line));
  }

  void report_repeat(const std::string& name, const SourcePlace& place, const SourcePlace& first) {
    findings_.error(
        "R010", place, "`" + name + "` is defined twice",
        fmt::format("the first is in line {}; one name has one kind and one definition", first.line));
  }

  void mark_interface() {
    for (const auto& name : scope_.syntax->interface_names) {
      if (auto* symbol = own_symbol(name)) symbol->in_interface = true;
    }
  }

  // Third pass: what is said about the names.
  void describe(const text::Declaration& declaration) {
    for (const auto& item : declaration.items) {
      if (item.place.name.parts.size() != 1) continue;
      describe_place(item.place);
      if (item.unit) set_unit(item.place.name, *item.unit);
      if (item.value_kind != text::DeclaredItem::Value::none)
        define(item.place.name, aspect_of(item.value_kind), item.value.get(), item.place.name.place);
    }
  }

  void describe(const text::Assignment& assignment) {
    if (assignment.target.name.parts.size() == 1) describe_place(assignment.target);
    define(assignment.target.name, aspect_of(assignment.kind), assignment.value.get(),
           assignment.target.name.place);
  }

  void describe(const text::HasUnit& has) {
    if (has.target.name.parts.size() != 1) {
      scope_.submodel_units.push_back({&has, has.unit.place});
      return;
    }
    describe_place(has.target);
    set_unit(has.target.name, has.unit);
  }

  void describe(const text::DisplayName& display) {
    if (display.name.parts.size() != 1) {
      scope_.submodel_display_names.push_back({&display, statement_->place});
      return;
    }
    if (other_names_.contains(display.name.parts.front())) return;  // Events and submodels may be named too.
    auto* symbol = own_symbol(display.name);
    if (!symbol) return;
    if (!symbol->display_name.empty())
      findings_.error("R010", statement_->place, "`" + symbol->name + "` has two display names", "keep one");
    symbol->display_name = display.text;
  }

  void describe(const text::Annotation& annotation) {
    const auto& parts = annotation.name.parts;
    if (parts.empty()) return;
    if (parts.size() > 1) {
      scope_.annotations.push_back({&annotation, statement_->place});
    } else if (!other_names_.contains(parts.front())) {
      own_symbol(annotation.name);
    }
  }

  void describe(const text::Reaction& reaction) {
    for (const auto* side : {&reaction.left, &reaction.right})
      for (const auto& participant : *side) {
        if (participant.name.parts.size() != 1) continue;
        auto* symbol = own_symbol(participant.name);
        if (symbol && participant.boundary) symbol->is_boundary = true;
      }
  }

  template <typename Other>
  void describe(const Other&) {}

  void describe_place(const text::Place& place) {
    const auto found = scope_.index.find(place.name.parts.front());
    if (found == scope_.index.end()) return;
    auto& symbol = scope_.symbols[found->second];
    if (place.boundary) symbol.is_boundary = true;
    if (!place.compartment) return;
    if (symbol.compartment && !(*symbol.compartment == *place.compartment))
      findings_.error("R010", place.compartment->place, "`" + symbol.name + "` is in two compartments",
                      "keep one");
    symbol.compartment = *place.compartment;
    if (place.compartment->parts.size() != 1) return;
    const auto* compartment = own_symbol(*place.compartment);
    if (compartment && compartment->kind != SymbolKind::compartment)
      findings_.error("R001", place.compartment->place, "`" + compartment->name + "` is no compartment",
                      "declare it: `compartment " + compartment->name + "`");
  }

  void set_unit(const text::Name& name, const text::UnitExpression& written) {
    auto* symbol = own_symbol(name);
    if (!symbol) return;
    const auto unit = scope_.units.parse(written.text);
    if (!unit)
      findings_.error("R073", written.place, "unknown unit `" + written.text + "`",
                      "define it: `unit NAME = ...`, or write a product of known units");
    if (!symbol->unit_text.empty())
      findings_.error("R010", written.place, "`" + symbol->name + "` has two units", "keep one");
    symbol->unit_text = written.text;
    symbol->unit = unit;
  }

  void define(const text::Name& name, Aspect aspect, const text::Expression* value,
              const SourcePlace& place) {
    if (name.parts.size() == 1 && !own_symbol(name)) return;
    scope_.definitions.push_back({name, aspect, value, place});
  }

  LocalSymbol* own_symbol(const text::Name& name) {
    const auto found = scope_.index.find(name.parts.front());
    if (found != scope_.index.end()) return &scope_.symbols[found->second];
    findings_.error("R001", name.place, "`" + name.dotted() + "` is not declared",
                    nearest_hint(name.dotted(), scope_.names(),
                                 "declare it, for example `formula " + name.dotted() + "`"));
    return nullptr;
  }

  // An interaction is drawn, not computed: what it claims must be in the rate law.
  void check_interaction(const Labelled<text::Reaction>& interaction) {
    for (const auto& target : interaction.syntax->right) {
      const auto& name = target.name.dotted();
      const auto reaction = std::find_if(scope_.reactions.begin(), scope_.reactions.end(),
                                         [&](const auto& candidate) { return candidate.label == name; });
      if (reaction == scope_.reactions.end() || !reaction->syntax->rate) continue;
      for (const auto& modifier : interaction.syntax->left) {
        bool occurs = false;
        for_each_name(*reaction->syntax->rate,
                      [&](const text::Name& used) { occurs = occurs || used == modifier.name; });
        if (!occurs)
          findings_.error("R011", modifier.name.place,
                          fmt::format("`{}` is not in the rate law of `{}`", modifier.name.dotted(), name),
                          "an interaction arrow only draws what the rate law says; add the species there");
      }
    }
  }

  void check_complete() {
    for (const auto& interaction : scope_.interactions) check_interaction(interaction);
    for (const auto& symbol : scope_.symbols) {
      if (symbol.kind == SymbolKind::reaction) {
        if (!reaction_labels_.contains(symbol.name))
          findings_.error("R011", symbol.place, "reaction `" + symbol.name + "` has no equation",
                          "write `" + symbol.name + ": A -> B; rate`");
        continue;
      }
      if (scope_.checks_units && symbol.unit_text.empty())
        findings_.error("R029", symbol.place, "`" + symbol.name + "` has no unit",
                        "add `" + symbol.name + " has ...`");
      if (symbol.kind == SymbolKind::species && !symbol.compartment)
        findings_.error("R011", symbol.place, "species `" + symbol.name + "` has no compartment",
                        "write `species " + symbol.name + " in ...`");
      if (options_.check_provenance && symbol.display_name.empty())
        findings_.warning("R060", symbol.place, "`" + symbol.name + "` has no display name",
                          "add `" + symbol.name + " is \"...\"`");
    }
  }

  const LoadOptions& options_;
  Diagnostics& findings_;
  ModelScope scope_;
  const text::Statement* statement_ = nullptr;
  std::map<std::string, SourcePlace> kinds_said_;
  std::map<std::string, SourcePlace> other_names_;  ///< Events, submodels, interactions, named constraints
  std::set<std::string> reaction_labels_;
  int unnamed_ = 0;
};

}  // namespace

std::string_view name_of(SymbolKind kind) {
  switch (kind) {
    case SymbolKind::formula:
      return "formula";
    case SymbolKind::species:
      return "species";
    case SymbolKind::compartment:
      return "compartment";
    case SymbolKind::reaction:
      return "reaction";
  }
  return "";
}

const LocalSymbol* ModelScope::find(const std::string& name) const {
  const auto found = index.find(name);
  return found == index.end() ? nullptr : &symbols[found->second];
}

std::vector<std::string> ModelScope::names() const {
  std::vector<std::string> names;
  for (const auto& symbol : symbols) names.push_back(symbol.name);
  return names;
}

ModelScope make_scope(const ModelSource& source, const LoadOptions& options, Diagnostics& findings) {
  return ScopeBuilder(source, options, findings).build();
}

std::string nearest_hint(const std::string& name, const std::vector<std::string>& candidates,
                         const std::string& otherwise) {
  const auto nearest = base::nearest_name(name, candidates);
  return nearest.empty() ? otherwise : "did you mean `" + nearest + "`?";
}

}  // namespace raad::model
