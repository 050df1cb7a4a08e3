// One model of a file before it is instantiated: its own names with kind and unit, and its statements sorted
// by meaning.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/units.hpp"
#include "model/source_set.hpp"

namespace raad::model {

enum class SymbolKind { formula, species, compartment, reaction };
std::string_view name_of(SymbolKind kind);

struct LocalSymbol {
  std::string name;
  SymbolKind kind = SymbolKind::formula;
  bool is_constant = false;     ///< `const`
  bool is_boundary = false;     ///< `$`: reactions read it and do not change it
  bool substance_only = false;  ///< An amount, not a concentration
  bool in_interface = false;
  std::optional<text::Name> compartment;  ///< Species
  std::string unit_text;
  std::optional<base::Unit> unit;  ///< Nothing where the file gives none
  std::string display_name;
  base::SourcePlace place;
};

/// What a definition fixes: the value at the start, the value at all times, or the rate of change.
enum class Aspect { initial, rule, rate };

struct LocalDefinition {
  text::Name target;
  Aspect aspect = Aspect::initial;
  const text::Expression* value = nullptr;  ///< Null clears the submodel's definition
  base::SourcePlace place;
};

/// A statement and the name it carries (a made-up one that no identifier can equal where it has none).
template <typename Syntax>
struct Labelled {
  std::string label;
  bool is_named = false;
  const Syntax* syntax = nullptr;
  base::SourcePlace place;
};

/// A statement without a name of its own.
template <typename Syntax>
struct Placed {
  const Syntax* syntax = nullptr;
  base::SourcePlace place;
};

struct ModelScope {
  const text::Model* syntax = nullptr;
  const SourceFile* file = nullptr;
  std::size_t order = 0;  ///< ModelSource::order

  std::vector<LocalSymbol> symbols;  ///< In order of first mention
  std::map<std::string, std::size_t> index;
  std::vector<LocalDefinition> definitions;
  std::vector<Labelled<text::Reaction>> reactions;  ///< With a rate law
  std::vector<Labelled<text::Reaction>> interactions;
  std::vector<Labelled<text::Event>> events;
  std::vector<Labelled<text::Submodel>> submodels;
  std::vector<Labelled<text::Constraint>> constraints;
  std::vector<Placed<text::Synonym>> synonyms;
  std::vector<Placed<text::Deletion>> deletions;
  // About elements of submodels; those about own names are already in `symbols`.
  std::vector<Placed<text::HasUnit>> submodel_units;
  std::vector<Placed<text::DisplayName>> submodel_display_names;
  std::vector<Placed<text::Annotation>> annotations;

  base::UnitTable units;
  bool checks_units = false;
  std::string time_unit_text;
  std::optional<base::Unit>
      time_unit;  ///< Hours unless `unit time_unit = ...` says otherwise; nothing if unchecked
  std::optional<base::Unit> extent_unit;  ///< `unit extent_unit = ...` or `unit substance_unit = ...`

  const LocalSymbol* find(const std::string& name) const;
  std::vector<std::string> names() const;
};

/// Reads the statements of one model. Findings: R001, R005, R008 (units), R010, R011, R029, R060, R073.
ModelScope make_scope(const ModelSource& source, const LoadOptions& options, base::Diagnostics& findings);

/// "did you mean `x`?" for a misspelt name, else `otherwise`.
std::string nearest_hint(const std::string& name, const std::vector<std::string>& candidates,
                         const std::string& otherwise);

}  // namespace raad::model
