// The credibility document: what the model is for, what was checked, how well it predicts, what it rests on.
#pragma once

#include <string>
#include <vector>

#include "data/library.hpp"
#include "report/document.hpp"
#include "study/provenance_coverage.hpp"
#include "study/validation.hpp"

namespace raad::report {

/// A row of library/credibility.tsv.
struct CredibilityStatement {
  std::string section;  ///< context, question, influence, consequence, adequacy, verification, uncertainty
  std::string item, statement, command;
};
/// R080, R082 and others of tables; R088 for an unknown section.
std::vector<CredibilityStatement> read_credibility(const data::Library& library, base::Diagnostics& findings);

struct CardInputs {
  std::string version;
  std::vector<CredibilityStatement> statements;
  std::vector<study::ProvenanceCoverage> coverage;  ///< By system
  std::vector<study::PredictionSpread> spreads;
  const study::ValidationResult* validation = nullptr;
  int subjects = 0;
  std::vector<std::pair<std::string, std::string>> model_hashes;  ///< System, hash
  struct Failure {
    std::string id, statement, where;
  };
  std::vector<Failure> known_failures;
};
std::vector<CardInputs::Failure> read_known_failures(const data::Library& library,
                                                     base::Diagnostics& findings);

/// In the order of ASME V&V 40-2018 (question, context of use, model risk, verification, validation,
/// applicability) with the assessment elements of ICH M15. It says no more than the data do: a grade that a
/// person has to give is left to that person, and the place says so.
Document model_card(const data::Library& library, const CardInputs& inputs);

}  // namespace raad::report
