#include "text/vocabulary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

namespace raad::text {
namespace {

using Words = std::set<std::string, std::less<>>;

bool contains(const Words& words, std::string_view word) {
  return words.find(word) != words.end();
}

const std::array<RefusedFeature, 11> k_refused = {{
    {"DNA", "DNA strands", "write the reactions of the gene out"},
    {"gene", "genes on DNA strands", "write the reactions of the gene out"},
    {"operator", "operators on DNA strands", "write the reactions of the gene out"},
    {"maximize", "flux-balance objectives", "raad simulates kinetics; remove the objective"},
    {"minimize", "flux-balance objectives", "raad simulates kinetics; remove the objective"},
    {"annotate", "annotation blocks", "write one line a term: `name description \"https://...\"`"},
    {"--", "DNA strands (`--`)", "to subtract a negative value write `- -`"},
    {"...", "open parameter lists (`...`)", "list every name"},
    {"{", "blocks in `{ }`", "write one statement a line"},
    {"}", "blocks in `{ }`", "write one statement a line"},
    {"|", "single bars (`|`)", "write `||` for or"},
}};

Words make_functions() {
  Words words = {"abs",  "exp",   "ln",        "log10", "log",     "sqrt",     "root", "pow",
                 "ceil", "floor", "factorial", "min",   "max",     "quotient", "rem",  "piecewise",
                 "and",  "or",    "not",       "xor",   "implies", "rateOf"};
  for (const std::string_view stem : {"sin", "cos", "tan", "sec", "csc", "cot"})
    for (const std::string_view prefix : {"", "a", "arc"})
      for (const std::string_view suffix : {"", "h"})
        words.insert(fmt::format("{}{}{}", prefix, stem, suffix));
  return words;
}

const Words& functions() {
  static const Words words = make_functions();
  return words;
}

}  // namespace

bool is_keyword(std::string_view word) {
  static const Words words = {"model",    "module",      "end",      "function",      "import", "species",
                              "formula",  "compartment", "reaction", "substanceOnly", "var",    "const",
                              "ext",      "in",          "is",       "has",           "unit",   "at",
                              "after",    "event",       "delete",   "constraint",    "DNA",    "gene",
                              "maximize", "minimize",    "operator"};
  return contains(words, word);
}

bool is_builtin_function(std::string_view word) {
  return contains(functions(), word);
}

const std::vector<std::string>& builtin_function_names() {
  static const std::vector<std::string> names(functions().begin(), functions().end());
  return names;
}

bool is_builtin_constant(std::string_view word) {
  static const Words words = {"time",     "pi",         "exponentiale", "avogadro",
                              "infinity", "notanumber", "true",         "false"};
  return contains(words, word);
}

bool is_distribution(std::string_view word) {
  static const Words words = {"normal",
                              "truncatedNormal",
                              "uniform",
                              "exponential",
                              "truncatedExponential",
                              "gamma",
                              "truncatedGamma",
                              "poisson",
                              "truncatedPoisson",
                              "bernoulli",
                              "binomial",
                              "cauchy",
                              "truncatedCauchy",
                              "chisquare",
                              "truncatedChisquare",
                              "laplace",
                              "truncatedLaplace",
                              "lognormal",
                              "truncatedLognormal",
                              "rayleigh",
                              "truncatedRayleigh"};
  return contains(words, word);
}

const std::vector<std::string>& qualifier_names() {
  // Antimony's words first, then the BioModels.net spellings that SBML uses for the same relations.
  static const std::vector<std::string> names = {
      "identity",    "hasPart",     "isPartOf",     "isVersionOf",   "hasVersion",  "homolog",
      "description", "encoder",     "encodes",      "occursIn",      "hasProperty", "isPropertyOf",
      "hasTaxon",    "created",     "modified",     "creator",       "isHomologTo", "isDescribedBy",
      "isEncodedBy", "hasInstance", "isInstanceOf", "isDerivedFrom", "notes"};
  return names;
}

bool is_qualifier(std::string_view word) {
  const auto& names = qualifier_names();
  return std::find(names.begin(), names.end(), word) != names.end();
}

std::optional<RefusedFeature> refused_feature(std::string_view word) {
  const auto* found = std::find_if(k_refused.begin(), k_refused.end(),
                                   [&](const auto& feature) { return feature.word == word; });
  if (found == k_refused.end()) return std::nullopt;
  return *found;
}

}  // namespace raad::text
