// Populations on lanes against CVODES with KLU, each at the tolerance that gives it the same measured error:
// subjects per second of one core on the human system and on 120 states.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "common/accuracy.hpp"
#include "common/cases.hpp"
#include "common/command.hpp"
#include "common/contenders.hpp"

namespace {

using namespace raad;
using namespace raad::bench;

struct Level {
  const char* name;
  double error;
};
// The two accuracies of the project's goal: errors that CVODES gives at relative tolerances of 1e-6 and 1e-8
// on systems of this kind.
constexpr Level k_levels[] = {{"A", 6e-5}, {"B", 8e-7}};

struct Effort {
  int rounds;
  std::int64_t subjects;          ///< Of raad's runs in a round
  std::size_t opponent_subjects;  ///< Of CVODES' runs in a round: it takes far longer for one
  std::size_t matched;            ///< On which tolerances are matched to an error
};
// Odd numbers of rounds, so that the median is a measured one.
constexpr Effort k_full = {9, 800, 40, 200}, k_quick = {3, 240, 10, 64};

struct Entrant {
  std::unique_ptr<Contender> contender;
  std::size_t subjects;
  Match match;
  ErrorSummary error;
  std::vector<double> rates;   ///< Subjects per second, by round
  std::vector<double> ratios;  ///< To the first opponent of the same round
  Work last;
};

nlohmann::ordered_json to_json(const Case& population, const Level& level, const Entrant& entrant) {
  const auto subjects = static_cast<double>(entrant.last.subjects);
  return {{"case", population.name},
          {"level", level.name},
          {"wanted_error", level.error},
          {"contender", entrant.contender->name()},
          {"description", entrant.contender->description()},
          {"tolerance", entrant.match.tolerance},
          {"error_median", entrant.error.median},
          {"error_p95", entrant.error.p95},
          {"error_greatest", entrant.error.greatest},
          {"subjects_per_second_median", median(entrant.rates)},
          {"subjects_per_second_least", std::ranges::min(entrant.rates)},
          {"subjects_per_second_greatest", std::ranges::max(entrant.rates)},
          {"ratio_median", median(entrant.ratios)},
          {"ratio_least", std::ranges::min(entrant.ratios)},
          {"ratio_greatest", std::ranges::max(entrant.ratios)},
          {"steps", static_cast<double>(entrant.last.statistics.steps) / subjects},
          {"rejected", static_cast<double>(entrant.last.statistics.rejected_steps) / subjects},
          {"rate_evaluations", static_cast<double>(entrant.last.statistics.rate_evaluations) / subjects},
          {"failed", entrant.last.failed},
          {"set_up_s", entrant.contender->set_up_s()}};
}

void print_row(const nlohmann::ordered_json& row) {
  const auto number = [&](const char* key) { return row[key].get<double>(); };
  fmt::print(
      "| {} | {} | {:.1e} | {:.1e} / {:.1e} / {:.1e} | {:.0f} ({:.0f}..{:.0f}) | {:.1f} [{:.1f}..{:.1f}] | "
      "{:.0f} | {:.2f} |\n",
      row["level"].get<std::string>(), row["contender"].get<std::string>(), number("tolerance"),
      number("error_median"), number("error_p95"), number("error_greatest"),
      number("subjects_per_second_median"), number("subjects_per_second_least"),
      number("subjects_per_second_greatest"), number("ratio_median"), number("ratio_least"),
      number("ratio_greatest"), number("steps"), number("set_up_s"));
}

std::vector<Entrant> entrants(const Case& whole, const Case& part, const Effort& effort) {
  std::vector<Entrant> all;
  const auto enter = [&](std::unique_ptr<Contender> contender, std::size_t subjects) {
    all.push_back({std::move(contender), std::min(subjects, whole.subjects.size()), {}, {}, {}, {}, {}});
  };
  const auto many = static_cast<std::size_t>(effort.subjects);
  const CvodeBuild best =
      describe_build(CvodeBuild::optimised) ? CvodeBuild::optimised : CvodeBuild::packaged;
  enter(make_cvode_contender(whole, best, "whole system"), effort.opponent_subjects);
  enter(make_cvode_contender(part, best, "reduced system"), effort.opponent_subjects);
  if (best == CvodeBuild::optimised)
    enter(make_cvode_contender(whole, CvodeBuild::packaged, "whole system"),
          std::max<std::size_t>(4, effort.opponent_subjects / 4));
  for (const int width : {8, 4, 1})
    enter(make_ensemble_contender(whole, solve::Method::rosenbrock, width), width == 1 ? many / 4 : many);
  enter(make_ensemble_contender(whole, solve::Method::rosenbrock_conservative, 8), many);
  return all;
}

/// All contenders at one error, in alternating rounds.
void compete(const Case& whole, const Case& part, const Courses& reference, const Level& level,
             const Effort& effort, nlohmann::ordered_json& rows) {
  std::vector<Entrant> all = entrants(whole, part, effort);
  for (Entrant& one : all) {
    const std::size_t count = std::min(one.subjects, effort.matched);
    one.match = match(*one.contender, whole, reference, count, level.error);
    Courses courses;
    one.contender->run(count, &courses);
    one.error = summarise(errors(whole, courses, reference));
  }
  for (int round = 0; round < effort.rounds; ++round) {
    for (Entrant& one : all) {
      one.last = one.contender->run(one.subjects, nullptr);
      one.rates.push_back(static_cast<double>(one.last.subjects) / one.last.processor_s);
      one.ratios.push_back(one.rates.back() / all.front().rates.back());
    }
  }
  for (const Entrant& one : all) {
    rows.push_back(to_json(whole, level, one));
    print_row(rows.back());
  }
}

/// The truth: Rodas5P at a tolerance of 1e-11, with CVODES at 1e-12 as its witness on a few subjects.
Courses reference_of(const Case& whole, std::size_t count) {
  Courses truth, witness;
  const auto raad = make_ensemble_contender(whole, solve::Method::rosenbrock, 8);
  raad->set_tolerance(1e-11);
  raad->run(count, &truth);
  const auto cvode = make_cvode_contender(whole, CvodeBuild::packaged, "");
  cvode->set_tolerance(1e-12);
  cvode->run(std::min<std::size_t>(4, count), &witness);
  const Courses few(truth.begin(), truth.begin() + static_cast<std::ptrdiff_t>(witness.size()));
  const ErrorSummary apart = summarise(errors(whole, witness, few));
  fmt::print(
      "Reference: Rodas5P at 1e-11; CVODES at 1e-12 is {:.1e} away from it (greatest of {} subjects).\n\n",
      apart.greatest, witness.size());
  return truth;
}

void run_case(const Case& whole, const Effort& effort, nlohmann::ordered_json& rows) {
  const Case part = reduced(whole);
  fmt::print("\n### {}\n\n{} states ({} when reduced), {} subjects.\n", whole.name,
             whole.system.states.size(), part.system.states.size(), whole.subjects.size());
  const Courses reference = reference_of(whole, std::min(effort.matched, whole.subjects.size()));
  fmt::print(
      "| level | contender | tolerance | error median / 95 % / greatest | subjects/s/core | ratio | steps | "
      "set-up [s] |\n"
      "|---|---|---|---|---|---|---|---|\n");
  for (const Level& level : k_levels) compete(whole, part, reference, level, effort, rows);
}

}  // namespace

int main(int count, char** arguments) {
  const Command command = read_command(count, arguments);
  const Effort effort = command.quick ? k_quick : k_full;
  base::Diagnostics findings;
  const data::Library library = data::open_library(data::find_home(), findings);
  base::throw_if_errors(findings);
  for (const CvodeBuild build : {CvodeBuild::optimised, CvodeBuild::packaged})
    if (const auto text = describe_build(build)) fmt::print("Opponent: {}\n", *text);

  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  CaseRequest request;
  request.subject_count = effort.subjects;
  request.name = "a: human system, 28 days, two doses of psilocybin";
  request.regimen = "psilocybin 25 mg oral @ 0 h every 168 h x 2";
  const Case month = library_case(library, request);
  run_case(month, effort, rows);
  run_case(coupled_copies(month, 3), effort, rows);
  request.name = "b: human system, a year, 52 weekly doses of psilocybin";
  request.regimen = "psilocybin 25 mg oral @ 0 h every 168 h x 52";
  request.end_h = 8760.0;
  request.output_interval_h = 87.6;
  request.subject_count = effort.subjects / 8;
  run_case(library_case(library, request), effort, rows);

  bench::write_figures(command, {{"rows", rows}});
  return 0;
}
