// `raad check`: everything that can be verified about models, tables and evidence without running a study.
#pragma once

#include <filesystem>
#include <vector>

#include "base/diagnostics.hpp"
#include "data/library.hpp"

namespace raad::run {

/// What a path was taken for, for the summary line.
struct CheckCounts {
  int models = 0;
  int tables = 0;
  int evidence_rows = 0;
};

/// Checks each path and adds every finding. A folder with observables.tsv is checked as a library, one with
/// calibration.tsv as evidence, any other folder file by file; an .ant file as a model run alone; a .tsv file
/// as a table. Throws InputError R086 for a path that does not exist.
CheckCounts check_paths(const data::Library& library, const std::vector<std::filesystem::path>& paths,
                        base::Diagnostics& findings);

}  // namespace raad::run
