#include "solve/lane_sweeps.hpp"

#include <algorithm>
#include <utility>

#include "codegen/program_writer.hpp"

namespace raad::solve {
namespace {

using codegen::Fused;
using codegen::Place;
using codegen::Sweep;
using ir::Operation;
using Kind = codegen::Program::Input::Kind;

/// Writes the body of one sweep.
class Body {
 public:
  Place array(int index) { return writer_.input(Kind::state, index); }
  Place lane(LaneValue value) { return writer_.input(Kind::parameter, value); }
  Place table(LaneTable table) { return writer_.input(Kind::hoisted, table); }
  Place number(double value) { return writer_.constant(value); }
  Place apply(Operation operation, Place a, Place b = 0, Place c = 0) {
    return writer_.apply(operation, a, b, c);
  }
  Place multiply_add(Place a, Place b, Place c) { return writer_.fused(Fused::multiply_add, a, b, c); }
  /// start + sum of weights[i] x stage i; weights of 0 and 1 cost what they must.
  Place combination(Place start, const std::vector<double>& weights) {
    Place sum = start;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const Place stage = array(stage_array(static_cast<int>(i)));
      if (weights[i] == 1.0)
        sum = apply(Operation::add, sum, stage);
      else if (weights[i] != 0.0)
        sum = multiply_add(number(weights[i]), stage, sum);
    }
    return sum;
  }
  /// The tolerance of the error test: absolute + relative x size.
  Place tolerance(double relative, Place size) {
    return multiply_add(number(relative), size, table(k_table_absolute));
  }
  Place squared_ratio(Place value, Place scale) {
    const Place ratio = apply(Operation::divide, value, scale);
    return apply(Operation::multiply, ratio, ratio);
  }
  void store(int array, Place value) {
    stores_.push_back(array);
    writer_.result(value);
  }
  /// After all stores.
  void reduce(Sweep::Reduction kind, Place value) {
    reductions_.push_back(kind);
    writer_.result(value);
  }
  std::size_t add_to(LaneSweeps& sweeps) {
    sweeps.all.push_back({writer_.finish(), std::move(stores_), std::move(reductions_)});
    return sweeps.all.size() - 1;
  }

 private:
  codegen::ProgramWriter writer_;
  std::vector<int> stores_;
  std::vector<Sweep::Reduction> reductions_;
};

std::size_t nonzeros(const std::vector<double>& weights) {
  return static_cast<std::size_t>(weights.size()) -
         static_cast<std::size_t>(std::ranges::count(weights, 0.0));
}

/// Where a combination of stages starts and what it adds: the states at the start, or the argument of the
/// stage before, whichever leaves less to add. The last stages of a stiffly accurate method add one stage
/// each.
struct Increment {
  int start = k_array_states;
  std::vector<double> weights;
};

Increment increment(const std::vector<double>& row, const std::vector<double>& row_before) {
  Increment plain{k_array_states, row};
  Increment stepwise{k_array_stage_states, row};
  for (std::size_t j = 0; j < row_before.size(); ++j) stepwise.weights[j] -= row_before[j];
  return nonzeros(stepwise.weights) < nonzeros(plain.weights) ? stepwise : plain;
}

Place time_part(Body& body, double weight) {
  const Place scaled = body.apply(Operation::multiply, body.number(weight), body.lane(k_value_step));
  return body.apply(Operation::multiply, scaled, body.array(k_array_time_derivative));
}

std::size_t add_stage(LaneSweeps& sweeps, const RosenbrockTableau& tableau, std::size_t i, bool autonomous) {
  Body body;
  const Increment argument = increment(tableau.a[i], i > 1 ? tableau.a[i - 1] : std::vector<double>());
  const Place states = body.combination(body.array(argument.start), argument.weights);
  Place sum = body.apply(Operation::multiply, body.number(tableau.c[i][0]), body.array(stage_array(0)));
  for (std::size_t j = 1; j < i; ++j)
    sum = body.multiply_add(body.number(tableau.c[i][j]), body.array(stage_array(static_cast<int>(j))), sum);
  const Place inverse_step = body.lane(k_value_inverse_step);
  const bool timed = !autonomous && tableau.time_weights[i] != 0.0;
  sum = timed ? body.multiply_add(sum, inverse_step, time_part(body, tableau.time_weights[i]))
              : body.apply(Operation::multiply, sum, inverse_step);
  body.store(k_array_stage_states, states);
  body.store(k_array_stage_sum, sum);
  return body.add_to(sweeps);
}

std::size_t add_finish(LaneSweeps& sweeps, const RosenbrockTableau& tableau, double relative_tolerance) {
  Body body;
  const Increment step = increment(tableau.weights, tableau.a.back());
  const Place old_states = body.array(k_array_states);
  const Place states = body.combination(body.array(step.start), step.weights);
  const Place error = body.combination(body.number(0.0), tableau.error_weights);
  const Place size = body.apply(Operation::maximum, body.apply(Operation::absolute, old_states),
                                body.apply(Operation::absolute, states));
  const Place squared = body.squared_ratio(error, body.tolerance(relative_tolerance, size));
  body.store(k_array_new_states, states);
  // 0 x state turns an infinite state, whose error would scale to 0, into an undefined sum.
  body.reduce(Sweep::Reduction::sum, body.multiply_add(body.number(0.0), states, squared));
  body.reduce(Sweep::Reduction::minimum,
              body.apply(Operation::add, states,
                         body.apply(Operation::add, body.table(k_table_guard), body.lane(k_value_guard))));
  return body.add_to(sweeps);
}

std::size_t add_dense_rows(LaneSweeps& sweeps, const RosenbrockTableau& tableau) {
  Body body;
  for (std::size_t row = 0; row < tableau.dense.size(); ++row)
    body.store(dense_array(tableau, static_cast<int>(row)),
               body.combination(body.number(0.0), tableau.dense[row]));
  return body.add_to(sweeps);
}

std::size_t add_interpolate(LaneSweeps& sweeps, const RosenbrockTableau& tableau) {
  Body body;
  const Place s = body.lane(k_value_fraction);
  const Place rest = body.apply(Operation::subtract, body.number(1.0), s);
  const int rows = static_cast<int>(tableau.dense.size());
  Place inner = body.array(dense_array(tableau, rows - 1));
  for (int row = rows - 2; row >= 0; --row)
    inner = body.multiply_add(inner, s, body.array(dense_array(tableau, row)));
  const Place upper = body.multiply_add(rest, inner, body.array(k_array_new_states));
  const Place lower = body.apply(Operation::multiply, rest, body.array(k_array_states));
  body.store(k_array_interpolated, body.multiply_add(s, upper, lower));
  return body.add_to(sweeps);
}

std::size_t add_commit(LaneSweeps& sweeps) {
  Body body;
  body.store(k_array_states, body.apply(Operation::select, body.lane(k_value_accepted),
                                        body.array(k_array_new_states), body.array(k_array_states)));
  return body.add_to(sweeps);
}

Place start_scale(Body& body, double relative_tolerance) {
  return body.tolerance(relative_tolerance, body.apply(Operation::absolute, body.array(k_array_states)));
}

void add_first_step(LaneSweeps& sweeps, double relative_tolerance) {
  Body norms;
  const Place scale = start_scale(norms, relative_tolerance);
  norms.reduce(Sweep::Reduction::sum, norms.squared_ratio(norms.array(k_array_states), scale));
  norms.reduce(Sweep::Reduction::sum, norms.squared_ratio(norms.array(k_array_first_rates), scale));
  sweeps.start_norms = norms.add_to(sweeps);

  Body probe;
  probe.store(k_array_stage_states,
              probe.multiply_add(probe.lane(k_value_probe_step), probe.array(k_array_first_rates),
                                 probe.array(k_array_states)));
  sweeps.probe = probe.add_to(sweeps);

  Body curvature;
  const Place change = curvature.apply(Operation::subtract, curvature.array(k_array_rates),
                                       curvature.array(k_array_first_rates));
  curvature.reduce(Sweep::Reduction::sum,
                   curvature.squared_ratio(change, start_scale(curvature, relative_tolerance)));
  sweeps.curvature = curvature.add_to(sweeps);
}

std::size_t add_clean_jacobian(LaneSweeps& sweeps) {
  Body body;
  const Place entry = body.array(k_array_jacobian);
  const Place zero = body.number(0.0);
  const Place none =
      body.apply(Operation::subtract, entry, entry);  // Undefined where the entry is not finite
  body.store(k_array_jacobian,
             body.apply(Operation::select, body.apply(Operation::equal, none, zero), entry, zero));
  return body.add_to(sweeps);
}

}  // namespace

std::size_t lane_array_count(const RosenbrockTableau& tableau) {
  return static_cast<std::size_t>(dense_array(tableau, static_cast<int>(tableau.dense.size())));
}

LaneSweeps make_lane_sweeps(const RosenbrockTableau& tableau, double relative_tolerance, bool autonomous) {
  LaneSweeps sweeps;
  sweeps.stages.push_back(0);  // Stage 0 has none of its own.
  for (std::size_t i = 1; i < static_cast<std::size_t>(tableau.stages); ++i)
    sweeps.stages.push_back(add_stage(sweeps, tableau, i, autonomous));
  if (!autonomous) {
    Body body;
    body.store(k_array_stage_sum, time_part(body, tableau.time_weights[0]));
    sweeps.first_stage_sum = body.add_to(sweeps);
  }
  sweeps.finish = add_finish(sweeps, tableau, relative_tolerance);
  sweeps.dense_rows = add_dense_rows(sweeps, tableau);
  sweeps.interpolate = add_interpolate(sweeps, tableau);
  sweeps.commit = add_commit(sweeps);
  add_first_step(sweeps, relative_tolerance);
  sweeps.clean_jacobian = add_clean_jacobian(sweeps);
  return sweeps;
}

}  // namespace raad::solve
