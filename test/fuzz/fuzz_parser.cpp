// Feeds arbitrary bytes to the parser of the model language: nothing may crash, hang or get lost, and what is
// accepted must survive the canonical layout. Start it with test/language as seeds:
//   build/fuzz_parser corpus_folder test/language -max_total_time=60
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "text/parser.hpp"
#include "text/printer.hpp"

namespace {

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "violated: %s\n", what);
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace raad;
  const std::string source(reinterpret_cast<const char*>(data), size);
  base::Diagnostics findings;
  const auto tree = text::parse(source, "input", findings);
  require(text::print_exact(tree) == source, "print_exact gives the file back");
  const std::string canonical = text::print_canonical(tree);
  const std::string listing = text::print_tree(tree);
  for (const auto& finding : findings.all())
    require(finding.place.line > 0 && finding.place.column > 0, "every finding has a place");
  if (!findings.has_errors()) {
    const auto reread = text::parse(canonical, "canonical", findings);
    require(!findings.has_errors(), "the canonical layout is accepted");
    require(text::print_tree(reread) == listing, "the canonical layout keeps the tree");
    require(text::print_canonical(reread) == canonical, "formatting twice changes nothing");
  }
  base::Diagnostics formula_findings;
  const auto formula = text::parse_expression(source, "formula", formula_findings);
  if (formula) {
    const std::string printed = text::print_expression(*formula);
    const auto reread = text::parse_expression(printed, "printed", formula_findings);
    require(reread != nullptr, "a printed formula is accepted");
    require(text::print_expression(*reread) == printed, "printing a formula twice changes nothing");
  }
  return 0;
}
