#include "run/system.hpp"

#include "model/load.hpp"
#include "sbml/import.hpp"

namespace raad::run {
namespace {

std::filesystem::path resolve_file(const data::Library& library, const std::string& name_or_file) {
  const std::filesystem::path path(name_or_file);
  if (path.has_extension() || path.has_parent_path()) {
    if (!std::filesystem::is_regular_file(path))
      throw base::InputError("R086", {name_or_file}, "file not found");
    return path;
  }
  const auto file = library.system_file(name_or_file);
  if (std::filesystem::is_regular_file(file)) return file;
  const auto names = library.system_names();
  const std::string nearest = base::nearest_name(name_or_file, names);
  std::string known;
  for (const auto& name : names) known += (known.empty() ? "" : ", ") + name;
  throw base::InputError("R079", {}, "unknown system `" + name_or_file + "`",
                         nearest.empty() ? "systems are " + known + "; a file needs its ending .ant"
                                         : "did you mean `" + nearest + "`?");
}

}  // namespace

std::string time_column(const LoadedSystem& system) {
  const auto& unit = system.model->time_unit;
  return unit.find(' ') == std::string::npos ? "time_" + unit : "time";
}

LoadedSystem load_system(const data::Library& library, const std::string& name_or_file,
                         base::Diagnostics& findings) {
  LoadedSystem system;
  system.file = resolve_file(library, name_or_file);
  system.name = system.file.stem().string();
  base::Diagnostics found;
  if (sbml::is_sbml_file(system.file)) {
    system.model = sbml::import_model(system.file, {}, found).model;
  } else {
    model::LoadOptions options;
    options.nominal_scales = library.nominal_scales;
    system.model = model::load(system.file, options, found);
  }
  findings.append(found);
  throw_if_errors(found);
  system.equations = ir::build_system(*system.model);
  return system;
}

}  // namespace raad::run
