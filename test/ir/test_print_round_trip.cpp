// Printed formulas, read back by the model language, must mean the same.
#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "ir/random_graph.hpp"
#include "ir/system.hpp"
#include "model/load.hpp"

namespace raad {
namespace {

using ir::NodeId;
using ir::Operation;

/// Operations that derivatives need but the model language has no word for.
bool is_in_the_language(const ir::Graph& graph, NodeId node) {
  const ir::Node& one = graph[node];
  if (one.kind != ir::Node::Kind::apply) return true;
  if (one.operation == Operation::sign || one.operation == Operation::arctangent2) return false;
  for (int i = 0; i < one.operand_count; ++i)
    if (!is_in_the_language(graph, one.operands[i])) return false;
  return true;
}

class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& name, const std::string& text)
      : path_(std::filesystem::path(testing::TempDir()) / name) {
    std::ofstream(path_) << text;
  }
  ~TemporaryFile() { std::filesystem::remove(path_); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

TEST(PrintNode, ReadsBackWithTheSameValue) {
  int compared = 0;
  for (unsigned seed = 0; seed < 30; ++seed) {
    test::RandomGraph random(seed, test::RandomGraph::Kinks::allowed);
    random.grow(25);
    ir::System printed;
    printed.graph = random.graph();
    const std::vector<std::string> state_names = {"x", "y", "z"}, parameter_names = {"k", "l", "m"};
    for (const auto& name : state_names) printed.states.push_back({name, "", 1.0, -1});
    for (const auto& name : parameter_names) printed.parameters.push_back({name, "", 0.0, {}, -1});

    std::string text = "model round_trip()\n";
    for (const auto& name : state_names) text += "  var formula " + name + " = 0; " + name + "' = 0\n";
    for (const auto& name : parameter_names) text += "  const formula " + name + " = 1\n";
    std::map<std::string, NodeId> rules;
    const auto add = [&](NodeId node, const std::string& formula) {
      const std::string name = "rule" + std::to_string(node);
      if (!is_in_the_language(random.graph(), node) || !rules.emplace(name, node).second) return;
      text += "  formula " + name + "\n  " + name + " := " + formula + "\n";
    };
    for (const NodeId node : random.numbers()) add(node, ir::print_node(printed, node));
    for (const NodeId node : random.truths())
      if (random.graph()[node].kind == ir::Node::Kind::apply)
        add(node, "piecewise(1, " + ir::print_node(printed, node) + ", 0)");
    text += "end\n";

    const TemporaryFile file("raad_round_trip_" + std::to_string(::getpid()) + ".ant", text);
    base::Diagnostics findings;
    const auto model = model::load(file.path(), {}, findings);
    ASSERT_TRUE(model) << base::InputError(findings).what() << "\n" << text;
    const auto read = ir::build_system(*model);
    test::Point<double> point{random.point().time, {0, 0, 0}, {0, 0, 0}};
    for (std::size_t i = 0; i < 3; ++i) {
      point.states[static_cast<std::size_t>(*read.find_state(state_names[i]))] = random.point().states[i];
      point.parameters[static_cast<std::size_t>(*read.find_parameter(parameter_names[i]))] =
          random.point().parameters[i];
    }
    const auto expected = test::evaluate_all(random.graph(), random.point());
    const auto found = test::evaluate_all(read.graph, point);
    for (const auto& [name, node] : rules) {
      // Whole powers and products of equal factors may take either of two forms; each rounds on its own.
      EXPECT_DOUBLE_EQ(found[static_cast<std::size_t>(read.quantities.at(name).node)],
                       expected[static_cast<std::size_t>(node)])
          << "seed " << seed << ": " << ir::print_node(printed, node);
      ++compared;
    }
  }
  EXPECT_GT(compared, 500);
}

}  // namespace
}  // namespace raad
