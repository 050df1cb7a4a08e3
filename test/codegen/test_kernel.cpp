// Programs, the reference interpreter and native code against each other and against direct evaluation.
#include <gtest/gtest.h>

#include <thread>

#include "codegen/kernel_runner.hpp"
#include "codegen/partition.hpp"
#include "codegen/random_system.hpp"

namespace raad {
namespace {

using codegen::Kernel;
using codegen::Programs;
using codegen::Routine;
using ir::NodeId;
using ir::Operation;
using test::Lanes;
using test::RandomSystem;

constexpr int k_widths[] = {1, 2, 4, 8};
constexpr Routine k_routines[] = {
    Routine::hoist,       Routine::initial_states,  Routine::rates,
    Routine::jacobian,    Routine::time_derivative, Routine::outputs,
    Routine::event_roots, Routine::event_values,    Routine::parameter_jacobian};

struct Lowered {
  RandomSystem random;
  ir::SparseNodes parameter_columns;
  Programs programs;
};

Lowered lowered_random_system(unsigned seed, int nodes) {
  Lowered made{test::random_system(seed, nodes), {}, {}};
  made.parameter_columns = ir::parameter_jacobian(made.random.system, {0, 2});
  made.programs = codegen::lower(made.random.system, made.random.outputs, &made.parameter_columns);
  return made;
}

TEST(Lower, ProgramsAreOrderedAndWithoutDeadCode) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    const auto made = lowered_random_system(seed, 80);
    for (const Routine routine : k_routines) {
      const auto& program = made.programs[routine];
      const auto inputs = static_cast<std::int32_t>(program.inputs.size());
      std::vector<bool> used(program.inputs.size() + program.instructions.size(), false);
      for (const auto result : program.results) used[static_cast<std::size_t>(result)] = true;
      for (std::size_t i = program.instructions.size(); i-- > 0;) {
        const auto& one = program.instructions[i];
        EXPECT_TRUE(used[program.inputs.size() + i]) << "dead instruction";
        for (int k = 0; k < model::arity_of(one.operation); ++k) {
          EXPECT_LT(one.operands[k], inputs + static_cast<std::int32_t>(i));
          used[static_cast<std::size_t>(one.operands[k])] = true;
        }
      }
      for (std::size_t i = 0; i < program.inputs.size(); ++i) EXPECT_TRUE(used[i]) << "dead input";
    }
  }
}

// Nothing that depends on parameters alone is left in the routines that run at every step.
TEST(Lower, ParameterOnlyWorkIsHoisted) {
  for (unsigned seed = 0; seed < 20; ++seed) {
    const auto made = lowered_random_system(seed, 80);
    EXPECT_EQ(static_cast<std::size_t>(made.programs.hoisted_count),
              made.programs[Routine::hoist].results.size());
    for (const Routine routine :
         {Routine::rates, Routine::jacobian, Routine::outputs, Routine::event_roots}) {
      const auto& program = made.programs[routine];
      std::vector<bool> varies;
      for (const auto& input : program.inputs)
        varies.push_back(input.kind == codegen::Program::Input::Kind::time ||
                         input.kind == codegen::Program::Input::Kind::state);
      for (const auto& one : program.instructions) {
        bool any = false;
        for (int k = 0; k < model::arity_of(one.operation); ++k)
          any = any || varies[static_cast<std::size_t>(one.operands[k])];
        EXPECT_TRUE(any) << model::name_of(one.operation);
        varies.push_back(any);
      }
    }
  }
}

TEST(Lower, WholePowersBecomeFewProducts) {
  ir::System system;
  system.states.push_back({"x", "", 1.0, -1});
  const NodeId x = system.graph.state(0);
  std::vector<NodeId> outputs;
  for (const double n : {2.0, 3.0, 4.0, 5.0, 8.0, -2.0, 0.5, 2.5, -1.5})
    outputs.push_back(system.graph.power(x, system.graph.constant(n)));
  const auto programs = codegen::lower(system, outputs);
  // x^2, x^3, x^4, x^5, x^8 are one product each on top of the others; x^-2 is a division. The root is made
  // once; x^2.5 is one product more, x^-1.5 a product and a division.
  EXPECT_EQ(programs[Routine::outputs].instructions.size(), 10U);
  const auto kernel = codegen::make_interpreter(programs);
  const double value = 1.7;
  std::vector<double> results(outputs.size());
  kernel->run(Routine::outputs, {nullptr, &value, nullptr, nullptr}, results.data());
  EXPECT_EQ(results[2], (value * value) * (value * value));
  EXPECT_EQ(results[5], 1.0 / (value * value));
  EXPECT_EQ(results[7], value * value * std::sqrt(value));
  EXPECT_EQ(results[8], 1.0 / (value * std::sqrt(value)));
  // Beyond the bound on rounding errors, and for all other exponents, pow is called.
  for (const double n : {13.0, 12.5, 1.3}) {
    const auto called = codegen::lower(system, {system.graph.power(x, system.graph.constant(n))});
    ASSERT_EQ(called[Routine::outputs].instructions.size(), 1U);
    EXPECT_EQ(called[Routine::outputs].instructions[0].operation, Operation::power);
  }
}

TEST(Lower, EventValuesHaveTheDocumentedLayout) {
  ir::System system;
  system.states.push_back({"x", "", 1.0, -1});
  const NodeId x = system.graph.state(0);
  ir::Event plain, rich;
  plain.root = rich.root = x;
  plain.assignments.push_back({ir::EventAssignment::Target::state, 0, system.graph.add(x, x)});
  rich.delay = system.graph.constant(3.0);
  rich.priority = system.graph.constant(7.0);
  rich.assignments = plain.assignments;
  rich.assignments.push_back({ir::EventAssignment::Target::state, 0, x});
  system.events = {plain, rich};
  const auto kernel = codegen::make_interpreter(codegen::lower(system, {}));
  const double value = 1.5;
  std::vector<double> results(7);
  kernel->run(Routine::event_values, {nullptr, &value, nullptr, nullptr}, results.data());
  const double lowest = -std::numeric_limits<double>::infinity();
  EXPECT_EQ(results, (std::vector<double>{0.0, lowest, 3.0, 3.0, 7.0, 3.0, 1.5}));
}

// ---------------------------------------------------------------------------------------------------------------------

TEST(Interpreter, EqualsDirectEvaluationBitByBit) {
  for (unsigned seed = 0; seed < 40; ++seed) {
    const auto made = lowered_random_system(seed, 60);
    for (const int width : k_widths) {
      const auto kernel = codegen::make_interpreter(made.programs, width);
      const Lanes lanes(*kernel, made.random.point, 0.2, seed);
      const auto outputs = lanes.run(*kernel, Routine::outputs);
      const auto jacobian = lanes.run(*kernel, Routine::jacobian);
      for (std::size_t lane = 0; lane < lanes.width; ++lane) {
        test::Point<double> point{lanes.time[lane], {}, {}};
        for (std::size_t i = 0; i < 3; ++i) {
          point.states.push_back(lanes.states[i * lanes.width + lane]);
          point.parameters.push_back(lanes.parameters[i * lanes.width + lane]);
        }
        const auto values = test::evaluate_all(made.random.system.graph, point);
        const auto expect_equal = [&](const std::vector<NodeId>& nodes, const std::vector<double>& results) {
          for (std::size_t i = 0; i < nodes.size(); ++i)
            ASSERT_TRUE(
                test::same_bits(results[i * lanes.width + lane], values[static_cast<std::size_t>(nodes[i])]))
                << "seed " << seed << " width " << width << " node " << nodes[i];
        };
        expect_equal(made.random.outputs, outputs);
        expect_equal(made.random.system.jacobian.entries, jacobian);
      }
    }
  }
}

// ---------------------------------------------------------------------------------------------------------------------

class Native : public testing::TestWithParam<int> {};

TEST_P(Native, AgreesWithTheReferenceOperationByOperation) {
  test::Agreement agreement;
  for (unsigned seed = 100; seed < 103; ++seed) {
    const auto made = lowered_random_system(seed, 250);
    codegen::NativeOptions options;
    options.width = GetParam();
    options.operations_per_function = 150;
    const auto kernel = codegen::compile_native(test::with_all_slots_as_results(made.programs), options);
    const auto hoisting = codegen::make_interpreter(made.programs, GetParam());
    for (const double spread : {0.0, 0.3, 3.0}) {  // The last leaves the domains: NaN and infinity appear.
      Lanes lanes(*hoisting, made.random.point, spread, seed);
      for (const Routine routine : k_routines) {
        test::check_operations(*kernel, lanes, routine, agreement);
        if (HasFatalFailure()) FAIL() << "seed " << seed << " spread " << spread;
      }
    }
  }
  EXPECT_GT(agreement.function_calls, 1000);
  RecordProperty("worst_ulp", std::to_string(agreement.worst_ulp));
}

TEST_P(Native, SplittingAndEffortChangeNoBit) {
  const auto made = lowered_random_system(7, 120);
  std::vector<std::vector<double>> first;
  for (const int length : {400, 37, 1}) {
    for (const bool slowly : {false, true}) {
      if (slowly && length == 1) continue;
      codegen::NativeOptions options{GetParam(), length, slowly};
      const auto kernel = codegen::compile_native(made.programs, options);
      const Lanes lanes(*kernel, made.random.point, 0.2, 3);
      std::vector<std::vector<double>> all;
      for (const Routine routine : {Routine::hoist, Routine::rates, Routine::jacobian, Routine::outputs})
        all.push_back(lanes.run(*kernel, routine));
      if (first.empty()) first = all;
      for (std::size_t i = 0; i < all.size(); ++i)
        for (std::size_t k = 0; k < all[i].size(); ++k)
          ASSERT_TRUE(test::same_bits(all[i][k], first[i][k])) << "length " << length;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Width, Native, testing::ValuesIn(k_widths), testing::PrintToStringParamName());

TEST(NativeKernel, EveryWidthGivesTheSameBits) {
  const auto made = lowered_random_system(11, 150);
  std::vector<std::vector<double>> by_lane;  // Results of eight subjects, from the narrowest kernel
  for (const int width : k_widths) {
    const auto kernel = codegen::compile_native(made.programs, {.width = width});
    const auto widest = codegen::make_interpreter(made.programs, 8);
    const Lanes all(*widest, made.random.point, 0.5, 5);
    std::vector<std::vector<double>> found(8);
    for (std::size_t first = 0; first < 8; first += static_cast<std::size_t>(width)) {
      const auto columns = static_cast<std::size_t>(width);
      const auto cut = [&](const std::vector<double>& from) {
        std::vector<double> part;
        for (std::size_t i = 0; i < from.size() / 8; ++i)
          for (std::size_t lane = 0; lane < columns; ++lane) part.push_back(from[i * 8 + first + lane]);
        return part;
      };
      const auto time = cut(all.time), states = cut(all.states), parameters = cut(all.parameters);
      std::vector<double> hoisted(made.programs[Routine::hoist].results.size() * columns);
      kernel->run(Routine::hoist, {time.data(), states.data(), parameters.data(), nullptr}, hoisted.data());
      std::vector<double> outputs(made.programs[Routine::outputs].results.size() * columns);
      kernel->run(Routine::outputs, {time.data(), states.data(), parameters.data(), hoisted.data()},
                  outputs.data());
      for (std::size_t i = 0; i < outputs.size(); ++i) found[first + i % columns].push_back(outputs[i]);
    }
    if (by_lane.empty()) by_lane = found;
    for (std::size_t lane = 0; lane < 8; ++lane)
      for (std::size_t i = 0; i < found[lane].size(); ++i)
        ASSERT_TRUE(test::same_bits(found[lane][i], by_lane[lane][i]))
            << "width " << width << " lane " << lane;
  }
}

TEST(NativeKernel, ThreadsMayShareOne) {
  const auto made = lowered_random_system(13, 150);
  const auto kernel = codegen::compile_native(made.programs, {.width = 4, .operations_per_function = 50});
  const auto reference = codegen::compile_native(made.programs, {.width = 4, .operations_per_function = 50});
  std::array<bool, 4> equal{};
  std::vector<std::thread> threads;
  for (unsigned id = 0; id < equal.size(); ++id)
    threads.emplace_back([&, id] {
      // The first calls race to compile; later ones race for the workspace.
      const Lanes lanes(*kernel, made.random.point, 0.2, id);
      const auto first = lanes.run(*kernel, Routine::jacobian);
      equal[id] = true;
      for (int repeat = 0; repeat < 2000; ++repeat)
        equal[id] = equal[id] && std::equal(first.begin(), first.end(),
                                            lanes.run(*kernel, Routine::jacobian).begin(), test::same_bits);
    });
  for (auto& thread : threads) thread.join();
  for (unsigned id = 0; id < equal.size(); ++id) {
    EXPECT_TRUE(equal[id]) << "thread " << id;
    const Lanes lanes(*reference, made.random.point, 0.2, id);
    const auto alone = lanes.run(*reference, Routine::jacobian);
    const auto shared = lanes.run(*kernel, Routine::jacobian);
    EXPECT_TRUE(std::equal(alone.begin(), alone.end(), shared.begin(), test::same_bits));
  }
}

TEST(NativeKernel, RefusesOddWidths) {
  EXPECT_THROW(codegen::compile_native({}, {.width = 3}), std::logic_error);
  EXPECT_THROW(codegen::make_interpreter({}, 16), std::logic_error);
}

TEST(NativeKernel, PrintsCodeWithoutFastMath) {
  const auto made = lowered_random_system(17, 60);
  const std::string text = codegen::print_llvm(made.programs, {.width = 8});
  EXPECT_NE(text.find("define void @rates("), std::string::npos);
  EXPECT_NE(text.find("<8 x double>"), std::string::npos);
  for (const char* word : {" fast ", " contract ", " reassoc ", " nnan ", " arcp "})
    EXPECT_EQ(text.find(word), std::string::npos) << word;
}

TEST(Partition, PlacesHoldTheirValueUntilTheLastReader) {
  for (unsigned seed = 0; seed < 10; ++seed) {
    const auto made = lowered_random_system(seed, 200);
    const auto& program = made.programs[Routine::outputs];
    const auto inputs = static_cast<std::int32_t>(program.inputs.size());
    for (const int length : {1, 5, 20}) {
      const auto cut = codegen::partition(program, length);
      // Replays the functions: a place must still hold the instruction that a reader expects.
      std::vector<std::int32_t> holds(static_cast<std::size_t>(cut.workspace_size), -1);
      for (int function = 0; function < cut.function_count(); ++function) {
        const std::int32_t begin = cut.starts[static_cast<std::size_t>(function)];
        const std::int32_t end = cut.starts[static_cast<std::size_t>(function) + 1];
        EXPECT_LE(end - begin, length);
        for (std::int32_t i = begin; i < end; ++i)
          if (const auto place = cut.workspace_places[static_cast<std::size_t>(i)]; place >= 0)
            holds[static_cast<std::size_t>(place)] = i;
        // Stores first, reads last: the hardest order that a function's freedom to reorder allows.
        for (std::int32_t i = begin; i < end; ++i) {
          const auto& one = program.instructions[static_cast<std::size_t>(i)];
          for (int k = 0; k < model::arity_of(one.operation); ++k) {
            const std::int32_t operand = one.operands[k] - inputs;
            if (operand < 0 || operand >= begin) continue;
            const auto place = cut.workspace_places[static_cast<std::size_t>(operand)];
            ASSERT_GE(place, 0);
            ASSERT_EQ(holds[static_cast<std::size_t>(place)], operand);
          }
        }
      }
      EXPECT_EQ(cut.starts.back(), static_cast<std::int32_t>(program.instructions.size()));
    }
  }
}

}  // namespace
}  // namespace raad
