#include "study/provenance_coverage.hpp"

#include <algorithm>

#include "base/table.hpp"

namespace raad::study {
namespace {

/// Keys of sources.tsv that begin with `internal:` are the project's own.
bool has_document(const std::string& source_ids) {
  return std::ranges::any_of(base::split(source_ids, ';'), [](const std::string& id) {
    return !id.empty() && id.rfind("internal:", 0) != 0;
  });
}

}  // namespace

ProvenanceCoverage provenance_coverage(const run::LoadedSystem& system) {
  ProvenanceCoverage coverage;
  coverage.system = system.name;
  for (const auto& parameter : system.equations.parameters) {
    if (parameter.symbol < 0 || parameter.initial) continue;
    const auto& symbol = system.model->symbols[static_cast<std::size_t>(parameter.symbol)];
    const auto& provenance = symbol.provenance;
    ++coverage.parameters;
    ++coverage.by_kind[provenance.kind.empty() ? "unknown" : provenance.kind];
    coverage.with_source += has_document(provenance.source_id) ? 1 : 0;
    coverage.with_bounds += provenance.lower && provenance.upper ? 1 : 0;
    if (provenance.kind == "assumed")
      coverage.assumed.push_back(
          {parameter.id, symbol.display_name, parameter.unit, parameter.value, provenance.note});
  }
  std::ranges::sort(coverage.assumed, {}, &ProvenanceCoverage::Assumed::id);
  return coverage;
}

}  // namespace raad::study
