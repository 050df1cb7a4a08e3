// Doses found by their effect: that of half the largest effect, that of the largest, and the dose of one drug
// that does as much as a regimen of another (library/dose_searches.tsv).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "study/evidence_arms.hpp"

namespace raad::study {

struct RowPlan;

/// A row of library/dose_searches.tsv: doses in equal ratios from the lowest to the highest.
struct DoseSearch {
  std::string regimen;  ///< With a dose to be replaced; empty: the row's own
  std::string unit;
  double lowest = 0.0, highest = 0.0;
  int steps = 0;
  std::vector<double> doses;  ///< Of the plan's arms [unit]
};

/// Empty: the library defines none of this name.
std::optional<DoseSearch> dose_search_of(const data::Library& library, const std::string& observable);

/// An arm for every dose that can be given; of `equivalent_dose` the row's regimen as comparator.
void plan_dose_search(const data::Library& library, RowPlan& plan, Arms& arms);

/// In the unit of the search. Fills in `skipped` of the plan where no dose does it.
double predict_dose_search(RowPlan& plan, const Arms& arms);

/// The dose at which an effect that rises with the dose first reaches a level, on a line in the logarithm of
/// the dose; empty where the lowest dose does more or none as much.
std::optional<double> dose_at_effect(const std::vector<double>& doses, const std::vector<double>& effects,
                                     double level);

}  // namespace raad::study
