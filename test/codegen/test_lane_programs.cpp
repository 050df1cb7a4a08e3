// Programs and sweeps in lane arithmetic: the interpreter and native code of every instruction set that this
// machine can run give the same bits.
#include <gtest/gtest.h>

#include "codegen/kernel_runner.hpp"
#include "codegen/lane_math.hpp"
#include "codegen/program_writer.hpp"
#include "codegen/random_system.hpp"

namespace raad {
namespace {

using codegen::Routine;
using model::Operation;

struct Target {
  std::string processor;  ///< Empty: this machine's
  int width = 1;
  bool fused = true;
};

std::string name_of(const testing::TestParamInfo<Target>& info) {
  std::string name = info.param.processor.empty() ? "host" : info.param.processor;
  std::ranges::replace(name, '-', '_');
  return name + "_x" + std::to_string(info.param.width) + (info.param.fused ? "_fused" : "_unfused");
}

bool runs_here(const Target& target) {
  if (target.fused && !codegen::has_fused_multiply_add()) return false;
#if defined(__x86_64__)
  if (target.processor == "x86-64-v4") return codegen::preferred_width() == 8;
  if (target.processor == "x86-64-v3") return codegen::preferred_width() >= 4;
  return true;
#else
  return target.processor.empty();
#endif
}

class LanePrograms : public testing::TestWithParam<Target> {
 protected:
  void SetUp() override {
    if (!runs_here(GetParam())) GTEST_SKIP() << "this processor lacks the instructions";
  }
  codegen::NativeOptions options() const {
    codegen::NativeOptions made;
    made.width = GetParam().width;
    made.processor = GetParam().processor;
    made.operations_per_function = 60;  // Several functions a routine: values are handed on as well.
    return made;
  }
};

TEST_P(LanePrograms, HaveTheBitsOfTheInterpreter) {
  constexpr Routine k_of_lanes[] = {Routine::hoist,    Routine::initial_states, Routine::rates,
                                    Routine::outputs,  Routine::event_roots,    Routine::event_values,
                                    Routine::jacobian, Routine::linearisation};
  std::size_t compared = 0, fused_forms = 0;
  for (unsigned seed = 1; seed <= 6; ++seed) {
    const auto random = test::random_system(seed, 150);
    auto programs = codegen::lower_for_lanes(random.system, random.outputs);
    programs.fused = GetParam().fused;
    for (const auto& program : programs.routines)
      for (const auto& one : program.instructions) fused_forms += one.fused != codegen::Fused::none ? 1 : 0;
    const auto interpreter = codegen::make_interpreter(programs, GetParam().width);
    const auto native = codegen::compile_native(programs, options());
    const test::Lanes lanes(*interpreter, random.point, 0.5, seed);
    for (const Routine routine : k_of_lanes) {
      const auto expected = lanes.run(*interpreter, routine);
      const auto found = lanes.run(*native, routine);
      for (std::size_t i = 0; i < expected.size(); ++i)
        ASSERT_TRUE(test::same_bits(expected[i], found[i]))
            << "seed " << seed << " routine " << static_cast<int>(routine) << " result " << i / lanes.width
            << ": " << expected[i] << " and " << found[i];
      compared += expected.size();
    }
  }
  EXPECT_GT(compared, 500U);
  EXPECT_GT(fused_forms, 10U);
}

// new = a*new + b, and the sum of squares and the least of what comes out.
TEST_P(LanePrograms, SweepsHaveTheBitsOfTheInterpreter) {
  constexpr int k_count = 37;
  codegen::ProgramWriter writer;
  using Kind = codegen::Program::Input::Kind;
  const auto product = writer.fused(codegen::Fused::multiply_add, writer.input(Kind::state, 0),
                                    writer.input(Kind::parameter, 1), writer.input(Kind::hoisted, 0));
  const auto ratio = writer.apply(Operation::divide, product, writer.input(Kind::state, 1));
  writer.result(product);
  writer.result(writer.apply(Operation::multiply, ratio, ratio));
  writer.result(ratio);
  codegen::Sweep sweep{
      writer.finish(), {0}, {codegen::Sweep::Reduction::sum, codegen::Sweep::Reduction::minimum}};
  codegen::Programs programs;
  programs.arithmetic = codegen::Arithmetic::lanes;
  programs.fused = GetParam().fused;

  const auto width = static_cast<std::size_t>(GetParam().width);
  std::mt19937_64 generator(3);
  std::normal_distribution<double> normal;
  const auto filled = [&](std::size_t size) {
    std::vector<double> values(size);
    for (double& value : values) value = normal(generator);
    return values;
  };
  const auto changed = filled(k_count * width), divisors = filled(k_count * width),
             values = filled(2 * width), table = filled(k_count);
  const auto swept = [&](const codegen::Kernel& kernel) {
    std::vector<double> first = changed, second = divisors, reductions(2 * width);
    double* arrays[] = {first.data(), second.data()};
    const double* tables[] = {table.data()};
    kernel.sweep(0, {arrays, values.data(), tables, reductions.data(), k_count});
    EXPECT_EQ(second, divisors);
    first.insert(first.end(), reductions.begin(), reductions.end());
    return first;
  };
  const auto expected = swept(*codegen::make_interpreter(programs, GetParam().width, {sweep}));
  const auto found = swept(*codegen::compile_native(programs, options(), {sweep}));
  EXPECT_NE(expected, changed);
  for (std::size_t i = 0; i < expected.size(); ++i)
    ASSERT_TRUE(test::same_bits(expected[i], found[i])) << "place " << i;
}

INSTANTIATE_TEST_SUITE_P(InstructionSets, LanePrograms,
                         testing::Values(Target{"", 1, true}, Target{"", 8, true}, Target{"", 8, false},
                                         Target{"x86-64-v4", 8, true}, Target{"x86-64-v3", 4, true},
                                         Target{"x86-64", 2, false}, Target{"x86-64", 1, false}),
                         name_of);

TEST(AdaptiveKernel, GoesOnWithNativeCodeAndTheSameBits) {
  const auto random = test::random_system(3, 40);
  const auto kernel = codegen::make_adaptive(codegen::lower_for_lanes(random.system, random.outputs));
  EXPECT_EQ(kernel->description(), "interpreter");
  const test::Lanes lanes(*kernel, random.point, 0.0, 1);
  const auto first = lanes.run(*kernel, Routine::rates);
  // Two threads, of which one compiles: neither may see anything else meanwhile.
  const auto work = [&] {
    for (int k = 0; k < 2'000'000 && kernel->description() == "interpreter"; ++k) {
      const auto again = lanes.run(*kernel, Routine::rates);
      for (std::size_t i = 0; i < first.size(); ++i) ASSERT_TRUE(test::same_bits(first[i], again[i]));
    }
  };
  std::thread other(work);
  work();
  other.join();
  EXPECT_EQ(kernel->description().substr(0, 18), "interpreter, then ");
  for (const Routine routine : {Routine::rates, Routine::jacobian, Routine::outputs}) {
    const auto interpreted = lanes.run(
        *codegen::make_interpreter(codegen::lower_for_lanes(random.system, random.outputs)), routine);
    const auto native = lanes.run(*kernel, routine);
    ASSERT_EQ(interpreted.size(), native.size());
    for (std::size_t i = 0; i < native.size(); ++i) EXPECT_TRUE(test::same_bits(interpreted[i], native[i]));
  }
}

TEST(AdaptiveKernel, RefusesArithmeticWhoseBitsDiffer) {
  const auto random = test::random_system(3, 40);
  EXPECT_THROW((void)codegen::make_adaptive(codegen::lower(random.system, random.outputs)), std::logic_error);
}

}  // namespace
}  // namespace raad
