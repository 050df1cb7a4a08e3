// Findings that are yes, no or a direction: what they mean in the model (library/findings.tsv).
#pragma once

#include <optional>
#include <string>

#include "study/evidence_arms.hpp"

namespace raad::study {

struct RowPlan;

/// A row of library/findings.tsv. An effect is what a regimen does to the observable's quantity beyond what
/// the same animals without a dose show.
struct Finding {
  double threshold = 0.0;    ///< Effects above it are present [unit of the quantity]
  double share = 0.0;        ///< Of an effect, whose loss or change counts [1]
  std::string manipulation;  ///< Of manipulations.tsv, where the population names no genotype; may be empty
};

/// Empty: the library defines none of this name.
std::optional<Finding> finding_of(const data::Library& library, const std::string& observable);

/// Fills in arms, comparators and undosed arms. The measure of the row's observable says what is compared:
/// `present` the largest effect with the threshold, `lost` and `modulated` the effect under a manipulation
/// (genotype, other drugs) with that without it, `tolerance` the effect of the last dose with the first.
void plan_finding(const data::Library& library, RowPlan& plan, Arms& arms);

/// 1 or 0, for `modulated` 1, 0 or -1. Fills in `skipped` of the plan where the model has no answer.
double predict_finding(RowPlan& plan, const Arms& arms);

}  // namespace raad::study
