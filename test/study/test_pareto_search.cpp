// The search finds planted optima, repeats, and goes on from a stored state as if it had not stopped.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/diagnostics.hpp"
#include "study/pareto_search.hpp"

namespace raad::study {
namespace {

/// ZDT1 (Zitzler et al. 2000, doi:10.1162/106365600568202): the front is f2 = 1 - sqrt(f1) with all other
/// coordinates at 0. They are planted at 0.3 here, so that no corner of the space is the answer.
std::vector<Appraisal> planted_zdt1(const std::vector<std::vector<double>>& points) {
  std::vector<Appraisal> made;
  for (const auto& x : points) {
    double g = 1.0;
    for (std::size_t i = 1; i < x.size(); ++i)
      g += 9.0 * std::abs(x[i] - 0.3) / static_cast<double>(x.size() - 1);
    made.push_back({{x[0], g * (1.0 - std::sqrt(x[0] / g))}, 0.0});
  }
  return made;
}

SearchSettings settings(std::int64_t evaluations) {
  SearchSettings made;
  made.dimensions = 6;
  made.objectives = 2;
  made.population = 60;
  made.evaluations = evaluations;
  made.seed = 7;
  return made;
}

TEST(ParetoSearch, FindsAPlantedFront) {
  SearchState state;
  search_pareto(settings(20000), planted_zdt1, state, {});
  ASSERT_GT(state.archive.size(), 30u);
  double least = 1.0, most = 0.0;
  for (const auto& point : state.archive) {
    const auto& f = point.appraisal.objectives;
    // A random point lies about 3 above the front; a fortieth of that is found by search only.
    EXPECT_LT(f[1] - (1.0 - std::sqrt(f[0])), 0.08);
    for (std::size_t i = 1; i < point.coordinates.size(); ++i) EXPECT_NEAR(point.coordinates[i], 0.3, 0.06);
    least = std::min(least, f[0]);
    most = std::max(most, f[0]);
  }
  EXPECT_LT(least, 0.05);
  EXPECT_GT(most, 0.9);
}

TEST(ParetoSearch, GoesOnFromAStoredStateAsIfNeverStopped) {
  SearchState whole, first;
  search_pareto(settings(1200), planted_zdt1, whole, {});
  search_pareto(settings(600), planted_zdt1, first, {});
  SearchState second = parse_search_state(print_search_state(first), "journal");
  search_pareto(settings(1200), planted_zdt1, second, {});
  EXPECT_EQ(print_search_state(whole), print_search_state(second));
  EXPECT_THROW(parse_search_state(print_search_state(first).substr(0, 100), "journal"), base::InputError);
}

TEST(ParetoSearch, FeasiblePointsBeatAllOthers) {
  // Both objectives want x0 = 0, the constraint wants x0 >= 0.5.
  const auto appraise = [](const std::vector<std::vector<double>>& points) {
    std::vector<Appraisal> made;
    for (const auto& x : points) made.push_back({{x[0], x[0] + x[1]}, std::max(0.0, 0.5 - x[0])});
    return made;
  };
  SearchSettings wanted = settings(2000);
  wanted.dimensions = 2;
  SearchState state;
  search_pareto(wanted, appraise, state, {});
  ASSERT_FALSE(state.archive.empty());
  EXPECT_GT(state.infeasible, 0);
  for (const auto& point : state.archive) EXPECT_GE(point.coordinates[0], 0.5);
  const auto front = representative_front(state.archive, 1);
  EXPECT_NEAR(front.front().coordinates[0], 0.5, 0.01);
}

TEST(ParetoSearch, ShowsTheWholeFrontInFewPoints) {
  std::vector<SearchPoint> archive;
  for (int i = 0; i <= 100; ++i) archive.push_back({{0.0}, {{i / 100.0, 1.0 - i / 100.0}, 0.0}});
  const auto front = representative_front(archive, 5);
  ASSERT_EQ(front.size(), 5u);
  for (std::size_t i = 0; i < 5; ++i)
    EXPECT_NEAR(front[i].appraisal.objectives[0], 0.25 * static_cast<double>(i), 0.02);
}

}  // namespace
}  // namespace raad::study
