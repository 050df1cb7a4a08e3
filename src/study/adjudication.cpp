#include "study/adjudication.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <limits>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "base/table.hpp"
#include "study/evaluation_journal.hpp"
#include "study/validation_rows.hpp"

namespace raad::study {
namespace {

constexpr double k_nan = std::numeric_limits<double>::quiet_NaN();
// Differences of the log-likelihood that nobody would call deciding.
constexpr double k_least_difference = 0.01;

/// Rows that the same switches can move, under one setting of those.
struct Task {
  std::uint64_t mask = 0;
  std::vector<std::string> names;
  std::vector<std::size_t> rows;
  std::vector<double> predicted, z;  ///< By place in `rows`; NaN: not predicted
  std::vector<std::string> skipped;
};

ValidationSettings validation_settings(const AdjudicationSettings& settings) {
  ValidationSettings result;
  result.settings = settings.settings;
  result.solver = settings.solver;
  result.subjects = settings.subjects;
  result.seed = settings.seed;
  result.threads = settings.threads;
  return result;
}

/// Every parameter that some hypothesis sets.
std::vector<std::string> switched_parameters(const data::Library& library, const HypothesisSpace& space) {
  std::set<std::string> ids;
  for (const auto& group : space.groups)
    for (const auto& option : group.options)
      if (const auto* hypothesis = library.find_hypothesis(option))
        for (const auto& setting : hypothesis->settings) ids.insert(setting.parameter_id);
  return {ids.begin(), ids.end()};
}

/// Groups that can matter for every scored row of a result, through all of its arms.
std::vector<std::uint64_t> groups_of_rows(const data::Library& library, const HypothesisSpace& space,
                                          const data::EvidenceTable& table, const ValidationResult& result,
                                          const AdjudicationSettings& settings,
                                          const std::shared_ptr<ArmCache>& cache) {
  const auto validation = validation_settings(settings);
  Arms arms(library,
            {{}, validation.settings, validation.solver, validation.subjects, validation.seed, 1, {}, cache});
  std::map<std::pair<ArmKey, std::set<std::string>>, std::uint64_t> known;
  std::vector<std::uint64_t> masks;
  for (const auto& score : result.scores) {
    masks.push_back(0);
    if (!score.scored()) continue;
    const auto plan = plan_row(library, table, *score.row, arms);
    for (const auto* list : {&plan.arms, &plan.comparators})
      for (const auto& key : *list) {
        const auto quantities = quantities_of(plan);
        const auto [found, is_new] = known.try_emplace({key, quantities}, 0);
        if (is_new)
          found->second = groups_behind(library, arms.system(key.system), space, arms.scenario(key),
                                        {quantities.begin(), quantities.end()});
        masks.back() |= found->second;
      }
  }
  return masks;
}

void run_task(const data::Library& library, const data::EvidenceTable& table,
              const std::vector<PredictionSpread>& spreads, ValidationSettings settings,
              const ValidationResult& first, Task& task) {
  std::map<const data::EvidenceRow*, std::size_t> place;
  for (std::size_t k = 0; k < task.rows.size(); ++k) place[first.scores[task.rows[k]].row] = k;
  settings.hypotheses = task.names;
  settings.threads = 1;
  settings.wanted = [&](const data::EvidenceRow& row) { return place.contains(&row); };
  task.predicted.assign(task.rows.size(), k_nan);
  task.z.assign(task.rows.size(), k_nan);
  task.skipped.assign(task.rows.size(), "");
  for (const auto& score : validate(library, {&table}, spreads, settings).scores) {
    const std::size_t k = place.at(score.row);
    task.skipped[k] = score.skipped;
    if (!score.scored()) continue;
    task.predicted[k] = score.predicted;
    task.z[k] = score.z;
  }
}

/// By the mask and the names that are left of a combination under it.
using Tasks = std::map<std::pair<std::uint64_t, std::string>, Task>;

Tasks tasks_of(const HypothesisSpace& space, const ValidationResult& first,
               const std::vector<std::uint64_t>& masks) {
  std::map<std::uint64_t, std::vector<std::size_t>> rows_of;
  for (std::size_t i = 0; i < masks.size(); ++i)
    if (first.scores[i].scored()) rows_of[masks[i]].push_back(i);
  Tasks tasks;
  for (const auto& [mask, rows] : rows_of)
    for (const auto& combination : space.combinations) {
      auto names = space.names(combination, mask);
      if (names.empty()) continue;  // The default, which is known already.
      auto& task = tasks[{mask, space.label(combination, mask)}];
      task.mask = mask;
      task.names = std::move(names);
      task.rows = rows;
    }
  return tasks;
}

std::string identity_of(const data::Library& library, const data::EvidenceTable& table,
                        const AdjudicationSettings& settings, ArmCache& cache) {
  std::string text = file_text(table.file) + file_text(library.file("hypotheses.tsv")) +
                     file_text(library.file("prediction_spread.tsv")) +
                     file_text(library.file("scenarios.tsv")) + file_text(library.file("observables.tsv")) +
                     file_text(library.file("trial_layer.tsv"));
  for (const char* file :
       {"findings.tsv", "manipulations.tsv", "stand_ins.tsv", "relations.tsv", "dose_searches.tsv"})
    text += file_text(library.file(file));
  for (const auto& name : library.system_names()) text += cache.system(name).model->content_hash;
  for (const auto& [id, value] : settings.settings) text += id + base::format_number(value);
  text += std::to_string(settings.subjects) + ' ' + std::to_string(settings.seed) + ' ' +
          base::format_number(settings.solver.relative_tolerance) + ' ' +
          std::to_string(static_cast<int>(settings.solver.method));
  return text;
}

/// Runs what the journal does not hold yet, in threads.
void run_tasks(std::vector<Task*>& work, const std::function<void(Task&)>& run, EvaluationJournal& journal,
               const std::vector<std::string>& keys, const AdjudicationSettings& settings) {
  std::atomic<std::size_t> next = 0;
  std::mutex mutex;
  std::size_t done = 0;
  std::exception_ptr error;
  const auto worker = [&] {
    for (std::size_t i = next++; i < work.size(); i = next++) {
      try {
        run(*work[i]);
      } catch (...) {
        const std::lock_guard lock(mutex);
        error = std::current_exception();
        next = work.size();
        return;
      }
      const std::lock_guard lock(mutex);
      journal.add({keys[i], work[i]->predicted, work[i]->z, work[i]->skipped});
      ++done;
      if (settings.progress) settings.progress(done, work.size());
    }
  };
  std::vector<std::thread> threads;
  for (int i = 1; i < settings.threads; ++i) threads.emplace_back(worker);
  worker();
  for (auto& thread : threads) thread.join();
  if (error) std::rethrow_exception(error);
}

/// One table of all combinations from what was run for each setting of the switches that matter.
HypothesisPredictions collect(const HypothesisSpace& space, const ValidationResult& first,
                              const std::vector<std::uint64_t>& masks, const Tasks& tasks) {
  HypothesisPredictions result;
  result.evaluations = tasks.size() + 1;
  std::map<std::size_t, std::string> failed;
  for (const auto& [key, task] : tasks)
    for (std::size_t k = 0; k < task.rows.size(); ++k)
      if (!task.skipped[k].empty())
        failed.emplace(task.rows[k], task.skipped[k] + " (under " + key.second + ")");
  std::vector<std::size_t> kept;
  std::map<std::size_t, std::size_t> place_in_task;
  std::map<std::uint64_t, std::size_t> seen;
  for (std::size_t i = 0; i < first.scores.size(); ++i) {
    if (!first.scores[i].scored()) {
      ++result.skipped;
      continue;
    }
    place_in_task[i] = seen[masks[i]]++;
    if (failed.contains(i)) {
      result.dropped.push_back(first.scores[i].row->id + ": " + failed.at(i));
      continue;
    }
    kept.push_back(i);
    result.rows.push_back(first.scores[i]);
    result.groups_of_row.push_back(masks[i]);
  }
  for (const auto& combination : space.combinations) {
    auto& z = result.z.emplace_back();
    auto& predicted = result.predicted.emplace_back();
    for (const std::size_t i : kept) {
      const auto found = tasks.find({masks[i], space.label(combination, masks[i])});
      const bool is_default = found == tasks.end();
      predicted.push_back(is_default ? first.scores[i].predicted : found->second.predicted[place_in_task[i]]);
      z.push_back(is_default ? first.scores[i].z : found->second.z[place_in_task[i]]);
    }
  }
  return result;
}

}  // namespace

HypothesisPredictions predict_under(const data::Library& library, const HypothesisSpace& space,
                                    const data::EvidenceTable& table,
                                    const std::vector<PredictionSpread>& spreads,
                                    const AdjudicationSettings& settings) {
  const auto cache = std::make_shared<ArmCache>(library);
  auto validation = validation_settings(settings);
  validation.cache = cache;
  validation.also_varying = switched_parameters(library, space);
  const auto first = validate(library, {&table}, spreads, validation);
  const auto masks = groups_of_rows(library, space, table, first, settings, cache);
  auto tasks = tasks_of(space, first, masks);

  EvaluationJournal journal(settings.journal, identity_of(library, table, settings, *cache), settings.resume);
  std::vector<Task*> work;
  std::vector<std::string> keys;
  for (auto& [key, task] : tasks) {
    const std::string name = std::to_string(key.first) + ":" + key.second;
    const auto* known = journal.find(name);
    if (known != nullptr && known->predicted.size() == task.rows.size()) {
      task.predicted = known->predicted;
      task.z = known->z;
      task.skipped = known->skipped;
      continue;
    }
    work.push_back(&task);
    keys.push_back(name);
  }
  run_tasks(
      work, [&](Task& task) { run_task(library, table, spreads, validation, first, task); }, journal, keys,
      settings);

  return collect(space, first, masks, tasks);
}

std::vector<std::vector<double>> log_likelihoods(const HypothesisPredictions& predictions) {
  std::vector<std::vector<double>> result;
  for (std::size_t c = 0; c < predictions.z.size(); ++c) {
    auto& rows = result.emplace_back();
    for (std::size_t i = 0; i < predictions.rows.size(); ++i) {
      const auto& score = predictions.rows[i];
      rows.push_back(score.scale == ScoreScale::sign
                         ? log_probability_of_sign(predictions.predicted[c][i] == score.row->value)
                         : log_density(predictions.z[c][i], score.total_spread));
    }
  }
  return result;
}

ClusterModel clusters_of(const HypothesisPredictions& predictions, double correlation) {
  std::vector<std::string> sources;
  for (const auto& score : predictions.rows) sources.push_back(score.row->source_id);
  return cluster_model(sources, correlation);
}

double residual_correlation(const HypothesisPredictions& predictions, std::size_t combination) {
  std::vector<std::string> sources;
  std::vector<double> z;
  for (std::size_t i = 0; i < predictions.rows.size(); ++i) {
    if (predictions.rows[i].scale == ScoreScale::sign) continue;
    sources.push_back(predictions.rows[i].row->source_id);
    z.push_back(predictions.z[combination][i]);
  }
  return within_study_correlation(sources, z);
}

std::vector<OptionWeight> option_weights(const HypothesisSpace& space,
                                         const std::vector<HypothesisScore>& scores) {
  std::vector<OptionWeight> result;
  for (std::size_t g = 0; g < space.groups.size(); ++g)
    for (std::size_t option = 0; option < space.groups[g].options.size(); ++option) {
      OptionWeight one{space.groups[g].id, space.groups[g].options[option]};
      for (std::size_t c = 0; c < scores.size(); ++c) {
        if (space.combinations[c].options[g] != static_cast<int>(option)) continue;
        one.prior += 1.0 / static_cast<double>(scores.size());
        one.weight += scores[c].weight;
        one.bootstrap_weight += scores[c].bootstrap_weight;
      }
      if (one.prior > 0.0) result.push_back(std::move(one));
    }
  return result;
}

std::vector<DecidingRow> deciding_rows(const HypothesisSpace& space, const HypothesisPredictions& predictions,
                                       const std::vector<HypothesisScore>& scores,
                                       const ClusterModel& clusters, int most) {
  const auto likelihoods = log_likelihoods(predictions);
  std::vector<double> weight(predictions.rows.size(), 1.0);
  for (const auto& study : clusters.studies)
    for (const auto row : study.rows) weight[row] = study.row_weight;
  std::vector<DecidingRow> result;
  for (std::size_t g = 0; g < space.groups.size(); ++g) {
    // The best combination of each option, best option first.
    std::map<int, std::size_t> best;
    for (std::size_t c = 0; c < scores.size(); ++c) {
      const auto [found, is_new] = best.emplace(space.combinations[c].options[g], c);
      if (!is_new && scores[c].log_likelihood > scores[found->second].log_likelihood) found->second = c;
    }
    std::vector<std::pair<int, std::size_t>> order(best.begin(), best.end());
    std::ranges::stable_sort(order, [&](const auto& a, const auto& b) {
      return scores[a.second].log_likelihood > scores[b.second].log_likelihood;
    });
    for (std::size_t a = 0; a < order.size(); ++a)
      for (std::size_t b = a + 1; b < order.size(); ++b) {
        std::vector<DecidingRow> rows;
        for (std::size_t i = 0; i < predictions.rows.size(); ++i) {
          const double difference =
              weight[i] * (likelihoods[order[a].second][i] - likelihoods[order[b].second][i]);
          if (std::abs(difference) < k_least_difference) continue;
          rows.push_back({space.groups[g].id,
                          space.groups[g].options[static_cast<std::size_t>(order[a].first)],
                          space.groups[g].options[static_cast<std::size_t>(order[b].first)], i,
                          predictions.predicted[order[a].second][i],
                          predictions.predicted[order[b].second][i], difference});
        }
        std::ranges::stable_sort(rows, std::greater<>(), [](const DecidingRow& row) {
          return std::abs(row.log_likelihood_difference);
        });
        if (rows.size() > static_cast<std::size_t>(most)) rows.resize(static_cast<std::size_t>(most));
        result.insert(result.end(), rows.begin(), rows.end());
      }
  }
  return result;
}

}  // namespace raad::study
