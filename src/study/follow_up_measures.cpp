#include "study/follow_up_measures.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <regex>
#include <set>

#include "base/random.hpp"

namespace raad::study {
namespace {

constexpr double k_nan = std::numeric_limits<double>::quiet_NaN();
constexpr double k_day_h = 24.0, k_week_h = 168.0;
// Ratings of ketamine trials on the first day, from the end of the infusion on, and of their first week.
constexpr double k_first_day_h[] = {2.0 / 3.0, 2.0, 4.0};
constexpr double k_first_week_h[] = {24.0, 48.0, 72.0};
// First and last time of superiority are looked for over four weeks where a row names no time.
constexpr double k_superiority_h = 672.0;
// Asked the day after the last visit where a row does not say when.
constexpr double k_asked_after_h = 24.0;

/// A way to make a number, and what it needs.
struct Measure {
  enum class Times {
    own,          ///< The row's time
    visits,       ///< Visits of the first week, then weeks, up to the row's time
    early,        ///< An early rating and the row's time
    superiority,  ///< The first day, then every day
    after_dose,   ///< The row's time, or a day after the last dose
  };
  Times times = Times::own;
  bool two_arms = false;
  std::function<double(const FollowUp&, std::string& reason)> number;
};

double last_dose_h(const data::EvidenceRow& row) {
  const auto doses = dose_times_h(row.regimen);
  return doses.empty() ? 0.0 : std::max(0.0, doses.back());
}

/// `day N` in the note, where the day of the first dose is day 1; else the day after it.
double early_rating_h(const data::EvidenceRow& row) {
  static const std::regex pattern(R"(early\D{0,20}day\s+(\d+))", std::regex::icase);
  std::smatch found;
  return std::regex_search(row.note, found, pattern) ? k_day_h * (std::stod(found[1].str()) - 1.0) : k_day_h;
}

std::vector<double> visits_h(double until_h) {
  std::vector<double> times;
  for (const double time : k_first_week_h)
    if (time < until_h) times.push_back(time);
  for (double time = k_week_h; time < until_h; time += k_week_h) times.push_back(time);
  times.push_back(until_h);
  return times;
}

double asked_h(const FollowUp& asked) {
  return asked.row.time_h.value_or(last_dose_h(asked.row) + k_asked_after_h);
}

bool holds_at(const ArmScores& scores, const std::vector<double>& participant, double time_h,
              const Holds& holds) {
  return holds(participant.front(), participant[place_of(scores, time_h) + 1]);
}

/// Percent with `wanted` among the participants for whom `counted` holds.
template <typename Counted, typename Wanted>
double share_among(const ArmScores& scores, const Counted& counted, const Wanted& wanted,
                   std::string& reason) {
  double all = 0.0, some = 0.0;
  for (const auto& participant : scores.observed) {
    if (!counted(participant)) continue;
    all += 1.0;
    some += wanted(participant) ? 1.0 : 0.0;
  }
  if (all == 0.0) reason = "no virtual participant belongs to the group that the share is of";
  return 100.0 * some / all;
}

/// Response at every rating from the first day on; of all participants, or of the responders of the first
/// day where the note says so.
double maintained(const FollowUp& asked, std::string& reason) {
  static const std::regex of_responders(R"((of|among)\s+(the\s+)?responders|responders\s+(that|who))",
                                        std::regex::icase);
  const auto times = visits_h(*asked.row.time_h);
  const auto holds = improved_by(k_response_share);
  const bool some = std::regex_search(asked.row.note, of_responders);
  return share_among(
      asked.arm, [&](const auto& one) { return !some || holds_at(asked.arm, one, times.front(), holds); },
      [&](const auto& one) {
        return std::ranges::all_of(times, [&](double time) { return holds_at(asked.arm, one, time, holds); });
      },
      reason);
}

double ever(const FollowUp& asked, std::string& reason) {
  const auto times = visits_h(*asked.row.time_h);
  const auto holds = improved_by(k_response_share);
  return share_among(
      asked.arm, [](const auto&) { return true; },
      [&](const auto& one) {
        return std::ranges::any_of(times, [&](double time) { return holds_at(asked.arm, one, time, holds); });
      },
      reason);
}

/// Shares of an early response among those with a later response or without.
struct EarlyAndLate {
  explicit EarlyAndLate(const FollowUp& from) : asked(from) {}
  bool early(const std::vector<double>& one) const {
    return holds_at(asked.arm, one, early_rating_h(asked.row), improved_by(k_response_share));
  }
  bool late(const std::vector<double>& one) const {
    return holds_at(asked.arm, one, *asked.row.time_h, improved_by(k_response_share));
  }
  const FollowUp& asked;
};

double response_of_early_nonresponders(const FollowUp& asked, std::string& reason) {
  const EarlyAndLate response(asked);
  return share_among(
      asked.arm, [&](const auto& one) { return !response.early(one); },
      [&](const auto& one) { return response.late(one); }, reason);
}

double early_sensitivity(const FollowUp& asked, std::string& reason) {
  const EarlyAndLate response(asked);
  return share_among(
      asked.arm, [&](const auto& one) { return response.late(one); },
      [&](const auto& one) { return response.early(one); }, reason);
}

double early_specificity(const FollowUp& asked, std::string& reason) {
  const EarlyAndLate response(asked);
  return share_among(
      asked.arm, [&](const auto& one) { return !response.late(one); },
      [&](const auto& one) { return !response.early(one); }, reason);
}

/// Shares of both arms [1], with half a participant more on either side so that none is not zero odds.
struct TwoShares {
  TwoShares(const FollowUp& asked, const Holds& holds) {
    const auto share = [&](const ArmScores& scores) {
      const auto count = static_cast<double>(scores.observed.size());
      return (share_of(scores, {*asked.row.time_h}, holds) / 100.0 * count + 0.5) / (count + 1.0);
    };
    arm = share(asked.arm);
    comparator = share(*asked.comparator);
  }
  double risk_ratio() const { return arm / comparator; }
  double odds_ratio() const { return arm / (1.0 - arm) / (comparator / (1.0 - comparator)); }
  double arm = 0.0, comparator = 0.0;
};

/// Standardised difference over what a test of two groups of half the row's participants tells apart;
/// below -1 the arm is better.
double superiority(const FollowUp& asked, double time_h) {
  const double difference =
      asked.arm.at(asked.arm.change, time_h) - asked.comparator->at(asked.comparator->change, time_h);
  const double sd =
      std::hypot(sd_of_change(asked.arm, time_h), sd_of_change(*asked.comparator, time_h)) / std::sqrt(2.0);
  return difference / (base::k_normal95 * sd * std::sqrt(4.0 / *asked.row.n));
}

std::vector<double> superiority_times_h(const data::EvidenceRow& row) {
  std::vector<double> times(std::begin(k_first_day_h), std::end(k_first_day_h));
  for (double time = k_day_h; time <= row.time_h.value_or(k_superiority_h); time += k_day_h)
    times.push_back(time);
  return times;
}

std::vector<double> superior_times_h(const FollowUp& asked, std::string& reason) {
  std::vector<double> times;
  if (!asked.row.n) {
    reason = "whether a difference is significant hangs on the number of participants, which is not reported";
    return times;
  }
  for (const double time : superiority_times_h(asked.row))
    if (superiority(asked, time) < -1.0) times.push_back(time);
  if (times.empty()) reason = "the model shows no time of superiority";
  return times;
}

double is_superior(const FollowUp& asked, std::string& reason) {
  if (!asked.row.n) {
    reason = "whether a difference is significant hangs on the number of participants, which is not reported";
    return k_nan;
  }
  return superiority(asked, *asked.row.time_h) < -1.0 ? 1.0 : 0.0;
}

/// Hours in the row's unit.
double in_unit_of(const data::EvidenceRow& row, double hours) {
  return row.unit == "d" ? hours / k_day_h : hours;
}

double correct_belief(const FollowUp& asked, std::string&) {
  const double time = asked_h(asked);
  return 100.0 * 0.5 *
         (asked.arm.at(asked.arm.belief, time) + 1.0 - asked.comparator->at(asked.comparator->belief, time));
}

double relative_spread(const ArmScores& scores, double time_h) {
  return sd_of_change(scores, time_h) / std::abs(scores.at(scores.change, time_h));
}

const std::map<std::string, Measure>& measures() {
  using Times = Measure::Times;
  static const auto share_measure = [](auto number) {
    return [number](const FollowUp& asked, std::string&) { return number(asked); };
  };
  static const std::map<std::string, Measure> table = {
      {"maintained", {Times::visits, false, maintained}},
      {"ever", {Times::visits, false, ever}},
      {"response_of_early_nonresponders", {Times::early, false, response_of_early_nonresponders}},
      {"early_sensitivity", {Times::early, false, early_sensitivity}},
      {"early_specificity", {Times::early, false, early_specificity}},
      {"odds_ratio_response", {Times::own, true, share_measure([](const FollowUp& asked) {
                                 return TwoShares(asked, improved_by(k_response_share)).odds_ratio();
                               })}},
      {"risk_ratio_response", {Times::own, true, share_measure([](const FollowUp& asked) {
                                 return TwoShares(asked, improved_by(k_response_share)).risk_ratio();
                               })}},
      {"odds_ratio_remission", {Times::own, true, share_measure([](const FollowUp& asked) {
                                  return TwoShares(asked, remitted(asked.scale)).odds_ratio();
                                })}},
      {"risk_ratio_remission", {Times::own, true, share_measure([](const FollowUp& asked) {
                                  return TwoShares(asked, remitted(asked.scale)).risk_ratio();
                                })}},
      {"superior", {Times::own, true, is_superior}},
      {"superiority_onset",
       {Times::superiority, true,
        [](const FollowUp& asked, std::string& reason) {
          const auto times = superior_times_h(asked, reason);
          return times.empty() ? k_nan : in_unit_of(asked.row, times.front());
        }}},
      {"superiority_end",
       {Times::superiority, true,
        [](const FollowUp& asked, std::string& reason) {
          const auto times = superior_times_h(asked, reason);
          return times.empty() ? k_nan : in_unit_of(asked.row, times.back());
        }}},
      // Ratios of standard deviations and of coefficients of variation of the change, as meta-analyses of
      // variability take them (Nakagawa et al. 2015, doi:10.1111/2041-210X.12309).
      {"variability_ratio", {Times::own, true, share_measure([](const FollowUp& asked) {
                               return sd_of_change(asked.arm, *asked.row.time_h) /
                                      sd_of_change(*asked.comparator, *asked.row.time_h);
                             })}},
      {"variation_ratio", {Times::own, true, share_measure([](const FollowUp& asked) {
                             return relative_spread(asked.arm, *asked.row.time_h) /
                                    relative_spread(*asked.comparator, *asked.row.time_h);
                           })}},
      {"percent_decrease", {Times::own, false, share_measure([](const FollowUp& asked) {
                              const double time = *asked.row.time_h;
                              const double change = asked.arm.at(asked.arm.change, time);
                              return -100.0 * change / (asked.arm.at(asked.arm.mean, time) - change);
                            })}},
      {"belief_correct", {Times::after_dose, true, correct_belief}},
      {"correlation",
       {Times::own, false, share_measure([](const FollowUp& asked) {
          return related_pairs(*asked.relation, asked.arm, *asked.row.time_h, asked.seed).correlation();
        })}},
      {"slope", {Times::own, false, share_measure([](const FollowUp& asked) {
                   return related_pairs(*asked.relation, asked.arm, *asked.row.time_h, asked.seed).slope();
                 })}},
  };
  return table;
}

}  // namespace

bool is_follow_up(const std::string& measure) {
  return measures().contains(measure);
}

bool compares_arms(const std::string& measure) {
  return measures().at(measure).two_arms;
}

bool needs_time(const std::string& measure) {
  const auto times = measures().at(measure).times;
  return times != Measure::Times::superiority && times != Measure::Times::after_dose;
}

std::vector<double> follow_up_times_h(const data::EvidenceRow& row, const std::string& measure,
                                      const std::optional<ParticipantRelation>& relation) {
  std::set<double> times;
  if (relation)
    for (const double time : relation_times_h(*relation)) times.insert(time);
  switch (measures().at(measure).times) {
    case Measure::Times::own:
      times.insert(*row.time_h);
      break;
    case Measure::Times::visits:
      for (const double time : visits_h(*row.time_h)) times.insert(time);
      break;
    case Measure::Times::early:
      times.insert({early_rating_h(row), *row.time_h});
      break;
    case Measure::Times::superiority:
      for (const double time : superiority_times_h(row)) times.insert(time);
      break;
    case Measure::Times::after_dose:
      times.insert(row.time_h.value_or(last_dose_h(row) + k_asked_after_h));
      break;
  }
  return {times.begin(), times.end()};
}

double follow_up_number(const FollowUp& asked, const std::string& measure, std::string& reason) {
  return measures().at(measure).number(asked, reason);
}

ArmScores pooled(const std::vector<const ArmScores*>& arms) {
  ArmScores all = *arms.front();
  double count = static_cast<double>(all.observed.size());
  for (std::size_t i = 1; i < arms.size(); ++i) {
    const auto& one = *arms[i];
    const double more = static_cast<double>(one.observed.size()), share = more / (count + more);
    const auto mix = [share](std::vector<double>& into, const std::vector<double>& from) {
      for (std::size_t t = 0; t < into.size(); ++t) into[t] += share * (from[t] - into[t]);
    };
    mix(all.mean, one.mean);
    mix(all.change, one.change);
    mix(all.belief, one.belief);
    all.observed.insert(all.observed.end(), one.observed.begin(), one.observed.end());
    for (auto& [quantity, courses] : all.courses) {
      const auto& others = one.courses.at(quantity);
      courses.insert(courses.end(), others.begin(), others.end());
    }
    count += more;
  }
  return all;
}

}  // namespace raad::study
