#include "study/pareto_search.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <pagmo/algorithm.hpp>
#include <pagmo/algorithms/nsga2.hpp>
#include <pagmo/batch_evaluators/member_bfe.hpp>
#include <pagmo/bfe.hpp>
#include <pagmo/population.hpp>
#include <pagmo/problem.hpp>
#include <sstream>

#include "base/diagnostics.hpp"
#include "base/random.hpp"

namespace raad::study {
namespace {

// NSGA-II as in its paper: crossover 0.9, distribution indices 15 to 20; mutation changes one coordinate on
// average.
constexpr double k_crossover = 0.9, k_crossover_index = 15.0, k_mutation_index = 20.0;
// Objectives of points that miss a constraint start here, so that every feasible point beats them; feasible
// objectives are hours, points and shares, far below.
constexpr double k_infeasible = 1e9;

std::vector<double> fitness_of(const Appraisal& appraisal) {
  if (appraisal.violation == 0.0) return appraisal.objectives;
  return std::vector<double>(appraisal.objectives.size(), k_infeasible * (1.0 + appraisal.violation));
}

void insert(std::vector<SearchPoint>& archive, const SearchPoint& point) {
  const auto& objectives = point.appraisal.objectives;
  for (const auto& other : archive)
    if (other.appraisal.objectives == objectives || dominates(other.appraisal.objectives, objectives)) return;
  std::erase_if(archive,
                [&](const SearchPoint& other) { return dominates(objectives, other.appraisal.objectives); });
  archive.push_back(point);
}

/// What the points of one generation go through; shared with the copies that the library makes.
struct Bookkeeping {
  const BatchAppraiser* appraise = nullptr;
  SearchState* state = nullptr;
  std::vector<SearchPoint> evaluated;

  std::vector<SearchPoint> run(const std::vector<std::vector<double>>& points) {
    const auto appraisals = (*appraise)(points);
    std::vector<SearchPoint> made;
    for (std::size_t i = 0; i < points.size(); ++i) {
      made.push_back({points[i], appraisals[i]});
      ++state->evaluations;
      if (appraisals[i].violation > 0.0)
        ++state->infeasible;
      else
        insert(state->archive, made.back());
    }
    return made;
  }
};

/// The problem in the library's form.
struct UnitCube {
  std::size_t dimensions = 1, objectives = 1;
  std::shared_ptr<Bookkeeping> books;

  std::vector<double> fitness(const std::vector<double>& point) const { return batch_fitness(point); }
  std::vector<double> batch_fitness(const std::vector<double>& joined) const {
    std::vector<std::vector<double>> points;
    for (std::size_t at = 0; at < joined.size(); at += dimensions)
      points.emplace_back(joined.begin() + static_cast<std::ptrdiff_t>(at),
                          joined.begin() + static_cast<std::ptrdiff_t>(at + dimensions));
    std::vector<double> result;
    for (auto& point : books->run(points)) {
      const auto fitness = fitness_of(point.appraisal);
      result.insert(result.end(), fitness.begin(), fitness.end());
      books->evaluated.push_back(std::move(point));
    }
    return result;
  }
  std::size_t get_nobj() const { return objectives; }
  std::pair<std::vector<double>, std::vector<double>> get_bounds() const {
    return {std::vector<double>(dimensions, 0.0), std::vector<double>(dimensions, 1.0)};
  }
  // The library can store problems; this one lives as long as its search.
  template <typename Archive>
  void serialize(Archive&, unsigned) {}
};

/// Latin hypercube: every coordinate in as many layers as there are points.
std::vector<std::vector<double>> first_generation(const SearchSettings& settings) {
  const auto count = static_cast<std::size_t>(settings.population);
  std::vector<std::vector<double>> points(count, std::vector<double>(settings.dimensions));
  for (std::size_t d = 0; d < settings.dimensions; ++d) {
    base::RandomStream stream(
        {settings.seed, 0, static_cast<std::int64_t>(d), base::purpose_of("design/first")});
    std::vector<std::size_t> layers(count);
    for (std::size_t i = 0; i < count; ++i) layers[i] = i;
    for (std::size_t i = count; i > 1; --i)
      std::swap(layers[i - 1], layers[static_cast<std::size_t>(stream.uniform() * static_cast<double>(i))]);
    for (std::size_t i = 0; i < count; ++i)
      points[i][d] = (static_cast<double>(layers[i]) + stream.uniform()) / static_cast<double>(count);
  }
  return points;
}

unsigned generation_seed(const SearchSettings& settings, std::int64_t generation) {
  base::RandomStream stream({settings.seed, 0, generation, base::purpose_of("design/generation")});
  return static_cast<unsigned>(stream.uniform() * 4294967295.0);
}

void evolve(const SearchSettings& settings, const std::shared_ptr<Bookkeeping>& books) {
  SearchState& state = *books->state;
  books->evaluated.clear();
  const pagmo::problem problem(UnitCube{settings.dimensions, settings.objectives, books});
  pagmo::population population(problem, 0u, 0u);
  for (const auto& point : state.population)
    population.push_back(point.coordinates, fitness_of(point.appraisal));
  pagmo::nsga2 method(1u, k_crossover, k_crossover_index, 1.0 / static_cast<double>(settings.dimensions),
                      k_mutation_index, generation_seed(settings, state.generation));
  method.set_bfe(pagmo::bfe(pagmo::member_bfe{}));
  population = method.evolve(population);
  // Which of parents and children have stayed is told by their coordinates.
  std::vector<SearchPoint> known = std::move(state.population);
  known.insert(known.end(), books->evaluated.begin(), books->evaluated.end());
  state.population.clear();
  for (const auto& coordinates : population.get_x())
    state.population.push_back(*std::ranges::find(known, coordinates, &SearchPoint::coordinates));
}

void print(std::ostream& out, const std::vector<SearchPoint>& points) {
  out << points.size() << '\n' << std::hexfloat;
  for (const auto& point : points) {
    out << point.appraisal.violation << ' ' << point.coordinates.size();
    for (const double value : point.coordinates) out << ' ' << value;
    out << ' ' << point.appraisal.objectives.size();
    for (const double value : point.appraisal.objectives) out << ' ' << value;
    out << '\n';
  }
}

/// Streams do not read the hexadecimal numbers that they write.
double read_number(std::istream& in) {
  std::string word;
  in >> word;
  return std::strtod(word.c_str(), nullptr);
}

std::vector<SearchPoint> parse(std::istream& in) {
  std::size_t count = 0;
  in >> count;
  std::vector<SearchPoint> points;
  for (std::size_t i = 0; i < count && in; ++i) {
    SearchPoint point;
    std::size_t length = 0;
    point.appraisal.violation = read_number(in);
    in >> length;
    for (std::size_t k = 0; k < length && in; ++k) point.coordinates.push_back(read_number(in));
    in >> length;
    for (std::size_t k = 0; k < length && in; ++k) point.appraisal.objectives.push_back(read_number(in));
    points.push_back(std::move(point));
  }
  return points;
}

}  // namespace

bool dominates(const std::vector<double>& first, const std::vector<double>& second) {
  bool better = false;
  for (std::size_t i = 0; i < first.size(); ++i) {
    if (first[i] > second[i]) return false;
    better = better || first[i] < second[i];
  }
  return better;
}

std::string print_search_state(const SearchState& state) {
  std::ostringstream out;
  out << state.generation << ' ' << state.evaluations << ' ' << state.infeasible << '\n';
  print(out, state.population);
  print(out, state.archive);
  out << "end\n";
  return out.str();
}

SearchState parse_search_state(const std::string& text, const std::string& file) {
  std::istringstream in(text);
  SearchState state;
  in >> state.generation >> state.evaluations >> state.infeasible;
  state.population = parse(in);
  state.archive = parse(in);
  std::string end;
  in >> end;
  if (end != "end")
    throw base::InputError("R086", {file}, "the journal of the search is damaged",
                           "remove it and start anew");
  return state;
}

void search_pareto(const SearchSettings& settings, const BatchAppraiser& appraise, SearchState& state,
                   const std::function<void(const SearchState&)>& after_generation) {
  const auto books = std::make_shared<Bookkeeping>();
  books->appraise = &appraise;
  books->state = &state;
  if (state.population.empty()) {
    state.population = books->run(first_generation(settings));
    if (after_generation) after_generation(state);
  }
  while (state.evaluations < settings.evaluations) {
    ++state.generation;
    evolve(settings, books);
    if (after_generation) after_generation(state);
  }
}

std::vector<SearchPoint> representative_front(const std::vector<SearchPoint>& archive, std::size_t count) {
  if (archive.empty()) return {};
  const std::size_t objectives = archive.front().appraisal.objectives.size();
  std::vector<double> low(objectives, std::numeric_limits<double>::infinity()), high(objectives, -low[0]);
  for (const auto& point : archive)
    for (std::size_t k = 0; k < objectives; ++k) {
      low[k] = std::min(low[k], point.appraisal.objectives[k]);
      high[k] = std::max(high[k], point.appraisal.objectives[k]);
    }
  const auto distance = [&](const SearchPoint& a, const SearchPoint& b) {
    double sum = 0.0;
    for (std::size_t k = 0; k < objectives; ++k)
      if (high[k] > low[k])
        sum += std::pow((a.appraisal.objectives[k] - b.appraisal.objectives[k]) / (high[k] - low[k]), 2);
    return sum;
  };
  std::vector<double> nearest(archive.size(), std::numeric_limits<double>::infinity());
  std::vector<std::size_t> taken;
  const auto take = [&](std::size_t chosen) {
    if (nearest[chosen] == 0.0) return;
    taken.push_back(chosen);
    for (std::size_t i = 0; i < archive.size(); ++i)
      nearest[i] = std::min(nearest[i], distance(archive[i], archive[chosen]));
  };
  for (std::size_t k = 0; k < objectives && taken.size() < count; ++k)
    take(static_cast<std::size_t>(
        std::ranges::min_element(archive, {},
                                 [&](const SearchPoint& point) { return point.appraisal.objectives[k]; }) -
        archive.begin()));
  while (taken.size() < std::min(count, archive.size())) {
    const auto farthest = static_cast<std::size_t>(std::ranges::max_element(nearest) - nearest.begin());
    if (nearest[farthest] == 0.0) break;
    take(farthest);
  }
  std::vector<SearchPoint> front;
  for (const std::size_t i : taken) front.push_back(archive[i]);
  std::ranges::sort(front, {}, [](const SearchPoint& point) { return point.appraisal.objectives; });
  return front;
}

}  // namespace raad::study
