#include "study/compound_inputs.hpp"

#include <cmath>

namespace raad::study {

double model_efficacy(double assay_efficacy) {
  return std::pow(assay_efficacy, k_reserve_exponent);
}

}  // namespace raad::study
