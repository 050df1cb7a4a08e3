// A system that can be evaluated, for W independent subjects ("lanes") at once.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "codegen/program.hpp"
#include "codegen/sweep.hpp"

namespace raad::codegen {

/// Arrays of one call, lane innermost: value i of lane l stands at [i * width + l].
struct Inputs {
  const double* time = nullptr;        ///< [width]
  const double* states = nullptr;      ///< [state_count][width]
  const double* parameters = nullptr;  ///< [parameter_count][width]
  const double* hoisted = nullptr;     ///< [hoisted_count][width], filled by Routine::hoist
};

/// Evaluates routines. Const calls are thread safe as long as each thread passes its own arrays.
class Kernel {
 public:
  virtual ~Kernel() = default;
  virtual int width() const = 0;
  virtual const Programs& programs() const = 0;
  /// `results` has [number of results of the routine][width] and may not overlap the inputs.
  virtual void run(Routine routine, const Inputs& inputs, double* results) const = 0;
  /// Runs the sweep of that number among those that the kernel was made with.
  virtual void sweep(std::size_t number, const SweepInputs& inputs) const = 0;
  /// For listings: "interpreter", or "native avx512 x 8".
  virtual std::string description() const = 0;
};

/// The reference: evaluates the programs one operation after another with the C library's functions.
/// Programs in lane arithmetic give the bits of native code instead.
std::unique_ptr<Kernel> make_interpreter(Programs programs, int width = 1, std::vector<Sweep> sweeps = {});

struct NativeOptions {
  int width = 1;  ///< 1, 2, 4 or 8
  int operations_per_function =
      400;  ///< Long programs are split: LLVM's cost grows faster than a function's length
  bool optimise_slowly = false;  ///< LLVM's higher code-generation level
  /// Instruction set, by LLVM's name of a processor such as "x86-64-v3"; empty: all that this machine has.
  std::string processor = {};
};

/// LLVM code for this machine. exp, ln, pow and the like come from SLEEF: at most 1.0 ULP from the exact
/// value, and the same bits for every width. Throws std::runtime_error with LLVM's words when code cannot be
/// made.
std::unique_ptr<Kernel> compile_native(Programs programs, const NativeOptions& options = {},
                                       std::vector<Sweep> sweeps = {});

/// Begins with the interpreter and goes on with native code of width 1 once that has done as much work as
/// compiling costs, so that neither a short nor a long run takes much more than with the better of the two.
/// The programs must be in lane arithmetic, whose bits are the same for both; std::logic_error otherwise.
std::unique_ptr<Kernel> make_adaptive(Programs programs);

/// The generated LLVM text, for `raad show --stage llvm`.
std::string print_llvm(const Programs& programs, const NativeOptions& options = {});

/// Widest vector that this machine runs well: 8 with AVX-512, 4 with AVX2, else 2.
int preferred_width();

}  // namespace raad::codegen
