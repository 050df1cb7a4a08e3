// CVODES with KLU behind a table of C functions, so that two builds of SUNDIALS can live in one process: each
// is a module of its own that keeps its symbols to itself.
#pragma once

extern "C" {

/// What is integrated. All pointers must outlive the solver.
struct ReferenceCvodeProblem {
  int state_count;
  int nonzeros;
  const int* column_starts;  ///< [state_count + 1]
  const int* rows;           ///< [nonzeros]
  void* user;
  /// 0: fine; 1: not finite, try a shorter step.
  int (*rates)(void* user, double time, const double* states, double* result);
  void (*jacobian)(void* user, double time, const double* states, double* values);
  double relative_tolerance;
  const double* absolute_tolerances;  ///< [state_count]
  long max_steps;                     ///< Of one call of advance()
};

struct ReferenceCvodeCounts {
  long steps, error_test_failures, convergence_failures, rate_evaluations, jacobian_evaluations,
      factorisations, newton_iterations;
};

struct ReferenceCvodeSolver;

struct ReferenceCvode {
  const char* (*version)();
  /// Null when memory is short.
  ReferenceCvodeSolver* (*create)(const ReferenceCvodeProblem* problem);
  void (*destroy)(ReferenceCvodeSolver* solver);
  /// Restarts at (`from`, `states`) and integrates to `to`; `states` is replaced. At each of the ascending
  /// `output_times` in (from, to] the interpolated states are handed to `record`. Returns 0, or CVODES' flag.
  int (*advance)(ReferenceCvodeSolver* solver, double from, double to, double* states,
                 const double* output_times, int output_count,
                 void (*record)(void* user, int output, const double* states));
  /// Sums since the solver was made.
  void (*counts)(const ReferenceCvodeSolver* solver, ReferenceCvodeCounts* counts);
};

/// The module's only visible symbol.
const ReferenceCvode* reference_cvode();
}

namespace raad::bench {
inline constexpr char k_reference_cvode_symbol[] = "reference_cvode";
}
