#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "common/contenders.hpp"
#include "reference_cvode/driver.hpp"
#include "solve/evaluator.hpp"

namespace raad::bench {
namespace {

const char* module_path(CvodeBuild build) {
#ifdef RAAD_REFERENCE_CVODE_OPTIMISED
  if (build == CvodeBuild::optimised) return RAAD_REFERENCE_CVODE_OPTIMISED;
#endif
  return build == CvodeBuild::packaged ? RAAD_REFERENCE_CVODE_PACKAGED : nullptr;
}

/// The functions of a build, loaded once and kept; null when the build is not there.
const ReferenceCvode* load(CvodeBuild build) {
  const char* path = module_path(build);
  if (path == nullptr) return nullptr;
  void* module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (module == nullptr) throw std::runtime_error(fmt::format("bench: {}", dlerror()));
  void* symbol = dlsym(module, k_reference_cvode_symbol);
  if (symbol == nullptr) throw std::runtime_error(fmt::format("bench: {}", dlerror()));
  return reinterpret_cast<const ReferenceCvode* (*)()>(symbol)();
}

class CvodeContender final : public Contender {
 public:
  CvodeContender(const Case& population, CvodeBuild build, std::string label)
      : case_(population), build_(build), label_(std::move(label)), cvode_(load(build)) {
    if (cvode_ == nullptr) throw std::logic_error("bench: this build of CVODES is not there");
    // Runs are long and many: the opponent's rates get LLVM's higher level too.
    const codegen::NativeOptions native{.width = 1, .optimise_slowly = true};
    timed_ = codegen::compile_native(codegen::lower(case_.system, case_.observables()), native);
    measured_ = codegen::compile_native(codegen::lower(case_.system, case_.outputs), native);
  }
  ~CvodeContender() override { forget_solver(); }
  CvodeContender(const CvodeContender&) = delete;
  CvodeContender& operator=(const CvodeContender&) = delete;

  std::string name() const override {
    return fmt::format("CVODES + KLU, {}, {}", build_ == CvodeBuild::optimised ? "optimised" : "packaged",
                       label_);
  }
  std::string description() const override {
    return *describe_build(build_) + "; rates: " + timed_->description();
  }
  double set_up_s() const override { return 0.0; }

  void set_tolerance(double tolerance) override;
  Work run(std::size_t count, Courses* courses) override;

 private:
  static int rates(void* user, double time, const double* states, double* result);
  static void jacobian(void* user, double time, const double* states, double* values);
  static void record(void* user, int output, const double* states);

  void forget_solver() {
    if (solver_ != nullptr) cvode_->destroy(solver_);
    solver_ = nullptr;
  }
  bool run_one(const solve::Subject& subject, const codegen::Kernel& kernel);

  const Case& case_;
  CvodeBuild build_;
  std::string label_;
  const ReferenceCvode* cvode_;
  std::unique_ptr<codegen::Kernel> timed_, measured_;
  std::vector<double> absolute_tolerances_;
  ReferenceCvodeSolver* solver_ = nullptr;

  // Of the subject that is running
  std::optional<solve::Evaluator> evaluator_;
  std::vector<double> states_, recorded_;
  std::size_t first_output_ = 0;  ///< Of the stretch between doses
};

void CvodeContender::set_tolerance(double tolerance) {
  forget_solver();
  absolute_tolerances_.clear();
  for (const auto& state : case_.system.states)
    absolute_tolerances_.push_back(1e-3 * tolerance * state.nominal_scale);
  const auto& pattern = case_.system.jacobian;
  const ReferenceCvodeProblem problem{
      .state_count = static_cast<int>(case_.system.states.size()),
      .nonzeros = pattern.nonzeros(),
      .column_starts = pattern.column_starts.data(),
      .rows = pattern.rows.data(),
      .user = this,
      .rates = &rates,
      .jacobian = &jacobian,
      .relative_tolerance = tolerance,
      .absolute_tolerances = absolute_tolerances_.data(),
      .max_steps = solve::Options{}.max_steps,
  };
  solver_ = cvode_->create(&problem);
  if (solver_ == nullptr) throw std::runtime_error("bench: CVODES cannot be set up");
}

int CvodeContender::rates(void* user, double time, const double* states, double* result) {
  auto& self = *static_cast<CvodeContender*>(user);
  self.evaluator_->rates(time, states, result);
  // A sum is finite only if all terms are, short of an overflow; cheaper than a test for each.
  double sum = 0.0;
  for (std::size_t i = 0; i < self.states_.size(); ++i) sum += result[i];
  return std::isfinite(sum) ? 0 : 1;
}

void CvodeContender::jacobian(void* user, double time, const double* states, double* values) {
  static_cast<CvodeContender*>(user)->evaluator_->jacobian(time, states, values);
}

void CvodeContender::record(void* user, int output, const double* states) {
  auto& self = *static_cast<CvodeContender*>(user);
  const std::size_t which = self.first_output_ + static_cast<std::size_t>(output);
  self.evaluator_->outputs(self.case_.output_times[which], states,
                           &self.recorded_[which * self.evaluator_->output_count()]);
}

/// From dose to dose; false when CVODES gives up.
bool CvodeContender::run_one(const solve::Subject& subject, const codegen::Kernel& kernel) {
  solve::Problem problem;
  problem.system = &case_.system;
  problem.kernel = &kernel;
  problem.parameters = subject.parameters;
  evaluator_.emplace(problem);
  states_.resize(case_.system.states.size());
  recorded_.assign(case_.output_times.size() * evaluator_->output_count(),
                   std::numeric_limits<double>::quiet_NaN());
  evaluator_->initial_states(subject.start_h, states_.data());
  std::vector<solve::Action> actions = subject.actions;
  std::ranges::stable_sort(actions, {}, &solve::Action::time_h);
  double time = subject.start_h;
  first_output_ = 0;
  for (std::size_t next = 0; time < case_.end_h;) {
    // All jumps of one instant share one restart.
    for (; next < actions.size() && actions[next].time_h <= time; ++next)
      states_[static_cast<std::size_t>(actions[next].index)] += actions[next].value;
    const double stop = next < actions.size() ? std::min(actions[next].time_h, case_.end_h) : case_.end_h;
    const auto first = case_.output_times.begin() + static_cast<std::ptrdiff_t>(first_output_);
    const auto last = std::upper_bound(first, case_.output_times.end(), stop);
    const int outputs = static_cast<int>(last - first);
    evaluator_->set_smooth_interval(time, stop);
    if (cvode_->advance(solver_, time, stop, states_.data(), &case_.output_times[0] + first_output_, outputs,
                        &record) != 0)
      return false;
    first_output_ += static_cast<std::size_t>(outputs);
    time = stop;
  }
  return true;
}

Work CvodeContender::run(std::size_t count, Courses* courses) {
  if (courses != nullptr) courses->assign(count, {});
  const codegen::Kernel& kernel = courses != nullptr ? *measured_ : *timed_;
  ReferenceCvodeCounts before{}, after{};
  cvode_->counts(solver_, &before);
  Work work;
  const double start = processor_seconds();
  for (std::size_t i = 0; i < count; ++i) {
    if (!run_one(case_.subjects[i], kernel)) ++work.failed;
    if (courses != nullptr) (*courses)[i] = recorded_;
  }
  work.processor_s = processor_seconds() - start;
  work.subjects = static_cast<std::int64_t>(count);
  cvode_->counts(solver_, &after);
  work.statistics.steps = after.steps - before.steps;
  work.statistics.rejected_steps = after.error_test_failures + after.convergence_failures -
                                   before.error_test_failures - before.convergence_failures;
  work.statistics.rate_evaluations = after.rate_evaluations - before.rate_evaluations;
  work.statistics.jacobian_evaluations = after.jacobian_evaluations - before.jacobian_evaluations;
  work.statistics.factorisations = after.factorisations - before.factorisations;
  work.statistics.solves = after.newton_iterations - before.newton_iterations;
  return work;
}

}  // namespace

std::optional<std::string> describe_build(CvodeBuild build) {
  const ReferenceCvode* cvode = load(build);
  if (cvode == nullptr) return std::nullopt;
#ifdef RAAD_REFERENCE_CVODE_BUILD
  if (build == CvodeBuild::optimised) return RAAD_REFERENCE_CVODE_BUILD;
#endif
  return fmt::format("SUNDIALS {}, Debian's package, compiled without optimisation", cvode->version());
}

std::unique_ptr<Contender> make_cvode_contender(const Case& population, CvodeBuild build,
                                                const std::string& label) {
  return std::make_unique<CvodeContender>(population, build, label);
}

}  // namespace raad::bench
