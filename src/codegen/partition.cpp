#include "codegen/partition.hpp"

#include <algorithm>
#include <stdexcept>

namespace raad::codegen {

Partition partition(const Program& program, int operations_per_function) {
  if (operations_per_function < 1) throw std::logic_error("a function holds at least one operation");
  const auto count = static_cast<std::int32_t>(program.instructions.size());
  const auto input_count = static_cast<std::int32_t>(program.inputs.size());
  Partition cut;
  for (std::int32_t start = 0; start < count; start += operations_per_function) cut.starts.push_back(start);
  if (cut.starts.empty())
    cut.starts.push_back(0);  // Results may be plain inputs: one function still stores them.
  cut.starts.push_back(count);

  const auto function_of = [&](std::int32_t instruction) { return instruction / operations_per_function; };
  std::vector<std::int32_t> last_reader(program.instructions.size(), -1);  // Function numbers
  for (std::int32_t i = 0; i < count; ++i) {
    const auto& one = program.instructions[static_cast<std::size_t>(i)];
    for (int k = 0; k < one.operand_count(); ++k) {
      const std::int32_t operand = one.operands[k] - input_count;
      if (operand >= 0) last_reader[static_cast<std::size_t>(operand)] = function_of(i);
    }
  }

  // A place is free again once the function that reads it last has run; within a function nothing is reused,
  // because stores of the next values may come before the last reads.
  std::vector<std::vector<std::int32_t>> expiring(static_cast<std::size_t>(cut.function_count()));
  std::vector<std::int32_t> free_places;
  cut.workspace_places.assign(program.instructions.size(), -1);
  for (int function = 0; function < cut.function_count(); ++function) {
    const auto at = static_cast<std::size_t>(function);
    for (std::int32_t i = cut.starts[at]; i < cut.starts[at + 1]; ++i) {
      const std::int32_t reader = last_reader[static_cast<std::size_t>(i)];
      if (reader <= function) continue;
      if (free_places.empty()) free_places.push_back(cut.workspace_size++);
      cut.workspace_places[static_cast<std::size_t>(i)] = free_places.back();
      expiring[static_cast<std::size_t>(reader)].push_back(free_places.back());
      free_places.pop_back();
    }
    free_places.insert(free_places.end(), expiring[at].begin(), expiring[at].end());
  }
  return cut;
}

}  // namespace raad::codegen
