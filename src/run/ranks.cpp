#include "run/ranks.hpp"

// The C interface only: the C++ one was removed from the standard.
#define OMPI_SKIP_MPICXX 1
#define MPICH_SKIP_MPICXX 1
#include <mpi.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <limits>
#include <mutex>
#include <stdexcept>

namespace raad::run {
namespace {

class Alone final : public Ranks {
 public:
  int rank() const override { return 0; }
  int count() const override { return 1; }
  std::int64_t take_number() override { return next_++; }
  void serve() override {}
  std::vector<std::string> gather(const std::string& bytes) override { return {bytes}; }
  std::string broadcast(const std::string& bytes) override { return bytes; }
  void abort(int status) override { std::_Exit(status); }

 private:
  std::atomic<std::int64_t> next_ = 0;
};

/// A message is cut into pieces that a count of MPI, an int, can hold.
constexpr std::size_t k_piece = std::size_t{1} << 30;
constexpr int k_tag = 1;

class MpiRanks final : public Ranks {
 public:
  MpiRanks() {
    int provided = 0;
    // Workers and the main thread take turns under one mutex.
    MPI_Init_thread(nullptr, nullptr, MPI_THREAD_SERIALIZED, &provided);
    if (provided < MPI_THREAD_SERIALIZED)
      throw std::runtime_error("this MPI cannot be used by several threads");
    MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
    MPI_Comm_size(MPI_COMM_WORLD, &count_);
    const MPI_Aint size = rank_ == 0 ? sizeof(std::int64_t) : 0;
    MPI_Win_allocate(size, sizeof(std::int64_t), MPI_INFO_NULL, MPI_COMM_WORLD, &counter_, &window_);
    if (rank_ == 0) {
      MPI_Win_lock(MPI_LOCK_EXCLUSIVE, 0, 0, window_);
      *counter_ = 0;
      MPI_Win_unlock(0, window_);
    }
    MPI_Barrier(MPI_COMM_WORLD);
  }
  ~MpiRanks() override {
    MPI_Win_free(&window_);
    MPI_Finalize();
  }
  MpiRanks(const MpiRanks&) = delete;
  MpiRanks& operator=(const MpiRanks&) = delete;

  int rank() const override { return rank_; }
  int count() const override { return count_; }

  std::int64_t take_number() override {
    const std::lock_guard lock(mutex_);
    const std::int64_t one = 1;
    std::int64_t taken = 0;
    MPI_Win_lock(MPI_LOCK_SHARED, 0, 0, window_);
    MPI_Fetch_and_op(&one, &taken, MPI_INT64_T, 0, 0, MPI_SUM, window_);
    MPI_Win_unlock(0, window_);
    return taken;
  }

  void serve() override {
    const std::lock_guard lock(mutex_);
    int waiting = 0;
    MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &waiting, MPI_STATUS_IGNORE);
  }

  std::vector<std::string> gather(const std::string& bytes) override {
    const std::lock_guard lock(mutex_);
    if (rank_ != 0) {
      send(bytes);
      return {};
    }
    std::vector<std::string> all = {bytes};
    for (int from = 1; from < count_; ++from) all.push_back(receive(from));
    return all;
  }

  std::string broadcast(const std::string& bytes) override {
    const std::lock_guard lock(mutex_);
    std::uint64_t size = bytes.size();
    MPI_Bcast(&size, 1, MPI_UINT64_T, 0, MPI_COMM_WORLD);
    std::string all = rank_ == 0 ? bytes : std::string(size, '\0');
    for (std::size_t at = 0; at < size; at += k_piece)
      MPI_Bcast(all.data() + at, static_cast<int>(std::min(k_piece, size - at)), MPI_BYTE, 0, MPI_COMM_WORLD);
    return all;
  }

  void abort(int status) override { MPI_Abort(MPI_COMM_WORLD, status); }

 private:
  static void send(const std::string& bytes) {
    const std::uint64_t size = bytes.size();
    MPI_Send(&size, 1, MPI_UINT64_T, 0, k_tag, MPI_COMM_WORLD);
    for (std::size_t at = 0; at < size; at += k_piece)
      MPI_Send(bytes.data() + at, static_cast<int>(std::min(k_piece, size - at)), MPI_BYTE, 0, k_tag,
               MPI_COMM_WORLD);
  }
  static std::string receive(int from) {
    std::uint64_t size = 0;
    MPI_Recv(&size, 1, MPI_UINT64_T, from, k_tag, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    std::string bytes(size, '\0');
    for (std::size_t at = 0; at < size; at += k_piece)
      MPI_Recv(bytes.data() + at, static_cast<int>(std::min(k_piece, size - at)), MPI_BYTE, from, k_tag,
               MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    return bytes;
  }

  int rank_ = 0, count_ = 1;
  std::int64_t* counter_ = nullptr;
  MPI_Win window_ = MPI_WIN_NULL;
  std::mutex mutex_;
};

/// What launchers leave in the environment of the processes that they start.
bool started_by_launcher() {
  for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "PMIX_RANK"})
    if (std::getenv(name) != nullptr) return true;
  return false;
}

}  // namespace

std::unique_ptr<Ranks> join_ranks() {
  if (started_by_launcher()) return std::make_unique<MpiRanks>();
  return std::make_unique<Alone>();
}

}  // namespace raad::run
