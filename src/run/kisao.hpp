// Algorithms of the KiSAO ontology (Courtot et al. 2011, doi:10.1038/msb.2011.77) and what raad runs for
// them.
#pragma once

#include <map>
#include <string>

#include "base/diagnostics.hpp"
#include "solve/problem.hpp"

namespace raad::run {

/// Whether another algorithm of the same mathematics may stand in for the one that is asked for.
enum class Substitution { none, same_mathematics };

struct ChosenAlgorithm {
  std::string kisao;  ///< Of what is run, `KISAO_0000019`
  solve::Options solver;
  std::string note;  ///< What was replaced or not used; empty when nothing was
};

/// `parameters` by KiSAO id. InputError R112 at `place`, with the algorithm's name, for those that are not
/// deterministic integration (or a search for steady states, where one is asked for), and for replacements
/// that are not allowed.
ChosenAlgorithm choose_algorithm(const std::string& kisao,
                                 const std::map<std::string, std::string>& parameters, bool steady_state,
                                 Substitution allowed, const base::SourcePlace& place);

}  // namespace raad::run
