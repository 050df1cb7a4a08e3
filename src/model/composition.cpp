#include "model/composition.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "model/typed_formula.hpp"

namespace raad::model {
namespace {

using base::Diagnostics;
using base::SourcePlace;

// A model that contains two of one that contains two of one ... doubles with every line. Real systems have
// some hundred symbols and a handful of levels; these bounds stop a slip before it fills the memory.
constexpr std::size_t k_most_symbols = 100000;
constexpr int k_deepest_instance = 64;

/// Makes the tree of instances from the main model down.
class Instantiator {
 public:
  Instantiator(Composition& composition, const LoadOptions& options, Diagnostics& findings)
      : composition_(composition), options_(options), findings_(findings) {}

  /// False when the model is too large to go on with.
  bool run() {
    const auto& main = composition_.sources->models.at(composition_.sources->main->name);
    composition_.root = std::make_unique<Instance>();
    composition_.root->place = main.syntax->place;
    fill(*composition_.root, main);
    return !is_too_large_;
  }

 private:
  const ModelScope& scope_of(const ModelSource& source) {
    const auto found = composition_.scopes.find(source.syntax->name);
    if (found != composition_.scopes.end()) return found->second;
    return composition_.scopes.emplace(source.syntax->name, make_scope(source, options_, findings_))
        .first->second;
  }

  void fill(Instance& instance, const ModelSource& source) {
    const auto& scope = scope_of(source);
    instance.scope = &scope;
    for (const auto& local : scope.symbols) add_symbol(instance, local);
    for (const auto& reaction : scope.reactions) {
      const auto found = instance.symbols.find(reaction.label);
      composition_.reactions.push_back({reaction.syntax, &instance, instance.flat_id(reaction.label),
                                        found == instance.symbols.end() ? -1 : found->second,
                                        reaction.place});
    }
    for (const auto& event : scope.events)
      composition_.events.push_back(
          {event.syntax, &instance, instance.flat_id(event.label), -1, event.place});
    for (const auto& constraint : scope.constraints)
      composition_.constraints.push_back(
          {constraint.syntax, &instance, instance.flat_id(constraint.label), -1, constraint.place});
    for (const auto& submodel : scope.submodels) add_child(instance, submodel);
  }

  void add_symbol(Instance& instance, const LocalSymbol& local) {
    RawSymbol symbol;
    symbol.local = &local;
    symbol.owner = &instance;
    symbol.id = instance.flat_id(local.name);
    symbol.unit_text = local.unit_text;
    symbol.unit = local.unit;
    symbol.display_name = local.display_name;
    symbol.leader = static_cast<RawId>(composition_.symbols.size());
    instance.symbols.emplace(local.name, symbol.leader);
    composition_.symbols.push_back(std::move(symbol));
  }

  void add_child(Instance& parent, const Labelled<text::Submodel>& submodel) {
    const auto& models = composition_.sources->models;
    const auto found = models.find(submodel.syntax->model);
    if (found == models.end()) {
      std::vector<std::string> names;
      for (const auto& [name, model] : models) names.push_back(name);
      findings_.error("R079", submodel.syntax->model_place, "no model `" + submodel.syntax->model + "`",
                      nearest_hint(submodel.syntax->model, names, "define or import it first"));
      return;
    }
    // The rule of order also shuts out a model that would contain itself.
    if (found->second.order >= parent.scope->order) {
      findings_.error("R079", submodel.syntax->model_place,
                      "model `" + submodel.syntax->model + "` is not defined above its use",
                      "move its definition before that of `" + parent.scope->syntax->name + "`");
      return;
    }
    // A submodel counts as a symbol, for it may hold none.
    if (composition_.symbols.size() + instance_count_ > k_most_symbols ||
        parent.depth() >= k_deepest_instance) {
      if (!is_too_large_)
        findings_.error("R078", composition_.root->place, "submodels within submodels make too large a model",
                        fmt::format("at most {} symbols and {} levels", k_most_symbols, k_deepest_instance));
      is_too_large_ = true;
      return;
    }
    ++instance_count_;
    auto child = std::make_unique<Instance>();
    child->label = submodel.label;
    child->path = parent.flat_id(submodel.label);
    child->parent = &parent;
    child->place = submodel.place;
    child->time_conversion = submodel.syntax->time_conversion;
    child->extent_conversion = submodel.syntax->extent_conversion;
    fill(*child, found->second);
    parent.children.push_back(std::move(child));
  }

  Composition& composition_;
  const LoadOptions& options_;
  Diagnostics& findings_;
  std::size_t instance_count_ = 0;
  bool is_too_large_ = false;
};

/// Merges symbols that `is` lines and positional arguments declare to be one quantity.
class Binder {
 public:
  Binder(Composition& composition, Diagnostics& findings) : composition_(composition), findings_(findings) {}

  void run() {
    composition_.for_each_instance([this](const Instance& instance) { describe_submodels(instance); });
    composition_.for_each_instance([this](const Instance& instance) { bind_arguments(instance); });
    composition_.for_each_instance([this](const Instance& instance) {
      for (const auto& synonym : instance.scope->synonyms) bind(*synonym.syntax, instance, synonym.place);
    });
  }

 private:
  // `A.x has unit` gives a unit to a submodel's name that has none; `A.x is "text"` renames it for readers.
  void describe_submodels(const Instance& instance) {
    for (const auto& entry : instance.scope->submodel_units) {
      const auto found = composition_.require(entry.syntax->target.name, instance, findings_);
      if (!found) continue;
      auto& symbol = composition_.at(*found);
      const auto unit = instance.scope->units.parse(entry.syntax->unit.text);
      if (!unit) {
        findings_.error("R073", entry.place, "unknown unit `" + entry.syntax->unit.text + "`", "");
      } else if (symbol.unit && !symbol.unit->equivalent(*unit)) {
        findings_.error("R010", entry.place,
                        "`" + symbol.id + "` has the unit " + symbol.unit_text + " in its own model",
                        "bind it with a conversion factor instead");
      } else {
        symbol.unit = unit;
        symbol.unit_text = entry.syntax->unit.text;
      }
    }
    for (const auto& entry : instance.scope->submodel_display_names)
      if (const auto found = composition_.require(entry.syntax->name, instance, findings_))
        composition_.at(*found).display_name = entry.syntax->text;
    for (const auto& entry : instance.scope->annotations)
      composition_.require(entry.syntax->name, instance, findings_);
  }

  void bind_arguments(const Instance& instance) {
    for (const auto& submodel : instance.scope->submodels) {
      const auto* child = instance.child(submodel.label);
      if (!child) continue;
      const auto& interface = child->scope->syntax->interface_names;
      const auto& arguments = submodel.syntax->arguments;
      if (arguments.size() > interface.size())
        findings_.error("R020", submodel.place,
                        fmt::format("`{}` takes {} arguments, not {}", submodel.syntax->model,
                                    interface.size(), arguments.size()),
                        "leave out the last ones or correct the model's interface");
      for (std::size_t i = 0; i < std::min(arguments.size(), interface.size()); ++i)
        bind_argument(arguments[i], interface[i], instance, *child);
    }
  }

  void bind_argument(const text::SubmodelArgument& argument, const text::Name& interface_name,
                     const Instance& parent, const Instance& child) {
    const auto target = composition_.find(interface_name, child);
    if (!target) return;  // The child's scope reported it.
    if (const auto* value = std::get_if<double>(&argument.value)) {
      composition_.numeric_arguments.push_back({*target, *value, &parent, argument.place});
      return;
    }
    const auto source = composition_.require(std::get<text::Name>(argument.value), parent, findings_);
    if (source) merge(*target, *source, argument.place);
  }

  void bind(const text::Synonym& synonym, const Instance& instance, const SourcePlace& place) {
    const auto left = composition_.require(synonym.left, instance, findings_);
    const auto right = composition_.require(synonym.right, instance, findings_);
    if (!left || !right) return;
    if (!synonym.factor) {
      merge(*left, *right, place);
      return;
    }
    const auto factor = composition_.require(*synonym.factor, instance, findings_);
    if (factor) convert(*left, *right, *factor, place);
  }

  void merge(RawId left, RawId right, const SourcePlace& place) {
    auto& a = composition_.at(left);
    auto& b = composition_.at(right);
    if (a.binding_place.file.empty()) a.binding_place = place;
    if (b.binding_place.file.empty()) b.binding_place = place;
    if (!may_be_one(a, b, place)) return;
    if (a.unit && b.unit && !a.unit->equivalent(*b.unit)) report_units(a, b, place);
    const RawId from = composition_.leader(left);
    const RawId to = composition_.leader(right);
    if (from == to) return;
    // A conversion stays with the merged symbol; two different ones cannot both hold.
    auto& kept = composition_.at(to);
    const auto& lost = composition_.at(from);
    if (lost.conversion && kept.conversion) {
      findings_.error("R012", place, "`" + a.id + "` and `" + b.id + "` are both converted from other names",
                      "bind one of them directly");
      return;
    }
    if (lost.conversion) kept.conversion = lost.conversion;
    composition_.at(from).leader = to;
  }

  bool may_be_one(const RawSymbol& a, const RawSymbol& b, const SourcePlace& place) {
    const bool kinds_agree = a.local->kind == b.local->kind ||
                             (a.local->kind == SymbolKind::formula && b.local->kind == SymbolKind::species) ||
                             (a.local->kind == SymbolKind::species && b.local->kind == SymbolKind::formula);
    if (!kinds_agree) {
      findings_.error("R012", place,
                      fmt::format("`{}` is a {}, `{}` is a {}", a.id, name_of(a.local->kind), b.id,
                                  name_of(b.local->kind)),
                      "only names of one kind can be one quantity");
      return false;
    }
    if (a.local->kind == SymbolKind::species && b.local->kind == SymbolKind::species &&
        a.local->substance_only != b.local->substance_only) {
      findings_.error("R012", place,
                      fmt::format("`{}` is {}, `{}` is {}", a.id,
                                  a.local->substance_only ? "an amount" : "a concentration", b.id,
                                  b.local->substance_only ? "an amount" : "a concentration"),
                      "bind through a `formula` that multiplies or divides by the compartment");
      return false;
    }
    return true;
  }

  void report_units(const RawSymbol& a, const RawSymbol& b, const SourcePlace& place) {
    std::string hint = "they measure different things";
    if (a.unit->same_dimension(*b.unit))
      hint = fmt::format(
          "bind with a conversion factor: `{0} is {1}/factor`, where {1} = factor x {0} and factor is {2} "
          "{3}/({4})",
          a.local->name, b.local->name, factor_text(a.unit->factor / b.unit->factor), b.unit_text,
          a.unit_text);
    findings_.error("R032", place,
                    fmt::format("`{}` is in {}, `{}` is in {}", a.id, a.unit_text, b.id, b.unit_text), hint);
  }

  void convert(RawId left, RawId right, RawId factor, const SourcePlace& place) {
    auto& a = composition_.at(left);
    const auto& b = composition_.at(right);
    const auto& f = composition_.at(factor);
    if (!may_be_one(a, b, place)) return;
    if (a.binding_place.file.empty()) a.binding_place = place;
    auto& leader = composition_.at(composition_.leader(left));
    if (leader.conversion || composition_.leader(left) == composition_.leader(right)) {
      findings_.error("R012", place, "`" + a.id + "` is already bound", "keep one binding");
      return;
    }
    if (a.unit && b.unit && f.unit && !(*a.unit * *f.unit).equivalent(*b.unit))
      findings_.error("R032", place,
                      fmt::format("`{}` [{}] times `{}` [{}] is not in {}, the unit of `{}`", a.id,
                                  a.unit_text, f.id, f.unit_text, b.unit_text, b.id),
                      "the factor needs the unit " + b.unit_text + "/(" + a.unit_text + ")");
    leader.conversion = Conversion{composition_.leader(right), factor};
  }

  Composition& composition_;
  Diagnostics& findings_;
};

/// Compares the clocks and extents of a submodel with those of its parent.
class ConversionCheck {
 public:
  ConversionCheck(const Composition& composition, Diagnostics& findings)
      : composition_(composition), findings_(findings) {}

  void check(const Instance& instance) {
    if (!instance.parent) return;
    for (const auto& factor : {instance.time_conversion, instance.extent_conversion})
      if (factor && std::holds_alternative<text::Name>(*factor))
        composition_.require(std::get<text::Name>(*factor), *instance.parent, findings_);
    const auto& own = *instance.scope;
    const auto& parent = *instance.parent->scope;
    compare(instance, "time", "timeconv", own.time_unit, parent.time_unit, instance.time_conversion);
    compare(instance, "extent", "extentconv", own.extent_unit, parent.extent_unit,
            instance.extent_conversion);
  }

 private:
  void compare(const Instance& instance, const char* what, const char* keyword,
               const std::optional<base::Unit>& own, const std::optional<base::Unit>& parent,
               const std::optional<ConversionFactor>& given) {
    if (given && std::holds_alternative<double>(*given) && !(std::get<double>(*given) > 0.0)) {
      findings_.error("R031", instance.place,
                      fmt::format("{} of `{}` is not positive", keyword, instance.label), "");
      return;
    }
    if (!own || !parent) return;
    if (!own->same_dimension(*parent)) {
      findings_.error(
          "R031", instance.place,
          fmt::format("`{}` and its parent measure {} in different kinds of units", instance.label, what),
          "");
      return;
    }
    base::Unit derived;
    derived.factor = own->factor / parent->factor;
    base::Unit stated;
    if (given) {
      if (std::holds_alternative<text::Name>(*given)) return;  // Its value is known only when the model runs.
      stated.factor = std::get<double>(*given);
    }
    if (stated.equivalent(derived)) return;
    findings_.error("R031", instance.place,
                    fmt::format("the {} units of `{}` and its parent differ by {}, {} is {}", what,
                                instance.label, factor_text(derived.factor), keyword,
                                given ? base::format_number(stated.factor) : "absent"),
                    fmt::format("write `{} = {}`", keyword, factor_text(derived.factor)));
  }

  const Composition& composition_;
  Diagnostics& findings_;
};

}  // namespace

const Instance* Instance::child(const std::string& name) const {
  for (const auto& candidate : children)
    if (candidate->label == name) return candidate.get();
  return nullptr;
}

bool Instance::is_above(const Instance& other) const {
  for (const Instance* above = other.parent; above; above = above->parent)
    if (above == this) return true;
  return false;
}

int Instance::depth() const {
  return parent ? parent->depth() + 1 : 0;
}

RawId Composition::leader(RawId id) const {
  while (at(id).leader != id) id = at(id).leader;
  return id;
}

bool Composition::is_gone(RawId id) const {
  if (!at(id).is_deleted) return false;
  const RawId own = leader(id);
  for (RawId other = 0; other < static_cast<RawId>(symbols.size()); ++other)
    if (!at(other).is_deleted && leader(other) == own) return false;
  return true;
}

std::optional<RawId> Composition::find(const text::Name& name, const Instance& instance) const {
  const Instance* holder = &instance;
  for (std::size_t i = 0; i + 1 < name.parts.size() && holder; ++i) holder = holder->child(name.parts[i]);
  if (!holder || name.parts.empty()) return std::nullopt;
  const auto found = holder->symbols.find(name.parts.back());
  if (found == holder->symbols.end()) return std::nullopt;
  return found->second;
}

std::optional<RawId> Composition::require(const text::Name& name, const Instance& instance,
                                          Diagnostics& findings) const {
  if (const auto found = find(name, instance)) return found;
  const Instance* holder = &instance;
  for (std::size_t i = 0; i + 1 < name.parts.size(); ++i) {
    const Instance* next = holder->child(name.parts[i]);
    if (!next) {
      std::vector<std::string> labels;
      for (const auto& child : holder->children) labels.push_back(child->label);
      findings.error("R001", name.place, "no submodel `" + name.parts[i] + "`",
                     nearest_hint(name.parts[i], labels, "declare it: `" + name.parts[i] + ": MODEL()`"));
      return std::nullopt;
    }
    holder = next;
  }
  findings.error(
      "R001", name.place, "`" + name.dotted() + "` is not declared",
      nearest_hint(name.parts.back(), holder->scope->names(),
                   holder == &instance ? "declare it, for example `formula " + name.dotted() + "`"
                                       : "model `" + holder->scope->syntax->name + "` has no such name"));
  return std::nullopt;
}

Composition compose(const SourceSet& sources, const LoadOptions& options, Diagnostics& findings) {
  Composition composition;
  composition.sources = &sources;
  if (!Instantiator(composition, options, findings).run()) {
    composition.root.reset();
    return composition;
  }
  Binder(composition, findings).run();
  ConversionCheck check(composition, findings);
  composition.for_each_instance([&](const Instance& instance) { check.check(instance); });
  return composition;
}

}  // namespace raad::model
