#include "driver.hpp"

#include <cvodes/cvodes.h>
#include <nvector/nvector_serial.h>
#include <sundials/sundials_version.h>
#include <sunlinsol/sunlinsol_klu.h>
#include <sunmatrix/sunmatrix_sparse.h>

#include <algorithm>

/// One integrator, reused from subject to subject as an expert would: CVodeReInit keeps all memory and KLU's
/// symbolic analysis.
struct ReferenceCvodeSolver {
  ReferenceCvodeProblem problem{};
  SUNContext context = nullptr;
  N_Vector states = nullptr, tolerances = nullptr, interpolated = nullptr;
  SUNMatrix matrix = nullptr;
  SUNLinearSolver linear_solver = nullptr;
  void* integrator = nullptr;
  ReferenceCvodeCounts finished{};  ///< Counts before the last restart, which sets CVODES' own to zero
};

namespace {

int evaluate_rates(realtype time, N_Vector states, N_Vector result, void* data) {
  const auto& problem = static_cast<ReferenceCvodeSolver*>(data)->problem;
  return problem.rates(problem.user, time, N_VGetArrayPointer(states), N_VGetArrayPointer(result));
}

int evaluate_jacobian(realtype time, N_Vector states, N_Vector, SUNMatrix matrix, void* data, N_Vector,
                      N_Vector, N_Vector) {
  const auto& problem = static_cast<ReferenceCvodeSolver*>(data)->problem;
  // CVODES clears the pattern too before each call.
  std::copy_n(problem.column_starts, problem.state_count + 1, SUNSparseMatrix_IndexPointers(matrix));
  std::copy_n(problem.rows, problem.nonzeros, SUNSparseMatrix_IndexValues(matrix));
  problem.jacobian(problem.user, time, N_VGetArrayPointer(states), SUNSparseMatrix_Data(matrix));
  return 0;
}

// Failures are return values; a population should not fill the terminal.
void keep_quiet(int, const char*, const char*, char*, void*) {}

const char* version() {
  return SUNDIALS_VERSION;
}

void destroy(ReferenceCvodeSolver* solver) {
  if (solver->integrator != nullptr) CVodeFree(&solver->integrator);
  if (solver->linear_solver != nullptr) SUNLinSolFree(solver->linear_solver);
  if (solver->matrix != nullptr) SUNMatDestroy(solver->matrix);
  for (N_Vector vector : {solver->states, solver->tolerances, solver->interpolated})
    if (vector != nullptr) N_VDestroy(vector);
  if (solver->context != nullptr) SUNContext_Free(&solver->context);
  delete solver;
}

bool set_up(ReferenceCvodeSolver& solver) {
  const auto& problem = solver.problem;
  if (SUNContext_Create(nullptr, &solver.context) != 0) return false;
  solver.states = N_VNew_Serial(problem.state_count, solver.context);
  solver.tolerances = N_VNew_Serial(problem.state_count, solver.context);
  solver.interpolated = N_VNew_Serial(problem.state_count, solver.context);
  solver.matrix =
      SUNSparseMatrix(problem.state_count, problem.state_count, problem.nonzeros, CSC_MAT, solver.context);
  if (!solver.states || !solver.tolerances || !solver.interpolated || !solver.matrix) return false;
  std::copy_n(problem.absolute_tolerances, problem.state_count, N_VGetArrayPointer(solver.tolerances));
  solver.linear_solver = SUNLinSol_KLU(solver.states, solver.matrix, solver.context);
  solver.integrator = CVodeCreate(CV_BDF, solver.context);
  if (!solver.linear_solver || !solver.integrator) return false;
  void* cvode = solver.integrator;
  N_VConst(0.0, solver.states);
  return CVodeInit(cvode, &evaluate_rates, 0.0, solver.states) == CV_SUCCESS &&
         CVodeSetErrHandlerFn(cvode, &keep_quiet, nullptr) == CV_SUCCESS &&
         CVodeSetUserData(cvode, &solver) == CV_SUCCESS &&
         CVodeSVtolerances(cvode, problem.relative_tolerance, solver.tolerances) == CV_SUCCESS &&
         CVodeSetLinearSolver(cvode, solver.linear_solver, solver.matrix) == CV_SUCCESS &&
         CVodeSetJacFn(cvode, &evaluate_jacobian) == CV_SUCCESS &&
         CVodeSetMaxNumSteps(cvode, problem.max_steps) == CV_SUCCESS;
}

ReferenceCvodeSolver* create(const ReferenceCvodeProblem* problem) {
  auto* solver = new ReferenceCvodeSolver;
  solver->problem = *problem;
  if (set_up(*solver)) return solver;
  destroy(solver);
  return nullptr;
}

ReferenceCvodeCounts since_restart(const ReferenceCvodeSolver& solver) {
  ReferenceCvodeCounts counts{};
  void* cvode = solver.integrator;
  CVodeGetNumSteps(cvode, &counts.steps);
  CVodeGetNumErrTestFails(cvode, &counts.error_test_failures);
  CVodeGetNumStepSolveFails(cvode, &counts.convergence_failures);
  CVodeGetNumRhsEvals(cvode, &counts.rate_evaluations);
  CVodeGetNumJacEvals(cvode, &counts.jacobian_evaluations);
  CVodeGetNumLinSolvSetups(cvode, &counts.factorisations);
  CVodeGetNumNonlinSolvIters(cvode, &counts.newton_iterations);
  return counts;
}

ReferenceCvodeCounts sum(const ReferenceCvodeCounts& a, const ReferenceCvodeCounts& b) {
  return {a.steps + b.steps,
          a.error_test_failures + b.error_test_failures,
          a.convergence_failures + b.convergence_failures,
          a.rate_evaluations + b.rate_evaluations,
          a.jacobian_evaluations + b.jacobian_evaluations,
          a.factorisations + b.factorisations,
          a.newton_iterations + b.newton_iterations};
}

int advance(ReferenceCvodeSolver* solver, double from, double to, double* states, const double* output_times,
            int output_count, void (*record)(void* user, int output, const double* states)) {
  const auto& problem = solver->problem;
  void* cvode = solver->integrator;
  solver->finished = sum(solver->finished, since_restart(*solver));
  std::copy_n(states, problem.state_count, N_VGetArrayPointer(solver->states));
  int flag = CVodeReInit(cvode, from, solver->states);
  if (flag == CV_SUCCESS) flag = CVodeSetStopTime(cvode, to);
  realtype reached = from;
  int next = 0;
  while (flag >= 0 && reached < to) {
    flag = CVode(cvode, to, solver->states, &reached, CV_ONE_STEP);
    for (; flag >= 0 && next < output_count && output_times[next] <= reached; ++next) {
      flag = CVodeGetDky(cvode, output_times[next], 0, solver->interpolated);
      if (flag >= 0) record(problem.user, next, N_VGetArrayPointer(solver->interpolated));
    }
    if (flag == CV_TSTOP_RETURN) break;
  }
  std::copy_n(N_VGetArrayPointer(solver->states), problem.state_count, states);
  return flag < 0 ? flag : 0;
}

void counts(const ReferenceCvodeSolver* solver, ReferenceCvodeCounts* result) {
  *result = sum(solver->finished, since_restart(*solver));
}

constexpr ReferenceCvode k_functions = {&version, &create, &destroy, &advance, &counts};

}  // namespace

extern "C" const ReferenceCvode* reference_cvode() {
  return &k_functions;
}
