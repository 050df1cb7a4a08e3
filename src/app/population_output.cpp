#include "app/population_output.hpp"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "app/command.hpp"
#include "base/files.hpp"
#include "base/table.hpp"
#include "data/netcdf_file.hpp"
#include "data/series_table.hpp"
#include "data/trajectory_file.hpp"
#include "report/population_figures.hpp"

namespace raad::app {
namespace {

std::string exceedance_name(const run::Exceedance& one, const std::vector<run::Series>& observables) {
  return fmt::format("{}_{}_{}", observables[static_cast<std::size_t>(one.observable)].observable,
                     one.relation == run::Exceedance::Relation::below ? "below" : "above",
                     base::format_number(one.threshold));
}

data::SeriesTable to_table(const PopulationOutput& output) {
  const auto& [result, times, observables, percents, time_name, time_unit] = output;
  const auto& summary = result.summary;
  data::SeriesTable table;
  table.time_name = time_name;
  table.time_unit = time_unit;
  table.time = times;
  const auto column = [&](const std::string& name, const std::string& unit, auto value_at) {
    std::vector<double> values;
    for (int t = 0; t < static_cast<int>(times.size()); ++t) values.push_back(value_at(t));
    table.columns.push_back({name, unit, std::move(values)});
  };
  for (int k = 0; k < static_cast<int>(observables.size()); ++k) {
    const auto& [id, display, unit, unused] = observables[static_cast<std::size_t>(k)];
    column(id + "_mean", unit, [&](int t) { return summary.mean(t, k); });
    column(id + "_sd", unit, [&](int t) { return summary.standard_deviation(t, k); });
    for (const double percent : percents)
      column(fmt::format("{}_q{:0>2}", id, base::format_number(percent)), unit,
             [&](int t) { return summary.quantile(t, k, 0.01 * percent); });
  }
  const auto& exceedances = summary.shape().exceedances;
  for (int e = 0; e < static_cast<int>(exceedances.size()); ++e)
    column(exceedance_name(exceedances[static_cast<std::size_t>(e)], observables), "1",
           [&](int t) { return summary.exceedance(t, e); });
  return table;
}

/// Variables of a netCDF file and their values, side by side.
struct NetcdfContent {
  std::vector<data::NetcdfVariable> variables;
  std::vector<std::vector<double>> values;
};

NetcdfContent netcdf_content(const PopulationOutput& output) {
  const auto& summary = output.result.summary;
  const int times = static_cast<int>(output.times.size()),
            quantiles = static_cast<int>(output.percents.size());
  NetcdfContent content;
  const auto variable = [&](data::NetcdfVariable one, auto value_at) {
    std::vector<double> all;
    const int columns = one.dimensions.size() == 2 ? quantiles : 1;
    const int rows = one.dimensions.front() == 0 ? times : quantiles;
    for (int row = 0; row < rows; ++row)
      for (int column = 0; column < columns; ++column) all.push_back(value_at(row, column));
    content.variables.push_back(std::move(one));
    content.values.push_back(std::move(all));
  };
  const auto probability = [&](int q) { return 0.01 * output.percents[static_cast<std::size_t>(q)]; };
  variable({"time", {0}, {{"units", output.time_unit}}},
           [&](int t, int) { return output.times[static_cast<std::size_t>(t)]; });
  variable({"quantile", {1}, {{"units", "1"}, {"long_name", "share of subjects with a lower value"}}},
           [&](int q, int) { return probability(q); });
  for (int k = 0; k < summary.shape().observable_count; ++k) {
    const auto& [id, display, unit, unused] = output.observables[static_cast<std::size_t>(k)];
    variable({id + "_mean", {0}, {{"units", unit}, {"long_name", display + ", mean of subjects"}}},
             [&](int t, int) { return summary.mean(t, k); });
    variable(
        {id + "_sd", {0}, {{"units", unit}, {"long_name", display + ", standard deviation of subjects"}}},
        [&](int t, int) { return summary.standard_deviation(t, k); });
    variable(
        {id + "_quantile", {0, 1}, {{"units", unit}, {"long_name", display + ", quantiles of subjects"}}},
        [&](int t, int q) { return summary.quantile(t, k, probability(q)); });
  }
  for (int e = 0; e < static_cast<int>(summary.shape().exceedances.size()); ++e)
    variable({exceedance_name(summary.shape().exceedances[static_cast<std::size_t>(e)], output.observables),
              {0},
              {{"units", "1"}, {"long_name", "share of subjects"}}},
             [&](int t, int) { return summary.exceedance(t, e); });
  return content;
}

}  // namespace

std::string population_csv(const PopulationOutput& output) {
  return data::print_series(to_table(output));
}

std::string population_json(const PopulationOutput& output) {
  const auto table = to_table(output);
  nlohmann::ordered_json json;
  json["notice"] = k_research_notice;
  json["subjects"] = output.result.summary.subject_count();
  json["failed"] = output.result.failed_count();
  json[table.time_name] = table.time;
  for (const auto& column : table.columns)
    json["columns"].push_back({{"name", column.name}, {"unit", column.unit}, {"values", column.values}});
  return json.dump(1) + "\n";
}

void write_population_netcdf(const std::string& file, const PopulationOutput& output) {
  const auto& summary = output.result.summary;
  const auto [variables, values] = netcdf_content(output);
  data::NetcdfFile netcdf(
      file,
      {{"time", static_cast<std::int64_t>(output.times.size())},
       {"quantile", static_cast<std::int64_t>(output.percents.size())}},
      variables,
      {{"title", "distributions over virtual subjects"},
       {"subjects", std::to_string(summary.subject_count())},
       {"failed_subjects", std::to_string(output.result.failed_count())},
       {"quantile_relative_error", base::format_number(run::PopulationSummary::quantile_relative_error())},
       {"comment", k_research_notice}});
  for (std::size_t i = 0; i < values.size(); ++i)
    netcdf.write(static_cast<int>(i), 0, values[i].data(), values[i].size());
  netcdf.finish();
}

std::string influence_table(const run::PopulationSummary& summary,
                            const std::vector<run::Descriptor>& descriptors,
                            const std::vector<run::Series>& observables) {
  constexpr std::pair<run::Measure, const char*> measures[] = {{run::Measure::mean_over_time, "mean"},
                                                               {run::Measure::greatest, "greatest"},
                                                               {run::Measure::least, "least"},
                                                               {run::Measure::last, "last"}};
  std::string text = "observable\tmeasure\tdescriptor\tkind\tcorrelation\tsubjects\n";
  for (int k = 0; k < static_cast<int>(observables.size()); ++k)
    for (const auto& [measure, name] : measures)
      for (int d = 0; d < static_cast<int>(descriptors.size()); ++d) {
        const auto& descriptor = descriptors[static_cast<std::size_t>(d)];
        const double correlation = summary.correlation(d, k, measure);
        if (std::isnan(correlation)) continue;
        text += fmt::format("{}\t{}\t{}\t{}\t{:.4f}\t{}\n",
                            observables[static_cast<std::size_t>(k)].observable, name, descriptor.id,
                            descriptor.kind == run::Descriptor::Kind::parameter ? "parameter" : "covariate",
                            correlation, summary.correlated_subject_count());
      }
  return text;
}

void write_trajectories(const std::string& file, const run::TrajectorySpool& spool,
                        const PopulationOutput& output, std::int64_t subject_count) {
  data::TrajectoryLayout layout{output.time_name, output.time_unit, output.times, {}, {}, subject_count};
  for (const auto& observable : output.observables) {
    layout.names.push_back(observable.observable);
    layout.units.push_back(observable.unit);
  }
  const auto trajectories = data::open_trajectory_file(file, std::move(layout));
  std::vector<double> outputs(spool.values_per_subject());
  for (std::int64_t subject = 0; subject < subject_count; ++subject) {
    spool.read(subject, outputs.data());
    trajectories->add(subject, outputs.data());
  }
  trajectories->finish();
}

void write_population_figures(const std::string& folder, const PopulationOutput& output,
                              const std::vector<run::Descriptor>& descriptors) {
  // Quantiles of nobody are no picture; the failures are named elsewhere.
  if (output.result.summary.subject_count() == 0) return;
  const report::PopulationView view{output.result.summary, output.times,       output.observables,
                                    descriptors,           output.result.kept, output.time_unit};
  auto figures = report::influence_figures(view);
  figures.push_back(report::band_figure(view));
  figures.push_back(report::distribution_figure(view));
  base::create_folder(folder);
  for (const auto& figure : figures) {
    const auto stem = std::filesystem::path(folder) / figure.id;
    base::write_file_atomically(stem.string() + ".svg", report::to_svg(figure));
    base::write_file_atomically(stem.string() + ".json", report::to_json(figure));
  }
}

}  // namespace raad::app
