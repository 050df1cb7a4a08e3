// Compounds to screen: what is known of their receptors, with what is missing left open.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/diagnostics.hpp"

namespace raad::data {

struct Compound {
  std::string id;
  std::optional<double> ki_5ht2a_nM, gq_ec50_nM, gq_efficacy, arrestin_ec50_nM,
      arrestin_efficacy;  ///< Efficacies relative to serotonin [1]
  std::optional<double> ki_5ht1a_nM, ki_5ht2b_nM, ki_5ht2c_nM, trkb_kd_nM;
  std::optional<double> log_p, molar_mass, polar_surface_A2;
  std::string mechanism;  ///< As the table says; empty: a 5-HT2A ligand of unknown profile
  std::optional<double> hydrogen_bond_donors;
  std::optional<double> htr_ed50_mg_per_kg;     ///< Mouse, as published
  std::string htr_mouse, human_hallucinogenic;  ///< yes, no, partial, unknown or empty
  base::SourcePlace place;
};

/// Reads a table with the columns of evidence/compounds.tsv; only `compound` must be there. Findings: R080
/// (unknown column), R081, R082, R140 (an affinity or potency that is not above 0), R141 (an efficacy outside
/// 0 to 200 % of serotonin), R143 (receptor data without a source, where the table has a column for it).
std::vector<Compound> read_compounds(const std::filesystem::path& file, base::Diagnostics& findings);

/// One compound from text such as `Ki_5HT2A=12 nM, Gq_Emax=0.35, barr2_Emax=0.8, logP=2.4`. R142 for unknown
/// names and missing or wrong units.
Compound parse_compound(const std::string& text, base::Diagnostics& findings);

}  // namespace raad::data
