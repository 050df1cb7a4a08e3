// How uncertain a parameter's value is, from its row of the tables.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "data/library.hpp"
#include "run/system.hpp"

namespace raad::study {

/// Distribution of a value about which one is uncertain (not of people, who differ: that is
/// run/subject_draw.hpp).
struct UncertainParameter {
  enum class Shape { normal, uniform };
  std::string id, unit;
  std::string kind;  ///< measured, derived, fitted, assumed; `given` for a range of the user's
  bool logarithmic = false;
  Shape shape = Shape::normal;
  double nominal = 0.0;
  double lower = 0.0, upper = 0.0;  ///< No value lies outside

  /// Value below which it lies with a probability in (0, 1).
  double quantile(double probability) const;
  double draw(base::RandomStream& stream) const { return quantile(stream.uniform()); }
};

/// Parameters whose rows have bounds on both sides of the value. The bounds are taken as the central 95 % of
/// a normal distribution about the value (of the logarithm where they are positive and more than a factor of
/// 1.5 apart) that ends at them. Left out: switches between rival hypotheses, what is a definition or an
/// intervention (kind derived from the specification or a structure), and `fixed` ids.
std::vector<UncertainParameter> uncertain_parameters(const data::Library& library,
                                                     const run::LoadedSystem& system,
                                                     const std::vector<std::string>& fixed);

/// `id=low..high`: uniform over the range. R079 for an unknown id, R070 for a range that is none.
UncertainParameter range_from(const std::string& text, const run::LoadedSystem& system);

}  // namespace raad::study
