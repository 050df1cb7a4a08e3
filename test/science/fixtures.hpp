// The library and its systems, opened once for all tests of this folder.
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>

#include "data/library.hpp"
#include "run/simulation.hpp"

namespace raad::science {

inline const data::Library& library() {
  static const data::Library opened = [] {
    base::Diagnostics findings;
    auto result = data::open_library(std::filesystem::path(RAAD_SOURCE_DIR), findings);
    base::throw_if_errors(findings);
    return result;
  }();
  return opened;
}

inline const run::LoadedSystem& system(const std::string& name) {
  const auto load = [](const char* which) {
    base::Diagnostics findings;
    return run::load_system(library(), which, findings);
  };
  static const run::LoadedSystem human = load("human");
  static const run::LoadedSystem mouse = load("mouse");
  if (name == "human") return human;
  if (name == "mouse") return mouse;
  throw std::invalid_argument("no such system: " + name);
}

inline dose::Regimen regimen(const std::string& text) {
  base::Diagnostics findings;
  auto parsed = dose::parse_regimen(text, "test", findings);
  base::throw_if_errors(findings);
  return parsed;
}

}  // namespace raad::science
