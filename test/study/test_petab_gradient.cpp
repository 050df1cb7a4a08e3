// Gradients of PEtab likelihoods against differences of likelihoods solved to tight tolerances, where the
// corpora are.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>

#include "data/write_petab.hpp"
#include "study/petab_objective.hpp"

namespace raad::study {
namespace {

namespace fs = std::filesystem;

/// RAAD_CORPORA, or where the project keeps its corpora.
fs::path corpora() {
  const char* given = std::getenv("RAAD_CORPORA");
  return given != nullptr ? fs::path(given) : fs::path(RAAD_SOURCE_DIR) / "../shared/corpora";
}

/// An archive unpacked once, into the build folder; empty where there is none.
fs::path unpacked(const std::string& archive) {
  const fs::path file = corpora() / archive;
  if (!fs::exists(file)) return {};
  const fs::path folder = fs::path(RAAD_BINARY_DIR) / "corpora" / file.stem().stem();
  if (fs::exists(folder / ".complete")) return folder;
  fs::create_directories(folder);
  const std::string command = "tar xf '" + file.string() + "' -C '" + folder.string() + "' && touch '" +
                              (folder / ".complete").string() + "'";
  return std::system(command.c_str()) == 0 ? folder : fs::path();
}

solve::Options tight() {
  solve::Options options;
  options.relative_tolerance = 1e-11;
  options.absolute_tolerance_per_scale = 1e-14;
  return options;
}

data::PetabProblem read(const fs::path& file) {
  base::Diagnostics findings;
  auto problem = data::read_petab(file, findings);
  base::throw_if_errors(findings);
  return problem;
}

/// Derivative by Richardson's extrapolation of central differences, and what its last two orders differ by.
struct Difference {
  double slope, uncertainty;
};
Difference difference(const PetabObjective& objective, std::vector<double> position, std::size_t k) {
  const double at = position[k];
  std::vector<double> slopes;
  for (double step = 8e-3; step > 0.9e-3; step /= 2.0) {
    position[k] = at + step;
    const double above = objective.evaluate(position, Wanted::cost).cost;
    position[k] = at - step;
    slopes.push_back((above - objective.evaluate(position, Wanted::cost).cost) / (2.0 * step));
  }
  std::vector<double> before;
  double factor = 4.0;
  while (slopes.size() > 1) {
    before = slopes;
    for (std::size_t i = 0; i + 1 < slopes.size(); ++i)
      slopes[i] = before[i + 1] + (before[i + 1] - before[i]) / (factor - 1.0);
    slopes.pop_back();
    factor *= 4.0;
  }
  return {slopes.front(), std::abs(slopes.front() - before.back())};
}

/// Compares all derivatives at a position off the nominal one, where no slope vanishes by symmetry.
void expect_exact_gradient(const fs::path& file, std::size_t every = 1) {
  const PetabObjective objective(read(file), tight());
  const auto moved = [&](double share) {
    std::vector<double> position;
    for (const auto& parameter : objective.parameters())
      position.push_back(parameter.nominal + share * (parameter.scale == EstimationScale::linear
                                                          ? 2.0 * std::max(std::abs(parameter.nominal), 0.1)
                                                          : 1.0));
    return position;
  };
  auto position = moved(0.005);
  auto value = objective.evaluate(position, Wanted::gradient);
  // The support of a prior may end at the nominal value.
  if (!value.failure.empty()) value = objective.evaluate(position = moved(-0.05), Wanted::gradient);
  ASSERT_EQ(value.failure, "") << file;
  const auto without = objective.evaluate(position, Wanted::cost);
  EXPECT_NEAR(value.cost, without.cost, 1e-6 * (1.0 + std::abs(without.cost))) << file;
  for (std::size_t k = 0; k < position.size(); k += every) {
    const auto expected = difference(objective, position, k);
    // Differences are good to their own uncertainty, and to what solving to 1e-11 leaves after division by
    // steps of 1e-3: some 1e-7 of the cost.
    const double tolerance =
        1e-5 * std::abs(expected.slope) + 5.0 * expected.uncertainty + 1e-6 * (1.0 + std::abs(value.cost));
    EXPECT_NEAR(value.gradient[k], expected.slope, tolerance) << file << " " << objective.parameters()[k].id;
  }
}

void expect_exact_gradients_of(const std::string& archive, std::size_t least) {
  const fs::path folder = unpacked(archive);
  if (folder.empty()) GTEST_SKIP() << "no corpora";
  std::size_t count = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const auto name = entry.path().filename().string();
    const auto file = entry.path() / ("_" + name + ".yaml");
    if (!fs::exists(file)) continue;
    ++count;
    expect_exact_gradient(file);
  }
  EXPECT_GE(count, least);
}

TEST(PetabGradient, IsExactForEveryCaseOfVersion1) {
  expect_exact_gradients_of("petab-test-suite/v1-sbml.tar.xz", 10);
}

TEST(PetabGradient, IsExactForEveryCaseOfVersion2) {
  expect_exact_gradients_of("petab-test-suite/v2-sbml.tar.xz", 16);
}

fs::path benchmark(const std::string& name) {
  const auto folder = unpacked("petab-benchmarks/problems.tar.xz");
  if (folder.empty()) return {};
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.path().filename() == name + ".yaml") return entry.path();
  return {};
}

class Benchmark : public ::testing::TestWithParam<std::pair<const char*, std::size_t>> {};
// Of the larger ones some derivatives only, to stay within seconds.
INSTANTIATE_TEST_SUITE_P(
    Problems, Benchmark,
    ::testing::Values(std::pair("Boehm_JProteomeRes2014", 1), std::pair("Sneyd_PNAS2002", 3),
                      std::pair("Fujita_SciSignal2010", 4), std::pair("Brannmark_JBC2010", 11),
                      std::pair("Schwen_PONE2014", 15), std::pair("Bachmann_MSB2011", 113)));

TEST_P(Benchmark, GradientIsExact) {
  const auto file = benchmark(GetParam().first);
  if (file.empty()) GTEST_SKIP() << "no corpora";
  expect_exact_gradient(file, GetParam().second);
}

TEST(PetabWriting, KeepsTheLikelihood) {
  const fs::path out = fs::path(RAAD_BINARY_DIR) / "petab_written";
  std::size_t count = 0;
  for (const int version : {1, 2}) {
    const auto folder = unpacked("petab-test-suite/v" + std::to_string(version) + "-sbml.tar.xz");
    if (folder.empty()) GTEST_SKIP() << "no corpora";
    for (const auto& entry : fs::directory_iterator(folder)) {
      const auto file = entry.path() / ("_" + entry.path().filename().string() + ".yaml");
      if (!fs::exists(file)) continue;
      const auto problem = read(file);
      const PetabLikelihood original(problem);
      const auto value = original.evaluate(original.nominal(), tight());
      for (const int written : {1, 2}) {
        fs::remove_all(out);
        fs::path made;
        try {
          made = data::write_petab(problem, written, out);
        } catch (const base::InputError& error) {
          // Only what the other version cannot say may be refused.
          ASSERT_NE(written, version) << file << error.findings().all().front().message;
          EXPECT_EQ(error.findings().all().front().code, "R122");
          continue;
        }
        ++count;
        const PetabLikelihood again(read(made));
        const auto same = again.evaluate(again.nominal(), tight());
        EXPECT_NEAR(same.log_likelihood, value.log_likelihood, 1e-8 * std::abs(value.log_likelihood))
            << file << " as version " << written;
        if (written == version) {
          EXPECT_EQ(same.log_prior.has_value(), value.log_prior.has_value());
          EXPECT_NEAR(same.log_prior.value_or(0.0), value.log_prior.value_or(0.0), 1e-9) << file;
        }
      }
    }
  }
  EXPECT_GE(count, 36u);
}

}  // namespace
}  // namespace raad::study
