// Parameters of subjects from a table: one row a subject, columns named by parameters or covariates.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/diagnostics.hpp"
#include "data/covariates.hpp"
#include "ir/system.hpp"

namespace raad::run {

struct SubjectTable {
  struct Column {
    enum class Kind { parameter, covariate, weight };
    Kind kind = Kind::parameter;
    std::size_t index = 0;  ///< Of the system's parameter, or of the covariate
  };
  std::vector<Column> columns;
  std::vector<double>
      values;  ///< [row][column]; of a categorical covariate: the category's index, -1 for none of them
  std::size_t row_count() const { return columns.empty() ? 0 : values.size() / columns.size(); }
};

/// Reads comma-separated values with one header line; a column `id` is ignored. Reports, with line and
/// column: R080 for an unknown column (with the nearest name) and a missing header, R081 for a repeated one,
/// R082 for text, empty cells and numbers that are not finite, R076 for a number with a sign that the
/// parameter cannot have (its bounds in the table of the library say which), R087 for a row of another
/// length.
SubjectTable read_subject_table(const std::filesystem::path& file, const ir::System& system,
                                const std::vector<double>& lower_bounds,
                                const std::vector<data::Covariate>& covariates, base::Diagnostics& findings);

}  // namespace raad::run
