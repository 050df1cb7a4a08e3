// One subject under one regimen: from a scenario to time courses of named observables.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "dose/regimen.hpp"
#include "dose/schedule.hpp"
#include "run/system.hpp"
#include "solve/problem.hpp"

namespace raad::run {

/// Everything that decides a run's numbers, apart from the system itself.
struct Scenario {
  dose::Regimen regimen;
  double end_h = 672.0;
  std::vector<double> output_times_h;                    ///< Ascending
  std::vector<std::string> hypotheses;                   ///< Names of hypotheses.tsv; empty: default
  std::vector<std::pair<std::string, double>> settings;  ///< `--set id=value`, after hypotheses
  std::vector<solve::Action> extra_actions;              ///< From dosing records
  solve::Options solver;
};

/// One observable over time.
struct Series {
  std::string observable;  ///< Name in evidence and on the command line, or a flat id
  std::string display_name;
  std::string unit;
  std::vector<double> values;
};

struct TimeCourses {
  std::vector<double> time_h;
  std::vector<Series> series;
  dose::Schedule schedule;
  std::vector<solve::EventRecord> events;
  solve::Statistics statistics;
  const Series* find(const std::string& observable) const;
};

/// Runs scenarios on one system with one choice of observables; the code is made once and reused.
class Simulator {
 public:
  /// `observables` are names of observables.tsv or flat ids; R074 for unknown ones, with the nearest name.
  Simulator(const data::Library& library, const LoadedSystem& system, std::vector<std::string> observables,
            Engine engine = Engine::automatic);
  ~Simulator();
  Simulator(Simulator&&) noexcept;

  /// Throws InputError for bad scenarios and NumericalError (with time, state, reason) for failed runs.
  TimeCourses run(const Scenario& scenario) const;

  /// Parameter values after hypotheses, compounds and settings, in the order of ir::System::parameters.
  std::vector<double> parameters(const Scenario& scenario) const;
  const LoadedSystem& system() const;
  const std::vector<Series>& observables() const;           ///< Without values
  const std::vector<ir::NodeId>& observable_nodes() const;  ///< In the graph of the system's equations
  std::string engine_description() const;

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

/// Names of the default observables of a system, in the table's order.
std::vector<std::string> default_observables(const data::Library& library, const LoadedSystem& system);

/// Indices of the parameters that can influence nodes of the system's graph at all, through rates, initial
/// values and formulas of other parameters. Events are not followed.
std::set<int> parameters_behind(const ir::System& system, const std::vector<ir::NodeId>& nodes);

/// Ids of the assumed parameters (kind `assumed`) that can influence a quantity at all, through rules, rates
/// and initial values.
std::vector<std::string> assumed_parameters_behind(const LoadedSystem& system,
                                                   const std::string& quantity_id);

}  // namespace raad::run
