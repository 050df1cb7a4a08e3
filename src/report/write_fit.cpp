#include "report/write_fit.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/files.hpp"
#include "base/table.hpp"
#include "report/fit_figures.hpp"

namespace raad::report {
namespace {

using study::FitResult;

/// Empty where there is no number.
std::string cell(double value) {
  if (std::isnan(value)) return "";
  if (std::isinf(value)) return value > 0.0 ? "inf" : "-inf";
  return base::format_number(value);
}

std::string row(const std::vector<std::string>& cells) {
  std::string text;
  for (std::size_t i = 0; i < cells.size(); ++i) text += (i > 0 ? "\t" : "") + cells[i];
  return text + "\n";
}

const study::Profile* profile_of(const FitResult& fit, std::size_t parameter) {
  const auto found = std::ranges::find(fit.profiles, parameter, &study::Profile::parameter);
  return found == fit.profiles.end() ? nullptr : &*found;
}

std::string parameters_table(const FitResult& fit) {
  std::string text =
      row({"parameterId", "value", "parameterScale", "position", "standardError", "lowerBound", "upperBound",
           "atBound", "nominalValue", "confidenceLower", "confidenceUpper", "identifiability"});
  for (std::size_t k = 0; k < fit.parameters.size(); ++k) {
    const auto& one = fit.parameters[k];
    const auto scale = one.parameter.scale;
    const auto linear = [&](double position) { return cell(study::from_scale(scale, position)); };
    std::vector<std::string> cells = {one.parameter.id,
                                      linear(one.position),
                                      study::name_of(scale),
                                      cell(one.position),
                                      cell(one.standard_error),
                                      linear(one.parameter.lower),
                                      linear(one.parameter.upper),
                                      study::name_of(one.at_bound),
                                      linear(one.parameter.nominal)};
    const auto* profile = profile_of(fit, k);
    cells.push_back(profile != nullptr && profile->lower ? linear(*profile->lower) : "");
    cells.push_back(profile != nullptr && profile->upper ? linear(*profile->upper) : "");
    cells.push_back(profile != nullptr ? study::name_of(profile->verdict) : "");
    text += row(cells);
  }
  return text;
}

std::string starts_table(const FitResult& fit) {
  std::vector<std::string> header = {"start",     "cost",     "startCost", "evaluations",
                                     "gradients", "failures", "ending",    "firstFailure"};
  for (const auto& one : fit.parameters) header.push_back(one.parameter.id);
  std::string text = row(header);
  for (std::size_t i = 0; i < fit.starts.size(); ++i) {
    const auto& start = fit.starts[i];
    std::string failure = start.first_failure;
    std::ranges::replace_if(failure, [](char c) { return c == '\t' || c == '\n'; }, ' ');
    std::vector<std::string> cells = {std::to_string(i),
                                      cell(start.cost),
                                      cell(start.start_cost),
                                      std::to_string(start.evaluations),
                                      std::to_string(start.gradients),
                                      std::to_string(start.failures),
                                      start.ending,
                                      failure};
    for (std::size_t k = 0; k < fit.parameters.size(); ++k)
      cells.push_back(cell(study::from_scale(fit.parameters[k].parameter.scale, start.position[k])));
    text += row(cells);
  }
  return text;
}

std::string profiles_table(const FitResult& fit) {
  std::vector<std::string> header = {"parameterId", "value", "costRise"};
  for (const auto& one : fit.parameters) header.push_back(one.parameter.id);
  std::string text = row(header);
  for (const auto& profile : fit.profiles)
    for (const auto& point : profile.points) {
      const auto& parameter = fit.parameters[profile.parameter].parameter;
      std::vector<std::string> cells = {parameter.id,
                                        cell(study::from_scale(parameter.scale, point.position)),
                                        cell(point.cost - fit.cost)};
      for (std::size_t k = 0; k < fit.parameters.size(); ++k)
        cells.push_back(cell(study::from_scale(fit.parameters[k].parameter.scale, point.others[k])));
      text += row(cells);
    }
  return text;
}

std::string json_text(const FitResult& fit, const FitDescription& description) {
  nlohmann::ordered_json json;
  json["problem"] = description.problem;
  json["method"] = description.method;
  json["seed"] = description.seed;
  json["relative_tolerance"] = description.relative_tolerance;
  json["cost"] = fit.cost;
  json["nominal_cost"] = description.nominal_cost;
  json["starts"] = fit.starts.size();
  json["starts_at_best_cost"] = fit.reached;
  json["starts_failed"] =
      std::ranges::count_if(fit.starts, [](const auto& one) { return !std::isfinite(one.cost); });
  json["evaluations"] = fit.evaluations();
  json["failed_evaluations"] = fit.failures();
  json["confidence"] = fit.confidence;
  for (const auto& one : fit.parameters)
    json["parameters"].push_back({{"id", one.parameter.id},
                                  {"scale", study::name_of(one.parameter.scale)},
                                  {"position", one.position},
                                  {"standard_error", one.standard_error},
                                  {"at_bound", study::name_of(one.at_bound)}});
  json["standard_errors_from"] = study::name_of(fit.errors_from) + " information";
  json["gradient"] = fit.gradient;
  const std::size_t n = fit.parameters.size();
  json["information"] = nlohmann::ordered_json::array();
  for (std::size_t k = 0; k < n && !fit.information.empty(); ++k)
    json["information"].push_back(
        std::vector<double>(fit.information.begin() + static_cast<std::ptrdiff_t>(k * n),
                            fit.information.begin() + static_cast<std::ptrdiff_t>((k + 1) * n)));
  for (const auto& one : fit.profiles)
    json["profiles"].push_back({{"id", fit.parameters[one.parameter].parameter.id},
                                {"identifiability", study::name_of(one.verdict)},
                                {"least_cost", one.least_cost},
                                {"trouble", one.trouble}});
  return json.dump(1) + "\n";
}

}  // namespace

void write_fit(const std::filesystem::path& folder, const FitResult& fit, const FitDescription& description) {
  base::create_folder(folder);
  const auto write = [&](const char* name, const std::string& text) {
    base::write_file_atomically(folder / name, text);
  };
  write("parameters.tsv", parameters_table(fit));
  write("starts.tsv", starts_table(fit));
  write("waterfall.svg", waterfall_svg(fit));
  write("parameters.svg", parameters_svg(fit));
  if (!fit.profiles.empty()) {
    write("profiles.tsv", profiles_table(fit));
    write("profiles.svg", profiles_svg(fit));
  }
  // Last: whoever finds it has the whole result.
  write("fit.json", json_text(fit, description));
}

}  // namespace raad::report
