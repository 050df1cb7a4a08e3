// Units of measurement: dimension and factor, so that mg and ug are told apart.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace raad::base {

/// A unit as factor x product of base dimensions. Dimensionless scale points, counts and logits have
/// factor 1; percent has factor 0.01.
struct Unit {
  static constexpr std::size_t k_dimensions = 8;  ///< m, kg, s, mol, K, A, cd, item
  double factor = 1.0;                            ///< Value of one such unit in SI base units.
  std::array<double, k_dimensions> exponents{};

  bool same_dimension(const Unit& other) const;
  /// Same dimension and the same factor to 1e-9 relative (factors are products of a few exact decimals).
  bool equivalent(const Unit& other) const;
  bool dimensionless() const;
};

Unit operator*(const Unit& a, const Unit& b);
Unit operator/(const Unit& a, const Unit& b);
Unit power(const Unit& unit, double exponent);

/// A readable text in base units, for example "1e-06 kg m^-3"; for messages.
std::string describe(const Unit& unit);

/// Named units. A new table holds the standard ones: 1, dimensionless, percent, points, count, logit, item,
/// SI base units and plurals, and the field's: kg g mg ug ng pg, m cm mm um nm, s min h d day w ms, L litre
/// dL mL uL nL, mol mmol umol nmol pmol fmol, M mM uM nM pM, mmHg, Hz, degC (as a difference), J, N, W, Pa
/// kPa, V mV, A mA uA nA pA, C nC pC, cd.
class UnitTable {
 public:
  UnitTable();
  void define(const std::string& name, const Unit& unit) { units_[name] = unit; }
  std::optional<Unit> find(std::string_view name) const;
  /// Parses products, quotients and integer powers of names and numbers: `ng*h/mL`, `1/nM/h`, `L^-1`.
  /// Left to right, so `1/nM/h` is 1/(nM*h); a power belongs to the name alone, so `2 m^2` is two square
  /// metres. Nothing when it does not parse or a name is unknown.
  std::optional<Unit> parse(std::string_view text) const;

 private:
  std::map<std::string, Unit, std::less<>> units_;
};

}  // namespace raad::base
