#include "common/command.hpp"

#include <nlohmann/json.hpp>

#include "base/files.hpp"

namespace raad::bench {

Command read_command(int count, char** arguments) {
  Command command;
  for (int i = 1; i < count; ++i) {
    const std::string given = arguments[i];
    if (given == "--quick")
      command.quick = true;
    else if (given == "--json" && i + 1 < count)
      command.json_file = arguments[++i];
    else
      command.files.push_back(given);
  }
  return command;
}

void write_figures(const Command& command, const nlohmann::ordered_json& figures) {
  if (!command.json_file.empty()) base::write_file_atomically(command.json_file, figures.dump(1) + "\n");
}

}  // namespace raad::bench
