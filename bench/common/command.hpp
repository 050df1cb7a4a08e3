// What every benchmark takes from its command line, and where its figures go.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace raad::bench {

struct Command {
  bool quick = false;              ///< `--quick`: fewer rounds and subjects
  std::string json_file;           ///< After `--json`; empty: the table alone
  std::vector<std::string> files;  ///< Whatever else was given
};

Command read_command(int count, char** arguments);

/// Into the command's file, if it names one.
void write_figures(const Command& command, const nlohmann::ordered_json& figures);

}  // namespace raad::bench
