// A flat model as a file of the model language, with the table of its numbers.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "model/flat_model.hpp"

namespace raad::model {

struct AntimonyText {
  std::string model;                                         ///< NAME.ant
  std::string table;                                         ///< NAME.params.tsv
  std::vector<std::pair<std::string, std::string>> renamed;  ///< Flat id and what stands for it
};

/// Every symbol becomes a `formula`. Ids that the language cannot have are replaced; numbers of formulas
/// other than 0, 1, 2, 10, 100 and exponents become parameters. Numbers without a source get the kind
/// `unknown`. R151 for operations that the language lacks.
AntimonyText antimony_text(const FlatModel& model, const std::string& name, base::Diagnostics& findings);

}  // namespace raad::model
