#include "app/time_courses.hpp"

#include <algorithm>

#include "app/command.hpp"
#include "base/table.hpp"
#include "run/simulation.hpp"

namespace raad::app {
namespace {

// Enough for a smooth curve, few enough to read: the contract of docs/command_line.md.
constexpr int k_default_points = 200;
// More rows than anybody plots from one subject; guards against --every 1s over a year by mistake.
constexpr double k_most_points = 5e6;

}  // namespace

std::vector<double> output_times(const std::string& every, double end, const std::string& model_time_unit) {
  std::vector<double> times;
  if (every.empty()) {
    for (int i = 0; i < k_default_points; ++i) times.push_back(end * i / (k_default_points - 1));
    return times;
  }
  const double step = parse_duration("--every", every, model_time_unit);
  if (end / step > k_most_points)
    throw base::InputError("R070", {"--every"}, "more than five million output times",
                           "choose a longer step");
  // Multiples, not a running sum, so that no rounding builds up; a last time within rounding of the end
  // counts.
  for (long i = 0; static_cast<double>(i) * step <= end * (1.0 + 1e-12); ++i)
    times.push_back(std::min(static_cast<double>(i) * step, end));
  return times;
}

std::vector<std::string> chosen_observables(const std::vector<std::string>& given,
                                            const data::Library& library, const run::LoadedSystem& system) {
  std::vector<std::string> names;
  for (const auto& text : given)
    for (const auto& part : base::split(text, ','))
      if (!base::trim(part).empty()) names.emplace_back(base::trim(part));
  if (!given.empty() && names.empty())
    throw base::InputError("R070", {"--observe"}, "no observable named",
                           "leave the option out for the main read-outs");
  for (std::size_t i = 0; i < names.size(); ++i)
    if (std::find(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(i), names[i]) !=
        names.begin() + static_cast<std::ptrdiff_t>(i))
      throw base::InputError("R070", {"--observe"}, "`" + names[i] + "` is named twice", "keep one");
  return names.empty() ? run::default_observables(library, system) : names;
}

}  // namespace raad::app
