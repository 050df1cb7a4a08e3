// Tables, figures and summaries of `raad adjudicate`.
#pragma once

#include <filesystem>
#include <string>

#include "study/adjudication.hpp"
#include "study/experiments.hpp"

namespace raad::app {

struct Adjudication {
  study::HypothesisSpace space;
  study::HypothesisPredictions calibration, validation;
  study::ClusterModel clusters;
  std::vector<study::HypothesisScore> scores, validation_scores;  ///< By combination
  std::vector<study::OptionWeight> options;
  std::vector<study::DecidingRow> deciding;
  std::vector<study::Experiment> experiments;
  std::vector<study::ExperimentPrediction> predictions;
  std::vector<study::ExperimentRank> ranks;
  std::string next;
};

/// hypotheses.tsv, options.tsv, deciding_rows.tsv, dropped_rows.tsv, experiments.tsv, options.svg,
/// experiments.svg, summary.json.
void write_adjudication(const Adjudication& result, const data::Library& library,
                        const std::filesystem::path& folder);
std::string adjudication_json(const Adjudication& result);
void print_adjudication(const Adjudication& result);

}  // namespace raad::app
