// The library on disk: where it is, and its tables (read-outs, hypotheses, sources, scales, trial scenarios,
// drugs) as typed rows.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/diagnostics.hpp"
#include "base/table.hpp"
#include "dose/schedule.hpp"

namespace raad::data {

/// A read-out that can be asked for by name (a row of observables.tsv).
struct Observable {
  enum class Kind {
    timecourse,       ///< `symbol` is a flat id of the system, followed over time
    summary,          ///< A number made from a time course (`plasma_psilocin_cmax`); studies compute it
    not_represented,  ///< Known name that no part of the model stands for; `note` says why
  };
  std::string id;            ///< `observableId`: the name in evidence and on the command line
  std::string symbol;        ///< Flat id or alias in the system; for summaries the time course behind it
  std::string unit;          ///< As the observable is reported
  std::string group;         ///< Level of the model: exposure, receptor, circuit, ...
  std::string display_name;  ///< For axes and tables
  Kind kind = Kind::timecourse;
  bool is_default = false;  ///< Shown when the user names none
  bool log_axis = false;    ///< Drawn on a logarithmic axis
  std::string note;
  std::vector<std::string> systems;  ///< Systems that have it; empty: all
  base::SourcePlace place;

  bool in_system(const std::string& system_name) const;
};

/// A parameter value that a hypothesis sets.
struct HypothesisSetting {
  std::string parameter_id;
  double value = 0.0;
  std::string applies_to;  ///< `all`, or a drug class: only runs that give a drug of this class are changed
  base::SourcePlace place;
};

/// A rival explanation as a named switch (the rows of hypotheses.tsv with one `hypothesisId`).
struct Hypothesis {
  std::string id;
  std::string group;  ///< Rivals share a group; two of one group exclude each other
  std::string description;
  std::string evidence_for;
  std::string evidence_against;
  std::vector<HypothesisSetting> settings;  ///< In the order of the table
};

/// A bibliographic record (a row of sources.tsv).
struct Source {
  std::string id;
  std::string pmid, doi, citation, year, kind, note;
};

/// A trial setting chosen by patterns over an evidence row (a row of scenarios.tsv); the first match from the
/// top counts.
struct TrialScenario {
  std::string id;
  std::string population_pattern, comparator_pattern, arm_pattern;  ///< Regular expressions, case ignored
  std::map<std::string, double> values;  ///< Every number column of the table by its name
  std::string kind, note;
};

struct Library {
  std::filesystem::path home;      ///< The folder that holds library/ and evidence/
  std::filesystem::path folder;    ///< home/library
  std::filesystem::path evidence;  ///< home/evidence
  std::vector<Observable> observables;
  std::vector<Hypothesis> hypotheses;
  std::vector<Source> sources;
  std::map<std::string, double> nominal_scales;  ///< Unit text or flat state id -> scale (scales.tsv)
  std::vector<TrialScenario> scenarios;
  dose::DosingTables dosing;

  const Observable* find_observable(const std::string& id) const;
  const Hypothesis* find_hypothesis(const std::string& id) const;
  const Source* find_source(const std::string& id) const;
  std::vector<std::string> observable_ids() const;
  std::vector<std::string> hypothesis_ids() const;
  std::vector<std::string> source_ids() const;
  /// Names of the assembled systems: the stems of library/systems/*.ant, sorted.
  std::vector<std::string> system_names() const;
  /// library/systems/<name>.ant, whether it exists or not.
  std::filesystem::path system_file(const std::string& name) const;
  /// Any file of the library by its path below library/, for tables that a study reads itself.
  std::filesystem::path file(const std::string& path) const;
};

/// The folder that holds library/: RAAD_HOME, else the executable's folder, else one level up, else
/// ../share/raad of the executable. Throws InputError R086 that lists every place looked at.
std::filesystem::path find_home();
/// The same for a given value of RAAD_HOME ("" = unset) and a given executable, for tests.
std::filesystem::path find_home(const std::string& raad_home, const std::filesystem::path& executable);

/// Reads all tables below `home`/library. Every finding is added; what could be read is returned. Tables that
/// a small library may lack (hypotheses, scenarios, scales) are empty when absent.
Library open_library(const std::filesystem::path& home, base::Diagnostics& findings);

/// Hypotheses by name, in the order given. A name may join several with `+`; `default` stands for none.
/// Reports R075 for an unknown name (with the nearest one) and for two of one group.
std::vector<const Hypothesis*> resolve_hypotheses(const Library& library,
                                                  const std::vector<std::string>& names,
                                                  base::Diagnostics& findings);

/// What the hypotheses set in a run that gives drugs of `drug_classes` (dose::Schedule::drug_classes), in
/// order.
std::vector<dose::ParameterOverride> hypothesis_overrides(const std::vector<const Hypothesis*>& hypotheses,
                                                          const std::vector<std::string>& drug_classes);

}  // namespace raad::data
