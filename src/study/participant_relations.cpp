#include "study/participant_relations.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/random.hpp"
#include "study/clinical_measures.hpp"
#include "study/defining_row.hpp"

namespace raad::study {
namespace {

// The largest acute effect of every drug of the library lies within a working day.
constexpr double k_acute_h = 10.0, k_step_h = 0.25;

struct Moments {
  double of_state = 0.0, of_outcome = 0.0, together = 0.0;
};

Moments moments(const RelatedPairs& pairs) {
  const auto count = static_cast<double>(pairs.state.size());
  double state = 0.0, outcome = 0.0;
  for (std::size_t i = 0; i < pairs.state.size(); ++i) {
    state += pairs.state[i] / count;
    outcome += pairs.outcome[i] / count;
  }
  Moments made;
  for (std::size_t i = 0; i < pairs.state.size(); ++i) {
    const double x = pairs.state[i] - state, y = pairs.outcome[i] - outcome;
    made.of_state += x * x;
    made.of_outcome += y * y;
    made.together += x * y;
  }
  return made;
}

}  // namespace

std::optional<ParticipantRelation> relation_of(const data::Library& library, const std::string& observable) {
  const auto row =
      defining_row(library, "relations.tsv", observable, {"quantity", "at_h", "upTo", "outcome", "personSd"});
  if (!row) return std::nullopt;
  ParticipantRelation relation;
  relation.quantity = row->text("quantity");
  relation.at_h = row->number("at_h");
  relation.up_to = row->number("upTo");
  relation.percent_change = row->text("outcome") == "percent_change";
  const auto& spread = row->text("personSd");
  if (!spread.empty()) relation.person_sd = trial_layer_value(library, spread);
  return relation;
}

std::vector<double> relation_times_h(const ParticipantRelation& relation) {
  if (relation.at_h) return {*relation.at_h};
  std::vector<double> times;
  for (double time = k_step_h; time <= k_acute_h; time += k_step_h) times.push_back(time);
  return times;
}

RelatedPairs related_pairs(const ParticipantRelation& relation, const ArmScores& scores, double outcome_h,
                           std::uint64_t seed) {
  const auto times = relation_times_h(relation);
  const auto& courses = scores.courses.at(relation.quantity);
  RelatedPairs pairs;
  for (std::size_t i = 0; i < courses.size(); ++i) {
    double state = -std::numeric_limits<double>::infinity();
    for (const double time : times) state = std::max(state, courses[i][place_of(scores, time)]);
    base::RandomStream draw(
        {seed, 0, static_cast<std::int64_t>(i), base::purpose_of("acute state beyond the drug")});
    state += relation.person_sd * draw.normal();
    if (relation.up_to && state > *relation.up_to) continue;
    const double baseline = scores.observed[i].front();
    const double change = scores.observed[i][place_of(scores, outcome_h) + 1] - baseline;
    if (relation.percent_change && !(baseline > 0.0)) continue;
    pairs.state.push_back(state);
    pairs.outcome.push_back(relation.percent_change ? 100.0 * change / baseline : change);
  }
  return pairs;
}

double RelatedPairs::correlation() const {
  const auto sums = moments(*this);
  return sums.together / std::sqrt(sums.of_state * sums.of_outcome);
}

double RelatedPairs::slope() const {
  const auto sums = moments(*this);
  return sums.together / sums.of_state;
}

}  // namespace raad::study
