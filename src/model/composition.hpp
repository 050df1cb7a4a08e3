// The tree of model instances, every symbol of every instance, and which of them are one quantity.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "model/flat_model.hpp"
#include "model/scope.hpp"

namespace raad::model {

/// Index into Composition::symbols: one symbol of one instance, before bound symbols are merged.
using RawId = int;

using ConversionFactor = std::variant<text::Name, double>;

struct Instance {
  std::string path;   ///< Flat prefix, empty for the main model
  std::string label;  ///< Name in the parent
  const ModelScope* scope = nullptr;
  const Instance* parent = nullptr;
  base::SourcePlace place;  ///< The statement that makes it
  std::vector<std::unique_ptr<Instance>> children;
  std::map<std::string, RawId> symbols;
  std::optional<ConversionFactor> time_conversion;    ///< Child time x factor = parent time
  std::optional<ConversionFactor> extent_conversion;  ///< Child extent x factor = parent extent

  const Instance* child(const std::string& name) const;
  /// True for a proper ancestor.
  bool is_above(const Instance& other) const;
  int depth() const;
  std::string flat_id(const std::string& name) const { return path.empty() ? name : path + "__" + name; }
};

/// `a is b / factor`: every mention of `a` means b/factor.
struct Conversion {
  RawId to = -1;
  RawId factor = -1;
};

struct RawSymbol {
  const LocalSymbol* local = nullptr;
  const Instance* owner = nullptr;
  std::string id;
  std::string unit_text;
  std::optional<base::Unit> unit;
  std::string display_name;
  RawId leader = -1;                     ///< Bound symbols share a leader
  std::optional<Conversion> conversion;  ///< Of a leader
  base::SourcePlace binding_place;
  bool is_deleted = false;

  const base::SourcePlace& place() const { return local->place; }
};

/// A reaction, event or constraint of one instance.
template <typename Syntax>
struct Element {
  const Syntax* syntax = nullptr;
  const Instance* owner = nullptr;
  std::string id;
  RawId symbol = -1;  ///< Reactions with a label
  base::SourcePlace place;
  bool is_deleted = false;
};

/// A name of a submodel that its parent gives a number to: `A: m(x, 3)`.
struct NumericArgument {
  RawId target = -1;
  double value = 0.0;
  const Instance* owner = nullptr;
  base::SourcePlace place;
};

struct Composition {
  const SourceSet* sources = nullptr;
  std::map<std::string, ModelScope> scopes;
  std::unique_ptr<Instance> root;
  std::vector<RawSymbol> symbols;
  std::vector<Element<text::Reaction>> reactions;
  std::vector<Element<text::Event>> events;
  std::vector<Element<text::Constraint>> constraints;
  std::vector<NumericArgument> numeric_arguments;
  std::vector<Override> overrides;
  /// Definitions of submodels that a `delete` took away, by instance and formula.
  std::set<std::pair<const Instance*, const text::Expression*>> dropped;

  RawSymbol& at(RawId id) { return symbols[static_cast<std::size_t>(id)]; }
  const RawSymbol& at(RawId id) const { return symbols[static_cast<std::size_t>(id)]; }
  RawId leader(RawId id) const;
  /// True when the symbol and everything bound to it are deleted.
  bool is_gone(RawId id) const;
  /// The symbol that `name` means inside `instance`; nothing if there is none. Deleted symbols are found too.
  std::optional<RawId> find(const text::Name& name, const Instance& instance) const;
  /// The same with R001 and a hint when there is none.
  std::optional<RawId> require(const text::Name& name, const Instance& instance,
                               base::Diagnostics& findings) const;
  /// Calls `visit` for the main model and every instance below it, parents first.
  template <typename Visit>
  void for_each_instance(const Visit& visit) const {
    visit_instances(*root, visit);
  }

 private:
  template <typename Visit>
  static void visit_instances(const Instance& instance, const Visit& visit) {
    visit(instance);
    for (const auto& child : instance.children) visit_instances(*child, visit);
  }
};

/// Makes scopes and instances and merges bound names. Findings: those of the scopes, R008, R012, R020 (number
/// of arguments), R031, R032, R078, R079. Null root when the model is too large.
Composition compose(const SourceSet& sources, const LoadOptions& options, base::Diagnostics& findings);

/// Removes what `delete` statements name and whatever in the submodels needs it.
void apply_deletions(Composition& composition, base::Diagnostics& findings);

}  // namespace raad::model
