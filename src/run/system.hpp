// A library system, module or model file, loaded, checked and ready to simulate.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/diagnostics.hpp"
#include "codegen/kernel.hpp"
#include "data/library.hpp"
#include "ir/system.hpp"
#include "model/flat_model.hpp"

namespace raad::run {

struct LoadedSystem {
  std::string name;  ///< "human", "mouse", or the stem of the file
  std::filesystem::path file;
  std::unique_ptr<model::FlatModel> model;
  ir::System equations;
};

/// Name of the column of times: the unit stands in it, except where the model leaves it open.
std::string time_column(const LoadedSystem& system);

/// Loads `human`, `mouse` or a path to an .ant file. All findings are added; throws InputError when there are
/// errors.
LoadedSystem load_system(const data::Library& library, const std::string& name_or_file,
                         base::Diagnostics& findings);

/// Which code evaluates the equations.
enum class Engine {
  automatic,    ///< Interpreted until the work done would have paid for compiling (codegen::make_adaptive)
  interpreter,  ///< The reference: the C library's functions, every operation rounded by itself
  native,
};

}  // namespace raad::run
