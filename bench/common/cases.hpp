// Populations to integrate: a system, what is asked of it, and virtual subjects.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/library.hpp"
#include "ir/system.hpp"
#include "solve/ensemble.hpp"

namespace raad::bench {

struct Case {
  std::string name;
  ir::System system;
  /// Observables, then every state that moves: what a subject's error is measured on. Runs that are timed
  /// record the observables only.
  std::vector<ir::NodeId> outputs;
  std::size_t observable_count = 0;
  std::vector<double> scales;        ///< Nominal scale of each output
  std::vector<double> output_times;  ///< [h], never on a dose
  double end_h = 0.0;
  std::vector<double> typical_parameters;
  std::vector<char> varying_parameters, acted_states;  ///< For solve::Ensemble
  std::vector<solve::Subject> subjects;

  std::vector<ir::NodeId> observables() const;
};

struct CaseRequest {
  std::string name;
  std::string system = "human";
  std::string regimen;
  double end_h = 672.0;
  double output_interval_h = 6.72;  ///< Outputs at 1 h and every interval after it, 100 in all
  std::int64_t subject_count = 100;
};

/// A library system whose subjects differ in every parameter with a between-subject variability in its table,
/// drawn independently: log-normal with the coefficient of variation of the table, logit-normal with that of
/// its share to first order. Covariates and correlations are left out: they do not change what a solver has
/// to do.
Case library_case(const data::Library& library, const CaseRequest& request);

/// The same population on the system that is left when what does not vary is folded and what stays at rest is
/// dropped (ir::specialise): the same outputs in the same order.
Case reduced(const Case& whole);

/// `copies` of a case side by side, as brain regions would be: each with the parameters of another subject,
/// weakly coupled in a ring by diffusion of two states. Has a `copies`-th of the subjects.
Case coupled_copies(const Case& one, int copies);

}  // namespace raad::bench
