#include "study/arm_cache.hpp"

namespace raad::study {
namespace {

template <typename Value>
void append(std::string& bytes, const Value& value) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
}

/// Everything that the compiled code depends on. Values of what varies do not: they come with the subjects.
std::string key_of(const solve::Ensemble& ensemble, const solve::EnsembleOptions& options) {
  std::string bytes = ensemble.system->name + '\n';
  append(bytes, ensemble.system);
  append(bytes, options.solver.method);
  append(bytes, options.solver.relative_tolerance);
  append(bytes, options.solver.absolute_tolerance_per_scale);
  append(bytes, options.solver.max_step_h);
  append(bytes, options.engine);
  append(bytes, options.width);
  append(bytes, ensemble.end_h);
  append(bytes, ensemble.outputs.size());
  for (const auto node : ensemble.outputs) append(bytes, node);
  append(bytes, ensemble.output_times.size());
  for (const double time : ensemble.output_times) append(bytes, time);
  for (const char flag : ensemble.varying_parameters) bytes += flag ? '1' : '0';
  for (const char flag : ensemble.acted_states) bytes += flag ? '1' : '0';
  for (std::size_t i = 0; i < ensemble.parameters.size(); ++i)
    if (i >= ensemble.varying_parameters.size() || !ensemble.varying_parameters[i])
      append(bytes, ensemble.parameters[i]);
  return bytes;
}

}  // namespace

const run::LoadedSystem& ArmCache::system(const std::string& name) {
  const std::lock_guard lock(systems_mutex_);
  auto& known = systems_[name];
  if (known == nullptr) {
    base::Diagnostics findings;
    known = std::make_unique<run::LoadedSystem>(run::load_system(library_, name, findings));
  }
  return *known;
}

std::shared_ptr<const solve::EnsembleSolver> ArmCache::solver(solve::Ensemble ensemble,
                                                              const solve::EnsembleOptions& options) {
  const std::string key = key_of(ensemble, options);
  {
    const std::lock_guard lock(solvers_mutex_);
    const auto found = solvers_.find(key);
    if (found != solvers_.end()) return found->second;
  }
  // Compiled outside the lock: others go on, and a solver made twice by chance is the same solver.
  auto made = std::make_shared<const solve::EnsembleSolver>(std::move(ensemble), options);
  const std::lock_guard lock(solvers_mutex_);
  return solvers_.emplace(key, std::move(made)).first->second;
}

}  // namespace raad::study
