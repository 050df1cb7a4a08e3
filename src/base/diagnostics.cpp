#include "base/diagnostics.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <stdexcept>
#include <tuple>

#include "base/utf8.hpp"

namespace raad::base {
namespace {

std::string place_text(const SourcePlace& place) {
  if (place.line == 0) return place.file;
  if (place.column == 0) return fmt::format("{}:{}", place.file, place.line);
  return fmt::format("{}:{}:{}", place.file, place.line, place.column);
}

// More would hide the next message.
constexpr std::size_t k_lines_named = 5;

/// `; also in lines 3, 5, 8`
std::string others_text(const std::vector<int>& lines) {
  if (lines.empty()) return "";
  const std::size_t named = std::min(lines.size(), k_lines_named);
  std::string text = fmt::format("; also in line{} {}", lines.size() == 1 ? "" : "s",
                                 fmt::join(lines.begin(), lines.begin() + static_cast<long>(named), ", "));
  if (named < lines.size()) text += fmt::format(" and {} more", lines.size() - named);
  return text;
}

Diagnostics single(std::string code, SourcePlace place, std::string message, std::string hint) {
  Diagnostics findings;
  findings.error(std::move(code), std::move(place), std::move(message), std::move(hint));
  return findings;
}

int edit_distance(std::string_view a, std::string_view b) {
  std::vector<int> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    int diagonal = row[0];
    row[0] = static_cast<int>(i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const int above = row[j];
      const int change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({above + 1, row[j - 1] + 1, change});
      diagonal = above;
    }
  }
  return row.back();
}

}  // namespace

std::string to_text(const Diagnostic& diagnostic) {
  const std::string place = place_text(diagnostic.place);
  std::string text = fmt::format("{}{}{} {}: {}", place, place.empty() ? "" : ": ",
                                 diagnostic.severity == Severity::error ? "error" : "warning",
                                 diagnostic.code, diagnostic.message);
  if (!diagnostic.hint.empty()) text += "\n  hint: " + diagnostic.hint;
  return text;
}

std::string to_text(const Diagnostics& findings, Severity least) {
  const auto kind = [](const Diagnostic& one) {
    return std::tie(one.place.file, one.code, one.message, one.hint, one.severity);
  };
  std::map<decltype(kind(findings.all().front())), std::vector<int>> lines;
  for (const auto& one : findings.all()) lines[kind(one)].push_back(one.place.line);
  std::string text;
  for (const auto& one : findings.all()) {
    auto& places = lines.at(kind(one));
    if (one.severity < least || places.empty()) continue;
    auto shown = one;
    shown.message += others_text({places.begin() + 1, places.end()});
    places.clear();
    text += (text.empty() ? "" : "\n") + to_text(shown);
  }
  return text;
}

void Diagnostics::error(std::string code, SourcePlace place, std::string message, std::string hint) {
  add({std::move(code), Severity::error, std::move(place), std::move(message), std::move(hint)});
}

void Diagnostics::warning(std::string code, SourcePlace place, std::string message, std::string hint) {
  add({std::move(code), Severity::warning, std::move(place), std::move(message), std::move(hint)});
}

void Diagnostics::add(Diagnostic diagnostic) {
  if (!is_known_code(diagnostic.code)) throw std::logic_error("undocumented error code " + diagnostic.code);
  // Messages quote what users wrote, which may be anything.
  diagnostic.message = well_formed(diagnostic.message);
  diagnostic.hint = well_formed(diagnostic.hint);
  all_.push_back(std::move(diagnostic));
}

void Diagnostics::append(const Diagnostics& other) {
  all_.insert(all_.end(), other.all_.begin(), other.all_.end());
}

void Diagnostics::sort() {
  const auto key = [](const Diagnostic& d) {
    return std::tie(d.place.file, d.place.line, d.place.column, d.code, d.message, d.hint, d.severity);
  };
  std::sort(all_.begin(), all_.end(), [&](const auto& a, const auto& b) { return key(a) < key(b); });
  const auto last =
      std::unique(all_.begin(), all_.end(), [&](const auto& a, const auto& b) { return key(a) == key(b); });
  all_.erase(last, all_.end());
}

bool Diagnostics::has_errors() const {
  return std::any_of(all_.begin(), all_.end(), [](const auto& d) { return d.severity == Severity::error; });
}

InputError::InputError(Diagnostics findings)
    : std::runtime_error(to_text(findings)), findings_(std::move(findings)) {}

InputError::InputError(std::string code, SourcePlace place, std::string message, std::string hint)
    : InputError(single(std::move(code), std::move(place), std::move(message), std::move(hint))) {}

void throw_if_errors(const Diagnostics& findings) {
  if (findings.has_errors()) throw InputError(findings);
}

bool is_known_code(std::string_view code) {
  const auto& codes = error_codes();
  return std::any_of(codes.begin(), codes.end(), [&](const ErrorCode& known) { return known.code == code; });
}

std::string nearest_name(std::string_view name, const std::vector<std::string>& candidates) {
  std::string best;
  // A third of the length: enough for a typo or two, too little to suggest an unrelated word.
  int best_distance = std::max(1, static_cast<int>(name.size()) / 3) + 1;
  for (const auto& candidate : candidates) {
    const int distance = edit_distance(name, candidate);
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

}  // namespace raad::base
