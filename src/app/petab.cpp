// `raad petab`: a PEtab problem at its nominal parameters.
#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/command.hpp"
#include "base/files.hpp"
#include "base/table.hpp"
#include "data/write_petab.hpp"
#include "study/petab_likelihood.hpp"

namespace raad::app {
namespace {

struct Arguments {
  std::string problem;
  std::string out = "petab";
  bool gradient = false;
  std::string write;
  int write_version = 2;
  RunOptions run;
};

/// The measurement table with `simulation` in place of `measurement`.
std::string simulation_table(const data::PetabProblem& problem, const study::PetabValue& value) {
  std::string text;
  for (std::size_t k = 0; k < problem.measurement_columns.size(); ++k)
    text += (k > 0 ? "\t" : "") +
            (k == problem.measurement_column ? "simulation" : problem.measurement_columns[k]);
  text += "\n";
  for (std::size_t i = 0; i < problem.measurement_cells.size(); ++i) {
    for (std::size_t k = 0; k < problem.measurement_columns.size(); ++k)
      text += (k > 0 ? "\t" : "") + (k == problem.measurement_column
                                         ? fmt::format("{:.15g}", value.simulations[i])
                                         : problem.measurement_cells[i][k]);
    text += "\n";
  }
  return text;
}

int petab(const Arguments& arguments) {
  base::Diagnostics findings;
  const auto problem = data::read_petab(arguments.problem, findings);
  throw_if_errors(findings);
  print_findings(findings, arguments.run.quiet);
  if (!arguments.write.empty()) {
    const auto file = data::write_petab(problem, arguments.write_version, arguments.write);
    fmt::print("{}\n", file.string());
    return done;
  }
  for (const auto& parameter : problem.parameters)
    if (std::isnan(parameter.nominal))
      throw base::InputError("R082", parameter.place,
                             "`" + parameter.id + "` has no nominal value to evaluate at",
                             "write one, or estimate it with `raad fit`");
  const auto derivatives = arguments.gradient ? study::Derivatives::exact : study::Derivatives::none;
  const study::PetabLikelihood likelihood(problem, derivatives);
  const auto value = likelihood.evaluate(likelihood.nominal(), solver_options(arguments.run), derivatives);
  std::filesystem::create_directories(arguments.out);
  base::write_file_atomically(std::filesystem::path(arguments.out) / "simulations.tsv",
                              simulation_table(problem, value));
  nlohmann::ordered_json json = {{"llh", value.log_likelihood}, {"chi2", value.chi2}};
  if (value.log_prior) {
    json["log_prior"] = *value.log_prior;
    json["unnormalized_log_posterior"] = value.log_likelihood + *value.log_prior;
  }
  for (std::size_t k = 0; arguments.gradient && k < likelihood.estimated().size(); ++k) {
    const std::string& id = problem.parameters[likelihood.estimated()[k]].id;
    json["llh_gradient"][id] = value.gradient[k];
    if (value.log_prior) json["log_prior_gradient"][id] = value.prior_gradient[k];
  }
  fmt::print("{}\n", json.dump());
  return done;
}

}  // namespace

void add_petab(Command& program, Context& context) {
  auto arguments = std::make_shared<Arguments>();
  // Log-likelihoods sum over hundreds of measurements; their figures are compared to a thousandth.
  arguments->run.relative_tolerance = 1e-9;
  auto& command = program.add_subcommand(
      "petab", "Likelihood and simulations of a PEtab problem at its nominal parameters");
  command.footer("Example:\n  raad petab problem.yaml --out results");
  command.add_option("problem", arguments->problem, "PEtab problem (.yaml), version 1 or 2").required();
  command.add_option("--out", arguments->out, "Folder for simulations.tsv").show_default();
  command.add_flag(
      "--gradient", arguments->gradient,
      "Also print the derivatives by each estimated parameter, on the linear scale, from forward "
      "sensitivities (by CVODES)");
  command.add_option("--write", arguments->write,
                     "Write the problem into this folder instead of evaluating it");
  command.add_option("--write-version", arguments->write_version, "PEtab version to write: 1 or 2")
      .one_of({1, 2})
      .show_default();
  add_solver_options(command, arguments->run);
  command.callback([arguments, &context] { context.selected = [arguments] { return petab(*arguments); }; });
}

}  // namespace raad::app
