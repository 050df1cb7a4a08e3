// The words of the model language: keywords, functions, constants, annotation qualifiers, and features it
// refuses.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace raad::text {

/// Words that no name may be: keywords of the grammar and words reserved for features that are refused.
bool is_keyword(std::string_view word);

/// Functions that formulas can call without defining them (docs/language.md, section 5), `log` with a base
/// included.
bool is_builtin_function(std::string_view word);

/// time pi exponentiale avogadro infinity notanumber true false
bool is_builtin_constant(std::string_view word);

/// Random distributions of full Antimony; calling one is refused (R027), naming a quantity `gamma` is not.
bool is_distribution(std::string_view word);

/// Words that may stand between a name and a string: `kon description "..."`.
const std::vector<std::string>& qualifier_names();
bool is_qualifier(std::string_view word);

/// A feature of full Antimony that raad refuses by name (R004).
struct RefusedFeature {
  std::string_view word;  ///< The word or symbol that starts it.
  std::string_view name;
  std::string_view hint;
};
std::optional<RefusedFeature> refused_feature(std::string_view word);

/// Every word that can be called in a formula, for suggestions.
const std::vector<std::string>& builtin_function_names();

}  // namespace raad::text
