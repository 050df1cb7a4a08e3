// The processes of one job: work shared between them and results brought together. Knows MPI, alone in raad.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

namespace raad::run {

/// All members may be called by any thread.
class Ranks {
 public:
  virtual ~Ranks() = default;
  virtual int rank() const = 0;
  virtual int count() const = 0;
  /// The next number of the job's shared count 0, 1, 2, ...: each is given once, to one thread of one rank.
  virtual std::int64_t take_number() = 0;
  /// Lets requests of other ranks through; the main thread of every rank calls it now and then while its
  /// workers are busy.
  virtual void serve() = 0;
  /// Adds to the job's counts of subjects and returns them: finished, and failed among them.
  virtual std::array<std::int64_t, 2> add_progress(std::int64_t done, std::int64_t failed) = 0;
  /// Bytes from one rank to another; the receiver waits without keeping a core busy.
  virtual void send(int to, const std::string& bytes) = 0;
  virtual std::string receive(int from) = 0;
  /// Every rank gets the bytes of rank 0. Every rank must call it.
  virtual std::string broadcast(const std::string& bytes) = 0;
  /// Ends the processes of all ranks: one that has failed cannot be waited for.
  virtual void abort(int status) = 0;
};

/// Joins the ranks of this job if an MPI launcher (mpirun, srun) has started the process, else stands alone.
/// Without a launcher MPI is not even initialised. Call once.
std::unique_ptr<Ranks> join_ranks();

}  // namespace raad::run
