#include "model/load.hpp"

#include "model/composition.hpp"
#include "model/flatten.hpp"
#include "model/meaning.hpp"
#include "model/source_set.hpp"

namespace raad::model {
namespace {

// Later stages run as long as their input stands, so that one run shows as many findings as possible.
std::unique_ptr<FlatModel> load_main(const std::filesystem::path& file, const LoadOptions& options,
                                     base::Diagnostics& findings) {
  const auto sources = read_sources(file, options, findings);
  // After a syntax error, every name that the unread statement declared would be reported as unknown.
  if (!sources.is_complete || !sources.main) return nullptr;
  auto composition = compose(sources, options, findings);
  if (!composition.root) return nullptr;
  apply_deletions(composition, findings);
  const auto meanings = find_meanings(composition, findings);
  return flatten(composition, meanings, options, findings);
}

}  // namespace

std::unique_ptr<FlatModel> load(const std::filesystem::path& file, const LoadOptions& options,
                                base::Diagnostics& findings) {
  base::Diagnostics found;
  auto model = load_main(file, options, found);
  found.sort();
  findings.append(found);
  return found.has_errors() ? nullptr : std::move(model);
}

std::optional<SymbolId> FlatModel::find(const std::string& id) const {
  if (const auto found = index.find(id); found != index.end()) return found->second;
  if (const auto found = aliases.find(id); found != aliases.end()) return found->second;
  std::string flat;
  for (const char c : id) flat += c == '.' ? std::string("__") : std::string(1, c);
  return flat == id ? std::nullopt : find(flat);
}

}  // namespace raad::model
