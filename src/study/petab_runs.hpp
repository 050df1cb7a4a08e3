// The runs of a PEtab problem at one set of parameter values, and what is read from them.
#pragma once

#include <optional>
#include <vector>

#include "solve/problem.hpp"
#include "study/petab_experiment.hpp"

namespace raad::study {

/// The table's parameters at which runs are made.
struct PetabPoint {
  const data::PetabProblem& problem;
  std::vector<double> values;           ///< Of all parameters of the table, on the linear scale
  std::vector<std::size_t> directions;  ///< Places in the table of those to derive by
  Derivatives derivatives = Derivatives::none;
  /// Length of a direction on the linear scale: tangents are then changes of the states by their own size,
  /// which is what tolerances are made for.
  double scale(std::size_t direction) const;
};

/// States of one run at the times of its measurements.
struct PetabStates {
  std::vector<double> times;
  std::vector<double> states;  ///< [time][state]
};

/// Outputs of one run at the times of its measurements.
struct PetabReading {
  std::vector<double> times;
  std::vector<double> outputs;   ///< [time][output]
  std::vector<double> tangents;  ///< [time][output][direction], by scaled directions; empty without
};

/// One experiment: its course, and what it comes to rest at where measurements ask for it.
template <class Part>
struct WithRest {
  Part course;
  std::optional<Part> rest;
};

struct PetabRun {
  WithRest<PetabReading> reading;
  WithRest<PetabStates> states;
};

/// Throws NumericalError for failed runs.
PetabRun run_experiment(const CompiledExperiment& experiment, const PetabPoint& point,
                        const solve::Options& options);

/// What is read from states that were made before, where the point differs from theirs only in parameters
/// that move no run. Needs models compiled with derivatives.
WithRest<PetabReading> read_again(const CompiledExperiment& experiment, const PetabPoint& point,
                                  const WithRest<PetabStates>& states);

/// Whether a parameter of the table moves the states of an experiment or only what is read from them. Needs
/// models compiled with derivatives.
bool moves_states(const CompiledExperiment& experiment, const data::PetabProblem& problem,
                  std::size_t parameter);

}  // namespace raad::study
