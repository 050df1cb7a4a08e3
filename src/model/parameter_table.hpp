// The rows of a model's parameter table: value, unit and source of every constant.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/table.hpp"
#include "model/flat_model.hpp"
#include "model/load.hpp"

namespace raad::model {

/// For which runs a row holds.
enum class AppliesTo {
  both,  ///< human and mouse
  human,
  mouse,
  alone,  ///< an input clamped to its baseline while its module is the main model itself
};

struct ParameterRow {
  std::string
      parameter_id;  ///< Local name in the file's model, or `instance__name` for a value given to a child
  double value = 0.0;
  std::string unit_text;
  AppliesTo applies_to = AppliesTo::both;
  Provenance provenance;
  base::SourcePlace place;
};

struct ParameterTable {
  std::string file;
  std::vector<ParameterRow> rows;
};

/// Reads and checks `file`. Findings of the rows: R043 to R047, R081, R082, R088 and those of
/// base::Table. `system` ("human" or "mouse") decides which rows are compared with the species of the model
/// (R047).
ParameterTable read_parameter_table(const std::filesystem::path& file, const LoadOptions& options,
                                    const std::string& system, base::Diagnostics& findings);

/// The row of `parameter_id` for a system; `alone` rows count only, and then first, when `is_main` holds.
/// Null when none applies.
const ParameterRow* applicable_row(const ParameterTable& table, const std::string& parameter_id,
                                   const std::string& system, bool is_main);

}  // namespace raad::model
