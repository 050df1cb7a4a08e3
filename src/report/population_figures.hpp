// Figures of a population: bands over time with single courses, distributions at the end, what goes with
// what.
#pragma once

#include <map>
#include <vector>

#include "report/figure.hpp"
#include "run/population_summary.hpp"
#include "run/simulation.hpp"
#include "run/virtual_subjects.hpp"

namespace raad::report {

struct PopulationView {
  const run::PopulationSummary& summary;
  const std::vector<double>& times;  ///< [time_unit]
  const std::vector<run::Series>& observables;
  const std::vector<run::Descriptor>& descriptors;
  const std::map<std::int64_t, std::vector<double>>& courses;  ///< Subject -> outputs [time][observable]
  std::string time_unit = "h";
};

/// `bands`: median, the middle half and 90 % of subjects over time, a panel a read-out; the single courses as
/// hairs.
Figure band_figure(const PopulationView& view);
/// `distribution`: each read-out at the last time against the share of subjects with a lower value.
Figure distribution_figure(const PopulationView& view);
/// `influence_<observable>`: correlations of the descriptors that go most with the mean of the read-out over
/// time. None where nothing varies.
std::vector<Figure> influence_figures(const PopulationView& view);

}  // namespace raad::report
