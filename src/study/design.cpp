#include "study/design.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <set>

#include "base/random.hpp"
#include "base/table.hpp"
#include "study/design_review.hpp"

namespace raad::study {

const std::vector<DesignObjective>& design_objectives() {
  static const std::vector<DesignObjective> objectives = {
      {"effect", "points", &DesignOutcome::effect_points, true, "greatest fall of the depression score"},
      {"mean_effect", "points", &DesignOutcome::mean_effect_points, true,
       "fall of the score averaged over the run"},
      {"onset", "h", &DesignOutcome::onset_h, false, "time to half of the greatest effect"},
      {"durability", "h", &DesignOutcome::durability_h, true, "time above half of the greatest effect"},
      {"trip", "1", &DesignOutcome::trip_probability, false, "probability of a clearly noticed experience"},
      {"plasticity", "percent", &DesignOutcome::plasticity_percent, true, "greatest change of spine density"},
      {"doses", "1", &DesignOutcome::dose_count, false, "number of doses"}};
  return objectives;
}

std::vector<const DesignObjective*> parse_goal(const std::string& text, base::Diagnostics& findings) {
  std::vector<const DesignObjective*> goal;
  std::string known;
  for (const auto& one : design_objectives()) known += (known.empty() ? "" : ", ") + std::string(one.id);
  for (const auto& part : base::split(text, ',')) {
    const std::string name(base::trim(part));
    const auto found =
        std::ranges::find_if(design_objectives(), [&](const auto& one) { return one.id == name; });
    if (found == design_objectives().end())
      findings.error("R146", {"--goal"}, "`" + name + "` is no objective", "choose from " + known);
    else if (std::ranges::find(goal, &*found) != goal.end())
      findings.error("R146", {"--goal"}, "`" + name + "` is named twice", "name every objective once");
    else
      goal.push_back(&*found);
  }
  return goal;
}

bool is_good(const DesignOutcome& outcome, const DesignSettings& settings, bool trip_matters) {
  return outcome.good() && outcome.effect_points >= settings.least_effect_points &&
         (!trip_matters || outcome.trip_probability < 0.5);
}

std::string robustness_flag(const data::Library& library, const std::vector<std::string>& good_under) {
  if (good_under.empty()) return "under no hypothesis";
  std::map<std::string, std::vector<std::string>> rivals, good;
  for (const auto& hypothesis : library.hypotheses) {
    rivals[hypothesis.group].push_back(hypothesis.id);
    if (std::ranges::find(good_under, hypothesis.id) != good_under.end())
      good[hypothesis.group].push_back(hypothesis.id);
  }
  std::string flag;
  for (const auto& [group, members] : rivals) {
    // A group of one names an alternative to the default; only rivals among each other can contradict.
    if (members.size() < 3 || good[group].size() > 1) continue;
    flag +=
        (flag.empty() ? "" : "; ") +
        (good[group].empty() ? "under no " + group : "only " + good[group].front() + " of group " + group);
  }
  return flag;
}

namespace {

/// Evaluates a generation, each rank its part.
class Appraiser {
 public:
  Appraiser(const DesignModel& model, const DesignSpace& space, const DesignSettings& settings,
            const std::vector<const DesignObjective*>& goal, run::Ranks& ranks)
      : model_(model), space_(space), settings_(settings), goal_(goal), ranks_(ranks) {}

  std::vector<Appraisal> operator()(const std::vector<std::vector<double>>& points) const {
    const std::size_t width = goal_.size() + 1, count = points.size();
    const auto ranks = static_cast<std::size_t>(ranks_.count()),
               rank = static_cast<std::size_t>(ranks_.rank());
    const auto part = [&](std::size_t k) { return count * k / ranks; };
    std::vector<double> numbers = appraise(points, part(rank), part(rank + 1));
    numbers = joined(std::move(numbers));
    std::vector<Appraisal> appraisals(count);
    for (std::size_t i = 0; i < count; ++i) {
      const auto at = numbers.begin() + static_cast<std::ptrdiff_t>(i * width);
      appraisals[i].objectives.assign(at, at + static_cast<std::ptrdiff_t>(goal_.size()));
      appraisals[i].violation = *(at + static_cast<std::ptrdiff_t>(goal_.size()));
    }
    return appraisals;
  }

 private:
  std::vector<double> appraise(const std::vector<std::vector<double>>& points, std::size_t first,
                               std::size_t last) const {
    std::vector<Candidate> candidates;
    for (std::size_t i = first; i < last; ++i) candidates.push_back(space_.decode(points[i]));
    const auto outcomes = model_.evaluate(candidates, settings_.threads);
    std::vector<double> numbers;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      const auto objectives = combined(outcomes[i], goal_, settings_.combination);
      const auto effect =
          combined(outcomes[i], {&design_objectives().front()}, settings_.combination).front();
      double violation = candidates[i].violation();
      for (std::size_t k = 0; k < goal_.size(); ++k) {
        const bool usable = std::isfinite(objectives[k]);
        numbers.push_back(!usable ? 0.0 : goal_[k]->is_large_good ? -objectives[k] : objectives[k]);
        // A run that failed is as far from a design as a candidate can be.
        if (!usable) violation += 100.0;
      }
      if (effect < settings_.least_effect_points)
        violation += (settings_.least_effect_points - effect) / settings_.least_effect_points;
      numbers.push_back(violation);
    }
    return numbers;
  }

  /// The parts of all ranks in their order, on all ranks.
  std::vector<double> joined(std::vector<double> own) const {
    if (ranks_.count() == 1) return own;
    std::string bytes(own.size() * sizeof(double), '\0');
    std::memcpy(bytes.data(), own.data(), bytes.size());
    if (ranks_.rank() == 0) {
      for (int other = 1; other < ranks_.count(); ++other) bytes += ranks_.receive(other);
    } else {
      ranks_.send(0, bytes);
    }
    bytes = ranks_.broadcast(bytes);
    std::vector<double> all(bytes.size() / sizeof(double));
    std::memcpy(all.data(), bytes.data(), bytes.size());
    return all;
  }

  const DesignModel& model_;
  const DesignSpace& space_;
  const DesignSettings& settings_;
  const std::vector<const DesignObjective*>& goal_;
  run::Ranks& ranks_;
};

/// The state of an earlier run of rank 0, on all ranks.
SearchState started_state(const DesignOptions& options, run::Ranks& ranks) {
  SearchState latest;
  if (ranks.rank() == 0 && !options.journal.empty() && options.resume)
    for (const auto& checkpoint : run::Journal::read(options.journal, options.identity)) {
      if (checkpoint.results.empty()) continue;
      auto state = parse_search_state(checkpoint.results, options.journal.string());
      if (state.evaluations > latest.evaluations) latest = std::move(state);
    }
  if (ranks.count() == 1) return latest;
  return parse_search_state(ranks.broadcast(print_search_state(latest)), options.journal.string());
}

void search(const Appraiser& appraiser, const SearchSettings& settings, const DesignOptions& options,
            run::Ranks& ranks, SearchState& state) {
  const bool keeps = ranks.rank() == 0 && !options.journal.empty();
  std::optional<run::Journal> journal;
  if (keeps) {
    run::Checkpoint base;
    if (!state.population.empty()) base.results = print_search_state(state);
    run::Journal::begin(options.journal, options.identity, base);
    journal.emplace(options.journal, options.identity, 0);
  }
  search_pareto(settings, appraiser, state, [&](const SearchState& now) {
    run::Checkpoint checkpoint;
    checkpoint.results = print_search_state(now);
    if (journal) journal->write(checkpoint);
    if (options.progress)
      options.progress(
          {now.evaluations, settings.evaluations, static_cast<std::int64_t>(now.archive.size())});
  });
}

}  // namespace

DesignResult design(const data::Library& library, const run::LoadedSystem& system,
                    const std::vector<data::Compound>& compounds, const DesignSettings& settings,
                    const DesignOptions& options, run::Ranks& ranks) {
  base::Diagnostics findings;
  DesignResult result;
  result.goal = parse_goal(settings.goal, findings);
  const DesignSpace space(settings.regimen, settings.limits, findings);
  // Each is searched by itself: rivals may stand side by side.
  for (const auto& hypothesis : settings.hypotheses)
    data::resolve_hypotheses(library, {hypothesis}, findings);
  base::throw_if_errors(findings);
  if (space.axes().empty())
    throw base::InputError("R145", {"--regimen"}, "there is nothing to search: the regimen has no range",
                           "for example psilocybin {dose_mg: 5..30} mg oral, or give compound_x");
  result.axes = space.axes();
  DesignModelSettings searched;
  searched.hypotheses = settings.hypotheses;
  searched.settings = settings.settings;
  searched.end_h = settings.end_h;
  searched.solver = settings.solver;
  searched.trip_spread_percent = trip_spread_percent(library);
  const DesignModel model(library, system, space, searched);
  const SearchSettings search_settings = {space.axes().size(), result.goal.size(), settings.population,
                                          settings.evaluations, settings.seed};
  std::optional<run::JournalLock> lock;
  if (ranks.rank() == 0 && !options.journal.empty()) lock.emplace(options.journal);
  SearchState state = started_state(options, ranks);
  search(Appraiser(model, space, settings, result.goal, ranks), search_settings, options, ranks, state);
  result.evaluations = state.evaluations;
  result.infeasible = state.infeasible;
  result.generations = state.generation;
  result.archive_size = static_cast<std::int64_t>(state.archive.size());
  result.model_runs = state.evaluations * static_cast<std::int64_t>(settings.hypotheses.size());
  if (ranks.rank() != 0) return result;
  for (const auto& point : representative_front(state.archive, settings.front_size)) {
    Design made;
    made.candidate = space.decode(point.coordinates);
    result.front.push_back(std::move(made));
  }
  DesignModelSettings everything = searched;
  everything.hypotheses = {"default"};
  for (const auto& id : library.hypothesis_ids())
    if (id != "default") everything.hypotheses.push_back(id);
  result.all_hypotheses = everything.hypotheses;
  review_front({library, space, model, DesignModel(library, system, space, everything), compounds, settings},
               result);
  return result;
}

}  // namespace raad::study
