#include "run/ranks.hpp"

// The C interface only: the C++ one was removed from the standard.
#define OMPI_SKIP_MPICXX 1
#define MPICH_SKIP_MPICXX 1
#include <mpi.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <mutex>
#include <stdexcept>
#include <thread>

namespace raad::run {
namespace {

class Alone final : public Ranks {
 public:
  int rank() const override { return 0; }
  int count() const override { return 1; }
  std::int64_t take_number() override { return next_++; }
  void serve() override {}
  std::array<std::int64_t, 2> add_progress(std::int64_t done, std::int64_t failed) override {
    return {done_ += done, failed_ += failed};
  }
  void send(int, const std::string&) override { throw std::logic_error("there is no other rank"); }
  std::string receive(int) override { throw std::logic_error("there is no other rank"); }
  std::string broadcast(const std::string& bytes) override { return bytes; }
  void abort(int status) override { std::_Exit(status); }

 private:
  std::atomic<std::int64_t> next_ = 0, done_ = 0, failed_ = 0;
};

/// A message is cut into pieces that a count of MPI, an int, can hold.
constexpr std::size_t k_piece = std::size_t{1} << 30;
constexpr int k_tag = 1;

/// MPI's own waiting keeps a core busy, which belongs to ranks that still compute.
constexpr std::chrono::microseconds k_nap{500};

/// Places of the job's counts in the window of rank 0.
enum Counter : MPI_Aint { next_number, done_subjects, failed_subjects, counter_count };

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
    const MPI_Aint size = rank_ == 0 ? counter_count * sizeof(std::int64_t) : 0;
    MPI_Win_allocate(size, sizeof(std::int64_t), MPI_INFO_NULL, MPI_COMM_WORLD, &counters_, &window_);
    if (rank_ == 0) {
      MPI_Win_lock(MPI_LOCK_EXCLUSIVE, 0, 0, window_);
      std::fill_n(counters_, counter_count, 0);
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
    return fetch_and_add(next_number, 1);
  }

  std::array<std::int64_t, 2> add_progress(std::int64_t done, std::int64_t failed) override {
    const std::lock_guard lock(mutex_);
    return {fetch_and_add(done_subjects, done) + done, fetch_and_add(failed_subjects, failed) + failed};
  }

  void serve() override {
    const std::lock_guard lock(mutex_);
    int waiting = 0;
    MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &waiting, MPI_STATUS_IGNORE);
  }

  void send(int to, const std::string& bytes) override {
    const std::lock_guard lock(mutex_);
    const std::uint64_t size = bytes.size();
    MPI_Send(&size, 1, MPI_UINT64_T, to, k_tag, MPI_COMM_WORLD);
    for (std::size_t at = 0; at < size; at += k_piece)
      MPI_Send(bytes.data() + at, static_cast<int>(std::min(k_piece, size - at)), MPI_BYTE, to, k_tag,
               MPI_COMM_WORLD);
  }

  std::string receive(int from) override {
    const std::lock_guard lock(mutex_);
    for (int there = 0; there == 0;) {
      MPI_Iprobe(from, k_tag, MPI_COMM_WORLD, &there, MPI_STATUS_IGNORE);
      if (there == 0) std::this_thread::sleep_for(k_nap);
    }
    std::uint64_t size = 0;
    MPI_Recv(&size, 1, MPI_UINT64_T, from, k_tag, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    std::string bytes(size, '\0');
    for (std::size_t at = 0; at < size; at += k_piece)
      MPI_Recv(bytes.data() + at, static_cast<int>(std::min(k_piece, size - at)), MPI_BYTE, from, k_tag,
               MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    return bytes;
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
  std::int64_t fetch_and_add(Counter counter, std::int64_t value) const {
    std::int64_t before = 0;
    MPI_Win_lock(MPI_LOCK_SHARED, 0, 0, window_);
    MPI_Fetch_and_op(&value, &before, MPI_INT64_T, 0, counter, MPI_SUM, window_);
    MPI_Win_unlock(0, window_);
    return before;
  }

  int rank_ = 0, count_ = 1;
  std::int64_t* counters_ = nullptr;
  MPI_Win window_ = MPI_WIN_NULL;
  std::mutex mutex_;
};

/// What launchers leave in the environment of the processes that they start.
bool started_by_launcher() {
  for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_SIZE", "PMI_RANK"})
    if (std::getenv(name) != nullptr) return true;
  return false;
}

}  // namespace

std::unique_ptr<Ranks> join_ranks() {
  if (started_by_launcher()) return std::make_unique<MpiRanks>();
  return std::make_unique<Alone>();
}

}  // namespace raad::run
