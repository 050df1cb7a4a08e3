// Tasks of an experiment carried out, repeated ones with their ranges and changes.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "data/array.hpp"
#include "run/kisao.hpp"
#include "run/sedml_instance.hpp"
#include "run/sedml_models.hpp"

namespace raad::run {

/// What is known of one task when it is done. Iterations and sub-tasks of a repeated task are dimensions in
/// front of those of its simulations: none (steady state), two (one step) or all output times.
struct SedmlTaskValues {
  data::Array time;
  std::map<std::string, data::Array> values;   ///< By target
  std::map<std::string, std::string> missing;  ///< Targets that no model of the task has, with the reason
};

struct SedmlTaskNotes {
  std::string kisao;            ///< Of what was run
  std::set<std::string> notes;  ///< Replaced algorithms, parameters that are not used
};

class SedmlTasks {
 public:
  SedmlTasks(const data::SedmlDocument& document, SedmlModels& models, Substitution substitution)
      : document_(document), models_(models), substitution_(substitution) {}

  /// From the initial state of its models. Throws InputError and NumericalError.
  SedmlTaskValues run(const data::SedmlTask& task, SedmlTaskNotes& notes);

 private:
  struct Setting {
    std::string model;
    SedmlSetting setting;
  };
  using Settings = std::vector<Setting>;
  using RangeValues = std::map<std::string, double>;

  SedmlTaskValues run_any(const data::SedmlTask& task, const Settings& settings, const RangeValues& ranges);
  SedmlTaskValues run_simple(const data::SedmlTask& task);
  SedmlTaskValues run_repeated(const data::SedmlTask& task, const Settings& settings,
                               const RangeValues& ranges);
  void change_models(const data::SedmlTask& task, Settings& settings, const RangeValues& ranges);
  double computed(const data::SedmlCalculation& calculation, const RangeValues& ranges,
                  const base::SourcePlace& place);
  RangeValues values_of_ranges(const data::SedmlTask& task, std::size_t iteration, const RangeValues& outer);
  SedmlInstance& instance(const std::string& model);
  std::set<std::string> models_of(const data::SedmlTask& task, int depth = 0) const;
  void find_asked(const data::SedmlTask& task);
  const data::SedmlTask& task_named(const std::string& id, const base::SourcePlace& place) const;
  base::SourcePlace place(int line) const { return {document_.file.string(), line, 0}; }

  const data::SedmlDocument& document_;
  SedmlModels& models_;
  Substitution substitution_;
  SedmlTaskNotes* notes_ = nullptr;
  std::set<std::string> targets_;                                           ///< Asked of the task that runs
  std::map<std::string, std::map<std::string, SedmlQuantity>> quantities_;  ///< By model and target
  std::map<std::string, std::string> missing_;                              ///< Last reason, by target
  std::map<std::string, std::unique_ptr<SedmlInstance>> instances_;         ///< By model
};

}  // namespace raad::run
