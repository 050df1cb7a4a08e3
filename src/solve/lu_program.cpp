#include "solve/lu_program.hpp"

#include <optional>
#include <utility>
#include <vector>

#include "codegen/program_writer.hpp"

namespace raad::solve {
namespace {

using codegen::Fused;
using codegen::Place;
using codegen::ProgramWriter;
using ir::Operation;
using Kind = codegen::Program::Input::Kind;

std::size_t at(std::int32_t index) {
  return static_cast<std::size_t>(index);
}

/// Eliminates J - shift x I, whose off-diagonal entries are those of J as they come.
codegen::Program factor_program(const LuPattern& pattern) {
  ProgramWriter writer;
  std::vector<std::optional<Place>> values(at(pattern.nonzeros));  // Nothing: still 0
  for (std::size_t k = 0; k < pattern.from_jacobian.size(); ++k)
    values[at(pattern.from_jacobian[k])] = writer.input(Kind::state, static_cast<std::int32_t>(k));
  const Place shift = writer.input(Kind::parameter, 0);
  for (const std::int32_t position : pattern.diagonal) {
    auto& value = values[at(position)];
    value = value ? writer.apply(Operation::subtract, *value, shift) : writer.apply(Operation::negate, shift);
  }
  for (std::size_t k = 0; k < at(pattern.size); ++k) {
    auto& pivot = values[at(pattern.diagonal[k])];
    // -1/pivot of J - shift x I is 1/pivot of the matrix wanted.
    pivot = writer.apply(Operation::divide, writer.constant(-1.0), *pivot);
    for (std::int32_t r = pattern.row_operation_starts[k]; r < pattern.row_operation_starts[k + 1]; ++r) {
      const LuPattern::RowOperation& operation = pattern.row_operations[at(r)];
      auto& multiplier = values[at(operation.multiplier)];
      multiplier = writer.apply(Operation::multiply, *multiplier, *pivot);
      for (std::int32_t u = operation.first_update; u < operation.last_update; ++u) {
        const auto [target, source] = pattern.updates[at(u)];
        auto& value = values[at(target)];
        value = value ? writer.fused(Fused::multiply_add, *multiplier, *values[at(source)], *value)
                      : writer.apply(Operation::multiply, *multiplier, *values[at(source)]);
      }
    }
  }
  for (const auto& value : values) writer.result(*value);
  return writer.finish();
}

codegen::Program substitute_program(const LuPattern& pattern) {
  ProgramWriter writer;
  const auto factor = [&](std::int32_t position) { return writer.input(Kind::hoisted, position); };
  std::vector<Place> solution(at(pattern.size));
  for (std::size_t k = 0; k < at(pattern.size); ++k) {
    Place sum = writer.apply(Operation::add, writer.input(Kind::state, pattern.order[k]),
                             writer.input(Kind::parameter, pattern.order[k]));
    for (std::int32_t e = pattern.lower_starts[k]; e < pattern.lower_starts[k + 1]; ++e) {
      const auto [position, column] = pattern.lower[at(e)];
      sum = writer.fused(Fused::multiply_add, factor(position), solution[at(column)], sum);
    }
    solution[k] = sum;
  }
  std::vector<Place> by_state(at(pattern.size));
  for (std::size_t k = at(pattern.size); k-- > 0;) {
    for (std::int32_t e = pattern.upper_starts[k]; e < pattern.upper_starts[k + 1]; ++e) {
      const auto [position, column] = pattern.upper[at(e)];
      solution[k] = writer.fused(Fused::multiply_add, factor(position), solution[at(column)], solution[k]);
    }
    solution[k] = writer.apply(Operation::multiply, solution[k], factor(pattern.diagonal[k]));
    by_state[at(pattern.order[k])] = solution[k];
  }
  for (const Place place : by_state) writer.result(place);
  return writer.finish();
}

}  // namespace

void add_elimination(codegen::Programs& programs, const LuPattern& pattern) {
  const auto routine = [&](codegen::Routine which) -> codegen::Program& {
    return programs.routines[static_cast<std::size_t>(which)];
  };
  routine(codegen::Routine::factor) = factor_program(pattern);
  routine(codegen::Routine::substitute) = substitute_program(pattern);
}

}  // namespace raad::solve
