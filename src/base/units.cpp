#include "base/units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <numbers>
#include <vector>

#include "base/table.hpp"

namespace raad::base {
namespace {

// Factors are products of a few exact decimals, so anything further apart is a different unit.
constexpr double k_factor_tolerance = 1e-9;
// Exponents are small integers, or halves after a square root.
constexpr double k_exponent_tolerance = 1e-9;

enum Dimension { metre, kilogram, second, mole, kelvin, ampere, candela, item };

struct Power {
  Dimension dimension;
  double exponent;
};

Unit make_unit(double factor, std::initializer_list<Power> powers) {
  Unit unit;
  unit.factor = factor;
  for (const auto& power : powers) unit.exponents[power.dimension] = power.exponent;
  return unit;
}

struct NamedUnit {
  std::string_view names;  // separated by blanks
  Unit unit;
};

// Volumes are in cubic metres, molar concentrations in mol/m^3.
std::vector<NamedUnit> standard_units() {
  const auto length = [](double factor) { return make_unit(factor, {{metre, 1}}); };
  const auto mass = [](double factor) { return make_unit(factor, {{kilogram, 1}}); };
  const auto time = [](double factor) { return make_unit(factor, {{second, 1}}); };
  const auto amount = [](double factor) { return make_unit(factor, {{mole, 1}}); };
  const auto volume = [](double factor) { return make_unit(factor, {{metre, 3}}); };
  const auto molar = [](double factor) { return make_unit(factor, {{mole, 1}, {metre, -3}}); };
  const auto pressure = [](double factor) {
    return make_unit(factor, {{kilogram, 1}, {metre, -1}, {second, -2}});
  };
  const auto current = [](double factor) { return make_unit(factor, {{ampere, 1}}); };
  const auto charge = [](double factor) { return make_unit(factor, {{ampere, 1}, {second, 1}}); };
  const auto voltage = [](double factor) {
    return make_unit(factor, {{kilogram, 1}, {metre, 2}, {second, -3}, {ampere, -1}});
  };
  return {
      {"1 dimensionless point points count counts logit logits", make_unit(1, {})},
      {"percent", make_unit(0.01, {})},
      {"radian radians", make_unit(1, {})},
      {"item items", make_unit(1, {{item, 1}})},
      {"m metre metres meter meters", length(1)},
      {"cm", length(1e-2)},
      {"mm", length(1e-3)},
      {"um", length(1e-6)},
      {"nm", length(1e-9)},
      {"kg kilogram kilograms", mass(1)},
      {"g gram grams", mass(1e-3)},
      {"mg", mass(1e-6)},
      {"ug", mass(1e-9)},
      {"ng", mass(1e-12)},
      {"pg", mass(1e-15)},
      {"s second seconds", time(1)},
      {"ms", time(1e-3)},
      {"min minute minutes", time(60)},
      {"h hour hours", time(3600)},
      {"d day days", time(86400)},
      {"w week weeks", time(604800)},
      {"L litre litres liter liters", volume(1e-3)},
      {"dL", volume(1e-4)},
      {"mL", volume(1e-6)},
      {"uL", volume(1e-9)},
      {"nL", volume(1e-12)},
      {"mol mole moles", amount(1)},
      {"mmol", amount(1e-3)},
      {"umol", amount(1e-6)},
      {"nmol", amount(1e-9)},
      {"pmol", amount(1e-12)},
      {"fmol", amount(1e-15)},
      {"M", molar(1e3)},
      {"mM", molar(1)},
      {"uM", molar(1e-3)},
      {"nM", molar(1e-6)},
      {"pM", molar(1e-9)},
      {"K kelvin kelvins degC", make_unit(1, {{kelvin, 1}})},
      {"A ampere amperes", current(1)},
      {"mA", current(1e-3)},
      {"uA", current(1e-6)},
      {"nA", current(1e-9)},
      {"pA", current(1e-12)},
      {"C coulomb coulombs", charge(1)},
      {"nC", charge(1e-9)},
      {"pC", charge(1e-12)},
      {"cd candela candelas", make_unit(1, {{candela, 1}})},
      {"V volt volts", voltage(1)},
      {"mV", voltage(1e-3)},
      {"N newton newtons", make_unit(1, {{kilogram, 1}, {metre, 1}, {second, -2}})},
      {"J joule joules", make_unit(1, {{kilogram, 1}, {metre, 2}, {second, -2}})},
      {"W watt watts", make_unit(1, {{kilogram, 1}, {metre, 2}, {second, -3}})},
      {"Pa pascal pascals", pressure(1)},
      {"kPa", pressure(1e3)},
      // Conventional millimetre of mercury, 133.322 387 415 Pa (NIST SP 811, appendix B.8).
      {"mmHg", pressure(133.322387415)},
      {"Hz hertz", make_unit(1, {{second, -1}})},
  };
}

std::map<std::string, Unit, std::less<>> standard_table() {
  std::map<std::string, Unit, std::less<>> table;
  for (const auto& [names, unit] : standard_units())
    for (auto& name : split(names, ' ')) table.emplace(std::move(name), unit);
  return table;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_name_character(char c) {
  return is_digit(c) || c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// Recursive descent over `factor {("*"|"/") factor}` with factor = [NUMBER] NAME ["^" ["-"] DIGITS] | NUMBER
// ["^" ...].
class UnitParser {
 public:
  UnitParser(std::string_view text, const UnitTable& table) : rest_(trim(text)), table_(table) {}

  std::optional<Unit> parse() {
    auto product = parse_factor();
    while (product && !rest_.empty()) {
      const char sign = rest_.front();
      if (sign != '*' && sign != '/') return std::nullopt;
      rest_ = trim(rest_.substr(1));
      const auto next = parse_factor();
      if (!next) return std::nullopt;
      product = sign == '*' ? *product * *next : *product / *next;
    }
    return product;
  }

 private:
  std::optional<Unit> parse_factor() {
    double number = 1.0;
    bool has_number = false;
    if (!rest_.empty() && (is_digit(rest_.front()) || rest_.front() == '.')) {
      const auto value = take_number();
      if (!value || *value <= 0.0) return std::nullopt;
      number = *value;
      has_number = true;
    }
    const std::string_view name = take_while(is_name_character);
    if (name.empty()) {
      if (!has_number) return std::nullopt;
      Unit plain;
      plain.factor = number;
      return raised(plain);
    }
    const auto unit = table_.find(name);
    if (!unit) return std::nullopt;
    auto result = raised(*unit);
    if (result) result->factor *= number;
    return result;
  }

  // The unit to the power that follows, if one does.
  std::optional<Unit> raised(const Unit& unit) {
    if (rest_.empty() || rest_.front() != '^') return unit;
    rest_ = trim(rest_.substr(1));
    const bool negative = !rest_.empty() && rest_.front() == '-';
    if (negative) rest_ = trim(rest_.substr(1));
    const auto digits = take_while(is_digit);
    // Nobody means more than a two-digit power; longer ones overflow the factor.
    if (digits.empty() || digits.size() > 2) return std::nullopt;
    double exponent = 0.0;
    for (const char c : digits) exponent = 10.0 * exponent + (c - '0');
    return power(unit, negative ? -exponent : exponent);
  }

  std::string_view take_while(bool (*accepts)(char)) {
    std::size_t length = 0;
    while (length < rest_.size() && accepts(rest_[length])) ++length;
    const auto taken = rest_.substr(0, length);
    rest_ = trim(rest_.substr(length));
    return taken;
  }

  // Digits, point, digits, exponent; "2e" before a name is the number 2 and a name that starts with e.
  std::optional<double> take_number() {
    std::size_t end = 0;
    const auto skip_digits = [&] {
      while (end < rest_.size() && is_digit(rest_[end])) ++end;
    };
    skip_digits();
    if (end < rest_.size() && rest_[end] == '.') {
      ++end;
      skip_digits();
    }
    if (end < rest_.size() && (rest_[end] == 'e' || rest_[end] == 'E')) {
      std::size_t digit = end + 1;
      if (digit < rest_.size() && (rest_[digit] == '+' || rest_[digit] == '-')) ++digit;
      if (digit < rest_.size() && is_digit(rest_[digit])) {
        end = digit;
        skip_digits();
      }
    }
    const auto value = parse_number(rest_.substr(0, end));
    rest_ = trim(rest_.substr(end));
    return value;
  }

  std::string_view rest_;
  const UnitTable& table_;
};

}  // namespace

bool Unit::same_dimension(const Unit& other) const {
  for (std::size_t i = 0; i < k_dimensions; ++i)
    if (std::abs(exponents[i] - other.exponents[i]) > k_exponent_tolerance) return false;
  return true;
}

bool Unit::equivalent(const Unit& other) const {
  const double scale = std::max(std::abs(factor), std::abs(other.factor));
  return same_dimension(other) && std::abs(factor - other.factor) <= k_factor_tolerance * scale;
}

bool Unit::dimensionless() const {
  return same_dimension(Unit{});
}

Unit operator*(const Unit& a, const Unit& b) {
  Unit product = a;
  product.factor *= b.factor;
  for (std::size_t i = 0; i < Unit::k_dimensions; ++i) product.exponents[i] += b.exponents[i];
  return product;
}

Unit operator/(const Unit& a, const Unit& b) {
  Unit quotient = a;
  quotient.factor /= b.factor;
  for (std::size_t i = 0; i < Unit::k_dimensions; ++i) quotient.exponents[i] -= b.exponents[i];
  return quotient;
}

Unit power(const Unit& unit, double exponent) {
  Unit result = unit;
  result.factor = std::pow(unit.factor, exponent);
  for (double& base_exponent : result.exponents) base_exponent *= exponent;
  return result;
}

std::string describe(const Unit& unit) {
  static constexpr std::array<std::string_view, Unit::k_dimensions> names = {"m", "kg", "s",  "mol",
                                                                             "K", "A",  "cd", "item"};
  // Six digits: enough to tell factors apart in a message, and 3600*1e-3 shows no rounding dust.
  std::string text = fmt::format("{:.6g}", unit.factor);
  for (const Dimension dimension : {kilogram, metre, second, mole, kelvin, ampere, candela, item}) {
    const double exponent = unit.exponents[dimension];
    if (std::abs(exponent) <= k_exponent_tolerance) continue;
    text += ' ';
    text += names[dimension];
    if (std::abs(exponent - 1.0) > k_exponent_tolerance) text += fmt::format("^{:.6g}", exponent);
  }
  return text;
}

UnitTable::UnitTable() {
  static const auto standard = standard_table();
  units_ = standard;
}

std::optional<Unit> UnitTable::find(std::string_view name) const {
  const auto found = units_.find(name);
  if (found == units_.end()) return std::nullopt;
  return found->second;
}

std::optional<Unit> UnitTable::parse(std::string_view text) const {
  return UnitParser(text, *this).parse();
}

}  // namespace raad::base
