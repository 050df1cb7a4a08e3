// What many evaluations of the same arms share: loaded systems and compiled solvers.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "data/library.hpp"
#include "run/system.hpp"
#include "solve/ensemble.hpp"

namespace raad::study {

/// Systems and population solvers, made on first use and kept. Thread safe. Evaluations that differ only in
/// parameters which they declare as varying (ArmSettings::also_varying) share one compiled solver.
class ArmCache {
 public:
  explicit ArmCache(const data::Library& library) : library_(library) {}

  const run::LoadedSystem& system(const std::string& name);
  /// A solver for exactly this ensemble: the same outputs, times, varying flags and fixed values.
  std::shared_ptr<const solve::EnsembleSolver> solver(solve::Ensemble ensemble,
                                                      const solve::EnsembleOptions& options);
  std::size_t solver_count() const { return solvers_.size(); }

 private:
  const data::Library& library_;
  std::mutex systems_mutex_, solvers_mutex_;
  std::map<std::string, std::unique_ptr<run::LoadedSystem>> systems_;
  std::map<std::string, std::shared_ptr<const solve::EnsembleSolver>> solvers_;
};

}  // namespace raad::study
