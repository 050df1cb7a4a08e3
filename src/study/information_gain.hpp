// How much a measurement is expected to tell rivals apart, before it is made.
#pragma once

#include <vector>

namespace raad::study {

/// What a rival says the measurement will be: Student's t with 4 degrees of freedom about `mean`, as the
/// intervals of `raad validate`.
struct PredictiveDistribution {
  double mean = 0.0;
  double spread = 1.0;  ///< Same unit, > 0
};

struct InformationGain {
  double bits = 0.0;   ///< Expected fall of the entropy of the rivals' weights
  double error = 0.0;  ///< Of the quadrature, from half as many points [bits]
};

/// Expected change of the entropy of `weights` (not negative, sum 1) when one value is measured: the mutual
/// information of rival and measurement (Lindley 1956, doi:10.1214/aoms/1177728069), by quadrature. Rivals
/// with the same prediction are one; at most the entropy of the weights is gained.
InformationGain expected_information_gain(const std::vector<double>& weights,
                                          const std::vector<PredictiveDistribution>& predictions);

/// Entropy of weights [bits].
double entropy_bits(const std::vector<double>& weights);

}  // namespace raad::study
