// Public test sets of other projects, which are not part of raad: found by RAAD_CORPORA, or beside the
// checkout.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace raad::bench {

/// Files of the archive CORPORA/`archive` whose names end with `extension`, unpacked, sorted by path. They
/// last as long as this object. None where the archive is absent or cannot be unpacked.
class CorpusFiles {
 public:
  CorpusFiles(const std::string& archive, const std::string& extension);
  ~CorpusFiles();
  CorpusFiles(const CorpusFiles&) = delete;
  CorpusFiles& operator=(const CorpusFiles&) = delete;

  const std::vector<std::filesystem::path>& files() const { return files_; }

 private:
  std::filesystem::path folder_;
  std::vector<std::filesystem::path> files_;
};

}  // namespace raad::bench
