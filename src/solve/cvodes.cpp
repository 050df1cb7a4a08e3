#include "solve/cvodes.hpp"

#include <cvodes/cvodes.h>
#include <fmt/format.h>
#include <nvector/nvector_serial.h>
#include <sunlinsol/sunlinsol_klu.h>
#include <sunmatrix/sunmatrix_sparse.h>

#include <algorithm>
#include <new>
#include <stdexcept>

namespace raad::solve {

namespace {

struct FreeContext {
  void operator()(SUNContext context) const { SUNContext_Free(&context); }
};
struct FreeVector {
  void operator()(N_Vector vector) const { N_VDestroy(vector); }
};
struct FreeVectors {
  int count = 0;
  void operator()(N_Vector* vectors) const { N_VDestroyVectorArray(vectors, count); }
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

}  // namespace

struct CvodesStepper::Implementation {
  Evaluator& evaluator;
  Options options;
  // Order matters: members are destroyed from the last to the first, the context after all that use it.
  Owned<SUNContext, FreeContext> context{make_context()};
  Owned<N_Vector, FreeVector> states, tolerances, work;
  Owned<SUNMatrix, FreeMatrix> matrix;
  Owned<SUNLinearSolver, FreeLinearSolver> linear_solver;
  std::unique_ptr<N_Vector, FreeVectors> tangents, tangent_tolerances;  ///< Null without tangents
  TangentEquations* equations = nullptr;
  std::vector<const double*> tangent_values;
  std::vector<double*> tangent_results;
  std::unique_ptr<void, FreeIntegrator> integrator;
  bool initialised = false;
  double time = 0.0, limit = 0.0;
  std::string last_message;  ///< Of CVODES, for failures
  Statistics finished;       ///< Counts before the last restart, which sets CVODES' own to zero

  Implementation(Evaluator& evaluator_in, const Options& options_in, TangentEquations* equations_in);
  void configure();
  int direction_count() const {
    return equations == nullptr ? 0 : static_cast<int>(equations->direction_count());
  }
  void start_tangents();
  Statistics current() const;

  static int rates(realtype time, N_Vector states, N_Vector result, void* data);
  static int jacobian(realtype time, N_Vector states, N_Vector rates, SUNMatrix matrix, void* data, N_Vector,
                      N_Vector, N_Vector);
  static int tangent_rates(int count, realtype time, N_Vector states, N_Vector rates, N_Vector* tangents,
                           N_Vector* result, void* data, N_Vector, N_Vector);
  static void keep_message(int code, const char* module, const char* function, char* message, void* data);
};

CvodesStepper::Implementation::Implementation(Evaluator& evaluator_in, const Options& options_in,
                                              TangentEquations* equations_in)
    : evaluator(evaluator_in), options(options_in), equations(equations_in) {
  const auto n = static_cast<sunindextype>(evaluator.state_count());
  states.reset(N_VNew_Serial(n, context.get()));
  tolerances.reset(N_VNew_Serial(n, context.get()));
  work.reset(N_VNew_Serial(n, context.get()));
  matrix.reset(SUNSparseMatrix(n, n, evaluator.system().jacobian.nonzeros(), CSC_MAT, context.get()));
  if (!states || !tolerances || !work || !matrix) throw std::bad_alloc();
  std::ranges::copy(absolute_tolerances(evaluator.system(), options), N_VGetArrayPointer(tolerances.get()));
  if (const int count = direction_count(); count > 0) {
    const auto make = [&] {
      N_Vector* vectors = N_VCloneVectorArray(count, states.get());
      if (vectors == nullptr) throw std::bad_alloc();
      return std::unique_ptr<N_Vector, FreeVectors>(vectors, {count});
    };
    tangents = make();
    tangent_tolerances = make();
    // Directions are scaled so that a tangent is a change of the states by their own size.
    for (int i = 0; i < count; ++i)
      std::ranges::copy(absolute_tolerances(evaluator.system(), options),
                        N_VGetArrayPointer(tangent_tolerances.get()[i]));
    tangent_values.resize(static_cast<std::size_t>(count));
    tangent_results.resize(static_cast<std::size_t>(count));
  }
  linear_solver.reset(SUNLinSol_KLU(states.get(), matrix.get(), context.get()));
  integrator.reset(CVodeCreate(CV_BDF, context.get()));
  if (!linear_solver || !integrator) throw std::bad_alloc();
}

void CvodesStepper::Implementation::configure() {
  void* cvode = integrator.get();
  require_success(CVodeSetErrHandlerFn(cvode, &keep_message, this), "CVodeSetErrHandlerFn");
  require_success(CVodeSetUserData(cvode, this), "CVodeSetUserData");
  require_success(CVodeSVtolerances(cvode, options.relative_tolerance, tolerances.get()),
                  "CVodeSVtolerances");
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

// After the states are set up: CVODES wants it in this order.
void CvodesStepper::Implementation::start_tangents() {
  void* cvode = integrator.get();
  if (initialised) {
    require_success(CVodeSensReInit(cvode, CV_STAGGERED, tangents.get()), "CVodeSensReInit");
    return;
  }
  require_success(CVodeSensInit(cvode, direction_count(), CV_STAGGERED, &tangent_rates, tangents.get()),
                  "CVodeSensInit");
  require_success(CVodeSensSVtolerances(cvode, options.relative_tolerance, tangent_tolerances.get()),
                  "CVodeSensSVtolerances");
  require_success(CVodeSetSensErrCon(cvode, SUNTRUE), "CVodeSetSensErrCon");
}

int CvodesStepper::Implementation::tangent_rates(int count, realtype time, N_Vector states, N_Vector,
                                                 N_Vector* tangents, N_Vector* result, void* data, N_Vector,
                                                 N_Vector) {
  auto& self = *static_cast<Implementation*>(data);
  for (int i = 0; i < count; ++i) {
    self.tangent_values[static_cast<std::size_t>(i)] = N_VGetArrayPointer(tangents[i]);
    self.tangent_results[static_cast<std::size_t>(i)] = N_VGetArrayPointer(result[i]);
  }
  self.equations->tangent_rates(time, N_VGetArrayPointer(states), self.tangent_values.data(),
                                self.tangent_results.data());
  for (const double* values : self.tangent_results)
    if (!describe_non_finite(self.evaluator.system(), values, "").empty()) return k_recoverable;
  return 0;
}

int CvodesStepper::Implementation::rates(realtype time, N_Vector states, N_Vector result, void* data) {
  auto& self = *static_cast<Implementation*>(data);
  double* values = N_VGetArrayPointer(result);
  self.evaluator.rates(time, N_VGetArrayPointer(states), values);
  return describe_non_finite(self.evaluator.system(), values, "").empty() ? 0 : k_recoverable;
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
  std::copy_n(states, self.evaluator.state_count(), N_VGetArrayPointer(self.states.get()));
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
  if (self.direction_count() > 0) self.start_tangents();
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
  std::copy_n(N_VGetArrayPointer(self.work.get()), self.evaluator.state_count(), states);
}

void CvodesStepper::set_tangents(const std::vector<std::vector<double>>& tangents) {
  for (std::size_t i = 0; i < tangents.size(); ++i)
    std::ranges::copy(tangents[i], N_VGetArrayPointer(implementation_->tangents.get()[i]));
}

void CvodesStepper::tangents_at(double time, std::vector<std::vector<double>>& tangents) {
  Implementation& self = *implementation_;
  if (self.direction_count() == 0) return;
  require_success(CVodeGetSensDky(self.integrator.get(), time, 0, self.tangents.get()), "CVodeGetSensDky");
  for (std::size_t i = 0; i < tangents.size(); ++i)
    std::copy_n(N_VGetArrayPointer(self.tangents.get()[i]), self.evaluator.state_count(),
                tangents[i].begin());
}

Statistics CvodesStepper::statistics() const {
  Statistics statistics = implementation_->current();
  statistics.rate_evaluations = implementation_->evaluator.rate_evaluations();
  statistics.jacobian_evaluations = implementation_->evaluator.jacobian_evaluations();
  return statistics;
}

}  // namespace raad::solve
