// The interpreter for short runs, native code for long ones.
#include <atomic>
#include <stdexcept>

#include "codegen/kernel.hpp"

namespace raad::codegen {
namespace {

// Compiling takes about 30 us for an operation of the programs, interpreting one about 10 ns (human system,
// bench/single_runs against --engine native and interpreter). Whoever
// switches when both have cost the same never pays more than twice the better choice.
constexpr long k_worth_compiling = 3'000;

long operations_of(const Program& program) {
  return static_cast<long>(program.inputs.size() + program.instructions.size());
}

class AdaptiveKernel final : public Kernel {
 public:
  explicit AdaptiveKernel(Programs programs) : interpreter_(make_interpreter(std::move(programs))) {
    for (const auto& routine : this->programs().routines)
      budget_ += k_worth_compiling * operations_of(routine);
  }

  int width() const override { return 1; }
  const Programs& programs() const override { return interpreter_->programs(); }
  std::string description() const override {
    const Kernel* native = native_in_use_.load();
    return native != nullptr ? "interpreter, then " + native->description() : interpreter_->description();
  }

  void run(Routine routine, const Inputs& inputs, double* results) const override {
    if (const Kernel* native = native_in_use_.load()) return native->run(routine, inputs, results);
    interpreter_->run(routine, inputs, results);
    const long operations = operations_of(programs()[routine]);
    const long before = done_.fetch_add(operations);
    // The one call that crosses the line compiles; other threads go on interpreting meanwhile.
    if (before > budget_ || before + operations <= budget_) return;
    native_ = compile_native(programs());
    native_in_use_ = native_.get();
  }

  void sweep(std::size_t, const SweepInputs&) const override {
    throw std::logic_error("codegen: an adaptive kernel has no sweeps");
  }

 private:
  std::unique_ptr<Kernel> interpreter_;
  long budget_ = 0;  ///< Operations
  mutable std::atomic<long> done_ = 0;
  mutable std::unique_ptr<Kernel> native_;  ///< Written once, before native_in_use_
  mutable std::atomic<const Kernel*> native_in_use_ = nullptr;
};

}  // namespace

std::unique_ptr<Kernel> make_adaptive(Programs programs) {
  if (programs.arithmetic != Arithmetic::lanes)
    throw std::logic_error("codegen: only lane arithmetic has the same bits interpreted and compiled");
  return std::make_unique<AdaptiveKernel>(std::move(programs));
}

}  // namespace raad::codegen
