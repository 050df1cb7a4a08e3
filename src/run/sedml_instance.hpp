// A model at work in an experiment: its state goes on from one simulation to the next until it is reset.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "codegen/kernel.hpp"
#include "run/sedml_models.hpp"
#include "solve/problem.hpp"

namespace raad::run {

/// A value that the experiment gives a quantity.
struct SedmlSetting {
  SedmlQuantity quantity;
  double value = 0.0;
};

class SedmlInstance {
 public:
  /// `asked` are the quantities whose courses are wanted. The model must outlive the instance.
  SedmlInstance(const SedmlModelState& model, std::vector<std::string> asked);

  /// Back to the initial state, with the settings in force before initial assignments are worked out.
  void reset(std::vector<SedmlSetting> settings);
  /// At once. Before anything has been simulated this is a setting of the initial state, as in reset().
  /// InputError R112 for quantities that rules determine.
  void set(const SedmlSetting& setting, const base::SourcePlace& place);
  double value(const std::string& quantity) const;
  double time() const { return time_; }

  struct Courses {
    std::vector<double> time;
    std::map<std::string, std::vector<double>> values;  ///< By quantity
  };
  /// From `start` to the last of `times`, which ascend. The state is that of the end afterwards.
  /// NumericalError; InputError R112 when pending delayed events would be lost.
  Courses advance(double start, const std::vector<double>& times, const solve::Options& options);
  /// Until nothing moves; NumericalError with the state that moves most when that never happens.
  Courses settle(const solve::Options& options);

 private:
  struct Target {
    bool is_state = false;
    int index = 0;
  };
  std::optional<Target> target_of(const std::string& quantity) const;
  void make_initial();
  void apply(const SedmlSetting& setting, const base::SourcePlace& place);
  double evaluate(ir::NodeId node) const;
  void remember_triggers();
  solve::Problem problem(double start, double end);

  const SedmlModelState& model_;
  std::vector<std::string> asked_;
  std::vector<std::size_t> followed_;  ///< Parameters that events set, behind `asked_` in the outputs
  std::unique_ptr<codegen::Kernel> kernel_;
  std::optional<ir::System>
      continued_;  ///< With the triggers as they stood at the end of the last simulation
  std::vector<SedmlSetting> settings_;
  std::vector<double> parameters_, states_;
  double time_ = 0.0;
  bool fresh_ = true;
};

}  // namespace raad::run
