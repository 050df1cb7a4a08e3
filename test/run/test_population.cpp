// The runner on subjects whose results are known: what is counted, kept, written and resumed.
#include "run/population.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <fstream>
#include <mutex>
#include <random>
#include <thread>

#include "base/diagnostics.hpp"
#include "run/trajectory_spool.hpp"

namespace raad::run {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t k_subjects = 3000;
const SummaryShape k_shape{2, 2, {{1, Exceedance::Relation::above, 0.5}}, 1};

fs::path fresh(const std::string& name) {
  const fs::path folder = fs::path(RAAD_BINARY_DIR) / "population_run" / name;
  fs::remove_all(folder);
  fs::create_directories(folder);
  return folder;
}

void make(std::int64_t index, VirtualSubject& made) {
  made.subject.parameters = {static_cast<double>(index)};
  made.weight = 1.0 + static_cast<double>(index % 3);
  made.descriptors = {std::sin(static_cast<double>(index))};
}

std::vector<double> outputs_of(double x) {
  return {x, std::sin(x), x * x, std::cos(x)};
}

/// Stands in for the lane solver: eight subjects in flight, which end in random order, some of them badly.
void solve_on_lanes(solve::SubjectStream& stream) {
  std::mt19937 random(static_cast<unsigned>(std::hash<std::thread::id>()(std::this_thread::get_id())));
  std::vector<solve::Subject> lanes;
  bool more = true;
  while (true) {
    solve::Subject subject;
    while (more && lanes.size() < 8 && (more = stream.next(subject))) lanes.push_back(subject);
    if (lanes.empty()) return;
    std::swap(lanes[random() % lanes.size()], lanes.back());
    const auto& done = lanes.back();
    auto outputs = outputs_of(done.parameters[0]);
    solve::SubjectResult result{done.id, solve::Status::success, "", outputs.data(), {}};
    result.statistics.steps = 2;
    if (done.id % 100 == 7) {
      result.status = solve::Status::step_too_small;
      result.message = "subject " + std::to_string(done.id);
      outputs.assign(outputs.size(), std::nan(""));
    }
    if (done.id == 1234) outputs[2] = std::numeric_limits<double>::infinity();
    stream.finished(result);
    lanes.pop_back();
  }
}

PopulationResult run(const PopulationOptions& options,
                     const std::function<void(solve::SubjectStream&)>& solver = solve_on_lanes) {
  const auto ranks = join_ranks();
  return run_population(k_subjects, make, solver, k_shape, *ranks, options);
}

PopulationOptions with_threads(int threads) {
  PopulationOptions options;
  options.threads = threads;
  options.kept_subjects = 9;
  options.identity = {{"seed", "1"}};
  return options;
}

TEST(PopulationRun, CountsEverySubjectOnce) {
  const auto result = run(with_threads(3));
  EXPECT_EQ(result.summary.subject_count(), k_subjects - 30 - 1);
  EXPECT_EQ(result.failed_count(), 31);
  const auto& failure = result.failures.at(std::string(solve::describe(solve::Status::step_too_small)));
  EXPECT_EQ(failure.count, 30);
  EXPECT_EQ(failure.first_subject, 7);
  EXPECT_EQ(failure.example, "subject 7");
  // A run that went well with a read-out that is not finite is a failure too, and says which.
  const auto& odd = result.failures.at(std::string(solve::describe(solve::Status::not_finite)));
  EXPECT_EQ(odd.count, 1);
  EXPECT_EQ(odd.example, "read-out 1 is not finite at output time 2");
  EXPECT_EQ(result.steps, 2 * k_subjects);
  EXPECT_EQ(result.kept.size(), 8u);  // Of the first nine, number 7 failed.
  EXPECT_EQ(result.kept.at(8), outputs_of(8.0));
  double sum = 0.0, weights = 0.0;
  for (std::int64_t i = 0; i < k_subjects; ++i) {
    if (i % 100 == 7 || i == 1234) continue;
    VirtualSubject made;
    make(i, made);
    weights += made.weight;
    sum += made.weight * static_cast<double>(i);
  }
  // Sums of integers below 2^53 are exact; the division rounds once.
  EXPECT_DOUBLE_EQ(result.summary.mean(0, 0), sum / weights);
}

TEST(PopulationRun, GivesTheSameBytesForAnyNumberOfThreads) {
  const std::string expected = run(with_threads(1)).serialise();
  for (const int threads : {2, 3, 8}) EXPECT_TRUE(run(with_threads(threads)).serialise() == expected);
}

TEST(PopulationRun, ResumesFromAnyPointWithTheSameBytes) {
  const std::string expected = run(with_threads(1)).serialise();
  auto options = with_threads(3);
  options.journal = fresh("resume") / "journal";
  options.trajectory_spool = options.journal.parent_path() / "spool";
  options.journal_interval_s = 0.0;  // As often as the share of time for checkpoints allows.
  // The machine dies in each session after some more subjects; in the last it does not.
  int session = 0;
  for (const int lifetime : {40, 700, 1, 900, 100'000}) {
    std::atomic<int> left = lifetime;
    const auto dying = [&](solve::SubjectStream& stream) {
      struct Dying final : solve::SubjectStream {
        solve::SubjectStream& inner;
        std::atomic<int>& left;
        Dying(solve::SubjectStream& to, std::atomic<int>& lives) : inner(to), left(lives) {}
        bool next(solve::Subject& subject) override { return inner.next(subject); }
        void finished(const solve::SubjectResult& result) override {
          if (--left < 0) throw std::runtime_error("power cut");
          inner.finished(result);
          if (left % 16 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
      } wrapped(stream, left);
      solve_on_lanes(wrapped);
    };
    options.threads = 1 + session % 3;
    options.resume = session++ > 0;
    if (lifetime < k_subjects) {
      EXPECT_THROW(run(options, dying), std::runtime_error);
      continue;
    }
    EXPECT_TRUE(run(options, dying).serialise() == expected);
  }
  // The time courses of all subjects, in order, although five sessions wrote them.
  const TrajectorySpool spool(options.trajectory_spool, 4);
  std::vector<double> values(4);
  for (std::int64_t i = 0; i < k_subjects; ++i) {
    spool.read(i, values.data());
    if (i % 100 == 7 || i == 1234) continue;
    ASSERT_EQ(values, outputs_of(static_cast<double>(i))) << i;
  }
  EXPECT_THROW(spool.read(k_subjects, values.data()), std::runtime_error);
}

TEST(PopulationRun, ResumingDoesOnlyWhatIsLeft) {
  auto options = with_threads(2);
  options.journal = fresh("only_left") / "journal";
  run(options);
  std::atomic<int> made = 0;
  options.resume = true;
  const auto ranks = join_ranks();
  run_population(
      k_subjects,
      [&](std::int64_t index, VirtualSubject& subject) {
        ++made;
        make(index, subject);
      },
      solve_on_lanes, k_shape, *ranks, options);
  EXPECT_EQ(made, 0);
}

TEST(PopulationRun, RefusesTheJournalOfAnotherRunOrACarelessRestart) {
  auto options = with_threads(1);
  options.journal = fresh("refused") / "journal";
  run(options);
  EXPECT_THROW(run(options), base::InputError);  // Without resume
  options.resume = true;
  options.identity = {{"seed", "2"}};
  EXPECT_THROW(run(options), base::InputError);
}

TEST(PopulationRun, CarriesExceptionsOfThreadsToTheCaller) {
  const auto failing = [](solve::SubjectStream& stream) {
    solve::Subject subject;
    for (int i = 0; i < 20; ++i) stream.next(subject);
    throw base::InputError("R084", {"somewhere"}, "no");
  };
  EXPECT_THROW(run(with_threads(2), failing), base::InputError);
}

TEST(PopulationRun, ReportsProgressUpToTheEnd) {
  auto options = with_threads(2);
  std::vector<PopulationProgress> seen;
  options.progress = [&](const PopulationProgress& progress) { seen.push_back(progress); };
  run(options);
  ASSERT_FALSE(seen.empty());
  EXPECT_EQ(seen.back().done, k_subjects);
  EXPECT_EQ(seen.back().failed, 31);
  EXPECT_EQ(seen.back().total, k_subjects);
  EXPECT_GT(seen.back().subjects_per_second, 0.0);
  EXPECT_EQ(seen.back().seconds_left, 0.0);
}

}  // namespace
}  // namespace raad::run
