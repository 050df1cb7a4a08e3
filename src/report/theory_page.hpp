// Theory pages of the library: equations, parameters and sources of a module as Markdown, made from the
// module itself.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "data/library.hpp"

namespace raad::report {

/// A page and the name of its file.
struct TheoryPage {
  std::string file_name;  ///< "<module>.md"
  std::string markdown;
};

/// One page for each module of the library (systems and function files excluded) in order of folder and name,
/// and an index `README.md`. Equations are numbered module by module. Throws InputError when a module does
/// not load.
std::vector<TheoryPage> theory_pages(const data::Library& library);

}  // namespace raad::report
