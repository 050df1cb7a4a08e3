#include "solve/ensemble.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "codegen/kernel.hpp"

namespace raad::solve {

struct EnsembleSolver::Implementation {
  Ensemble ensemble;
  EnsembleOptions options;
  std::unique_ptr<codegen::Kernel> kernel;
};

EnsembleSolver::EnsembleSolver(Ensemble ensemble, const EnsembleOptions& options)
    : implementation_(std::make_unique<Implementation>()) {
  auto programs = codegen::lower(*ensemble.system, ensemble.outputs);
  implementation_->kernel = options.engine == EnsembleEngine::native
                                ? codegen::compile_native(std::move(programs))
                                : codegen::make_interpreter(std::move(programs));
  implementation_->ensemble = std::move(ensemble);
  implementation_->options = options;
}

EnsembleSolver::~EnsembleSolver() = default;
EnsembleSolver::EnsembleSolver(EnsembleSolver&&) noexcept = default;

void EnsembleSolver::run(SubjectStream& stream) const {
  const Ensemble& ensemble = implementation_->ensemble;
  Problem problem;
  problem.system = ensemble.system;
  problem.kernel = implementation_->kernel.get();
  problem.end_h = ensemble.end_h;
  problem.output_times = ensemble.output_times;
  const std::size_t values = ensemble.output_times.size() * ensemble.outputs.size();
  Subject subject;
  while (stream.next(subject)) {
    problem.parameters = subject.parameters;
    problem.start_h = subject.start_h;
    problem.actions = subject.actions;
    std::erase_if(problem.actions, [&](const Action& action) { return action.time_h > ensemble.end_h; });
    Solution solution = solve(problem, implementation_->options.solver);
    solution.outputs.resize(values, std::numeric_limits<double>::quiet_NaN());
    stream.finished({subject.id, solution.status, std::move(solution.message), solution.outputs.data(),
                     solution.statistics});
  }
}

std::string EnsembleSolver::description() const {
  return fmt::format("{}, one by one", implementation_->kernel->description());
}

}  // namespace raad::solve
