// The systems of the library, loaded, with points at which they can be evaluated.
#pragma once

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "ir/graph_evaluation.hpp"
#include "ir/system.hpp"
#include "model/load.hpp"

namespace raad::test {

struct LibrarySystem {
  std::string name;
  std::unique_ptr<model::FlatModel> model;
  ir::System system;
};

/// Empty when this checkout has no library.
inline std::vector<std::filesystem::path> library_system_files() {
  std::vector<std::filesystem::path> files;
  const auto folder = std::filesystem::path(RAAD_SOURCE_DIR) / "library" / "systems";
  if (!std::filesystem::is_directory(folder)) return files;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().extension() == ".ant") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

inline LibrarySystem load_library_system(const std::filesystem::path& file) {
  base::Diagnostics findings;
  LibrarySystem loaded{file.stem().string(), model::load(file, {}, findings), {}};
  base::throw_if_errors(findings);
  loaded.system = ir::build_system(*loaded.model);
  return loaded;
}

/// Parameters of the tables and initial states, at time 0.
inline Point<double> initial_point(const ir::System& system) {
  Point<double> point;
  point.states.assign(system.states.size(), std::nan(""));
  for (const auto& parameter : system.parameters) point.parameters.push_back(parameter.value);
  for (std::size_t i = 0; i < system.parameters.size(); ++i)
    if (system.parameters[i].initial)
      point.parameters[i] =
          evaluate_all(system.graph, point)[static_cast<std::size_t>(*system.parameters[i].initial)];
  const auto values = evaluate_all(system.graph, point);
  for (std::size_t i = 0; i < system.states.size(); ++i)
    point.states[i] = values[static_cast<std::size_t>(system.initial_states[i])];
  return point;
}

/// As in a run some time after a dose: every state moved by its own random fraction, zeros included.
inline Point<double> disturbed_point(const ir::System& system, unsigned seed) {
  Point<double> point = initial_point(system);
  std::mt19937_64 generator(seed);
  const auto fraction = [&] { return static_cast<double>(generator() >> 11) * 0x1p-53; };
  point.time = 30.0 * fraction();
  for (double& state : point.states)
    state = state * (0.7 + 0.6 * fraction()) + (state == 0.0 ? fraction() : 0.0);
  return point;
}

}  // namespace raad::test
