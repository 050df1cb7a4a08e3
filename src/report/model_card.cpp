#include "report/model_card.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "base/table.hpp"

namespace raad::report {
namespace {

constexpr const char* k_sections[] = {"context",  "question",     "influence",   "consequence",
                                      "adequacy", "verification", "uncertainty", "applicability"};

std::string percent(double share) {
  return std::isfinite(share) ? fmt::format("{:.0f} %", 100.0 * share) : "";
}

std::string number(double value) {
  return std::isfinite(value) ? fmt::format("{:.2f}", value) : "";
}

void add_statements(Document& card, const CardInputs& inputs, const std::string& section) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& one : inputs.statements)
    if (one.section == section) rows.push_back({one.item, one.statement});
  card.table({"item", "statement"}, std::move(rows));
}

void add_verification(Document& card, const CardInputs& inputs) {
  card.paragraph(
      "Each check is a command that anyone can repeat; `make test` runs the test programs among them.");
  std::vector<std::vector<std::string>> rows;
  for (const auto& one : inputs.statements)
    if (one.section == "verification") rows.push_back({one.item, one.statement, one.command});
  card.table({"what", "how it is checked", "command"}, std::move(rows));
}

void add_validation(Document& card, const CardInputs& inputs) {
  card.paragraph(
      fmt::format("Computed for this document. Calibration rows were used to fit the library, validation "
                  "rows never; the two are never mixed. z is the distance between prediction and datum in "
                  "units of their spread; about half of the rows should lie in the 50 % interval and nine "
                  "tenths in the 90 % interval. Clinical arms are {} virtual participants.",
                  inputs.subjects));
  for (const char* table : {"calibration", "validation"}) {
    std::vector<std::vector<std::string>> rows;
    for (const auto& one : inputs.validation->summaries)
      if (one.file == table)
        rows.push_back({one.family, std::to_string(one.scored), std::to_string(one.skipped),
                        one.signs > 0 ? fmt::format("{} of {}", one.signs_right, one.signs) : "",
                        number(one.bias), number(one.root_mean_square), percent(one.inside50),
                        percent(one.inside90)});
    if (rows.empty()) continue;
    card.heading(std::string(table) == "validation" ? "Held-back evidence (validation)"
                                                    : "Evidence used to fit (calibration)",
                 3);
    card.table({"family", "scored", "not scored", "directions right", "mean z", "root mean square z",
                "in 50 %", "in 90 %"},
               std::move(rows));
  }
  std::map<std::string, int> reasons;
  int scored = 0, inside = 0;
  std::vector<std::vector<std::string>> misses;
  for (const auto& score : inputs.validation->scores) {
    if (!score.scored()) {
      ++reasons[score.skipped];
      continue;
    }
    if (score.file != "validation") continue;
    ++scored;
    inside += score.inside ? 1 : 0;
    if (!score.inside)
      misses.push_back({score.row->id, fmt::format("{:.4g}", score.row->value),
                        fmt::format("{:.4g}", score.predicted), score.row->unit, number(score.z)});
  }
  card.heading("Held-back rows that are missed", 3);
  card.paragraph(fmt::format(
      "{} of {} scored held-back rows lie within their 90 % interval (directions: are right). The others:",
      inside, scored));
  card.table({"row", "observed", "predicted", "unit", "z"}, std::move(misses));
  std::vector<std::pair<int, std::string>> order;
  for (const auto& [reason, count] : reasons) order.emplace_back(-count, reason);
  std::ranges::sort(order);
  std::vector<std::vector<std::string>> rows;
  for (const auto& [count, reason] : order) rows.push_back({std::to_string(-count), reason});
  card.heading("Rows that are not scored, and why", 3);
  card.table({"rows", "reason"}, std::move(rows));
}

void add_uncertainty(Document& card, const CardInputs& inputs) {
  add_statements(card, inputs, "uncertainty");
  std::vector<std::vector<std::string>> rows;
  for (const auto& one : inputs.spreads)
    rows.push_back({one.family, one.measure.empty() ? "any" : one.measure,
                    one.scale == study::ScoreScale::logarithmic ? "natural logarithm" : one.unit,
                    fmt::format("{:.3g}", one.spread), std::to_string(one.rows)});
  card.heading("Spread of predictions about measurements", 3);
  card.paragraph("Beyond the measurements' own sampling error; from calibration residuals only.");
  card.table({"family", "measure", "scale", "standard deviation", "calibration rows"}, std::move(rows));
}

void add_provenance(Document& card, const CardInputs& inputs) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& one : inputs.coverage) {
    const auto share = [&](std::size_t count) {
      return fmt::format(
          "{} ({:.1f} %)", count,
          100.0 * static_cast<double>(count) / static_cast<double>(std::max<std::size_t>(one.parameters, 1)));
    };
    std::vector<std::string> row = {one.system, std::to_string(one.parameters)};
    for (const char* kind : {"measured", "derived", "fitted", "assumed"}) {
      const auto found = one.by_kind.find(kind);
      row.push_back(share(found == one.by_kind.end() ? 0 : found->second));
    }
    row.push_back(share(one.with_source));
    row.push_back(share(one.with_bounds));
    rows.push_back(std::move(row));
  }
  card.table({"system", "parameters", "measured", "derived", "fitted", "assumed", "traced to a document",
              "with bounds"},
             std::move(rows));
  for (const auto& one : inputs.coverage) {
    card.heading("Assumed in the " + one.system + " system", 3);
    std::vector<std::vector<std::string>> assumed;
    for (const auto& value : one.assumed)
      assumed.push_back(
          {value.id, value.display_name, base::format_number(value.value), value.unit, value.note});
    card.table({"parameter", "meaning", "value", "unit", "note"}, std::move(assumed));
  }
}

void add_hypotheses(Document& card, const data::Library& library) {
  card.paragraph(
      "Rival mechanisms are switches, not choices made once. A conclusion that holds under one of them only "
      "is not a conclusion; `raad adjudicate` weighs them against the evidence.");
  std::vector<std::vector<std::string>> rows;
  for (const auto& one : library.hypotheses)
    rows.push_back({one.id, one.group, one.description, one.evidence_for, one.evidence_against});
  card.table({"hypothesis", "group", "meaning", "evidence for", "evidence against"}, std::move(rows));
}

}  // namespace

std::vector<CredibilityStatement> read_credibility(const data::Library& library,
                                                   base::Diagnostics& findings) {
  const auto table = base::Table::read(library.file("credibility.tsv"), findings);
  std::vector<CredibilityStatement> statements;
  if (!table.require_columns({"section", "item", "statement", "command"}, findings)) return statements;
  for (std::size_t row = 0; row < table.row_count(); ++row) {
    const auto& section = table.cell(row, "section");
    if (std::ranges::find(k_sections, section) == std::end(k_sections))
      findings.error("R088", table.place(row, "section"), "unknown section `" + section + "`",
                     "use context, question, influence, consequence, adequacy, verification, uncertainty or "
                     "applicability");
    statements.push_back(
        {section, table.cell(row, "item"), table.cell(row, "statement"), table.cell(row, "command")});
  }
  return statements;
}

std::vector<CardInputs::Failure> read_known_failures(const data::Library& library,
                                                     base::Diagnostics& findings) {
  const auto table = base::Table::read(library.file("known_failures.tsv"), findings);
  std::vector<CardInputs::Failure> failures;
  if (!table.require_columns({"failureId", "statement", "where"}, findings)) return failures;
  for (std::size_t row = 0; row < table.row_count(); ++row)
    failures.push_back(
        {table.cell(row, "failureId"), table.cell(row, "statement"), table.cell(row, "where")});
  return failures;
}

Document model_card(const data::Library& library, const CardInputs& inputs) {
  Document card;
  card.title = "raad: credibility of the model";
  card.subtitle =
      "Made by `raad report card` from the library, the evidence and the program itself; version " +
      inputs.version +
      ". Structure: ASME V&V 40-2018 and ICH M15. Research use only: no dosing advice, no decision about a "
      "patient.";
  std::vector<std::vector<std::string>> hashes;
  for (const auto& [system, hash] : inputs.model_hashes) hashes.push_back({system, hash});
  card.table({"system", "model hash"}, std::move(hashes));
  card.heading("1. Question of interest");
  add_statements(card, inputs, "question");
  card.heading("2. Context of use");
  add_statements(card, inputs, "context");
  card.heading("3. Model risk");
  card.heading("Model influence", 3);
  add_statements(card, inputs, "influence");
  card.heading("Decision consequence", 3);
  add_statements(card, inputs, "consequence");
  card.heading("4. Verification");
  add_verification(card, inputs);
  card.heading("5. Validation");
  add_validation(card, inputs);
  card.heading("6. Applicability");
  add_statements(card, inputs, "applicability");
  card.heading("7. Uncertainty");
  add_uncertainty(card, inputs);
  card.heading("8. Rival hypotheses");
  add_hypotheses(card, library);
  card.heading("9. Where the numbers come from");
  add_provenance(card, inputs);
  card.heading("10. Known failures");
  std::vector<std::vector<std::string>> rows;
  for (const auto& one : inputs.known_failures) rows.push_back({one.id, one.statement, one.where});
  card.table({"failure", "what is wrong", "where"}, std::move(rows));
  card.heading("11. Adequacy");
  add_statements(card, inputs, "adequacy");
  return card;
}

}  // namespace raad::report
