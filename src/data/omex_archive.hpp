// COMBINE archives (Bergmann et al. 2014, doi:10.1186/s12859-014-0369-z): a zip file with a manifest.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/diagnostics.hpp"

namespace raad::data {

struct OmexEntry {
  std::string location;  ///< Relative, with forward slashes
  std::string format;    ///< URI
  bool master = false;

  bool is_sedml() const;
  bool is_sbml() const;
};

/// Bounds on what is unpacked: archives of models hold a few megabytes.
struct OmexLimits {
  std::size_t greatest_entries = 2000;
  std::uint64_t greatest_total_bytes = 512ULL << 20U;
};

/// Unpacks the archive into `folder` and returns what its manifest lists. Findings R110: not a zip file, no
/// manifest, names that lead out of the folder, too many or too large entries.
std::vector<OmexEntry> unpack_omex(const std::filesystem::path& archive, const std::filesystem::path& folder,
                                   base::Diagnostics& findings, const OmexLimits& limits = {});

/// Packs files of a folder into an archive with a manifest. Equal content gives equal bytes. InputError R084
/// when it cannot be written.
void pack_omex(const std::filesystem::path& archive, const std::filesystem::path& folder,
               const std::vector<OmexEntry>& entries);

}  // namespace raad::data
