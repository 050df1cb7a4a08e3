#include "study/parameter_uncertainty.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "base/table.hpp"

namespace raad::study {
namespace {

// Narrower positive ranges look the same on both scales.
constexpr double k_wide_ratio = 1.5;
constexpr double k_outermost = 1e-12;

bool is_definition(const model::Provenance& provenance) {
  return provenance.kind == "derived" &&
         (provenance.source_id == "internal:specification" || provenance.source_id == "internal:structure" ||
          provenance.source_id == "internal:units");
}

}  // namespace

double UncertainParameter::quantile(double probability) const {
  const auto scaled = [&](double value) { return logarithmic ? std::log(value) : value; };
  const double low = scaled(lower), high = scaled(upper), middle = scaled(nominal);
  double value = low + probability * (high - low);
  if (shape == Shape::normal) {
    const double sd = (high - low) / (2.0 * base::k_normal95);
    const double below = base::normal_probability((low - middle) / sd),
                 within = base::normal_probability((high - middle) / sd) - below;
    value = middle + sd * base::normal_quantile(
                              std::clamp(below + probability * within, k_outermost, 1.0 - k_outermost));
    value = std::clamp(value, low, high);
  }
  return logarithmic ? std::exp(value) : value;
}

std::vector<UncertainParameter> uncertain_parameters(const data::Library& library,
                                                     const run::LoadedSystem& system,
                                                     const std::vector<std::string>& fixed) {
  std::set<std::string> left_out(fixed.begin(), fixed.end());
  for (const auto& hypothesis : library.hypotheses)
    for (const auto& setting : hypothesis.settings) left_out.insert(setting.parameter_id);
  std::vector<UncertainParameter> result;
  for (const auto& parameter : system.equations.parameters) {
    if (parameter.symbol < 0 || parameter.initial || left_out.contains(parameter.id)) continue;
    const auto& provenance = system.model->symbols[static_cast<std::size_t>(parameter.symbol)].provenance;
    if (!provenance.lower || !provenance.upper || is_definition(provenance)) continue;
    UncertainParameter one;
    one.id = parameter.id;
    one.unit = parameter.unit;
    one.kind = provenance.kind;
    one.nominal = parameter.value;
    one.lower = *provenance.lower;
    one.upper = *provenance.upper;
    if (!(one.lower < one.upper) || one.nominal < one.lower || one.nominal > one.upper) continue;
    one.logarithmic = one.lower > 0.0 && one.upper > k_wide_ratio * one.lower;
    result.push_back(std::move(one));
  }
  return result;
}

UncertainParameter range_from(const std::string& text, const run::LoadedSystem& system) {
  const auto equals = text.find('='), dots = text.find("..");
  const bool has_form = equals != std::string::npos && dots != std::string::npos && equals < dots;
  const double nothing = std::numeric_limits<double>::quiet_NaN();
  const auto number = [&](const std::string& part) {
    return base::parse_number(base::trim(part)).value_or(nothing);
  };
  const double low = has_form ? number(text.substr(equals + 1, dots - equals - 1)) : nothing,
               high = has_form ? number(text.substr(dots + 2)) : nothing;
  if (!(low < high))
    throw base::InputError("R070", {"--range"}, "`" + text + "` is no range",
                           "write id=low..high with low < high");
  UncertainParameter one;
  one.id = std::string(base::trim(text.substr(0, equals)));
  const auto index = system.equations.find_parameter(one.id);
  if (!index) {
    std::vector<std::string> known;
    for (const auto& parameter : system.equations.parameters) known.push_back(parameter.id);
    const std::string nearest = base::nearest_name(one.id, known);
    throw base::InputError("R079", {"--range"}, "unknown parameter `" + one.id + "`",
                           nearest.empty() ? "`raad show --stage model` lists the parameters"
                                           : "did you mean `" + nearest + "`?");
  }
  const auto& parameter = system.equations.parameters[static_cast<std::size_t>(*index)];
  one.unit = parameter.unit;
  one.kind = "given";
  one.shape = UncertainParameter::Shape::uniform;
  one.nominal = std::isfinite(parameter.value) ? parameter.value : 0.5 * (low + high);
  one.lower = low;
  one.upper = high;
  return one;
}

}  // namespace raad::study
