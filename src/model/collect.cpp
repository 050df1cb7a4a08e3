#include "model/collect.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace raad::model {
namespace {

using base::Diagnostics;

/// `pharmacology__depot` names the element `depot` of the instance `pharmacology`.
text::Name name_of_row(const ParameterRow& row) {
  text::Name name;
  name.place = row.place;
  std::string rest = row.parameter_id;
  for (std::size_t at = rest.find("__"); at != std::string::npos; at = rest.find("__")) {
    name.parts.push_back(rest.substr(0, at));
    rest.erase(0, at + 2);
  }
  name.parts.push_back(rest);
  return name;
}

class Collector {
 public:
  Collector(Composition& composition, Diagnostics& findings)
      : composition_(composition), findings_(findings) {}

  std::vector<Definition> run() {
    composition_.for_each_instance([this](const Instance& instance) { add_statements(instance); });
    for (const auto& argument : composition_.numeric_arguments) {
      Definition definition;
      definition.target = argument.target;
      definition.value = argument.value;
      definition.owner = argument.owner;
      definition.place = argument.place;
      add(std::move(definition));
    }
    composition_.for_each_instance([this](const Instance& instance) { add_rows(instance); });
    report_unused_rows();
    apply_clearing();
    return std::move(definitions_);
  }

 private:
  void add_statements(const Instance& instance) {
    for (const auto& local : instance.scope->definitions) {
      const auto target = composition_.require(local.target, instance, findings_);
      if (!target) continue;
      Definition definition;
      definition.target = *target;
      definition.aspect = local.aspect;
      definition.expression = local.value;
      definition.owner = &instance;
      definition.place = local.place;
      add(std::move(definition));
    }
    for (const auto& reaction : composition_.reactions)
      if (reaction.owner == &instance && !reaction.is_deleted) add_rate_law(reaction);
  }

  // A labelled reaction is a quantity too: its rate, which formulas may use by name.
  void add_rate_law(const Element<text::Reaction>& reaction) {
    if (!reaction.syntax->rate) {
      findings_.error("R011", reaction.place, "reaction without a rate law",
                      "write `; rate` after its species");
      return;
    }
    if (reaction.symbol < 0) return;
    Definition definition;
    definition.target = reaction.symbol;
    definition.aspect = Aspect::rule;
    definition.expression = reaction.syntax->rate.get();
    definition.owner = reaction.owner;
    definition.place = reaction.place;
    add(std::move(definition));
  }

  void add_rows(const Instance& instance) {
    const auto& table = instance.scope->file->table;
    if (!table) return;
    std::set<std::string> done;
    for (const auto& row : table->rows) {
      const auto target = composition_.find(name_of_row(row), instance);
      if (!target || composition_.at(*target).local->kind == SymbolKind::reaction) continue;
      if (used_rows_.insert(&row).second) check_row_unit(row, composition_.at(*target));
      if (!done.insert(row.parameter_id).second) continue;
      const auto* applicable =
          applicable_row(*table, row.parameter_id, composition_.sources->system, instance.parent == nullptr);
      if (applicable) add_row(*applicable, *target, instance);
    }
  }

  void add_row(const ParameterRow& row, RawId target, const Instance& instance) {
    Definition definition;
    definition.target = target;
    definition.value = row.value;
    definition.row = &row;
    definition.owner = &instance;
    definition.place = row.place;
    add(std::move(definition));
  }

  void check_row_unit(const ParameterRow& row, const RawSymbol& symbol) {
    if (!symbol.owner->scope->checks_units) return;
    if (row.unit_text.empty()) {
      findings_.error("R029", row.place, "the row of `" + row.parameter_id + "` has no unit",
                      "fill the column unit");
      return;
    }
    const auto unit = symbol.owner->scope->units.parse(row.unit_text);
    if (!unit)
      findings_.error("R073", row.place, "unknown unit `" + row.unit_text + "`",
                      "write a product of known units, for example ng*h/mL");
    if (!unit || !symbol.unit || unit->equivalent(*symbol.unit)) return;
    std::string hint = "correct one of them";
    if (unit->same_dimension(*symbol.unit))
      hint = fmt::format("write the value in {}: {}", symbol.unit_text,
                         base::format_number(row.value * unit->factor / symbol.unit->factor));
    findings_.error("R032", row.place,
                    fmt::format("the row of `{}` is in {}, the model declares {}", row.parameter_id,
                                row.unit_text, symbol.unit_text),
                    hint);
  }

  // A row is of use when any model of its file has the name, whether or not the row applies to this run.
  void report_unused_rows() {
    for (const auto& file : composition_.sources->files) {
      if (!file->table) continue;
      for (const auto& row : file->table->rows) {
        if (used_rows_.contains(&row) || is_declared_in(*file, row.parameter_id)) continue;
        findings_.error(
            "R042", row.place, "no parameter `" + row.parameter_id + "` in the model",
            nearest_hint(row.parameter_id, names_of(*file), "remove the row or declare the parameter"));
      }
    }
  }

  // Models of the file that this system does not instantiate.
  bool is_declared_in(const SourceFile& file, const std::string& parameter_id) const {
    return std::any_of(file.tree.models.begin(), file.tree.models.end(), [&](const text::Model& model) {
      return !composition_.scopes.contains(model.name) && scope_of(model).find(parameter_id);
    });
  }

  ModelScope scope_of(const text::Model& model) const {
    const auto found = composition_.scopes.find(model.name);
    if (found != composition_.scopes.end()) return found->second;
    Diagnostics ignored;
    return make_scope(composition_.sources->models.at(model.name), {}, ignored);
  }

  std::vector<std::string> names_of(const SourceFile& file) const {
    std::vector<std::string> names;
    for (const auto& model : file.tree.models) {
      const auto own = scope_of(model).names();
      names.insert(names.end(), own.begin(), own.end());
    }
    return names;
  }

  void add(Definition definition) {
    if (composition_.dropped.contains({definition.owner, definition.expression})) return;
    if (composition_.is_gone(definition.target)) return;
    definitions_.push_back(std::move(definition));
  }

  // `A.k = ;` removes what A itself says about k, and only that: k may be bound to something else meanwhile.
  void apply_clearing() {
    std::vector<Definition> clearing;
    for (const auto& definition : definitions_)
      if (definition.clears()) clearing.push_back(definition);
    for (const auto& clear : clearing) {
      const auto& cleared = composition_.at(clear.target);
      const auto is_cleared = [&](const Definition& definition) {
        return !definition.clears() && clear.owner->is_above(*definition.owner) &&
               composition_.leader(definition.target) == composition_.leader(clear.target) &&
               (definition.owner == cleared.owner || cleared.owner->is_above(*definition.owner)) &&
               (clear.aspect == definition.aspect || clear.aspect == Aspect::initial);
      };
      if (std::erase_if(definitions_, is_cleared) > 0)
        composition_.overrides.push_back(
            {cleared.id, clear.owner->scope->syntax->name, clear.place, Override::Kind::cleared});
    }
    std::erase_if(definitions_, [](const Definition& definition) { return definition.clears(); });
  }

  Composition& composition_;
  Diagnostics& findings_;
  std::vector<Definition> definitions_;
  std::set<const ParameterRow*> used_rows_;
};

/// Net stoichiometries of one reaction, in order of mention.
class NetChanges {
 public:
  NetChanges(const Composition& composition, const Element<text::Reaction>& reaction, Diagnostics& findings)
      : composition_(composition), reaction_(reaction), findings_(findings) {
    for (const auto& participant : reaction.syntax->left) add(participant, -1.0);
    for (const auto& participant : reaction.syntax->right) add(participant, 1.0);
  }

  const std::vector<std::pair<RawId, double>>& all() const { return net_; }

 private:
  void add(const text::Participant& participant, double sign) {
    const auto species = composition_.require(participant.name, *reaction_.owner, findings_);
    if (!species) return;
    const auto kind = composition_.at(*species).local->kind;
    if (kind != SymbolKind::species) {
      const std::string name = participant.name.dotted();
      findings_.error("R001", participant.name.place,
                      fmt::format("`{}` is a {}, reactions change species", name, name_of(kind)),
                      "declare it: `species " + name + " in ...`");
      return;
    }
    auto entry =
        std::find_if(net_.begin(), net_.end(), [&](const auto& known) { return known.first == *species; });
    if (entry == net_.end()) entry = net_.insert(net_.end(), {*species, 0.0});
    entry->second += sign * participant.stoichiometry;
  }

  const Composition& composition_;
  const Element<text::Reaction>& reaction_;
  Diagnostics& findings_;
  std::vector<std::pair<RawId, double>> net_;
};

}  // namespace

std::vector<Definition> collect_definitions(Composition& composition, Diagnostics& findings) {
  return Collector(composition, findings).run();
}

std::vector<Change> collect_changes(const Composition& composition, Diagnostics& findings) {
  std::vector<Change> changes;
  for (std::size_t i = 0; i < composition.reactions.size(); ++i) {
    const auto& reaction = composition.reactions[i];
    if (reaction.is_deleted || !reaction.syntax->rate) continue;
    const NetChanges net(composition, reaction, findings);
    for (const auto& [species, stoichiometry] : net.all()) {
      const auto& local = *composition.at(species).local;
      if (stoichiometry != 0.0 && !local.is_boundary && !local.is_constant)
        changes.push_back({species, i, stoichiometry, {}});
    }
  }
  return changes;
}

}  // namespace raad::model
