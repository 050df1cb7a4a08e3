#include "codegen/program_writer.hpp"

#include <bit>

namespace raad::codegen {

Place ProgramWriter::input(const Program::Input& wanted) {
  const std::pair key{static_cast<int>(wanted.kind),
                      std::pair{wanted.index, std::bit_cast<std::uint64_t>(wanted.value)}};
  const auto [place, is_new] = inputs_.emplace(key, ~static_cast<Place>(program_.inputs.size()));
  if (is_new) program_.inputs.push_back(wanted);
  return place->second;
}

Place ProgramWriter::apply(ir::Operation operation, Place a, Place b, Place c) {
  program_.instructions.push_back({operation, {a, b, c}});
  return static_cast<Place>(program_.instructions.size()) - 1;
}

Place ProgramWriter::fused(Fused form, Place a, Place b, Place c) {
  program_.instructions.push_back({ir::Operation::add, {a, b, c}, form});
  return static_cast<Place>(program_.instructions.size()) - 1;
}

Program ProgramWriter::finish() {
  const auto input_count = static_cast<std::int32_t>(program_.inputs.size());
  const auto to_slot = [&](std::int32_t& place) { place = place < 0 ? ~place : input_count + place; };
  for (auto& one : program_.instructions)
    for (int i = 0; i < one.operand_count(); ++i) to_slot(one.operands[i]);
  for (auto& result : program_.results) to_slot(result);
  inputs_.clear();
  return std::exchange(program_, {});
}

}  // namespace raad::codegen
