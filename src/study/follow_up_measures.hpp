// Measures of patients that rest on ratings over a whole course, on two arms at once, or on how participants
// differ: kept outcomes, ratios, superiority, relations.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "study/clinical_measures.hpp"
#include "study/participant_relations.hpp"

namespace raad::study {

/// What a measure is made of. Arms of a mixture are pooled.
struct FollowUp {
  const data::EvidenceRow& row;
  const DepressionScale& scale;
  ArmScores arm;
  std::optional<ArmScores> comparator;
  std::optional<ParticipantRelation> relation;
  std::uint64_t seed = 1;
};

bool is_follow_up(const std::string& measure);
/// Whether it compares two arms.
bool compares_arms(const std::string& measure);
/// Whether it is about a time that the row must name.
bool needs_time(const std::string& measure);

/// Times [h] at which the arms must be rated for a row, ascending.
std::vector<double> follow_up_times_h(const data::EvidenceRow& row, const std::string& measure,
                                      const std::optional<ParticipantRelation>& relation);

/// The row's number in its unit; NaN, with the reason, where these participants give none.
double follow_up_number(const FollowUp& asked, const std::string& measure, std::string& reason);

/// Participants of several arms as one group.
ArmScores pooled(const std::vector<const ArmScores*>& arms);

}  // namespace raad::study
