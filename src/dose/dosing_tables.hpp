// The library's dosing tables as typed rows: what a drug is, and where a dose of it goes by each route.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/diagnostics.hpp"
#include "dose/schedule.hpp"

namespace raad::dose {

/// A row of drugs.tsv.
struct Drug {
  std::string id;
  std::string drug_class;     ///< serotonergic, nmda, ... ; `control` for what has no effect of its own
  std::string active_moiety;  ///< What the dose is counted as after the salt factor
  std::string compound_id;  ///< Profile of compounds.tsv that this drug sets for the whole run; may be empty
  std::string note;
  double salt_factor = 1.0;  ///< mg of the form that the model counts per mg as stated
  std::optional<double> minimum_mg_per_kg, maximum_mg_per_kg;  ///< Plausible single doses
  base::SourcePlace place;

  /// Levels of an inhibitor (`fraction`, `fold`, `IC50`) are given instead of masses.
  bool dosed_by_level() const { return drug_class == "inhibitor"; }
  bool inactive() const { return drug_class == "control"; }
  /// A pooled class or an unspecified product: nobody can say which molecule was given.
  bool unsupported() const { return drug_class == "unsupported"; }
};

/// A row of routes.tsv: one target of a drug given by a route.
struct RouteTarget {
  std::string route;
  bool sets_parameter = false;  ///< `set`: a parameter for a while; else `add`: to a state
  std::string target;           ///< Flat id
  std::string factor;           ///< Formula: what one unit of dose (mg, or level) becomes in the target
  std::string later_factor;     ///< The same for the later devices of a session; empty: as `factor`
  std::optional<double> unit_dose_mg;          ///< Content of one device
  std::optional<double> unit_dose_interval_h;  ///< Between devices of one dose
  std::optional<double> session_gap_h;         ///< A device this long after the last one starts a new session
  std::optional<double> default_duration_h;
  bool infusion = false;  ///< May be given at a constant rate
  std::string note;
  base::SourcePlace place;
};

/// The drug of that name or alias, case ignored; null with R071 and the nearest name when there is none.
std::optional<Drug> find_drug(const DosingTables& tables, const std::string& name,
                              const base::SourcePlace& place, base::Diagnostics& findings);

/// All rows of a drug in a system, in the order of the table. Reports R088 for cells that mean nothing.
std::vector<RouteTarget> routes_of(const DosingTables& tables, const std::string& drug_id,
                                   const std::string& system_name, base::Diagnostics& findings);

/// Why a route is not supported, from unsupported_routes.tsv; empty when the table says nothing about it.
std::string unsupported_reason(const DosingTables& tables, const std::string& drug_id,
                               const std::string& route);

/// Parameters that a compound sets, in the order of compounds.tsv.
std::vector<ParameterOverride> compound_overrides(const DosingTables& tables, const std::string& compound_id,
                                                  base::Diagnostics& findings);

}  // namespace raad::dose
