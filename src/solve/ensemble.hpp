// Many subjects on one system: what they share, what differs, and the solver that runs them on lanes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "ir/system.hpp"
#include "solve/problem.hpp"

namespace raad::solve {

/// What differs from subject to subject.
struct Subject {
  std::int64_t id = 0;             ///< Comes back with the result
  double start_h = 0.0;            ///< Not after the ensemble's first output time
  std::vector<double> parameters;  ///< One for each ir::System::parameters
  std::vector<Action> actions;     ///< Any order; simultaneous ones run in the order given
};

/// One subject's results; valid during SubjectStream::finished only.
struct SubjectResult {
  std::int64_t id = 0;
  Status status = Status::success;
  std::string message;              ///< Time, state and reason when not successful
  const double* outputs = nullptr;  ///< [output time][output]; NaN from the failure on
  Statistics statistics;
};

/// Where subjects come from and results go to. One thread calls one stream.
class SubjectStream {
 public:
  virtual ~SubjectStream() = default;
  /// Fills in the next subject (its vectors are reused); false when there are no more.
  virtual bool next(Subject& subject) = 0;
  /// Results come in the order in which subjects finish, which is not that of next().
  virtual void finished(const SubjectResult& result) = 0;
};

/// Which code evaluates the equations of an ensemble. Both give the same bits.
enum class EnsembleEngine { interpreter, native };

struct Ensemble {
  const ir::System* system = nullptr;  ///< Must outlive the solver
  std::vector<ir::NodeId> outputs;     ///< Nodes of the system's graph
  std::vector<double> output_times;    ///< Ascending [h]
  double end_h = 0.0;

  /// What may differ between subjects. Everything else is taken as fixed at `parameters`, which lets the
  /// solver fold constants and drop states that stay at rest; a subject that breaks this promise is refused
  /// (std::logic_error). Empty flags: everything may vary.
  std::vector<double> parameters;  ///< Values of what does not vary; one for each ir::System::parameters
  std::vector<char> varying_parameters;  ///< 1 where Subject::parameters or an action may differ
  std::vector<char> acted_states;        ///< 1 where an action may add to the state or to its rate
};

struct EnsembleOptions {
  Options solver;  ///< With Method::cvodes subjects run one by one: the reference
  EnsembleEngine engine = EnsembleEngine::native;
  int width = 0;  ///< Lanes: 1, 2, 4 or 8; 0: the widest that this machine runs well
};

/// Runs ensembles. Made once (native code is compiled here), then shared by threads. A subject's outputs
/// depend on nothing but the subject and the ensemble: not on its neighbours, the lane, the width, the engine
/// or the thread.
class EnsembleSolver {
 public:
  EnsembleSolver(Ensemble ensemble, const EnsembleOptions& options);
  ~EnsembleSolver();
  EnsembleSolver(EnsembleSolver&&) noexcept;

  /// Takes subjects until the stream has no more. Numerical trouble is a status of the subject concerned.
  /// Thread safe: each thread brings its own stream.
  void run(SubjectStream& stream) const;
  /// For `-v`: engine, width, states and parameters that are left to integrate.
  std::string description() const;

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace raad::solve
