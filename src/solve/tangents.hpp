// Forward sensitivities: how everything that a run gives changes with parameters, with exact derivatives.
//
// With S = dx/dtheta and P = dp/dtheta along a direction theta of the parameters' space, S follows
//     dS/dt = (df/dx) S + (df/dp) P,
// solved beside the states by CVODES in one vector (simultaneous corrector of Maly and Petzold 1996,
// doi:10.1016/0168-9274(95)00117-4; error control includes S). Events and switches in time move with the
// parameters: at an event at time tau, found by g(x, p, t) = 0,
//     dtau = -(g_x S + g_p P) / (g_x f + g_t),   S+ = h_x (S + f dtau) + h_p P + h_t dtau - f+ dtau,
// for the assignment x+ = h(x, p, t) and rates f before, f+ after (Rozenvasser 1967; Barton and Lee 2002,
// doi:10.1145/643120.643122). A switch in time without an assignment has h = x.
//
// Not modelled: a jump of the rates where a state crosses a threshold inside `piecewise` without an event;
// what happens where runs have no derivative, such as two events at one instant whose order the parameters
// decide.
#pragma once

#include <memory>
#include <vector>

#include "solve/partials.hpp"
#include "solve/problem.hpp"

namespace raad::solve {

/// Derivatives of a system's formulas, made once and shared by threads.
class TangentCode {
 public:
  /// `outputs`: nodes of the system's graph. `parameters`: those along which directions may point. The system
  /// must outlive the code.
  TangentCode(const ir::System& system, std::vector<ir::NodeId> outputs, const std::vector<int>& parameters);
  ~TangentCode();

  /// The kernel for Problem::kernel of runs with tangents. Its outputs are those asked for, then the
  /// derivatives of them.
  const codegen::Kernel& kernel() const;
  /// Whether states depend on a parameter, itself or through those that formulas give from it. Where events
  /// set parameters all are taken to: outputs then need more than states to be read again.
  bool moves_states(int parameter) const;

  struct Implementation;
  const Implementation& implementation() const { return *implementation_; }

 private:
  std::unique_ptr<Implementation> implementation_;
};

struct TangentProblem {
  const TangentCode* code = nullptr;
  /// [direction][parameter]: what a direction does to the parameters that no formula gives. Those given by
  /// formulas follow.
  std::vector<std::vector<double>> directions;
  /// [direction][state], for runs with Problem::initial_states. Empty: zero, for then they are numbers.
  std::vector<std::vector<double>> initial_tangents;
};

struct TangentSolution {
  Solution solution;                    ///< Outputs without their derivatives
  std::vector<double> output_tangents;  ///< [time][output][direction]
  Tangents end;                         ///< At the last output time
};

/// Tangents at the start of a run without Problem::initial_states.
Tangents initial_tangents(const Problem& problem, const TangentProblem& tangents);

/// solve() with tangents; always by CVODES. Problem::kernel must be that of the code.
TangentSolution solve_with_tangents(const Problem& problem, const TangentProblem& tangents,
                                    const Options& options);

/// Outputs [time][output] at states [time][state] of an earlier run, and their tangents
/// [time][output][direction] along directions that move no state (TangentCode::moves_states).
std::vector<double> read_outputs(const Problem& problem, const TangentProblem& tangents,
                                 const std::vector<double>& times, const std::vector<double>& states,
                                 std::vector<double>& output_tangents);

/// Rates of change of the tangents at one point.
std::vector<std::vector<double>> tangent_rates(const Problem& problem, const TangentProblem& tangents,
                                               double time, const double* states, const Tangents& at);

}  // namespace raad::solve
