// Two treatments side by side: what each does at every level, and what they share.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "data/evidence.hpp"
#include "data/library.hpp"
#include "run/simulation.hpp"

namespace raad::study {

/// Summary of one read-out under one treatment. All values in the read-out's unit unless stated.
/// The effect is the deviation from the value before the first dose.
struct Measures {
  double baseline = 0.0;
  double peak = 0.0;               ///< Value where the effect is largest in magnitude
  double peak_effect = 0.0;        ///< peak - baseline, signed
  double peak_time_h = 0.0;        ///< NaN when nothing moves
  double duration_h = 0.0;         ///< Total time with |effect| above 10 % of its own peak effect
  double area = 0.0;               ///< Integral of the effect over the run [unit x h]
  double at_2h = 0.0, at_24h = 0.0, at_7d = 0.0, at_28d = 0.0;
};

enum class Shared {
  shared,    ///< Both move it the same way, each beyond 10 % of the larger effect
  distinct,  ///< Moved by one only, or in opposite ways
  unmoved,   ///< Neither moves it beyond the solver's tolerance
};

struct ProfileRow {
  std::string group;
  std::string observable;
  std::string display_name;
  std::string unit;
  Measures first, second;
  Shared shared = Shared::unmoved;
  std::vector<std::string> assumed;  ///< Assumed parameters that the row rests on, most influential first
};

/// A published measurement that belongs over a curve.
struct MeasuredPoint {
  std::string observable;
  int treatment = 0;  ///< 0 first, 1 second
  double time_h = 0.0;
  double value = 0.0;
  std::optional<double> half_width;  ///< 95 % half-width from the row's spread and n
  std::string evidence_id, source, file;  ///< file: calibration or validation
  std::string note;
};

struct Comparison {
  std::string treatments[2];
  std::string system;
  run::TimeCourses courses[2];
  std::vector<ProfileRow> rows;
  std::vector<MeasuredPoint> points;
  std::string rule;  ///< The sentence that defines shared and distinct
  std::vector<std::string> notes;
};

struct ComparisonSettings {
  std::string system = "human";
  double end_h = 28 * 24.0;
  std::vector<std::string> hypotheses;
  std::vector<std::pair<std::string, double>> settings;
  solve::Options solver;
};

Comparison compare(const data::Library& library, const run::LoadedSystem& system, const dose::Regimen& first,
                   const dose::Regimen& second, const data::Evidence& evidence, const ComparisonSettings& settings);

/// Measures of one series (exposed for tests and other studies).
Measures measure(const std::vector<double>& time_h, const std::vector<double>& values);

}  // namespace raad::study
