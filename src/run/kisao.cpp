#include "run/kisao.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/table.hpp"

namespace raad::run {
namespace {

/// What raad runs for an algorithm.
struct Algorithm {
  const char* kisao;
  const char* name;
  solve::Method method;
  bool exact;  ///< The same method; else a stand-in with the same result to tolerance
};

constexpr Algorithm k_algorithms[] = {
    {"KISAO:0000019", "CVODE", solve::Method::cvodes, true},
    {"KISAO:0000433", "CVODE-like method", solve::Method::cvodes, true},
    {"KISAO:0000496", "CVODES", solve::Method::cvodes, true},
    {"KISAO:0000288", "backward differentiation formula", solve::Method::cvodes, true},
    {"KISAO:0000033", "Rosenbrock method", solve::Method::rosenbrock, true},
    {"KISAO:0000694", "ODE solver", solve::Method::cvodes, true},
    {"KISAO:0000280", "Adams-Moulton method", solve::Method::cvodes, false},
    {"KISAO:0000279", "Adams-Bashforth method", solve::Method::cvodes, false},
    {"KISAO:0000281", "multistep method", solve::Method::cvodes, false},
    {"KISAO:0000088", "LSODE", solve::Method::cvodes, false},
    {"KISAO:0000560", "LSODA/LSODAR hybrid method", solve::Method::cvodes, false},
    {"KISAO:0000071", "LSODA", solve::Method::cvodes, false},
    {"KISAO:0000089", "LSODAR", solve::Method::cvodes, false},
    {"KISAO:0000094", "LSODPK", solve::Method::cvodes, false},
    {"KISAO:0000283", "IDA", solve::Method::cvodes, false},
    {"KISAO:0000086", "Fehlberg method", solve::Method::rosenbrock, false},
    {"KISAO:0000032", "explicit fourth-order Runge-Kutta method", solve::Method::rosenbrock, false},
    {"KISAO:0000064", "Runge-Kutta based method", solve::Method::rosenbrock, false},
    {"KISAO:0000087", "Dormand-Prince method", solve::Method::rosenbrock, false},
    {"KISAO:0000435", "embedded Runge-Kutta 5(4) method", solve::Method::rosenbrock, false},
    {"KISAO:0000436", "embedded Runge-Kutta 8(5,3) method", solve::Method::rosenbrock, false},
    {"KISAO:0000304", "Radau method", solve::Method::rosenbrock, false},
    {"KISAO:0000030", "Euler forward method", solve::Method::rosenbrock, false},
    {"KISAO:0000031", "Euler backward method", solve::Method::rosenbrock, false},
};

/// Searches for steady states, all replaced by integration until nothing moves.
constexpr std::pair<const char*, const char*> k_steady_state[] = {
    {"KISAO:0000099", "steady state root-finding"},
    {"KISAO:0000407", "steady state method"},
    {"KISAO:0000408", "Newton-type method"},
    {"KISAO:0000568", "NLEQ1"},
    {"KISAO:0000569", "NLEQ2"},
    {"KISAO:0000282", "KINSOL"},
    {"KISAO:0000409", "hybrid of integration and Newton's method"},
};

/// Known ones of other mathematics, so that a refusal can say what was asked for.
constexpr std::pair<const char*, const char*> k_other_mathematics[] = {
    {"KISAO:0000029", "Gillespie's direct method, stochastic"},
    {"KISAO:0000015", "Gillespie's first reaction method, stochastic"},
    {"KISAO:0000027", "Gibson and Bruck's next reaction method, stochastic"},
    {"KISAO:0000039", "tau-leaping, stochastic"},
    {"KISAO:0000038", "sorting stochastic simulation"},
    {"KISAO:0000241", "a Gillespie-like method, stochastic"},
    {"KISAO:0000231", "Pahle's hybrid method, stochastic"},
    {"KISAO:0000319", "a Monte Carlo method, stochastic"},
    {"KISAO:0000437", "flux balance analysis"},
};

constexpr const char* k_relative_tolerance = "KISAO:0000209";
constexpr const char* k_absolute_tolerance = "KISAO:0000211";
constexpr const char* k_greatest_step = "KISAO:0000467";
// Of experiments that state none: results are compared to four digits, and oscillators multiply the error by
// the number of their periods.
constexpr double k_default_tolerance = 1e-9;
// Steady states are compared to more digits than courses.
constexpr double k_steady_state_tolerance = 1e-10;

std::string normalised(std::string kisao) {
  std::ranges::replace(kisao, '_', ':');
  return kisao;
}

std::string underscored(std::string kisao) {
  std::ranges::replace(kisao, ':', '_');
  return kisao;
}

void add_note(std::string& note, const std::string& text) {
  note += (note.empty() ? "" : "; ") + text;
}

template <typename Table>
auto find(const Table& table, const std::string& kisao) {
  return std::ranges::find_if(table, [&](const auto& one) { return kisao == one.first; });
}

[[noreturn]] void refuse(const std::string& kisao, bool steady_state, const base::SourcePlace& place) {
  std::string name = kisao.empty() ? std::string("of the simulation") : kisao;
  if (const auto* other = find(k_other_mathematics, kisao); other != std::end(k_other_mathematics))
    name += std::string(" (") + other->second + ")";
  throw base::InputError("R112", place,
                         "the algorithm " + name + " is not run: only deterministic " +
                             (steady_state ? "searches for steady states are" : "integration is"));
}

void set_tolerances(const std::map<std::string, std::string>& parameters, ChosenAlgorithm& made) {
  double absolute = 0.0;
  made.solver.relative_tolerance = k_default_tolerance;
  for (const auto& [given, text] : parameters) {
    const std::string id = normalised(given);
    const auto value = base::parse_number(text);
    if (id == k_relative_tolerance && value && *value > 0.0)
      // At least as strict as asked for, and never below what doubles hold.
      made.solver.relative_tolerance = std::clamp(*value, 1e-12, k_default_tolerance);
    else if (id == k_absolute_tolerance && value && *value > 0.0)
      absolute = *value;
    else if (id == k_greatest_step && value && *value > 0.0)
      made.solver.max_step_h = *value;
    else
      add_note(made.note, "the parameter " + id + " is not used");
  }
  made.solver.absolute_tolerance_per_scale = 1e-3 * made.solver.relative_tolerance;
  if (absolute > 0.0)
    made.solver.absolute_tolerance_per_scale = std::min(absolute, made.solver.absolute_tolerance_per_scale);
}

}  // namespace

ChosenAlgorithm choose_algorithm(const std::string& kisao,
                                 const std::map<std::string, std::string>& parameters, bool steady_state,
                                 Substitution allowed, const base::SourcePlace& place) {
  const std::string wanted = normalised(kisao);
  ChosenAlgorithm made;
  const auto replace = [&](const std::string& name, const std::string& by) {
    if (allowed == Substitution::none)
      throw base::InputError("R112", place, "the algorithm " + wanted + " (" + name + ") is not had",
                             "allow a replacement of the same mathematics");
    add_note(made.note, name + " is replaced by " + by);
  };
  set_tolerances(parameters, made);
  if (steady_state) {
    const auto* found = find(k_steady_state, wanted);
    if (found == std::end(k_steady_state)) refuse(wanted, true, place);
    replace(found->second, "integration until nothing moves (CVODE)");
    made.kisao = "KISAO_0000019";
    made.solver.method = solve::Method::cvodes;
    made.solver.relative_tolerance = std::min(made.solver.relative_tolerance, k_steady_state_tolerance);
    made.solver.absolute_tolerance_per_scale =
        std::min(made.solver.absolute_tolerance_per_scale, 1e-3 * k_steady_state_tolerance);
    return made;
  }
  const auto* found =
      std::ranges::find_if(k_algorithms, [&](const Algorithm& one) { return wanted == one.kisao; });
  if (found == std::end(k_algorithms)) refuse(wanted, false, place);
  made.solver.method = found->method;
  made.kisao = underscored(found->kisao);
  if (!found->exact) {
    const bool multistep = found->method == solve::Method::cvodes;
    replace(found->name,
            std::string(multistep ? "CVODE" : "a Rosenbrock method") + " at a tolerance at least as strict");
    made.kisao = multistep ? "KISAO_0000019" : "KISAO_0000033";
  }
  return made;
}

}  // namespace raad::run
