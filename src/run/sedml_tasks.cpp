#include "run/sedml_tasks.hpp"

#include <algorithm>
#include <functional>

namespace raad::run {
namespace {

// Tasks that hold each other would go round for ever; nobody nests this deep.
constexpr int k_deepest_nesting = 20;

/// A scalar without a shape, two values, or a course.
data::Array as_array(const std::vector<double>& values, bool scalar) {
  return scalar ? data::Array{{}, values} : data::Array{{values.size()}, values};
}

/// All sub-tasks of all iterations in one table, or one after another.
data::Array gathered(const std::vector<std::vector<data::Array>>& rows, bool concatenate) {
  if (concatenate) {
    data::Array made;
    for (const auto& row : rows)
      for (const auto& one : row) made.values.insert(made.values.end(), one.values.begin(), one.values.end());
    made.shape = {made.values.size()};
    return made;
  }
  std::vector<data::Array> stacks;
  for (const auto& row : rows) stacks.push_back(data::stacked(row));
  return data::stacked(stacks);
}

}  // namespace

SedmlTaskValues SedmlTasks::run(const data::SedmlTask& task, SedmlTaskNotes& notes) {
  if (!task.refused.empty()) throw base::InputError("R112", place(task.line), task.refused);
  notes_ = &notes;
  instances_.clear();
  quantities_.clear();
  missing_.clear();
  find_asked(task);
  auto made = run_any(task, {}, {});
  for (const auto& target : targets_)
    if (made.values.count(target) == 0) made.missing[target] = missing_[target];
  return made;
}

const data::SedmlTask& SedmlTasks::task_named(const std::string& id, const base::SourcePlace& place) const {
  const auto* task = document_.find_task(id);
  if (task == nullptr) throw base::InputError("R111", place, "the task `" + id + "` is not defined");
  return *task;
}

std::set<std::string> SedmlTasks::models_of(const data::SedmlTask& task, int depth) const {
  if (depth > k_deepest_nesting)
    throw base::InputError("R111", place(task.line), "the task `" + task.id + "` repeats itself");
  if (!task.repeated) return {task.model};
  std::set<std::string> models;
  for (const auto& set : task.set_values) models.insert(set.model);
  for (const auto& sub : task.sub_tasks)
    models.merge(models_of(task_named(sub, place(task.line)), depth + 1));
  return models;
}

/// Targets of the data generators, and quantities for each model that has them.
void SedmlTasks::find_asked(const data::SedmlTask& task) {
  targets_.clear();
  for (const auto& generator : document_.generators)
    for (const auto& variable : generator.calculation.variables)
      if (variable.task == task.id && !variable.target.empty()) targets_.insert(variable.target);
  for (const auto& model : models_of(task)) {
    models_.get(model);
    for (const auto& target : targets_) {
      try {
        quantities_[model].emplace(target, models_.quantity(model, target, place(task.line)));
      } catch (const base::InputError& error) {
        missing_[target] = error.findings().all().front().message;
      }
    }
  }
}

SedmlInstance& SedmlTasks::instance(const std::string& model) {
  auto& made = instances_[model];
  if (made) return *made;
  std::set<std::string> asked;
  for (const auto& [target, quantity] : quantities_[model]) asked.insert(quantity.id);
  made = std::make_unique<SedmlInstance>(models_.get(model),
                                         std::vector<std::string>(asked.begin(), asked.end()));
  return *made;
}

SedmlTaskValues SedmlTasks::run_any(const data::SedmlTask& task, const Settings& settings,
                                    const RangeValues& ranges) {
  if (!task.refused.empty()) throw base::InputError("R112", place(task.line), task.refused);
  return task.repeated ? run_repeated(task, settings, ranges) : run_simple(task);
}

SedmlTaskValues SedmlTasks::run_simple(const data::SedmlTask& task) {
  using Kind = data::SedmlSimulation::Kind;
  const auto* simulation = document_.find_simulation(task.simulation);
  if (simulation == nullptr)
    throw base::InputError("R111", place(task.line),
                           "the simulation `" + task.simulation + "` is not defined");
  if (!simulation->refused.empty())
    throw base::InputError("R112", place(simulation->line), simulation->refused);
  const bool steady = simulation->kind == Kind::steady_state;
  const auto algorithm = choose_algorithm(simulation->kisao, simulation->parameters, steady, substitution_,
                                          place(simulation->line));
  notes_->kisao = algorithm.kisao;
  if (!algorithm.note.empty()) notes_->notes.insert(algorithm.note);

  auto& model = instance(task.model);
  SedmlInstance::Courses courses;
  if (steady) {
    courses = model.settle(algorithm.solver);
  } else if (simulation->kind == Kind::one_step) {
    courses = model.advance(model.time(), {model.time(), model.time() + simulation->step}, algorithm.solver);
  } else {
    std::vector<double> times;
    const double length = simulation->output_end - simulation->output_start;
    for (int i = 0; i < simulation->steps; ++i)
      times.push_back(simulation->output_start + length * i / simulation->steps);
    times.push_back(simulation->output_end);
    courses = model.advance(simulation->initial_time, times, algorithm.solver);
  }
  SedmlTaskValues made;
  made.time = as_array(courses.time, steady);
  for (const auto& [target, quantity] : quantities_[task.model])
    made.values[target] = as_array(courses.values.at(quantity.id), steady);
  return made;
}

double SedmlTasks::computed(const data::SedmlCalculation& calculation, const RangeValues& ranges,
                            const base::SourcePlace& place) {
  std::map<std::string, double> values = ranges;
  for (const auto& variable : calculation.variables) {
    if (variable.target.empty() || variable.model.empty())
      throw base::InputError("R112", place,
                             "the variable `" + variable.id + "` must name a target in a model",
                             "give it modelReference and target");
    const auto quantity = models_.quantity(variable.model, variable.target, place);
    values[variable.id] = instance(variable.model).value(quantity.id);
  }
  return evaluate_calculation(calculation, values, place);
}

SedmlTasks::RangeValues SedmlTasks::values_of_ranges(const data::SedmlTask& task, std::size_t iteration,
                                                     const RangeValues& outer) {
  RangeValues values = outer;
  // Functional ranges may use the others, in whatever order they stand.
  for (const auto& range : task.ranges) {
    if (range.kind != data::SedmlRange::Kind::listed) continue;
    if (iteration >= range.values.size())
      throw base::InputError("R111", place(range.line),
                             "the range `" + range.id + "` is shorter than the range of its task");
    values[range.id] = range.values[iteration];
  }
  for (const auto& range : task.ranges)
    if (range.kind == data::SedmlRange::Kind::functional)
      values[range.id] = computed(range.calculation, values, place(range.line));
  return values;
}

/// The values in the order given; those of models at their start before initial assignments are worked out.
void SedmlTasks::change_models(const data::SedmlTask& task, Settings& settings, const RangeValues& ranges) {
  for (const auto& set : task.set_values) {
    const auto at = place(set.line);
    if (set.target.empty())
      throw base::InputError("R112", at, "the symbol `" + set.symbol + "` cannot be set", "name a target");
    const Setting setting{
        set.model, {models_.quantity(set.model, set.target, at), computed(set.calculation, ranges, at)}};
    instance(set.model).set(setting.setting, at);
    settings.push_back(setting);
  }
}

SedmlTaskValues SedmlTasks::run_repeated(const data::SedmlTask& task, const Settings& outer,
                                         const RangeValues& outer_ranges) {
  const auto counting = std::ranges::find(task.ranges, task.range, &data::SedmlRange::id);
  if (counting == task.ranges.end())
    throw base::InputError("R111", place(task.line), "the range `" + task.range + "` is not defined");
  // A functional range is as long as the one it follows.
  const auto followed = std::ranges::find(task.ranges, counting->index_range, &data::SedmlRange::id);
  const auto& measure = counting->kind == data::SedmlRange::Kind::listed || followed == task.ranges.end()
                            ? *counting
                            : *followed;
  if (measure.values.empty())
    throw base::InputError("R111", place(measure.line), "the range `" + measure.id + "` has no values");

  std::vector<std::vector<data::Array>> times;
  std::map<std::string, std::vector<std::vector<data::Array>>> values;
  for (std::size_t iteration = 0; iteration < measure.values.size(); ++iteration) {
    if (task.reset_model)
      for (const auto& model : models_of(task)) {
        std::vector<SedmlSetting> kept;
        for (const auto& one : outer)
          if (one.model == model) kept.push_back(one.setting);
        instance(model).reset(std::move(kept));
      }
    const auto ranges = values_of_ranges(task, iteration, outer_ranges);
    Settings settings = outer;
    change_models(task, settings, ranges);
    times.emplace_back();
    std::map<std::string, std::vector<data::Array>> row;
    for (const auto& sub : task.sub_tasks) {
      auto made = run_any(task_named(sub, place(task.line)), settings, ranges);
      times.back().push_back(std::move(made.time));
      for (const auto& [target, quantities] : made.values) row[target];
      for (auto& [target, entries] : row) {
        // A target that one sub-task has and another lacks leaves a gap, not a shift.
        entries.resize(times.back().size() - 1, data::Array{{}, {std::numeric_limits<double>::quiet_NaN()}});
        const auto found = made.values.find(target);
        entries.push_back(found != made.values.end()
                              ? found->second
                              : data::Array{{}, {std::numeric_limits<double>::quiet_NaN()}});
      }
    }
    for (auto& [target, entries] : row) values[target].push_back(std::move(entries));
  }
  SedmlTaskValues made;
  made.time = gathered(times, task.concatenate);
  for (const auto& [target, rows] : values) made.values[target] = gathered(rows, task.concatenate);
  return made;
}

}  // namespace raad::run
