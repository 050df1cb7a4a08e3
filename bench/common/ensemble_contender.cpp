#include <fmt/format.h>

#include <ctime>

#include "common/contenders.hpp"

namespace raad::bench {
namespace {

class CaseStream final : public solve::SubjectStream {
 public:
  CaseStream(const Case& population, std::size_t count, Courses* courses, Work& work)
      : case_(population), count_(count), courses_(courses), work_(work) {}

  bool next(solve::Subject& subject) override {
    if (next_ == count_) return false;
    subject = case_.subjects[next_];
    subject.id = static_cast<std::int64_t>(next_++);
    return true;
  }

  void finished(const solve::SubjectResult& result) override {
    ++work_.subjects;
    if (result.status != solve::Status::success) ++work_.failed;
    auto& sum = work_.statistics;
    sum.steps += result.statistics.steps;
    sum.rejected_steps += result.statistics.rejected_steps;
    sum.rate_evaluations += result.statistics.rate_evaluations;
    sum.jacobian_evaluations += result.statistics.jacobian_evaluations;
    sum.factorisations += result.statistics.factorisations;
    sum.solves += result.statistics.solves;
    if (courses_ == nullptr) return;
    const std::size_t size = case_.output_times.size() * case_.outputs.size();
    (*courses_)[static_cast<std::size_t>(result.id)].assign(result.outputs, result.outputs + size);
  }

 private:
  const Case& case_;
  std::size_t count_, next_ = 0;
  Courses* courses_;
  Work& work_;
};

class EnsembleContender final : public Contender {
 public:
  EnsembleContender(const Case& population, solve::Method method, int width)
      : case_(population), method_(method), width_(width) {}

  std::string name() const override {
    return fmt::format("raad {}, {} lane{}", method_ == solve::Method::rosenbrock ? "Rodas5P" : "Rodas4P",
                       width_, width_ == 1 ? "" : "s");
  }

  std::string description() const override { return timed_ ? timed_->description() : ""; }

  void set_tolerance(double tolerance) override {
    tolerance_ = tolerance;
    measured_.reset();
    const double start = processor_seconds();
    timed_ = make(case_.observables());
    // Code is compiled when first called: one subject calls all of it.
    Work unused;
    CaseStream one(case_, 1, nullptr, unused);
    timed_->run(one);
    set_up_s_ = processor_seconds() - start;
  }

  double set_up_s() const override { return set_up_s_; }

  Work run(std::size_t count, Courses* courses) override {
    if (courses != nullptr) {
      courses->assign(count, {});
      if (!measured_) measured_ = make(case_.outputs);
    }
    Work work;
    CaseStream stream(case_, count, courses, work);
    const double start = processor_seconds();
    (courses != nullptr ? measured_ : timed_)->run(stream);
    work.processor_s = processor_seconds() - start;
    return work;
  }

 private:
  std::unique_ptr<solve::EnsembleSolver> make(std::vector<ir::NodeId> outputs) const {
    solve::Ensemble ensemble;
    ensemble.system = &case_.system;
    ensemble.outputs = std::move(outputs);
    ensemble.output_times = case_.output_times;
    ensemble.end_h = case_.end_h;
    ensemble.parameters = case_.typical_parameters;
    ensemble.varying_parameters = case_.varying_parameters;
    ensemble.acted_states = case_.acted_states;
    solve::EnsembleOptions options;
    options.solver.method = method_;
    options.solver.relative_tolerance = tolerance_;
    options.solver.absolute_tolerance_per_scale = 1e-3 * tolerance_;
    options.width = width_;
    return std::make_unique<solve::EnsembleSolver>(std::move(ensemble), options);
  }

  const Case& case_;
  solve::Method method_;
  int width_;
  double tolerance_ = 1e-6, set_up_s_ = 0.0;
  std::unique_ptr<solve::EnsembleSolver> timed_, measured_;
};

}  // namespace

double processor_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

std::unique_ptr<Contender> make_ensemble_contender(const Case& population, solve::Method method, int width) {
  return std::make_unique<EnsembleContender>(population, method, width);
}

}  // namespace raad::bench
