// What each evidence row asks of the model: which arms, which quantity, which number of it.
#pragma once

#include "study/clinical_measures.hpp"
#include "study/dose_search.hpp"
#include "study/findings.hpp"
#include "study/participant_relations.hpp"
#include "study/validation.hpp"

namespace raad::study {

struct RowPlan {
  const data::EvidenceRow* row = nullptr;
  std::string file, family;
  std::string skipped;  ///< Why it cannot be predicted; empty: it can
  std::string note;     ///< What was assumed to predict it
  std::string system;   ///< Species that is simulated
  const data::Observable* observable = nullptr;
  std::string measure;                    ///< `course`, or what the note of a summary says after `measure=`
  bool whole_group = false;               ///< From virtual participants: clinical scores and rates
  std::vector<ArmKey> arms;               ///< An equal mixture
  std::vector<ArmKey> comparators;        ///< Of differences, ratios and the like; empty: none is needed
  std::optional<DoseSearch> dose_search;  ///< Of doses found by their effect
  std::optional<Finding> finding;         ///< Of yes/no and mechanism findings
  std::optional<ParticipantRelation> relation;  ///< Of relations between participants
  DepressionScale scale;                        ///< Of clinical rows
  std::optional<double> trial_layer_number;     ///< Of relapse and attrition
  std::optional<double> control_value;  ///< Of the same source, for what is only predicted relative to it
};

/// Level of the model or kind of outcome that a row belongs to.
std::string family_of(const data::Library& library, const data::EvidenceRow& row);

/// Plans a row and tells the arms what it needs. `rows` are those of its table, for arms of the same study.
RowPlan plan_row(const data::Library& library, const data::EvidenceTable& table, const data::EvidenceRow& row,
                 Arms& arms);

/// Flat ids of the quantities that the row's number is made of; only of rows that can be predicted.
std::set<std::string> quantities_of(const RowPlan& plan);

/// The predicted number in the row's unit. Fills in `skipped` of the plan where the runs do not give it.
double predict(RowPlan& plan, const Arms& arms);

}  // namespace raad::study
