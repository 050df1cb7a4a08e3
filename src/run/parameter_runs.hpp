// One scenario under many parameter sets, on lanes: what sensitivity, uncertainty and rival hypotheses need.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "run/simulation.hpp"
#include "solve/ensemble.hpp"

namespace raad::run {

struct ParameterRunOptions {
  int threads = 1;
  /// Called by one thread at a time with the number of sets that are done.
  std::function<void(std::size_t)> progress;
};

/// What one parameter set gave.
struct ParameterRun {
  std::vector<double> numbers;  ///< What `reduce` made of the outputs; empty: the run failed
  std::string failure;          ///< Why
};

/// A scenario compiled once, with some parameters left open. Doses that depend on parameters
/// (bioavailability, body weight) and parameters that follow from others are worked out for every set.
class ParameterRuns {
 public:
  /// `varying` are flat parameter ids; ids that the system lacks are refused with R079. The scenario's output
  /// times must not be empty. InputError as of Simulator.
  ParameterRuns(const data::Library& library, const LoadedSystem& system, Scenario scenario,
                std::vector<std::string> observables, std::vector<std::string> varying);
  ~ParameterRuns();
  ParameterRuns(ParameterRuns&&) noexcept;

  const std::vector<std::string>& varying() const;
  const std::vector<Series>& observables() const;  ///< Without values
  const std::vector<double>& times_h() const;
  /// Values of the scenario itself, in the order of `varying`.
  std::vector<double> nominal() const;

  /// Runs all sets, each one value for every varying parameter. `reduce` makes numbers of the outputs
  /// [time][observable] and is called by several threads. The result does not depend on the threads.
  std::vector<ParameterRun> run(const std::vector<std::vector<double>>& sets,
                                const std::function<std::vector<double>(const double*)>& reduce,
                                const ParameterRunOptions& options) const;

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace raad::run
