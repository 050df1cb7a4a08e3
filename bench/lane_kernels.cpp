// Where the time of a lane step goes: each kernel's time, cycles, floating-point operations and share of the
// peak, on the system that case (a) of the population benchmark leaves to integrate.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <nlohmann/json.hpp>

#include "codegen/lane_formulas.hpp"
#include "codegen/program_writer.hpp"
#include "common/accuracy.hpp"
#include "common/cases.hpp"
#include "common/command.hpp"
#include "solve/lane_group.hpp"

namespace {

using namespace raad;
using codegen::Routine;
using model::Operation;

// ---------------------------------------------------------------------------------------------------------
// Counting floating-point operations. A fused multiply-add is two; comparisons, selections and operations on
// bits are none; a division or root is one, whatever it costs.

long g_flops = 0;  ///< Of the formula being counted; one thread

struct CountedNumber {};
struct CountedBits {};
struct CountedTruth {};

CountedNumber counted() {
  ++g_flops;
  return {};
}
CountedNumber operator+(CountedNumber, CountedNumber) {
  return counted();
}
CountedNumber operator-(CountedNumber, CountedNumber) {
  return counted();
}
CountedNumber operator*(CountedNumber, CountedNumber) {
  return counted();
}
CountedNumber operator/(CountedNumber, CountedNumber) {
  return counted();
}
CountedNumber operator-(CountedNumber) {
  return {};
}
CountedTruth operator<(CountedNumber, CountedNumber) {
  return {};
}
CountedTruth operator==(CountedNumber, CountedNumber) {
  return {};
}
CountedTruth operator!=(CountedNumber, CountedNumber) {
  return {};
}
CountedBits operator+(CountedBits, CountedBits) {
  return {};
}
CountedBits operator-(CountedBits, CountedBits) {
  return {};
}
CountedBits operator&(CountedBits, CountedBits) {
  return {};
}
CountedBits operator|(CountedBits, CountedBits) {
  return {};
}
CountedBits operator<<(CountedBits, std::uint64_t) {
  return {};
}
CountedBits operator>>(CountedBits, std::uint64_t) {
  return {};
}

struct CountingArithmetic {
  using Number = CountedNumber;
  using Bits = CountedBits;
  using Truth = CountedTruth;
  bool fused() const { return true; }
  Number number(double) const { return {}; }
  Bits bits(std::uint64_t) const { return {}; }
  Bits bits_of(Number) const { return {}; }
  Number number_of(Bits) const { return {}; }
  Number multiply_add(Number, Number, Number) const {
    g_flops += 2;
    return {};
  }
  Truth both(Truth, Truth) const { return {}; }
  Number select(Truth, Number, Number) const { return {}; }
  Number floor(Number) const { return {}; }
};

long flops_of(const codegen::Instruction& one) {
  if (one.fused != codegen::Fused::none) return 2;
  const codegen::LaneFormulas<CountingArithmetic> formulas{CountingArithmetic{}};
  g_flops = 0;
  switch (one.operation) {
    case Operation::add:
    case Operation::subtract:
    case Operation::multiply:
    case Operation::divide:
    case Operation::square_root:
      return 1;
    case Operation::exponential:
      formulas.exponential({});
      return g_flops;
    case Operation::logarithm:
      formulas.logarithm({});
      return g_flops;
    case Operation::tanh:
      formulas.tanh({});
      return g_flops;
    case Operation::power:
      formulas.power({}, {});
      return g_flops;
    default:
      return 0;
  }
}

long flops_of(const codegen::Program& program) {
  long sum = 0;
  for (const auto& one : program.instructions) sum += flops_of(one);
  return sum;
}

// ---------------------------------------------------------------------------------------------------------
// Timing.

struct Spread {
  double median = 0.0, least = 0.0, greatest = 0.0;
};

/// Time of one call [ns] over rounds of a millisecond or so.
Spread time_ns(const std::function<void()>& call) {
  using Clock = std::chrono::steady_clock;
  const auto lasting = [&](long calls) {
    const auto start = Clock::now();
    for (long i = 0; i < calls; ++i) call();
    return std::chrono::duration<double, std::nano>(Clock::now() - start).count();
  };
  long calls = 16;
  while (lasting(calls) < 1e6) calls *= 2;
  std::vector<double> rounds;
  for (int round = 0; round < 31; ++round) rounds.push_back(lasting(calls) / static_cast<double>(calls));
  return {bench::median(rounds), std::ranges::min(rounds), std::ranges::max(rounds)};
}

/// Clock of the core while it runs such code [GHz], from a chain of additions of one cycle each.
double core_clock_GHz() {
  constexpr long k_chain = 4096;
  volatile std::uint64_t seed = 1;
  const Spread time = time_ns([&] {
    std::uint64_t x = seed;
    for (long i = 0; i < k_chain; ++i) {
      x += seed | 1U;
      asm volatile("" : "+r"(x));  // Keeps every addition of the chain
    }
    seed = x;
  });
  return k_chain / time.least;
}

/// Greatest rate of fused multiply-adds that generated code of this width reaches [GFLOP/s]: independent
/// chains in registers, enough of them to hide the latency of either unit.
double peak_gflops(int width) {
  constexpr int k_chains = 12, k_length = 400;
  codegen::Programs programs;
  programs.arithmetic = codegen::Arithmetic::lanes;
  programs.fused = true;
  programs.state_count = k_chains;
  codegen::ProgramWriter writer;
  using Kind = codegen::Program::Input::Kind;
  const auto factor = writer.input(Kind::parameter, 0), term = writer.input(Kind::parameter, 1);
  std::vector<codegen::Place> chains;
  for (int i = 0; i < k_chains; ++i) chains.push_back(writer.input(Kind::state, i));
  for (int n = 0; n < k_length; ++n)
    for (auto& chain : chains) chain = writer.fused(codegen::Fused::multiply_add, chain, factor, term);
  for (const auto chain : chains) writer.result(chain);
  programs.routines[static_cast<std::size_t>(Routine::rates)] = writer.finish();
  programs.parameter_count = 2;
  codegen::NativeOptions options;
  options.width = width;
  options.operations_per_function = 2 * k_chains * k_length;  // One function: nothing leaves the registers.
  const auto kernel = codegen::compile_native(std::move(programs), options);
  const auto lanes = static_cast<std::size_t>(width);
  const std::vector<double> states(k_chains * lanes, 1.0), parameters(2 * lanes, 0.5);
  std::vector<double> results(k_chains * lanes);
  const Spread time = time_ns([&] {
    kernel->run(Routine::rates, {nullptr, states.data(), parameters.data(), nullptr}, results.data());
  });
  return 2.0 * k_chains * k_length * width / time.least;
}

// ---------------------------------------------------------------------------------------------------------

struct Row {
  std::string kernel;
  Spread time;
  long flops_a_lane = 0;
};

solve::Ensemble ensemble_of(const bench::Case& population) {
  solve::Ensemble ensemble;
  ensemble.system = &population.system;
  ensemble.outputs = population.observables();
  ensemble.output_times = population.output_times;
  ensemble.end_h = population.end_h;
  ensemble.parameters = population.typical_parameters;
  ensemble.varying_parameters = population.varying_parameters;
  ensemble.acted_states = population.acted_states;
  return ensemble;
}

/// A group half way through a dose: every lane a subject at the initial states, moved a little.
void fill(solve::LaneGroup& group, const solve::LaneMethod& method, const bench::Case& population) {
  const std::size_t width = group.width();
  for (std::size_t lane = 0; lane < width; ++lane) {
    const auto& values = population.subjects[lane].parameters;
    for (std::size_t i = 0; i < method.parameter_count; ++i) {
      const auto whole = static_cast<std::size_t>(method.reduced.parameters[i]);
      // Beyond those of the whole system stand infusions; none is running.
      group.set_parameter(i, lane, whole < values.size() ? values[whole] : 0.0);
    }
    group.set_time(lane, 1.0);
    group.set_smooth_interval(lane, 0.0, 100.0);
    group.set_value(solve::k_value_step, lane, 0.01);
    group.set_value(solve::k_value_fraction, lane, 0.5);
    group.set_value(solve::k_value_accepted, lane, 0.0);
  }
  group.hoist();
  const double* initial = group.initial_states();
  for (std::size_t i = 0; i < method.state_count; ++i)
    for (std::size_t lane = 0; lane < width; ++lane)
      group.set_state(i, lane, initial[i * width + lane] + 0.01);
}

std::vector<Row> measure(const bench::Case& population, const solve::EnsembleOptions& options) {
  const solve::LaneMethod method(ensemble_of(population), options);
  solve::LaneGroup group(method);
  fill(group, method, population);
  const auto& programs = method.kernel->programs();
  const auto stages = static_cast<long>(method.tableau.stages);
  const auto states = static_cast<long>(method.state_count);
  const auto sweep_flops = [&](std::size_t number) {
    return states * flops_of(method.sweeps.all[number].body);
  };

  std::vector<Row> rows;
  // Kernels alone read and write arrays of their own, so that no value runs away over millions of calls.
  const std::size_t width = group.width();
  const std::vector<double> inputs(8192 * width, 0.5), times(width, 1.0);
  std::vector<double> results(8192 * width);
  const auto routine = [&](const char* name, Routine which) {
    rows.push_back({name, time_ns([&] {
                      method.kernel->run(which, {times.data(), inputs.data(), inputs.data(), inputs.data()},
                                         results.data());
                    }),
                    flops_of(programs[which])});
  };
  routine("rates", Routine::rates);
  routine("rates and Jacobian", Routine::linearisation);
  routine("elimination", Routine::factor);
  routine("substitution", Routine::substitute);
  routine("read-outs", Routine::outputs);

  std::vector<std::vector<double>> arrays(
      solve::lane_array_count(method.tableau),
      std::vector<double>((method.nonzeros + method.state_count) * width, 0.5));
  std::vector<double*> array_pointers;
  for (auto& one : arrays) array_pointers.push_back(one.data());
  const std::vector<double> lane_values(solve::k_lane_value_count * width, 0.5);
  const double* tables[] = {method.absolute_tolerances.data(), method.guards.data()};
  std::vector<double> reductions(2 * width);
  const auto sweep = [&](std::size_t number) {
    method.kernel->sweep(number, {array_pointers.data(), lane_values.data(), tables, reductions.data(),
                                  static_cast<int>(method.state_count)});
  };
  long stage_flops = 0;
  for (std::size_t i = 1; i < static_cast<std::size_t>(stages); ++i)
    stage_flops += sweep_flops(method.sweeps.stages[i]);
  rows.push_back({"stage sums, all", time_ns([&] {
                    for (std::size_t i = 1; i < static_cast<std::size_t>(stages); ++i)
                      sweep(method.sweeps.stages[i]);
                  }),
                  stage_flops});
  rows.push_back({"new states, error", time_ns([&] { sweep(method.sweeps.finish); }),
                  sweep_flops(method.sweeps.finish)});
  rows.push_back({"dense output rows", time_ns([&] { sweep(method.sweeps.dense_rows); }),
                  sweep_flops(method.sweeps.dense_rows)});

  std::vector<double> errors(width), distances(width);
  const long attempt =
      (stages - 1) * flops_of(programs[Routine::rates]) + flops_of(programs[Routine::factor]) +
      stages * flops_of(programs[Routine::substitute]) + stage_flops + sweep_flops(method.sweeps.finish);
  rows.push_back({"whole attempt of a step", time_ns([&] {
                    group.linearise();
                    group.attempt(errors.data(), distances.data());
                  }),
                  attempt + flops_of(programs[Routine::linearisation])});
  return rows;
}

void report(const bench::Case& population, const solve::EnsembleOptions& options, double clock_GHz,
            nlohmann::ordered_json& json) {
  const bool native = options.engine == solve::EnsembleEngine::native;
  const double peak = peak_gflops(options.width);
  fmt::print(
      "\n### {}, {} x {}: {:.2f} GHz, peak of multiply-adds {:.1f} GFLOP/s\n\n"
      "| kernel | time [ns] | cycles | operations a lane | GFLOP/s | share of peak [%] "
      "|\n|---|---|---|---|---|---|\n",
      population.name, native ? "native" : "interpreter", options.width, clock_GHz, peak);
  for (const Row& row : measure(population, options)) {
    const double gflops = static_cast<double>(row.flops_a_lane) * options.width / row.time.median;
    fmt::print("| {} | {:.0f} ({:.0f}..{:.0f}) | {:.0f} | {} | {:.1f} | {:.0f} |\n", row.kernel,
               row.time.median, row.time.least, row.time.greatest, row.time.median * clock_GHz,
               row.flops_a_lane, gflops, 100.0 * gflops / peak);
    json.push_back({{"case", population.name},
                    {"engine", native ? "native" : "interpreter"},
                    {"width", options.width},
                    {"kernel", row.kernel},
                    {"median_ns", row.time.median},
                    {"least_ns", row.time.least},
                    {"greatest_ns", row.time.greatest},
                    {"flops_a_lane", row.flops_a_lane},
                    {"peak_gflops", peak},
                    {"clock_GHz", clock_GHz}});
  }
}

}  // namespace

int main(int count, char** arguments) {
  const auto command = bench::read_command(count, arguments);
  base::Diagnostics findings;
  const data::Library library = data::open_library(data::find_home(), findings);
  base::throw_if_errors(findings);
  bench::CaseRequest request;
  request.name = "human system, psilocybin";
  request.regimen = "psilocybin 25 mg oral @ 0 h every 168 h x 2";
  const bench::Case human = bench::library_case(library, request);
  const double clock_GHz = core_clock_GHz();

  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  solve::EnsembleOptions options;
  options.solver.relative_tolerance = 1e-4;
  for (int width = codegen::preferred_width(); width >= 1; width /= 2) {
    options.width = width;
    report(human, options, clock_GHz, json);
  }
  options.engine = solve::EnsembleEngine::interpreter;
  options.width = codegen::preferred_width();
  report(human, options, clock_GHz, json);
  options.engine = solve::EnsembleEngine::native;
  report(bench::coupled_copies(human, 3), options, clock_GHz, json);

  bench::write_figures(command, {{"rows", json}});
  return 0;
}
