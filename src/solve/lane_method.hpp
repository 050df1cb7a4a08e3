// What all lane groups of an ensemble share: the reduced system, its code, and the method.
#pragma once

#include <memory>
#include <vector>

#include "codegen/kernel.hpp"
#include "ir/specialise.hpp"
#include "solve/ensemble.hpp"
#include "solve/lane_sweeps.hpp"
#include "solve/tableau.hpp"

namespace raad::solve {

/// Immutable; made once, read by all threads.
struct LaneMethod {
  LaneMethod(const Ensemble& ensemble, const EnsembleOptions& options);

  const RosenbrockTableau& tableau;
  Options options;
  ir::Specialised reduced;
  LaneSweeps sweeps;
  std::unique_ptr<codegen::Kernel> kernel;  ///< Of the lanes' width
  /// Width 1, for what concerns one lane: events. Null for systems without events.
  std::unique_ptr<codegen::Kernel> lane_kernel;
  bool autonomous = false;
  std::size_t width = 1;
  std::size_t state_count = 0, parameter_count = 0, output_count = 0, nonzeros = 0;
  /// States whose dense output is worked out: those that outputs read, all where events may look at any.
  std::size_t dense_state_count = 0;
  std::vector<double> absolute_tolerances;
  /// How far below 0 a step may land: +infinity where the state may be negative.
  std::vector<double> guards;
  std::vector<double> assumed_parameters;  ///< Whose signs the guards rest on, by reduced parameter

  std::vector<double> output_times;
  double end_h = 0.0;
};

}  // namespace raad::solve
