// Writes model files into a fresh folder and loads them, for the tests of this folder.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>

#include "model/load.hpp"

namespace raad::model_test {

/// A folder that is removed with all it holds when the test ends.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "raad-model-XXXXXX").string();
    if (!mkdtemp(pattern.data())) throw std::runtime_error("no temporary folder");
    path_ = pattern;
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

  std::filesystem::path write(const std::string& name, const std::string& content) const {
    const auto file = path_ / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << content;
    return file;
  }

 private:
  std::filesystem::path path_;
};

/// The flat model of a text; throws with its findings when it has errors.
inline std::unique_ptr<model::FlatModel> load_text(const std::string& text,
                                                   const model::LoadOptions& options = {}) {
  const TemporaryFolder folder;
  base::Diagnostics findings;
  auto model = model::load(folder.write("case.ant", text), options, findings);
  base::throw_if_errors(findings);
  return model;
}

/// The formula that a list of equations gives to a symbol.
inline const model::Formula& formula_of(const std::vector<model::Equation>& equations,
                                        const model::FlatModel& model, const std::string& id) {
  const auto symbol = model.find(id);
  for (const auto& equation : equations)
    if (symbol == equation.symbol) return *equation.formula;
  throw std::runtime_error("no equation for " + id);
}

/// Values of all symbols: parameters from the model, the rest as given, rules from these.
inline std::vector<double> values_of(const model::FlatModel& model,
                                     const std::map<std::string, double>& given, double time_h = 0.0) {
  auto values = model.parameter_values;
  for (const auto& [id, value] : given) values.at(static_cast<std::size_t>(model.find(id).value())) = value;
  for (const auto& rule : model.rules)
    values[static_cast<std::size_t>(rule.symbol)] = model::evaluate(*rule.formula, values, time_h);
  return values;
}

}  // namespace raad::model_test
