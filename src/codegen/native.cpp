// Native kernels: each routine becomes machine code the first time it is called.
#include <fmt/format.h>
#include <llvm/ExecutionEngine/Orc/ExecutionUtils.h>
#include <llvm/ExecutionEngine/Orc/LLJIT.h>
#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/Module.h>
#include <llvm/IR/Verifier.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/Support/raw_ostream.h>

#include <array>
#include <atomic>
#include <cmath>
#include <mutex>
#include <stdexcept>
#include <vector>

#include "codegen/emit.hpp"
#include "codegen/kernel.hpp"
#include "codegen/partition.hpp"
#include "codegen/vector_math.hpp"

namespace raad::codegen {
namespace {

using SweepFunction = void (*)(double* const* arrays, const double* lanes, const double* const* tables,
                               double* reductions, std::int64_t count);
using RoutineFunction = void (*)(const double* time, const double* states, const double* parameters,
                                 const double* hoisted, double* results, double* workspace);

constexpr std::array<const char*, k_routine_count> k_routine_names = {
    "hoist",   "initial_states", "rates",        "jacobian",           "time_derivative",
    "outputs", "event_roots",    "event_values", "parameter_jacobian", "linearisation",
    "factor",  "substitute"};

double factorial(double value) {
  return model::evaluate(ir::Operation::factorial, std::span(&value, 1));
}

template <typename T>
T unwrapped(llvm::Expected<T> expected, const char* purpose) {
  if (expected) return std::move(*expected);
  throw std::runtime_error(fmt::format("native code: {}: {}", purpose, llvm::toString(expected.takeError())));
}

void require(llvm::Error error, const char* purpose) {
  if (error)
    throw std::runtime_error(fmt::format("native code: {}: {}", purpose, llvm::toString(std::move(error))));
}

void check_width(int width) {
  if (width != 1 && width != 2 && width != 4 && width != 8)
    throw std::logic_error("kernels are 1, 2, 4 or 8 lanes wide");
}

llvm::orc::JITTargetMachineBuilder target(const NativeOptions& options) {
  static std::once_flag once;
  std::call_once(once, [] {
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
  });
  auto builder = unwrapped(llvm::orc::JITTargetMachineBuilder::detectHost(), "detecting the processor");
  if (!options.processor.empty()) {
    builder.setCPU(options.processor);
    builder.getFeatures() = llvm::SubtargetFeatures();
  }
  builder.setCodeGenOptLevel(options.optimise_slowly ? llvm::CodeGenOptLevel::Default
                                                     : llvm::CodeGenOptLevel::Less);
  // A product and a sum round twice, as in the interpreter.
  builder.getOptions().AllowFPOpFusion = llvm::FPOpFusion::Strict;
  return builder;
}

std::unique_ptr<llvm::orc::LLJIT> make_jit(const NativeOptions& options) {
  auto jit =
      unwrapped(llvm::orc::LLJITBuilder()
                    .setJITTargetMachineBuilder(target(options))
                    // No static constructors and no symbols of the process: code sees what is listed below.
                    .setPlatformSetUp(llvm::orc::setUpInactivePlatform)
                    .setLinkProcessSymbolsByDefault(false)
                    .create(),
                "starting the compiler");
  llvm::orc::SymbolMap symbols;
  const auto define = [&](const std::string& name, void* address) {
    symbols[jit->mangleAndIntern(name)] = {llvm::orc::ExecutorAddr::fromPtr(address),
                                           llvm::JITSymbolFlags::Exported | llvm::JITSymbolFlags::Callable};
  };
  for (const auto& function : vector_functions()) define(function.name, function.address);
  define(k_factorial_name, reinterpret_cast<void*>(&factorial));
  // Processors without SSE4.1 have no instruction for these two.
  define("floor", reinterpret_cast<void*>(static_cast<double (*)(double)>(&std::floor)));
  define("ceil", reinterpret_cast<void*>(static_cast<double (*)(double)>(&std::ceil)));
  require(jit->getMainJITDylib().define(llvm::orc::absoluteSymbols(std::move(symbols))), "listing functions");
  return jit;
}

void verify(const llvm::Module& module) {
  std::string complaint;
  llvm::raw_string_ostream stream(complaint);
  if (llvm::verifyModule(module, &stream)) throw std::logic_error("invalid LLVM code: " + complaint);
}

Meaning meaning_of(const Programs& programs) {
  return {programs.arithmetic, programs.fused};
}

/// Workspace of the calling thread, aligned to a cache line.
double* thread_workspace(std::size_t size) {
  struct alignas(64) Line {
    double values[8];
  };
  thread_local std::vector<Line> lines;
  const std::size_t needed = (size + 7) / 8;
  if (lines.size() < needed) lines.resize(needed);
  return lines.empty() ? nullptr : lines.front().values;
}

class NativeKernel final : public Kernel {
 public:
  NativeKernel(Programs programs, const NativeOptions& options, std::vector<Sweep> sweeps)
      : programs_(std::move(programs)),
        sweeps_(std::move(sweeps)),
        options_(options),
        jit_(make_jit(options)) {
    for (int i = 0; i < k_routine_count; ++i)
      cuts_.push_back(
          partition(programs_.routines[static_cast<std::size_t>(i)], options.operations_per_function));
  }

  int width() const override { return options_.width; }
  const Programs& programs() const override { return programs_; }
  std::string description() const override {
    return fmt::format("native {} x {}", vector_family(), options_.width);
  }

  void sweep(std::size_t number, const SweepInputs& inputs) const override {
    if (!sweeps_compiled_.load(std::memory_order_acquire)) compile_sweeps();
    sweep_functions_[number](inputs.arrays, inputs.lanes, inputs.tables, inputs.reductions, inputs.count);
  }

  void run(Routine routine, const Inputs& inputs, double* results) const override {
    const auto at = static_cast<std::size_t>(routine);
    RoutineFunction function = functions_[at].load(std::memory_order_acquire);
    if (function == nullptr) function = compile(routine);
    const auto places =
        static_cast<std::size_t>(cuts_[at].workspace_size) * static_cast<std::size_t>(options_.width);
    function(inputs.time, inputs.states, inputs.parameters, inputs.hoisted, results,
             thread_workspace(places));
  }

 private:
  RoutineFunction compile(Routine routine) const {
    const std::lock_guard lock(compiling_);
    const auto at = static_cast<std::size_t>(routine);
    if (const RoutineFunction ready = functions_[at].load(std::memory_order_acquire)) return ready;
    add_module([&](llvm::Module& module) {
      emit_routine(programs_[routine], cuts_[at], k_routine_names[at], options_.width, meaning_of(programs_),
                   module);
    });
    const auto address = unwrapped(jit_->lookup(k_routine_names[at]), "compiling");
    const auto function = address.toPtr<RoutineFunction>();
    functions_[at].store(function, std::memory_order_release);
    return function;
  }

  void compile_sweeps() const {
    const std::lock_guard lock(compiling_);
    if (sweeps_compiled_.load(std::memory_order_acquire)) return;
    const auto name = [](std::size_t i) { return fmt::format("sweep_{}", i); };
    add_module([&](llvm::Module& module) {
      for (std::size_t i = 0; i < sweeps_.size(); ++i)
        emit_sweep(sweeps_[i], name(i), options_.width, meaning_of(programs_), module);
    });
    for (std::size_t i = 0; i < sweeps_.size(); ++i)
      sweep_functions_.push_back(unwrapped(jit_->lookup(name(i)), "compiling").toPtr<SweepFunction>());
    sweeps_compiled_.store(true, std::memory_order_release);
  }

  template <typename Emit>
  void add_module(const Emit& emit) const {
    auto context = std::make_unique<llvm::LLVMContext>();
    auto module = std::make_unique<llvm::Module>("raad", *context);
    emit(*module);
    verify(*module);
    module->setDataLayout(jit_->getDataLayout());
    require(jit_->addIRModule(llvm::orc::ThreadSafeModule(std::move(module), std::move(context))),
            "adding code");
  }

  Programs programs_;
  std::vector<Sweep> sweeps_;
  NativeOptions options_;
  std::vector<Partition> cuts_;
  std::unique_ptr<llvm::orc::LLJIT> jit_;
  mutable std::mutex compiling_;
  mutable std::atomic<bool> sweeps_compiled_ = false;
  mutable std::vector<SweepFunction> sweep_functions_;
  mutable std::array<std::atomic<RoutineFunction>, k_routine_count> functions_{};
};

}  // namespace

std::unique_ptr<Kernel> compile_native(Programs programs, const NativeOptions& options,
                                       std::vector<Sweep> sweeps) {
  check_width(options.width);
  return std::make_unique<NativeKernel>(std::move(programs), options, std::move(sweeps));
}

std::string print_llvm(const Programs& programs, const NativeOptions& options) {
  check_width(options.width);
  const auto builder = target(options);
  std::string text = fmt::format("; target {} {}\n; functions {} x {}\n", builder.getTargetTriple().str(),
                                 builder.getCPU(), vector_family(), options.width);
  llvm::raw_string_ostream stream(text);
  for (std::size_t i = 0; i < k_routine_count; ++i) {
    llvm::LLVMContext context;
    const auto& program = programs.routines[i];
    const auto cut = partition(program, options.operations_per_function);
    stream << fmt::format("\n; {}: {} operations, {} results, {} values handed on\n", k_routine_names[i],
                          program.instructions.size(), program.results.size(), cut.workspace_size);
    llvm::Module module(k_routine_names[i], context);
    emit_routine(program, cut, k_routine_names[i], options.width, meaning_of(programs), module);
    module.print(stream, nullptr);
  }
  return text;
}

}  // namespace raad::codegen
