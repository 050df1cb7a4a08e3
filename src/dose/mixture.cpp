#include "dose/mixture.hpp"

#include <cmath>
#include <optional>

#include "dose/dosing_tables.hpp"
#include "dose/vocabulary.hpp"

namespace raad::dose {
namespace {

struct WeightedAmount {
  double amount = 0.0;
  double weight = 0.0;
};

/// Nodes sqrt(3/5) and weights 5/9, 8/9, 5/9 of [-1, 1], brought to shares of [low, high].
std::vector<WeightedAmount> gauss_points(double low, double high) {
  const double middle = 0.5 * (low + high);
  const double offset = 0.5 * (high - low) * std::sqrt(0.6);
  return {{middle - offset, 5.0 / 18.0}, {middle, 8.0 / 18.0}, {middle + offset, 5.0 / 18.0}};
}

std::vector<WeightedAmount> equal_shares(const std::vector<double>& amounts) {
  std::vector<WeightedAmount> shares;
  for (const double amount : amounts) shares.push_back({amount, 1.0 / static_cast<double>(amounts.size())});
  return shares;
}

/// Content of one device of the event's product, in the event's unit; nothing where the dose is continuous.
std::optional<double> device_content(const DoseEvent& event, const DosingTables& tables,
                                     const std::string& system_name) {
  base::Diagnostics ignored;  // plan() reports what is wrong with drug and route
  const auto unit = find_dose_unit(event.amount_unit);
  const auto drug = find_drug(tables, event.drug, event.place, ignored);
  if (!drug || !unit || unit->kind != DoseUnit::Kind::mass) return std::nullopt;
  for (const auto& target : routes_of(tables, drug->id, system_name, ignored)) {
    if (target.route == event.route && target.unit_dose_mg) return *target.unit_dose_mg / unit->factor;
  }
  return std::nullopt;
}

std::vector<WeightedAmount> choices_of(const DoseEvent& event, const DosingTables& tables,
                                       const std::string& system_name) {
  if (event.choice != DoseEvent::Choice::range) return equal_shares(event.amounts);
  const double low = event.amounts.front(), high = event.amounts.back();
  const auto device = device_content(event, tables, system_name);
  if (!device) return gauss_points(low, high);
  std::vector<double> whole;
  // The slack keeps a limit that is itself a whole number of devices.
  for (double count = std::ceil(low / *device - 1e-9); count * *device <= high * (1.0 + 1e-9); count += 1.0) {
    if (count > 0.0) whole.push_back(count * *device);
  }
  return whole.empty() ? gauss_points(low, high) : equal_shares(whole);
}

}  // namespace

std::vector<WeightedRegimen> mixture_of(const Regimen& regimen, const DosingTables& tables,
                                        const std::string& system_name) {
  std::vector<WeightedRegimen> mixture = {{regimen, 1.0}};
  for (std::size_t i = 0; i < regimen.events.size(); ++i) {
    const DoseEvent& event = regimen.events[i];
    if (event.choice == DoseEvent::Choice::single) continue;
    std::vector<WeightedRegimen> finer;
    for (const auto& [amount, weight] : choices_of(event, tables, system_name)) {
      for (WeightedRegimen part : mixture) {
        part.regimen.events[i].amounts = {amount};
        part.regimen.events[i].choice = DoseEvent::Choice::single;
        part.weight *= weight;
        finer.push_back(std::move(part));
      }
    }
    mixture = std::move(finer);
  }
  if (mixture.size() > 1) {
    for (auto& part : mixture) part.regimen.text = print_regimen(part.regimen);
  }
  return mixture;
}

}  // namespace raad::dose
