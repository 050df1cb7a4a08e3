// The library against its calibration evidence, as something to be fitted.
#pragma once

#include <memory>

#include "study/evidence_cost.hpp"
#include "study/objective.hpp"

namespace raad::study {

struct CalibrationSettings {
  /// Flat ids, such as `mood__ampar_relief`; `human:ID` or `mouse:ID` where the species have values of their
  /// own.
  std::vector<std::string> parameters;
  std::vector<std::string> families;  ///< Of evidence rows; empty: all that are scored
  std::vector<std::string> sources;   ///< Studies left out
  SpreadRule spreads = SpreadRule::library;
  ValidationSettings validation;
};

/// Where a fitted number stands in the library.
struct CalibratedRow {
  std::string id;
  base::SourcePlace place;  ///< Row of the module's parameter table
  double value = 0.0;       ///< Present value, in the unit of the row
  std::string unit;
};

/// Minus the logarithm of the posterior density: evidence_cost() of the scored rows, and a normal prior on
/// every position, centred on the library's value, with the bounds of its row as 95 % interval.
class EvidenceObjective final : public Objective {
 public:
  /// Only calibration evidence is accepted: InputError R160 for a table of another name, R074 for unknown
  /// parameters, R161 for parameters that may not be fitted (measured, without bounds, or of
  /// two species at once). The library and
  /// the table must outlive the objective.
  EvidenceObjective(const data::Library& library, const data::EvidenceTable& table,
                    CalibrationSettings settings);
  ~EvidenceObjective() override;

  const std::vector<EstimatedParameter>& parameters() const override;
  bool has_gradient() const override { return false; }
  std::string identity() const override;
  Evaluation evaluate(std::span<const double> position, Wanted wanted) const override;

  const std::vector<CalibratedRow>& rows() const;
  std::vector<double> nominal_position() const;
  /// Scores of the rows that count, at a position.
  ValidationResult scores(std::span<const double> position) const;
  /// Without the prior of the parameters.
  EvidenceCost cost_of(const ValidationResult& result) const;

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace raad::study
