// Native code of every library system against the reference, operation by operation, for every width.
#include <gtest/gtest.h>

#include <ctime>

#include "codegen/kernel_runner.hpp"
#include "ir/library_systems.hpp"

namespace raad {
namespace {

using codegen::Routine;

codegen::Programs programs_of(test::LibrarySystem& loaded) {
  std::vector<ir::NodeId> outputs;
  for (const auto& [id, quantity] : loaded.system.quantities) outputs.push_back(quantity.node);
  // A few parameter columns; the routine itself is exercised in full by random systems.
  const auto columns = ir::parameter_jacobian(loaded.system, {0, 1, 2, 3, 4});
  return codegen::lower(loaded.system, outputs, &columns);
}

class LibrarySystems : public testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    if (test::library_system_files().empty()) GTEST_SKIP() << "this checkout has no library/systems";
  }
};

TEST_P(LibrarySystems, NativeCodeAgreesOperationByOperation) {
  for (const auto& file : test::library_system_files()) {
    auto loaded = test::load_library_system(file);
    const auto programs = programs_of(loaded);
    const auto hoisting = codegen::make_interpreter(programs, GetParam());
    // Storing every value makes long functions slow to compile; short ones hand more values on, which is
    // tested too.
    const codegen::NativeOptions options{.width = GetParam(), .operations_per_function = 60};
    const auto kernel = codegen::compile_native(test::with_all_slots_as_results(programs), options);
    test::Agreement agreement;
    for (unsigned seed = 0; seed < 3; ++seed) {
      const auto point =
          seed == 0 ? test::initial_point(loaded.system) : test::disturbed_point(loaded.system, seed);
      const test::Lanes lanes(*hoisting, point, seed == 0 ? 0.0 : 0.2, seed);
      for (int i = 0; i < codegen::k_routine_count; ++i) {
        test::check_operations(*kernel, lanes, static_cast<Routine>(i), agreement);
        if (HasFatalFailure()) FAIL() << loaded.name << ", routine " << i;
      }
    }
    RecordProperty(loaded.name + "_operations", std::to_string(agreement.operations));
    RecordProperty(loaded.name + "_function_calls", std::to_string(agreement.function_calls));
    RecordProperty(loaded.name + "_worst_ulp", std::to_string(agreement.worst_ulp));
  }
}

INSTANTIATE_TEST_SUITE_P(Width, LibrarySystems, testing::Values(1, 2, 4, 8),
                         testing::PrintToStringParamName());

// The promise is well under 0.5 s on a quiet machine; the limit here leaves room for slower ones, and would
// still catch a compiler that is asked to do too much. Processor time, so that other programs do not count.
TEST(LibraryCompilation, IsQuick) {
  if (test::library_system_files().empty()) GTEST_SKIP() << "this checkout has no library/systems";
  constexpr double k_limit_s = 2.0;
  for (const auto& file : test::library_system_files()) {
    auto loaded = test::load_library_system(file);
    std::vector<ir::NodeId> outputs;
    for (const auto& [id, quantity] : loaded.system.quantities)
      if (outputs.size() < 40) outputs.push_back(quantity.node);
    const auto programs = codegen::lower(loaded.system, outputs);
    const std::clock_t start = std::clock();
    const auto kernel = codegen::compile_native(programs);
    const test::Lanes lanes(*kernel, test::initial_point(loaded.system), 0.0, 1);
    for (const Routine routine : {Routine::rates, Routine::jacobian, Routine::outputs})
      lanes.run(*kernel, routine);
    const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    EXPECT_LT(seconds, k_limit_s) << loaded.name;
    RecordProperty(loaded.name + "_compile_s", std::to_string(seconds));
  }
}

}  // namespace
}  // namespace raad
