#include "common/corpora.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace raad::bench {
namespace fs = std::filesystem;

CorpusFiles::CorpusFiles(const std::string& archive, const std::string& extension)
    : folder_(fs::temp_directory_path() / ("raad_bench_" + std::to_string(getpid()))) {
  const char* given = std::getenv("RAAD_CORPORA");
  const fs::path corpora = given != nullptr ? fs::path(given) : fs::path("../shared/corpora");
  const fs::path packed = corpora / archive;
  if (!fs::exists(packed)) return;
  fs::create_directories(folder_);
  const std::string command = "tar -xJf '" + packed.string() + "' -C '" + folder_.string() + "'";
  if (std::system(command.c_str()) != 0) return;
  for (const auto& entry : fs::recursive_directory_iterator(folder_))
    if (entry.path().extension() == extension) files_.push_back(entry.path());
  std::ranges::sort(files_);
}

CorpusFiles::~CorpusFiles() {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

}  // namespace raad::bench
