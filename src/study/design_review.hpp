// A close look at the designs of a front: intervals, rival hypotheses, trade-offs, known compounds nearby.
#pragma once

#include <vector>

#include "study/design.hpp"

namespace raad::study {

/// One number for each objective from the outcomes under several hypotheses.
std::vector<double> combined(const std::vector<DesignOutcome>& outcomes,
                             const std::vector<const DesignObjective*>& objectives, Combination combination);

struct ReviewInputs {
  const data::Library& library;
  const DesignSpace& space;
  const DesignModel& searched;   ///< Under the hypotheses of the search
  const DesignModel everything;  ///< Under all of them
  const std::vector<data::Compound>& compounds;
  const DesignSettings& settings;
};

/// Fills in all of `result.front` but its candidates, and the importance of the axes.
void review_front(const ReviewInputs& inputs, DesignResult& result);

/// The three known compounds nearest to a design, by those properties that both have (at least three).
std::vector<NearCompound> nearest_compounds(const DesignSpace& space, const std::vector<double>& values,
                                            const std::vector<data::Compound>& compounds);

}  // namespace raad::study
