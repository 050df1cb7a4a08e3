// Who runs a population, behind one interface: raad's ensemble solver, and CVODES with KLU in two builds.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/cases.hpp"
#include "solve/ensemble.hpp"

namespace raad::bench {

/// Processor time of this thread [s]: on a shared machine the clock on the wall measures the neighbours.
double processor_seconds();

/// What a run over some subjects took.
struct Work {
  double processor_s = 0.0;
  std::int64_t subjects = 0, failed = 0;
  solve::Statistics statistics;  ///< Sums
};

/// [subject][output time x output]; NaN where a run failed.
using Courses = std::vector<std::vector<double>>;

class Contender {
 public:
  virtual ~Contender() = default;
  virtual std::string name() const = 0;
  /// Engine, width, flags: what a reader needs to repeat it.
  virtual std::string description() const = 0;
  /// Relative tolerance; the absolute one of a state is a thousandth of it x the state's nominal scale.
  virtual void set_tolerance(double tolerance) = 0;
  /// Runs the first `count` subjects of the case. Without `courses` only the observables are recorded and
  /// thrown away; with it all outputs of the case are kept.
  virtual Work run(std::size_t count, Courses* courses) = 0;
  /// Time the last set_tolerance() took, compiling included [s].
  virtual double set_up_s() const = 0;
};

/// The case must outlive the contender.
std::unique_ptr<Contender> make_ensemble_contender(const Case& population, solve::Method method, int width);

enum class CvodeBuild { optimised, packaged };

/// Empty when that build is not there.
std::optional<std::string> describe_build(CvodeBuild build);
/// `label` is put behind the name, to tell the full system from the reduced one.
std::unique_ptr<Contender> make_cvode_contender(const Case& population, CvodeBuild build,
                                                const std::string& label);

}  // namespace raad::bench
