#include "solve/cvodes.hpp"

#include <cvodes/cvodes.h>
#include <fmt/format.h>
#include <nvector/nvector_serial.h>
#include <sunlinsol/sunlinsol_klu.h>
#include <sunmatrix/sunmatrix_sparse.h>

#include <algorithm>
#include <cmath>
#include <new>
#include <stdexcept>

#include "solve/fast_vector.hpp"

namespace raad::solve {

namespace {

struct FreeContext {
  void operator()(SUNContext context) const { SUNContext_Free(&context); }
};
struct FreeVector {
  void operator()(N_Vector vector) const { N_VDestroy(vector); }
};
struct FreeMatrix {
  void operator()(SUNMatrix matrix) const { SUNMatDestroy(matrix); }
};
struct FreeLinearSolver {
  void operator()(SUNLinearSolver solver) const { SUNLinSolFree(solver); }
};
struct FreeIntegrator {
  void operator()(void* memory) const { CVodeFree(&memory); }
};
template <class Handle, class Free>
using Owned = std::unique_ptr<std::remove_pointer_t<Handle>, Free>;

SUNContext make_context() {
  SUNContext context = nullptr;
  if (SUNContext_Create(nullptr, &context) != 0) throw std::bad_alloc();
  return context;
}

/// Set-up calls fail only when they are used wrongly or memory is short.
void require_success(int flag, const char* call) {
  if (flag < 0) throw std::logic_error(fmt::format("{} failed with {}", call, flag));
}

// What a callback returns to make CVODES try a shorter step.
constexpr int k_recoverable = 1;

/// Solves with the factors of the states' own matrix for every block of the right-hand side: Newton's method
/// for a tangent is that for the states but for second derivatives, which it can do without.
int solve_blocks(SUNLinearSolver solver, SUNMatrix matrix, N_Vector solution, N_Vector right_side, realtype) {
  auto& klu = *static_cast<SUNLinearSolverContent_KLU>(solver->content);
  const sunindextype size = SUNSparseMatrix_Columns(matrix), length = N_VGetLength(solution);
  double* values = N_VGetArrayPointer(solution);
  std::copy_n(N_VGetArrayPointer(right_side), length, values);
  const auto done = klu.klu_solver(klu.symbolic, klu.numeric, size, length / size, values, &klu.common);
  klu.last_flag = done != 0 ? SUNLS_SUCCESS : SUNLS_PACKAGE_FAIL_REC;
  return klu.last_flag;
}

}  // namespace

struct CvodesStepper::Implementation {
  Evaluator& evaluator;
  Options options;
  // Order matters: members are destroyed from the last to the first, the context after all that use it.
  Owned<SUNContext, FreeContext> context{make_context()};
  /// The states, then the tangents, direction by direction.
  Owned<N_Vector, FreeVector> states, work;
  std::vector<double> tolerances;  ///< Of the states
  Owned<SUNMatrix, FreeMatrix> matrix;
  Owned<SUNLinearSolver, FreeLinearSolver> linear_solver;
  TangentEquations* equations = nullptr;
  std::unique_ptr<void, FreeIntegrator> integrator;
  bool initialised = false;
  double time = 0.0, limit = 0.0;
  std::vector<double> tangents_begin;  ///< For the next restart
  std::string last_message;            ///< Of CVODES, for failures
  Statistics finished;                 ///< Counts before the last restart, which sets CVODES' own to zero

  Implementation(Evaluator& evaluator_in, const Options& options_in, TangentEquations* equations_in);
  void configure();
  std::size_t state_count() const { return evaluator.state_count(); }
  std::size_t direction_count() const { return equations == nullptr ? 0 : equations->direction_count(); }
  Statistics current() const;

  static int rates(realtype time, N_Vector states, N_Vector result, void* data);
  static int jacobian(realtype time, N_Vector states, N_Vector rates, SUNMatrix matrix, void* data, N_Vector,
                      N_Vector, N_Vector);
  static int error_weights(N_Vector states, N_Vector weights, void* data);
  static void keep_message(int code, const char* module, const char* function, char* message, void* data);
};

CvodesStepper::Implementation::Implementation(Evaluator& evaluator_in, const Options& options_in,
                                              TangentEquations* equations_in)
    : evaluator(evaluator_in), options(options_in), equations(equations_in) {
  const auto n = static_cast<sunindextype>(state_count());
  const auto length = n * static_cast<sunindextype>(1 + direction_count());
  states.reset(make_fast_vector(length, context.get()));
  work.reset(make_fast_vector(length, context.get()));
  matrix.reset(SUNSparseMatrix(n, n, evaluator.system().jacobian.nonzeros(), CSC_MAT, context.get()));
  if (!states || !work || !matrix) throw std::bad_alloc();
  tolerances = absolute_tolerances(evaluator.system(), options);
  {
    // SUNDIALS wants vector and matrix of one size when the solver is made; only solve_blocks() sees the
    // rest.
    const Owned<N_Vector, FreeVector> block(N_VNew_Serial(n, context.get()));
    if (!block) throw std::bad_alloc();
    linear_solver.reset(SUNLinSol_KLU(block.get(), matrix.get(), context.get()));
  }
  integrator.reset(CVodeCreate(CV_BDF, context.get()));
  if (!linear_solver || !integrator) throw std::bad_alloc();
  linear_solver->ops->solve = &solve_blocks;
}

void CvodesStepper::Implementation::configure() {
  void* cvode = integrator.get();
  require_success(CVodeSetErrHandlerFn(cvode, &keep_message, this), "CVodeSetErrHandlerFn");
  require_success(CVodeSetUserData(cvode, this), "CVodeSetUserData");
  require_success(CVodeWFtolerances(cvode, &error_weights), "CVodeWFtolerances");
  require_success(CVodeSetLinearSolver(cvode, linear_solver.get(), matrix.get()), "CVodeSetLinearSolver");
  require_success(CVodeSetJacFn(cvode, &jacobian), "CVodeSetJacFn");
  // CVODES gives up after 7 failed tests and 10 failed iterations in one step. Steep transients, such as the
  // Oregonator's at a loose tolerance, need more; each failure divides the step by up to 10, so 30 span any
  // scale there is.
  require_success(CVodeSetMaxErrTestFails(cvode, 30), "CVodeSetMaxErrTestFails");
  require_success(CVodeSetMaxConvFails(cvode, 30), "CVodeSetMaxConvFails");
  if (options.max_step_h > 0.0)
    require_success(CVodeSetMaxStep(cvode, options.max_step_h), "CVodeSetMaxStep");
}

/// The norm of errors that follows is the root mean square over the states, as without tangents, and beside
/// it the root mean square over all tangents. Directions are scaled so that a tangent is a change of the
/// states by their own size: the states' tolerances are right for tangents too.
int CvodesStepper::Implementation::error_weights(N_Vector states, N_Vector weights, void* data) {
  auto& self = *static_cast<Implementation*>(data);
  const std::size_t n = self.state_count(), blocks = 1 + self.direction_count();
  const double of_states = std::sqrt(static_cast<double>(blocks));
  const double of_tangents = blocks > 1 ? of_states / std::sqrt(static_cast<double>(blocks - 1)) : 0.0;
  const double* values = N_VGetArrayPointer(states);
  double* result = N_VGetArrayPointer(weights);
  for (std::size_t block = 0; block < blocks; ++block) {
    const double share = block == 0 ? of_states : of_tangents;
    for (std::size_t i = 0; i < n; ++i, ++values, ++result) {
      const double tolerance = self.options.relative_tolerance * std::abs(*values) + self.tolerances[i];
      if (!(tolerance > 0.0)) return -1;  // CVODES then says that a weight is not positive.
      *result = share / tolerance;
    }
  }
  return 0;
}

int CvodesStepper::Implementation::rates(realtype time, N_Vector states, N_Vector result, void* data) {
  auto& self = *static_cast<Implementation*>(data);
  const double* at = N_VGetArrayPointer(states);
  double* values = N_VGetArrayPointer(result);
  const std::size_t n = self.state_count();
  self.evaluator.rates(time, at, values);
  if (self.direction_count() > 0) self.equations->tangent_rates(time, at, at + n, values + n);
  const bool finite =
      std::all_of(values, values + N_VGetLength(result), [](double one) { return std::isfinite(one); });
  return finite ? 0 : k_recoverable;
}

int CvodesStepper::Implementation::jacobian(realtype time, N_Vector states, N_Vector, SUNMatrix matrix,
                                            void* data, N_Vector, N_Vector, N_Vector) {
  auto& self = *static_cast<Implementation*>(data);
  const ir::SparseNodes& pattern = self.evaluator.system().jacobian;
  // CVODES clears the whole matrix, its pattern included, before each call.
  std::ranges::copy(pattern.column_starts, SUNSparseMatrix_IndexPointers(matrix));
  std::ranges::copy(pattern.rows, SUNSparseMatrix_IndexValues(matrix));
  self.evaluator.jacobian(time, N_VGetArrayPointer(states), SUNSparseMatrix_Data(matrix));
  return 0;
}

void CvodesStepper::Implementation::keep_message(int, const char*, const char*, char* message, void* data) {
  static_cast<Implementation*>(data)->last_message = message;
}

Statistics CvodesStepper::Implementation::current() const {
  Statistics total = finished;
  if (initialised) {
    long steps = 0, error_failures = 0, convergence_failures = 0, factorisations = 0, iterations = 0;
    CVodeGetNumSteps(integrator.get(), &steps);
    CVodeGetNumErrTestFails(integrator.get(), &error_failures);
    CVodeGetNumStepSolveFails(integrator.get(), &convergence_failures);
    CVodeGetNumLinSolvSetups(integrator.get(), &factorisations);
    CVodeGetNumNonlinSolvIters(integrator.get(), &iterations);
    total.steps += steps;
    total.rejected_steps += error_failures + convergence_failures;
    total.factorisations += factorisations;
    total.solves += iterations;
  }
  return total;
}

CvodesStepper::CvodesStepper(Evaluator& evaluator, const Options& options, TangentEquations* tangents)
    : implementation_(std::make_unique<Implementation>(evaluator, options, tangents)) {}

CvodesStepper::~CvodesStepper() = default;

StepOutcome CvodesStepper::restart(double time, const double* states, double limit) {
  Implementation& self = *implementation_;
  self.finished = self.current();
  self.time = time;
  self.limit = limit;
  double* begin = N_VGetArrayPointer(self.states.get());
  std::copy_n(states, self.state_count(), begin);
  std::ranges::copy(self.tangents_begin, begin + self.state_count());
  // CVODES reports only that the first call failed; the state's name is worth one evaluation.
  self.evaluator.rates(time, states, N_VGetArrayPointer(self.work.get()));
  std::string fault =
      describe_non_finite(self.evaluator.system(), N_VGetArrayPointer(self.work.get()), "rate of");
  if (!fault.empty()) return {Status::not_finite, std::move(fault)};
  if (!self.initialised) {
    require_success(CVodeInit(self.integrator.get(), &Implementation::rates, time, self.states.get()),
                    "CVodeInit");
    self.configure();
  } else {
    require_success(CVodeReInit(self.integrator.get(), time, self.states.get()), "CVodeReInit");
  }
  self.initialised = true;
  require_success(CVodeSetStopTime(self.integrator.get(), limit), "CVodeSetStopTime");
  return {};
}

StepOutcome CvodesStepper::step(long tries_left) {
  Implementation& self = *implementation_;
  if (tries_left <= 0) return {Status::too_many_steps, "the allowed number of steps is used up"};
  realtype reached = self.time;
  const int flag = CVode(self.integrator.get(), self.limit, self.states.get(), &reached, CV_ONE_STEP);
  if (flag < 0) {
    std::string fault =
        describe_non_finite(self.evaluator.system(), N_VGetArrayPointer(self.states.get()), "value of");
    if (fault.empty() && (flag == CV_REPTD_RHSFUNC_ERR || flag == CV_UNREC_RHSFUNC_ERR)) {
      fault = self.last_message;
    }
    if (!fault.empty()) return {Status::not_finite, std::move(fault)};
    return {Status::step_too_small, self.last_message};
  }
  self.time = flag == CV_TSTOP_RETURN ? self.limit : reached;
  return {};
}

double CvodesStepper::time() const {
  return implementation_->time;
}

const double* CvodesStepper::states() const {
  return N_VGetArrayPointer(implementation_->states.get());
}

void CvodesStepper::interpolate(double time, double* states) {
  Implementation& self = *implementation_;
  require_success(CVodeGetDky(self.integrator.get(), time, 0, self.work.get()), "CVodeGetDky");
  std::copy_n(N_VGetArrayPointer(self.work.get()), self.state_count(), states);
}

void CvodesStepper::set_tangents(std::vector<double> tangents) {
  implementation_->tangents_begin = std::move(tangents);
}

void CvodesStepper::tangents_at(double time, std::vector<double>& tangents) {
  Implementation& self = *implementation_;
  require_success(CVodeGetDky(self.integrator.get(), time, 0, self.work.get()), "CVodeGetDky");
  const double* values = N_VGetArrayPointer(self.work.get());
  tangents.assign(values + self.state_count(), values + N_VGetLength(self.work.get()));
}

Statistics CvodesStepper::statistics() const {
  Statistics statistics = implementation_->current();
  statistics.rate_evaluations = implementation_->evaluator.rate_evaluations();
  statistics.jacobian_evaluations = implementation_->evaluator.jacobian_evaluations();
  return statistics;
}

}  // namespace raad::solve
