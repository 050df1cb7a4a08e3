// Relations between participants: how an acute state goes with the outcome (library/relations.tsv).
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "study/evidence_arms.hpp"

namespace raad::study {

/// A row of library/relations.tsv.
struct ParticipantRelation {
  std::string quantity;         ///< Flat id of what is related to the outcome
  std::optional<double> at_h;   ///< When it is read; empty: its largest value
  std::optional<double> up_to;  ///< Participants above it are left out [unit of the quantity]
  bool percent_change = false;  ///< Of the depression score; else points
  double person_sd = 0.0;       ///< What differs between people beyond the drug [unit of the quantity]
};

/// Empty: the library defines none of this name.
std::optional<ParticipantRelation> relation_of(const data::Library& library, const std::string& observable);

/// When the participants must be looked at for it, without the time of the outcome [h].
std::vector<double> relation_times_h(const ParticipantRelation& relation);

/// Pairs of state and outcome, one a participant; the outcome as it was observed.
struct RelatedPairs {
  std::vector<double> state, outcome;
  double correlation() const;  ///< Pearson; NaN where nothing differs
  double slope() const;        ///< Outcome per unit of the state, least squares
};
RelatedPairs related_pairs(const ParticipantRelation& relation, const ArmScores& scores, double outcome_h,
                           std::uint64_t seed);

}  // namespace raad::study
