// Knock-outs and other manipulations as parameter settings (library/manipulations.tsv).
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "data/library.hpp"

namespace raad::study {

/// Flat parameter ids and their values.
using Settings = std::vector<std::pair<std::string, double>>;

/// What a manipulation sets. InputError R079 when the library has none of that name.
Settings manipulation(const data::Library& library, const std::string& id);

/// What the genotype that a population names sets; the first pattern of the table that fits counts. Empty for
/// a population without one, and, with the reason, for one that no parameter of the model stands for.
Settings genotype_of(const data::Library& library, const std::string& population, std::string& reason);

/// Whether a comparator is the same animals without their genotype.
bool is_wild_type(const std::string& comparator);

}  // namespace raad::study
