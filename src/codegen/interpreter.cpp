// The evaluator without compilation: one operation after another, each as model::evaluate defines it, or, in lane
// arithmetic, with the bits of native code.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

#include "codegen/kernel.hpp"
#include "codegen/vector_math.hpp"

// Code for processors with fused multiply-add inside a program that runs on all; elsewhere than on x86 every
// processor has it. Called only where has_fused_multiply_add() holds.
#if defined(__x86_64__)
#define RAAD_WITH_FUSED_MULTIPLY_ADD __attribute__((target("fma")))
#else
#define RAAD_WITH_FUSED_MULTIPLY_ADD
#endif

namespace raad::codegen {
namespace {

using ir::Operation;

/// Slots of the calling thread; they only live during one call, so that kernels can be shared between
/// threads.
std::vector<double>& thread_slots() {
  thread_local std::vector<double> slots;
  return slots;
}

template <int W>
void load(const Program::Input& input, const Inputs& arrays, double* slot) {
  const auto from = [&](const double* block) {
    std::copy_n(block + static_cast<std::ptrdiff_t>(input.index) * W, W, slot);
  };
  switch (input.kind) {
    case Program::Input::Kind::constant:
      std::fill_n(slot, W, input.value);
      break;
    case Program::Input::Kind::time:
      std::copy_n(arrays.time, W, slot);
      break;
    case Program::Input::Kind::state:
      from(arrays.states);
      break;
    case Program::Input::Kind::parameter:
      from(arrays.parameters);
      break;
    case Program::Input::Kind::hoisted:
      from(arrays.hoisted);
      break;
  }
}

/// The operations whose bits depend on the arithmetic.
double function_of(Operation operation, const std::array<double, 3>& operands, Arithmetic arithmetic) {
  if (arithmetic == Arithmetic::lanes && is_vector_function(operation))
    return evaluate_vector_function(operation, operands[0], operands[1]);
  return model::evaluate(operation,
                         std::span(operands).first(static_cast<std::size_t>(model::arity_of(operation))));
}

template <int W>
void evaluate_lanes(Operation operation, Arithmetic arithmetic, const double* a, const double* b,
                    const double* c, double* out) {
  const int arity = model::arity_of(operation);
  for (int lane = 0; lane < W; ++lane)
    out[lane] = function_of(operation, {a[lane], arity > 1 ? b[lane] : 0.0, arity > 2 ? c[lane] : 0.0},
                            arithmetic);
}

template <int W>
RAAD_WITH_FUSED_MULTIPLY_ADD void fused_once(Fused form, const double* a, const double* b, const double* c,
                                             double* out) {
  const double sign_of_product = form == Fused::negative_multiply_add ? -1.0 : 1.0;
  const double sign_of_rest = form == Fused::multiply_subtract ? -1.0 : 1.0;
  for (int lane = 0; lane < W; ++lane)
    out[lane] = __builtin_fma(sign_of_product * a[lane], b[lane], sign_of_rest * c[lane]);
}

template <int W>
void fused_twice(Fused form, const double* a, const double* b, const double* c, double* out) {
  for (int lane = 0; lane < W; ++lane) {
    const double product = a[lane] * b[lane];
    out[lane] = form == Fused::multiply_add        ? product + c[lane]
                : form == Fused::multiply_subtract ? product - c[lane]
                                                   : c[lane] - product;
  }
}

/// The commonest operations are spelled out: a call costs more than they do.
template <int W>
void execute(Operation operation, Arithmetic arithmetic, const double* a, const double* b, const double* c,
             double* out) {
  switch (operation) {
    case Operation::add:
      for (int lane = 0; lane < W; ++lane) out[lane] = a[lane] + b[lane];
      break;
    case Operation::subtract:
      for (int lane = 0; lane < W; ++lane) out[lane] = a[lane] - b[lane];
      break;
    case Operation::multiply:
      for (int lane = 0; lane < W; ++lane) out[lane] = a[lane] * b[lane];
      break;
    case Operation::divide:
      for (int lane = 0; lane < W; ++lane) out[lane] = a[lane] / b[lane];
      break;
    case Operation::negate:
      for (int lane = 0; lane < W; ++lane) out[lane] = -a[lane];
      break;
    case Operation::select:
      for (int lane = 0; lane < W; ++lane) out[lane] = a[lane] != 0.0 ? b[lane] : c[lane];
      break;
    default:
      evaluate_lanes<W>(operation, arithmetic, a, b, c, out);
  }
}

template <int W>
class Interpreter final : public Kernel {
 public:
  Interpreter(Programs programs, std::vector<Sweep> sweeps)
      : programs_(std::move(programs)), sweeps_(std::move(sweeps)) {}

  int width() const override { return W; }
  const Programs& programs() const override { return programs_; }
  std::string description() const override {
    return W == 1 ? "interpreter" : "interpreter x " + std::to_string(W);
  }

  void run(Routine routine, const Inputs& inputs, double* results) const override {
    const Program& program = programs_[routine];
    double* const slots = slots_for(program);
    double* next = slots;
    for (const auto& input : program.inputs) {
      load<W>(input, inputs, next);
      next += W;
    }
    execute_all(program, slots);
    for (const auto result : program.results) {
      std::copy_n(slots + static_cast<std::ptrdiff_t>(result) * W, W, results);
      results += W;
    }
  }

  void sweep(std::size_t number, const SweepInputs& inputs) const override {
    const Sweep& sweep = sweeps_[number];
    double* const slots = slots_for(sweep.body);
    for (std::size_t i = 0; i < sweep.reductions.size(); ++i)
      std::fill_n(inputs.reductions + i * W, W,
                  sweep.reductions[i] == Sweep::Reduction::sum ? 0.0
                                                               : std::numeric_limits<double>::infinity());
    for (int s = 0; s < inputs.count; ++s) {
      double* next = slots;
      for (const auto& input : sweep.body.inputs) {
        load_element(input, inputs, s, next);
        next += W;
      }
      execute_all(sweep.body, slots);
      const auto result = [&](std::size_t i) {
        return slots + static_cast<std::ptrdiff_t>(sweep.body.results[i]) * W;
      };
      for (std::size_t i = 0; i < sweep.stores.size(); ++i)
        std::copy_n(result(i), W, inputs.arrays[sweep.stores[i]] + static_cast<std::ptrdiff_t>(s) * W);
      for (std::size_t i = 0; i < sweep.reductions.size(); ++i) {
        double* so_far = inputs.reductions + i * W;
        execute<W>(sweep.reductions[i] == Sweep::Reduction::sum ? Operation::add : Operation::minimum,
                   Arithmetic::lanes, so_far, result(sweep.stores.size() + i), so_far, so_far);
      }
    }
  }

 private:
  static double* slots_for(const Program& program) {
    auto& storage = thread_slots();
    const std::size_t needed = (program.inputs.size() + program.instructions.size()) * W;
    if (storage.size() < needed) storage.resize(needed);
    return storage.data();
  }

  static void load_element(const Program::Input& input, const SweepInputs& arrays, int s, double* slot) {
    switch (input.kind) {
      case Program::Input::Kind::constant:
        std::fill_n(slot, W, input.value);
        return;
      case Program::Input::Kind::state:
        std::copy_n(arrays.arrays[input.index] + static_cast<std::ptrdiff_t>(s) * W, W, slot);
        return;
      case Program::Input::Kind::parameter:
        std::copy_n(arrays.lanes + static_cast<std::ptrdiff_t>(input.index) * W, W, slot);
        return;
      case Program::Input::Kind::hoisted:
        std::fill_n(slot, W, arrays.tables[input.index][s]);
        return;
      case Program::Input::Kind::time:
        break;
    }
    throw std::logic_error("a sweep knows no time");
  }

  void execute_all(const Program& program, double* slots) const {
    double* next = slots + static_cast<std::ptrdiff_t>(program.inputs.size()) * W;
    for (const Instruction& one : program.instructions) {
      // Unused operands are -1; a pointer to slot 0 stands in and is never read.
      const auto slot = [&](int i) {
        return slots + static_cast<std::ptrdiff_t>(std::max(one.operands[i], 0)) * W;
      };
      if (one.fused == Fused::none)
        execute<W>(one.operation, programs_.arithmetic, slot(0), slot(1), slot(2), next);
      else if (programs_.fused)
        fused_once<W>(one.fused, slot(0), slot(1), slot(2), next);
      else
        fused_twice<W>(one.fused, slot(0), slot(1), slot(2), next);
      next += W;
    }
  }

  Programs programs_;
  std::vector<Sweep> sweeps_;
};

}  // namespace

std::unique_ptr<Kernel> make_interpreter(Programs programs, int width, std::vector<Sweep> sweeps) {
  switch (width) {
    case 1:
      return std::make_unique<Interpreter<1>>(std::move(programs), std::move(sweeps));
    case 2:
      return std::make_unique<Interpreter<2>>(std::move(programs), std::move(sweeps));
    case 4:
      return std::make_unique<Interpreter<4>>(std::move(programs), std::move(sweeps));
    case 8:
      return std::make_unique<Interpreter<8>>(std::move(programs), std::move(sweeps));
    default:
      throw std::logic_error("kernels are 1, 2, 4 or 8 lanes wide");
  }
}

}  // namespace raad::codegen
