#include "study/design_review.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/random.hpp"
#include "study/compound_inputs.hpp"

namespace raad::study {
namespace {

/// What a synthesised compound will differ by from its design: as much as assays of one compound differ.
double drawn_value(const DesignAxis& axis, double value, base::RandomStream& stream) {
  const double normal = stream.normal();
  if (axis.scale == DesignAxis::Scale::logarithmic)
    return std::clamp(value * std::pow(10.0, k_assay_spread * normal), axis.low, axis.high);
  if (axis.id == "gq_efficacy" || axis.id == "arrestin_efficacy")
    return std::clamp(value + k_efficacy_spread * normal, axis.low, axis.high);
  if (axis.id == "polar_surface_A2")
    return std::clamp(value + k_surface_spread * normal, axis.low, axis.high);
  return value;
}

/// Whether an axis says what the compound is; exposure and regimen are chosen, hence known.
bool is_property(const DesignSpace& space, std::size_t axis) {
  return space.has_compound() && space.axes()[axis].meaning != "of the regimen" &&
         space.axes()[axis].id != "exposure";
}

DesignInterval interval(double value, std::vector<double> drawn) {
  std::erase_if(drawn, [](double one) { return !std::isfinite(one); });
  if (drawn.empty()) return {value, value, value};
  std::ranges::sort(drawn);
  const auto at = [&](double share) {
    return drawn[static_cast<std::size_t>(std::lround(share * static_cast<double>(drawn.size() - 1)))];
  };
  return {value, std::min(value, at(0.05)), std::max(value, at(0.95))};
}

const DesignObjective& objective(const char* id) {
  return *std::ranges::find_if(design_objectives(),
                               [&](const auto& one) { return std::string(one.id) == id; });
}

const DesignObjective k_intensity = {"intensity", "percent", &DesignOutcome::intensity_percent, false, ""};

/// Candidates around every design of the front: `draws` each.
void set_intervals(const ReviewInputs& inputs, DesignResult& result) {
  const auto draws = static_cast<std::size_t>(inputs.settings.draws);
  std::vector<Candidate> candidates;
  for (const Design& one : result.front) {
    candidates.push_back(one.candidate);
    for (std::size_t draw = 0; draw < draws; ++draw) {
      auto values = one.candidate.values;
      for (std::size_t axis = 0; axis < values.size(); ++axis) {
        if (!is_property(inputs.space, axis)) continue;
        base::RandomStream stream({inputs.settings.seed, 1, static_cast<std::int64_t>(draw),
                                   base::purpose_of("design/" + inputs.space.axes()[axis].id)});
        values[axis] = drawn_value(inputs.space.axes()[axis], values[axis], stream);
      }
      auto made = inputs.space.decode_values(values);
      // The dose was chosen for the design; the exposure of what is made follows from it.
      made.compound_dose_factor = one.candidate.compound_dose_factor;
      candidates.push_back(std::move(made));
    }
  }
  const auto outcomes = inputs.searched.evaluate(candidates, inputs.settings.threads);
  result.model_runs += static_cast<std::int64_t>(candidates.size() * inputs.searched.hypotheses().size());
  std::vector<const DesignObjective*> wanted = result.goal;
  wanted.insert(wanted.end(), {&k_intensity, &objective("effect"), &objective("trip")});
  for (std::size_t i = 0; i < result.front.size(); ++i) {
    const std::size_t first = i * (draws + 1);
    std::vector<DesignInterval> all;
    for (const auto* one : wanted) {
      const double value = combined(outcomes[first], {one}, inputs.settings.combination).front();
      std::vector<double> drawn;
      // Not knowing which hypothesis holds is part of the interval.
      for (std::size_t draw = 1; draw <= draws; ++draw)
        for (const auto& outcome : outcomes[first + draw]) drawn.push_back(outcome.*one->member);
      all.push_back(interval(value, std::move(drawn)));
    }
    Design& made = result.front[i];
    made.objectives.assign(all.begin(), all.end() - 3);
    made.intensity_percent = all[all.size() - 3];
    made.effect_points = all[all.size() - 2];
    made.trip_probability = all.back();
  }
}

void set_robustness(const ReviewInputs& inputs, DesignResult& result) {
  std::vector<Candidate> candidates;
  for (const Design& one : result.front) candidates.push_back(one.candidate);
  const auto outcomes = inputs.everything.evaluate(candidates, inputs.settings.threads);
  result.model_runs += static_cast<std::int64_t>(candidates.size() * inputs.everything.hypotheses().size());
  const bool trip_matters = std::ranges::find(result.goal, &objective("trip")) != result.goal.end();
  for (std::size_t i = 0; i < result.front.size(); ++i) {
    Design& one = result.front[i];
    one.by_hypothesis = outcomes[i];
    for (std::size_t h = 0; h < outcomes[i].size(); ++h)
      if (is_good(outcomes[i][h], inputs.settings, trip_matters))
        one.good_under.push_back(inputs.everything.hypotheses()[h]);
    one.robustness = static_cast<double>(one.good_under.size()) / static_cast<double>(outcomes[i].size());
    one.flag = robustness_flag(inputs.library, one.good_under);
  }
}

void set_trade_offs(const ReviewInputs& inputs, DesignResult& result) {
  std::vector<Candidate> candidates;
  struct Step {
    std::size_t design;
    TradeOff trade_off;
  };
  std::vector<Step> steps;
  for (std::size_t i = 0; i < result.front.size(); ++i)
    for (std::size_t axis = 0; axis < result.axes.size(); ++axis)
      for (const int direction : {-1, 1}) {
        auto values = result.front[i].candidate.values;
        const double from = values[axis];
        values[axis] = result.axes[axis].stepped(from, direction);
        if (values[axis] == from) continue;
        candidates.push_back(inputs.space.decode_values(values));
        steps.push_back(
            {i, {axis, direction, from, values[axis], {}, 0.0, 0.0, 0.0, candidates.back().violation()}});
      }
  const auto outcomes = inputs.searched.evaluate(candidates, inputs.settings.threads);
  result.model_runs += static_cast<std::int64_t>(candidates.size() * inputs.searched.hypotheses().size());
  result.importance.assign(result.axes.size(), std::vector<double>(result.goal.size(), 0.0));
  std::vector<int> counts(result.axes.size(), 0);
  for (std::size_t k = 0; k < steps.size(); ++k) {
    Design& one = result.front[steps[k].design];
    TradeOff& made = steps[k].trade_off;
    const auto after = combined(outcomes[k], result.goal, inputs.settings.combination);
    for (std::size_t g = 0; g < result.goal.size(); ++g) {
      made.change.push_back(after[g] - one.objectives[g].value);
      result.importance[made.axis][g] += std::abs(made.change[g]);
    }
    const auto rest = combined(outcomes[k], {&objective("effect"), &objective("trip"), &k_intensity},
                               inputs.settings.combination);
    made.effect_change = rest[0] - one.effect_points.value;
    made.trip_change = rest[1] - one.trip_probability.value;
    made.intensity_change = rest[2] - one.intensity_percent.value;
    ++counts[made.axis];
    one.trade_offs.push_back(std::move(made));
  }
  for (std::size_t axis = 0; axis < result.axes.size(); ++axis)
    for (double& value : result.importance[axis]) value /= std::max(1, counts[axis]);
}

}  // namespace

std::vector<double> combined(const std::vector<DesignOutcome>& outcomes,
                             const std::vector<const DesignObjective*>& objectives, Combination combination) {
  std::vector<double> result;
  for (const auto* one : objectives) {
    double sum = 0.0, worst = one->is_large_good ? std::numeric_limits<double>::infinity()
                                                 : -std::numeric_limits<double>::infinity();
    for (const auto& outcome : outcomes) {
      const double value = outcome.good() ? outcome.*one->member : std::numeric_limits<double>::quiet_NaN();
      sum += value;
      worst = std::isnan(value)    ? value
              : one->is_large_good ? std::min(worst, value)
                                   : std::max(worst, value);
    }
    result.push_back(combination == Combination::mean ? sum / static_cast<double>(outcomes.size()) : worst);
  }
  return result;
}

std::vector<NearCompound> nearest_compounds(const DesignSpace& space, const std::vector<double>& values,
                                            const std::vector<data::Compound>& compounds) {
  struct Property {
    const char* axis;
    std::optional<double> data::Compound::* member;
  };
  static constexpr Property properties[] = {{"ki_5ht2a_nM", &data::Compound::ki_5ht2a_nM},
                                            {"gq_efficacy", &data::Compound::gq_efficacy},
                                            {"arrestin_efficacy", &data::Compound::arrestin_efficacy},
                                            {"ki_5ht1a_nM", &data::Compound::ki_5ht1a_nM},
                                            {"ki_5ht2c_nM", &data::Compound::ki_5ht2c_nM},
                                            {"kd_trkb_nM", &data::Compound::trkb_kd_nM},
                                            {"polar_surface_A2", &data::Compound::polar_surface_A2},
                                            {"log_p", &data::Compound::log_p}};
  constexpr int k_least_shared = 3;
  std::vector<NearCompound> near;
  if (!space.has_compound()) return near;
  for (const auto& compound : compounds) {
    NearCompound one;
    one.id = compound.id;
    double sum = 0.0;
    for (const Property& property : properties) {
      const auto axis = static_cast<std::size_t>(space.find(property.axis));
      if (!(compound.*property.member)) continue;
      double known = *(compound.*property.member);
      // Efficacies are compared as the model takes them.
      if (std::string(property.axis).ends_with("_efficacy")) known = model_efficacy(known);
      const double apart = space.axes()[axis].coordinate(known) - space.axes()[axis].coordinate(values[axis]);
      sum += apart * apart;
      ++one.shared;
    }
    if (one.shared < k_least_shared) continue;
    one.distance = std::sqrt(sum / one.shared);
    near.push_back(one);
  }
  std::ranges::stable_sort(near, {}, &NearCompound::distance);
  near.resize(std::min<std::size_t>(near.size(), 3));
  return near;
}

namespace {

// Of an efficacy, from 0 to 1: fine enough that contours look smooth.
constexpr int k_plane_steps = 20;

void set_plane(const ReviewInputs& inputs, DesignResult& result) {
  if (!inputs.space.has_compound() || result.front.empty()) return;
  const auto best = std::ranges::max_element(
      result.front, {}, [](const Design& one) { return std::pair(one.robustness, one.effect_points.value); });
  result.plane_row = static_cast<int>(best - result.front.begin()) + 1;
  result.plane = bias_plane(inputs.searched, inputs.space, best->candidate.values, k_plane_steps,
                            inputs.settings.combination, inputs.settings.threads);
  result.model_runs +=
      static_cast<std::int64_t>(result.plane->efficacies.size() * result.plane->efficacies.size() *
                                inputs.searched.hypotheses().size());
}

}  // namespace

void review_front(const ReviewInputs& inputs, DesignResult& result) {
  set_intervals(inputs, result);
  set_robustness(inputs, result);
  set_trade_offs(inputs, result);
  for (Design& one : result.front)
    one.nearest = nearest_compounds(inputs.space, one.candidate.values, inputs.compounds);
  set_plane(inputs, result);
}

BiasPlane bias_plane(const DesignModel& model, const DesignSpace& space, const std::vector<double>& values,
                     int steps, Combination combination, int threads) {
  BiasPlane plane;
  const auto gq = static_cast<std::size_t>(space.find("gq_efficacy")),
             arrestin = static_cast<std::size_t>(space.find("arrestin_efficacy"));
  for (int i = 0; i <= steps; ++i) plane.efficacies.push_back(static_cast<double>(i) / steps);
  std::vector<Candidate> candidates;
  for (const double y : plane.efficacies)
    for (const double x : plane.efficacies) {
      auto moved = values;
      moved[gq] = x;
      moved[arrestin] = y;
      candidates.push_back(space.decode_values(moved));
    }
  const auto outcomes = model.evaluate(candidates, threads);
  const std::size_t width = plane.efficacies.size();
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (i % width == 0) {
      plane.effect_points.emplace_back();
      plane.trip_percent.emplace_back();
    }
    plane.effect_points.back().push_back(combined(outcomes[i], {&objective("effect")}, combination).front());
    plane.trip_percent.back().push_back(100.0 *
                                        combined(outcomes[i], {&objective("trip")}, combination).front());
  }
  return plane;
}

}  // namespace raad::study
