// The reference evaluator: one operation after another, each as model::evaluate defines it.
#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>
#include <vector>

#include "codegen/kernel.hpp"

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

template <int W>
void evaluate_lanes(Operation operation, const double* a, const double* b, const double* c, double* out) {
  const auto arity = static_cast<std::size_t>(model::arity_of(operation));
  for (int lane = 0; lane < W; ++lane) {
    std::array<double, 3> operands = {a[lane], 0.0, 0.0};
    if (arity > 1) operands[1] = b[lane];
    if (arity > 2) operands[2] = c[lane];
    out[lane] = model::evaluate(operation, std::span(operands).first(arity));
  }
}

/// The commonest operations are spelled out: a call of model::evaluate costs more than they do.
template <int W>
void execute(Operation operation, const double* a, const double* b, const double* c, double* out) {
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
    case Operation::exponential:
      for (int lane = 0; lane < W; ++lane) out[lane] = std::exp(a[lane]);
      break;
    case Operation::power:
      for (int lane = 0; lane < W; ++lane) out[lane] = std::pow(a[lane], b[lane]);
      break;
    case Operation::select:
      for (int lane = 0; lane < W; ++lane) out[lane] = a[lane] != 0.0 ? b[lane] : c[lane];
      break;
    default:
      evaluate_lanes<W>(operation, a, b, c, out);
  }
}

template <int W>
class Interpreter final : public Kernel {
 public:
  explicit Interpreter(Programs programs) : programs_(std::move(programs)) {}

  int width() const override { return W; }
  const Programs& programs() const override { return programs_; }
  std::string description() const override { return "interpreter"; }

  void run(Routine routine, const Inputs& inputs, double* results) const override {
    const Program& program = programs_[routine];
    auto& storage = thread_slots();
    const std::size_t needed = (program.inputs.size() + program.instructions.size()) * W;
    if (storage.size() < needed) storage.resize(needed);
    double* const slots = storage.data();
    double* next = slots;
    for (const auto& input : program.inputs) {
      load<W>(input, inputs, next);
      next += W;
    }
    for (const auto& [operation, operands] : program.instructions) {
      // Unused operands are -1; a pointer to slot 0 stands in and is never read.
      const auto slot = [&](int i) {
        return slots + static_cast<std::ptrdiff_t>(std::max(operands[i], 0)) * W;
      };
      execute<W>(operation, slot(0), slot(1), slot(2), next);
      next += W;
    }
    for (const auto result : program.results) {
      std::copy_n(slots + static_cast<std::ptrdiff_t>(result) * W, W, results);
      results += W;
    }
  }

 private:
  Programs programs_;
};

}  // namespace

std::unique_ptr<Kernel> make_interpreter(Programs programs, int width) {
  switch (width) {
    case 1:
      return std::make_unique<Interpreter<1>>(std::move(programs));
    case 2:
      return std::make_unique<Interpreter<2>>(std::move(programs));
    case 4:
      return std::make_unique<Interpreter<4>>(std::move(programs));
    case 8:
      return std::make_unique<Interpreter<8>>(std::move(programs));
    default:
      throw std::logic_error("kernels are 1, 2, 4 or 8 lanes wide");
  }
}

}  // namespace raad::codegen
