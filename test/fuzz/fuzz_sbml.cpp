// Feeds damaged SBML to the import: whatever it is, the answer is a model that can be built, or findings.
// Start it with published models as seeds and the names of the format as words:
//   build/fuzz/fuzz_sbml corpus_folder seeds_folder -dict=test/fuzz/sbml.dict -max_total_time=3600
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "ir/system.hpp"
#include "sbml/import.hpp"

namespace {

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "violated: %s\n", what);
  std::abort();
}

/// The import takes files; this one lives in memory.
class MemoryFile {
 public:
  MemoryFile(const std::uint8_t* data, std::size_t size) : descriptor_(memfd_create("input.xml", 0)) {
    require(descriptor_ >= 0 && write(descriptor_, data, size) == static_cast<ssize_t>(size),
            "a file in memory");
  }
  ~MemoryFile() { close(descriptor_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace raad;
  const MemoryFile file(data, size);
  base::Diagnostics findings;
  try {
    const auto imported = sbml::import_model(file.path(), {}, findings);
    require((imported.model == nullptr) == findings.has_errors(), "a model, or errors");
    if (imported.model) ir::build_system(*imported.model);
  } catch (const base::InputError& error) {
    require(error.findings().has_errors(), "a refusal says what is wrong");
  }
  return 0;
}
