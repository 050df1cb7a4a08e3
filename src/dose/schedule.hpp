// From regimens to actions on a model: which state gets how much, when.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/table.hpp"
#include "dose/regimen.hpp"
#include "ir/system.hpp"
#include "solve/problem.hpp"

namespace raad::dose {

/// The library's dosing tables (drugs.tsv, routes.tsv, compounds.tsv, unsupported_routes.tsv).
struct DosingTables {
  base::Table drugs, routes, compounds, unsupported_routes;
  /// Reads the four tables of the folder and checks them.
  static DosingTables read(const std::filesystem::path& library, base::Diagnostics& findings);
  /// Reports R080 for missing columns and R081 for a drug that is listed twice.
  void check(base::Diagnostics& findings) const;
};

/// A parameter that a drug sets for the whole run (the profile of a generic compound).
struct ParameterOverride {
  std::string parameter_id;
  double value = 0.0;
  base::SourcePlace place = {};  ///< Row of the table that says so
};

/// What was given, for reports: one line for each administration after expansion.
struct Administration {
  double time_h = 0.0;
  std::string drug;
  std::string route;
  double amount_mg = 0.0;  ///< Salt corrected
  double duration_h = 0.0;
};

struct Schedule {
  std::vector<solve::Action> actions;
  std::vector<ParameterOverride> overrides;
  std::vector<Administration> administrations;
  std::vector<std::string>
      drug_classes;  ///< Distinct classes given (serotonergic, nmda, ...), for hypotheses
  std::vector<std::string>
      notes;  ///< What was assumed or ignored: salts, default durations, background treatment
};

/// Overrides and classes only, before parameters are fixed (they decide about hypotheses and compounds).
Schedule classify(const Regimen& regimen, const DosingTables& tables, const std::string& system_name,
                  base::Diagnostics& findings);

/// The full schedule. `parameters` are the values used for bioavailabilities and body weight (`body_weight`
/// [kg]). Reports R071 (drug), R072 (route), R073 (unit), R076 (dose outside the drug's plausible range,
/// negative), R078 (refused by name).
Schedule plan(const Regimen& regimen, const DosingTables& tables, const ir::System& system,
              const std::string& system_name, const std::vector<double>& parameters,
              base::Diagnostics& findings);

}  // namespace raad::dose
