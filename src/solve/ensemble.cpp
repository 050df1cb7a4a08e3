#include "solve/ensemble.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <utility>

#include "codegen/kernel.hpp"
#include "solve/lane_method.hpp"
#include "solve/lane_run.hpp"

namespace raad::solve {

struct EnsembleSolver::Implementation {
  Ensemble ensemble;
  EnsembleOptions options;
  std::unique_ptr<codegen::Kernel> kernel;  ///< For subjects one by one
  std::unique_ptr<LaneMethod> lanes;

  void run_one_by_one(SubjectStream& stream) const;
};

namespace {

/// Everything that an Ensemble may leave out.
Ensemble completed(Ensemble ensemble) {
  const ir::System& system = *ensemble.system;
  if (ensemble.parameters.empty()) ensemble.parameters = initial_parameters(system);
  if (ensemble.varying_parameters.empty()) ensemble.varying_parameters.assign(system.parameters.size(), 1);
  if (ensemble.acted_states.empty()) ensemble.acted_states.assign(system.states.size(), 1);
  return ensemble;
}

}  // namespace

EnsembleSolver::EnsembleSolver(Ensemble ensemble, const EnsembleOptions& options)
    : implementation_(std::make_unique<Implementation>()) {
  Implementation& self = *implementation_;
  self.ensemble = completed(std::move(ensemble));
  self.options = options;
  // Lanes keep no past.
  if (options.solver.method != Method::cvodes && self.ensemble.system->delays.empty()) {
    self.lanes = std::make_unique<LaneMethod>(self.ensemble, options);
    return;
  }
  auto programs = codegen::lower(*self.ensemble.system, self.ensemble.outputs);
  self.kernel = options.engine == EnsembleEngine::native ? codegen::compile_native(std::move(programs))
                                                         : codegen::make_interpreter(std::move(programs));
}

EnsembleSolver::~EnsembleSolver() = default;
EnsembleSolver::EnsembleSolver(EnsembleSolver&&) noexcept = default;

void EnsembleSolver::run(SubjectStream& stream) const {
  const Implementation& self = *implementation_;
  if (self.lanes)
    LaneRun(*self.lanes, self.ensemble, stream).run();
  else
    self.run_one_by_one(stream);
}

void EnsembleSolver::Implementation::run_one_by_one(SubjectStream& stream) const {
  Problem problem;
  problem.system = ensemble.system;
  problem.kernel = kernel.get();
  problem.end_h = ensemble.end_h;
  problem.output_times = ensemble.output_times;
  const std::size_t values = ensemble.output_times.size() * ensemble.outputs.size();
  Subject subject;
  while (stream.next(subject)) {
    problem.parameters = subject.parameters;
    problem.start_h = subject.start_h;
    problem.actions = subject.actions;
    std::erase_if(problem.actions, [&](const Action& action) { return action.time_h > ensemble.end_h; });
    Solution solution = solve(problem, options.solver);
    solution.outputs.resize(values, std::numeric_limits<double>::quiet_NaN());
    stream.finished({subject.id, solution.status, std::move(solution.message), solution.outputs.data(),
                     solution.statistics});
  }
}

std::string EnsembleSolver::description() const {
  const Implementation& self = *implementation_;
  if (!self.lanes) return fmt::format("{}, one by one", self.kernel->description());
  const LaneMethod& lanes = *self.lanes;
  return fmt::format("{}, {} lanes, {}; {} of {} states and {} of {} parameters left to integrate",
                     lanes.kernel->description(), lanes.width, lanes.tableau.name, lanes.state_count,
                     self.ensemble.system->states.size(), lanes.reduced.parameters.size(),
                     self.ensemble.system->parameters.size());
}

}  // namespace raad::solve
