#include "study/multi_start.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <exception>
#include <mutex>
#include <numeric>
#include <thread>

#include "base/random.hpp"
#include "run/progress.hpp"

namespace raad::study {
namespace {

// New draws for a start at which the evaluation fails, before it counts as failed.
constexpr int k_most_attempts = 10;

nlohmann::json to_json(const LocalFit& fit) {
  return {{"start", fit.start},       {"position", fit.position},       {"start_cost", fit.start_cost},
          {"cost", fit.cost},         {"evaluations", fit.evaluations}, {"gradients", fit.gradients},
          {"failures", fit.failures}, {"ending", fit.ending},           {"first_failure", fit.first_failure}};
}

/// JSON has no NaN: null stands for it.
double number_or_nan(const nlohmann::json& value) {
  return value.is_null() ? std::numeric_limits<double>::quiet_NaN() : value.get<double>();
}

LocalFit from_json(const nlohmann::json& json) {
  LocalFit fit;
  fit.start = json["start"].get<std::vector<double>>();
  fit.position = json["position"].get<std::vector<double>>();
  fit.start_cost = number_or_nan(json["start_cost"]);
  fit.cost = number_or_nan(json["cost"]);
  fit.evaluations = json["evaluations"];
  fit.gradients = json["gradients"];
  fit.failures = json["failures"];
  fit.ending = json["ending"];
  fit.first_failure = json["first_failure"];
  return fit;
}

/// Which stratum of a parameter belongs to a start: a permutation that each start works out for itself.
std::size_t stratum(const MultiStartOptions& options, const std::string& id, std::size_t start, int draw) {
  base::RandomStream random(
      {options.seed, static_cast<std::uint64_t>(draw), -1, base::purpose_of("latin hypercube " + id)});
  std::vector<std::size_t> order(options.starts);
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (std::size_t i = order.size(); i > 1; --i)
    std::swap(order[i - 1], order[static_cast<std::size_t>(random.uniform() * static_cast<double>(i))]);
  return order[start];
}

/// What the evaluations before a local fit came to.
struct Spent {
  long evaluations = 0, failures = 0;
  std::string first_failure;
  void add(long more, long failed, const std::string& failure) {
    evaluations += more;
    failures += failed;
    if (first_failure.empty()) first_failure = failure;
  }
};

/// Moves the parameters that are only about what is read of runs to where they cost least, in place, and
/// gives the cost. Drawn between bounds of many decades they hide what the others could say.
double fit_readout(const Objective& objective, std::vector<double>& point, const FitOptions& options,
                   int candidates, Spent& spent) {
  const auto readout = objective.readout(point);
  if (readout == nullptr) {
    // A draw without rivals needs no cost: the fit asks for it anyway.
    if (candidates == 1) return std::numeric_limits<double>::quiet_NaN();
    const auto made = objective.evaluate(point, Wanted::cost);
    spent.add(1, made.failure.empty() ? 0 : 1, made.failure);
    return made.cost;
  }
  std::vector<double> start;
  for (const std::size_t k : readout->parameters) start.push_back(point[k]);
  auto how = options;
  how.method = FitMethod::trust_region;
  const auto fit = fit_from(*readout->objective, start, how, 0);
  // All of it is one evaluation of the model.
  spent.add(1, fit.begun ? 0 : 1, fit.first_failure);
  for (std::size_t i = 0; i < readout->parameters.size(); ++i)
    point[readout->parameters[i]] = fit.position[i];
  return fit.cost;
}

/// Of the candidates of an attempt the one that costs least; the first where all fail.
std::vector<double> best_candidate(const Objective& objective, const MultiStartOptions& options,
                                   std::size_t start, int attempt, Spent& spent) {
  std::vector<double> best;
  double least = std::numeric_limits<double>::infinity();
  for (int i = 0; i < options.candidates; ++i) {
    auto point = start_point(objective, options, start, attempt * options.candidates + i);
    if (options.nominal_first && start == 0 && attempt == 0) return point;
    const double cost = fit_readout(objective, point, options.fit, options.candidates, spent);
    if (!best.empty() && !(cost < least)) continue;
    best = std::move(point);
    if (std::isfinite(cost)) least = cost;
  }
  return best;
}

LocalFit fit_start(const Objective& objective, const MultiStartOptions& options, std::size_t start) {
  LocalFit made;
  Spent spent;
  for (int attempt = 0; attempt < k_most_attempts; ++attempt) {
    const auto point = best_candidate(objective, options, start, attempt, spent);
    // CMA-ES seeds must differ between starts, and be the same for a start whatever runs beside it.
    made = fit_from(objective, point, options.fit, options.seed * 1'000'003 + start);
    spent.add(made.evaluations, made.failures, made.first_failure);
    if (made.begun) break;
  }
  made.evaluations = spent.evaluations;
  made.failures = spent.failures;
  made.first_failure = spent.first_failure;
  return made;
}

}  // namespace

std::string progress_text(const FitProgress& progress, const std::string& what) {
  std::string text = fmt::format("{} of {} {} ({} %)", progress.done, progress.total, what,
                                 progress.total > 0 ? 100 * progress.done / progress.total : 100);
  if (std::isfinite(progress.best)) text += fmt::format(", best {:.6g}", progress.best);
  const auto fresh = static_cast<double>(progress.done - progress.resumed);
  if (fresh > 0.0 && progress.seconds > 0.0) {
    const double rate = fresh / progress.seconds;
    text += fmt::format(", {:.2g}/s, {} left", rate,
                        run::duration_text(static_cast<double>(progress.total - progress.done) / rate));
  }
  if (progress.failures > 0)
    text += fmt::format(", {} of {} evaluations failed", progress.failures, progress.evaluations);
  return text;
}

void run_parallel(std::size_t count, int threads, const std::function<void(std::size_t)>& work) {
  std::atomic<std::size_t> next{0};
  std::atomic<bool> stopped{false};
  std::exception_ptr trouble;
  std::mutex mutex;
  const auto loop = [&] {
    for (std::size_t i = next++; i < count && !stopped; i = next++) {
      try {
        work(i);
      } catch (...) {
        const std::lock_guard guard(mutex);
        if (!trouble) trouble = std::current_exception();
        stopped = true;
      }
    }
  };
  std::vector<std::thread> others;
  for (std::size_t i = 1; i < std::min(count, static_cast<std::size_t>(std::max(threads, 1))); ++i)
    others.emplace_back(loop);
  loop();
  for (auto& thread : others) thread.join();
  if (trouble) std::rethrow_exception(trouble);
}

std::vector<double> start_point(const Objective& objective, const MultiStartOptions& options,
                                std::size_t start, int draw) {
  const auto& parameters = objective.parameters();
  std::vector<double> point;
  if (options.nominal_first && start == 0 && draw == 0) {
    for (const auto& parameter : parameters)
      point.push_back(std::clamp(parameter.nominal, parameter.lower, parameter.upper));
    if (std::ranges::all_of(point, [](double one) { return std::isfinite(one); })) return point;
    point.clear();
  }
  for (std::size_t k = 0; k < parameters.size(); ++k) {
    base::RandomStream random({options.seed, static_cast<std::uint64_t>(draw),
                               static_cast<std::int64_t>(start),
                               base::purpose_of("start " + parameters[k].id)});
    double probability = random.uniform();
    if (draw < options.candidates)
      probability = (static_cast<double>(stratum(options, parameters[k].id, start, draw)) + probability) /
                    static_cast<double>(options.starts);
    point.push_back(objective.start_position(k, probability));
  }
  return point;
}

std::vector<LocalFit> fit_from_many(const Objective& objective, const MultiStartOptions& options,
                                    FitJournal* journal, const FitWatcher& watcher) {
  std::vector<LocalFit> fits(options.starts);
  std::vector<std::size_t> open;
  FitProgress progress;
  progress.total = options.starts;
  const auto began = std::chrono::steady_clock::now();
  const auto count = [&](const LocalFit& fit) {
    ++progress.done;
    progress.evaluations += fit.evaluations;
    progress.failures += fit.failures;
    if (!(fit.cost >= progress.best) && std::isfinite(fit.cost)) progress.best = fit.cost;
    progress.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    if (watcher) watcher(progress);
  };
  const auto key = [](std::size_t start) { return "start " + std::to_string(start); };
  for (std::size_t start = 0; start < options.starts; ++start) {
    const auto known = journal != nullptr ? journal->find(key(start)) : std::nullopt;
    if (!known) {
      open.push_back(start);
      continue;
    }
    fits[start] = from_json(*known);
    ++progress.resumed;
    count(fits[start]);
  }
  std::mutex mutex;
  run_parallel(open.size(), options.threads, [&](std::size_t i) {
    const std::size_t start = open[i];
    fits[start] = fit_start(objective, options, start);
    if (journal != nullptr) journal->append(key(start), to_json(fits[start]));
    const std::lock_guard guard(mutex);
    count(fits[start]);
  });
  return fits;
}

std::vector<std::size_t> order_of_costs(const std::vector<LocalFit>& fits) {
  std::vector<std::size_t> order(fits.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto cost = [&](std::size_t i) {
    return std::isfinite(fits[i].cost) ? fits[i].cost : std::numeric_limits<double>::infinity();
  };
  std::ranges::stable_sort(order, {}, cost);
  return order;
}

}  // namespace raad::study
