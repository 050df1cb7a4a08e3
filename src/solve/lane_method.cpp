#include "solve/lane_method.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "ir/positivity.hpp"
#include "solve/lu_program.hpp"
#include "solve/stepper.hpp"

namespace raad::solve {
namespace {

const RosenbrockTableau& tableau_of(Method method) {
  return method == Method::rosenbrock_conservative ? rodas4p() : rodas5p();
}

ir::Specialised reduce(const Ensemble& ensemble) {
  const auto flags_or_all = [](const std::vector<char>& flags, std::size_t count) {
    return flags.empty() ? std::vector<char>(count, 1) : flags;
  };
  const ir::System& system = *ensemble.system;
  ir::FixedInputs fixed{ensemble.parameters,
                        flags_or_all(ensemble.varying_parameters, system.parameters.size()),
                        flags_or_all(ensemble.acted_states, system.states.size())};
  return ir::specialise(system, ensemble.outputs, fixed);
}

bool depends_on_time(const ir::System& system) {
  return std::ranges::any_of(system.time_derivative,
                             [&](ir::NodeId id) { return !system.graph.is_constant(id, 0.0); });
}

/// A step may undershoot 0 by the absolute tolerance, which is what the error test allows a state that has
/// come to rest at 0. A Michaelis-Menten term x/(K + x) whose K is smaller than that could not be resolved
/// anyway.
std::vector<double> guards_of(const ir::System& system, const std::vector<double>& parameters,
                              const std::vector<double>& absolute_tolerances) {
  std::vector<double> guards(system.states.size(), std::numeric_limits<double>::infinity());
  const auto guarded = ir::non_negative_states(system, parameters);
  for (std::size_t i = 0; i < guards.size(); ++i)
    if (guarded[i]) guards[i] = absolute_tolerances[i];
  return guards;
}

}  // namespace

LaneMethod::LaneMethod(const Ensemble& ensemble, const EnsembleOptions& ensemble_options)
    : tableau(tableau_of(ensemble_options.solver.method)),
      options(ensemble_options.solver),
      reduced(reduce(ensemble)),
      output_times(ensemble.output_times),
      end_h(ensemble.end_h) {
  const ir::System& system = reduced.system;
  autonomous = !depends_on_time(system);
  width = static_cast<std::size_t>(ensemble_options.width > 0 ? ensemble_options.width
                                                              : codegen::preferred_width());
  state_count = system.states.size();
  parameter_count = system.parameters.size();
  output_count = reduced.outputs.size();
  nonzeros = static_cast<std::size_t>(system.jacobian.nonzeros());
  dense_state_count =
      system.events.empty() ? static_cast<std::size_t>(reduced.output_state_count) : state_count;
  absolute_tolerances = solve::absolute_tolerances(system, options);
  for (const int parameter : reduced.parameters)
    assumed_parameters.push_back(ensemble.parameters[static_cast<std::size_t>(parameter)]);
  assumed_parameters.resize(parameter_count, 1.0);  // Infusions add.
  guards = guards_of(system, assumed_parameters, absolute_tolerances);

  sweeps = make_lane_sweeps(tableau, options.relative_tolerance, autonomous);
  codegen::Programs programs = codegen::lower_for_lanes(system, reduced.outputs);
  if (!system.events.empty()) lane_kernel = codegen::make_interpreter(programs);
  add_elimination(programs, LuPattern::analyse(static_cast<int>(state_count), system.jacobian.column_starts,
                                               system.jacobian.rows));
  codegen::NativeOptions native;
  native.width = static_cast<int>(width);
  kernel = ensemble_options.engine == EnsembleEngine::native
               ? codegen::compile_native(std::move(programs), native, sweeps.all)
               : codegen::make_interpreter(std::move(programs), native.width, sweeps.all);
}

}  // namespace raad::solve
