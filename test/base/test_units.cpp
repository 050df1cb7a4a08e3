#include "base/units.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace raad::base {
namespace {

Unit unit_of(const std::string& text) {
  const auto unit = UnitTable().parse(text);
  EXPECT_TRUE(unit.has_value()) << text;
  return unit.value_or(Unit{.factor = NAN});
}

bool same(const std::string& a, const std::string& b) {
  return unit_of(a).equivalent(unit_of(b));
}

TEST(Units, EveryDocumentedNameIsKnown) {
  for (const char* name : {"1",         "dimensionless",
                           "percent",   "points",
                           "count",     "logit",
                           "item",      "metre",
                           "metres",    "kilogram",
                           "kilograms", "second",
                           "seconds",   "mole",
                           "moles",     "kelvin",
                           "ampere",    "candela",
                           "kg",        "g",
                           "mg",        "ug",
                           "ng",        "pg",
                           "m",         "cm",
                           "mm",        "um",
                           "nm",        "s",
                           "min",       "h",
                           "d",         "day",
                           "w",         "ms",
                           "L",         "litre",
                           "dL",        "mL",
                           "uL",        "nL",
                           "mol",       "mmol",
                           "umol",      "nmol",
                           "pmol",      "fmol",
                           "M",         "mM",
                           "uM",        "nM",
                           "pM",        "mmHg",
                           "Hz",        "degC",
                           "J",         "N",
                           "W",         "Pa",
                           "V",         "mV",
                           "pA"})
    EXPECT_TRUE(UnitTable().find(name).has_value()) << name;
}

TEST(Units, FactorsTellPrefixesApart) {
  EXPECT_TRUE(unit_of("mg").same_dimension(unit_of("ug")));
  EXPECT_FALSE(same("mg", "ug"));
  EXPECT_DOUBLE_EQ(unit_of("mg").factor / unit_of("ug").factor, 1000.0);
  EXPECT_FALSE(same("percent", "1"));
  EXPECT_TRUE(unit_of("percent").dimensionless());
  EXPECT_DOUBLE_EQ(unit_of("percent").factor, 0.01);
  for (const char* plain : {"points", "count", "logit"}) EXPECT_TRUE(same(plain, "1")) << plain;
  EXPECT_FALSE(unit_of("item").dimensionless());
}

TEST(Units, KnownIdentitiesHold) {
  // Definitions and SI identities, checked by factor and dimension.
  EXPECT_TRUE(same("nM", "nmol/L"));
  EXPECT_TRUE(same("uM", "1000 nM"));
  EXPECT_TRUE(same("ng/mL", "ug/L"));
  EXPECT_TRUE(same("ng*h/mL", "60 ng*min/mL"));
  EXPECT_TRUE(same("mL", "cm^3"));
  EXPECT_TRUE(same("L", "1000*mL"));
  EXPECT_TRUE(same("Hz", "1/s"));
  EXPECT_TRUE(same("w", "7 day"));
  EXPECT_TRUE(same("J", "N*m"));
  EXPECT_TRUE(same("W", "J/s"));
  EXPECT_TRUE(same("V", "W/A"));
  EXPECT_TRUE(same("nC", "pA*s*1000"));
  EXPECT_TRUE(same("Pa", "N/m^2"));
  EXPECT_TRUE(same("mmHg", "133.322387415 Pa"));
  EXPECT_TRUE(same("degC", "kelvin"));
}

TEST(Units, QuotientsReadLeftToRight) {
  EXPECT_TRUE(same("1/nM/h", "1/h/nM"));
  EXPECT_TRUE(same("1/nM/h", "nM^-1*h^-1"));
  EXPECT_TRUE(same("1/nM*h", "h/nM"));
  EXPECT_TRUE(same("mg/L/h", "mg/h/L"));
  EXPECT_FALSE(same("1/nM/h", "h/nM"));
}

TEST(Units, PowersBelongToTheName) {
  EXPECT_TRUE(same("2 m^2", "m^2*2"));
  EXPECT_FALSE(same("2 m^2", "4 m^2"));
  EXPECT_TRUE(same("10^3*mL", "L"));
  EXPECT_TRUE(same("70kg", "70 * kg"));
  EXPECT_TRUE(same("1e-3 L", "mL"));
  EXPECT_TRUE(same(" ng / mL ", "ng/mL"));
}

TEST(Units, WhatDoesNotParseIsRefused) {
  for (const char* bad : {"", " ", "mgg", "ng/", "/ng", "ng//mL", "ng mL", "m^", "m^x", "m^0.5", "m^100",
                          "-1", "0 kg", "ng/(mL)", "percent of 5-HT", "a.u.", "µg", "1..2 m"})
    EXPECT_FALSE(UnitTable().parse(bad).has_value()) << bad;
}

TEST(Units, AUserCanDefineMore) {
  UnitTable table;
  table.define("dose", *table.parse("25 mg"));
  EXPECT_TRUE(table.parse("dose/kg")->equivalent(*table.parse("25 mg/kg")));
  EXPECT_FALSE(UnitTable().find("dose").has_value());
}

TEST(Units, ArithmeticIsConsistent) {
  const Unit rate = unit_of("uM/h");
  EXPECT_TRUE((rate * unit_of("h")).equivalent(unit_of("uM")));
  EXPECT_TRUE((rate / rate).equivalent(unit_of("1")));
  EXPECT_TRUE(power(power(rate, 2.0), 0.5).equivalent(rate));
  // Equal up to rounding in the factors is equal; a millionth is not.
  Unit nearly = rate;
  nearly.factor *= 1.0 + 1e-12;
  EXPECT_TRUE(rate.equivalent(nearly));
  nearly.factor *= 1.0 + 1e-6;
  EXPECT_FALSE(rate.equivalent(nearly));
}

TEST(Units, DescriptionsNameBaseUnits) {
  EXPECT_EQ(describe(unit_of("ng/mL")), "1e-06 kg m^-3");
  EXPECT_EQ(describe(unit_of("1")), "1");
  EXPECT_EQ(describe(unit_of("L/h")), "2.77778e-07 m^3 s^-1");
}

}  // namespace
}  // namespace raad::base
