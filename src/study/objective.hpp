// What an estimation minimises: a cost over parameters within bounds, with its slope where that is known.
//
// Anything that can be fitted implements this one interface: a PEtab problem (petab_objective.hpp), the
// library against its evidence, a formula in a test. Multi-start, journal, profiles and reports
// (multi_start.hpp, profiles.hpp) know nothing else of it. To add one: list the parameters, evaluate the
// cost, and give an identity that changes whenever the same position could get another cost.
//
// Positions are on the scale on which a parameter is estimated: 2 is 100 for a parameter on the decimal
// logarithm. Costs are minus the logarithm of the likelihood (plus that of the prior where there is one), so
// that half of chi-square quantiles are thresholds and the second derivative is the information.
#pragma once

#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace raad::study {

enum class EstimationScale { linear, logarithm, logarithm10 };

/// From the parameter's own unit to the scale and back; slope: d value / d position.
double to_scale(EstimationScale scale, double value);
double from_scale(EstimationScale scale, double position);
double scale_slope(EstimationScale scale, double position);
/// `lin`, `log` or `log10`.
std::string name_of(EstimationScale scale);

struct EstimatedParameter {
  std::string id;
  EstimationScale scale = EstimationScale::linear;
  double lower = -std::numeric_limits<double>::infinity();  ///< Position; may be infinite
  double upper = std::numeric_limits<double>::infinity();   ///< Position; may be infinite
  /// Position: the published or present value; NaN where there is none.
  double nominal = std::numeric_limits<double>::quiet_NaN();
};

/// How much of an evaluation is wanted; each includes those before it.
enum class Wanted { cost, gradient, information };

struct Evaluation {
  /// Why there is no cost: a run that failed, noise that is not positive. Empty: all is well. A failed
  /// evaluation has no cost, never a perfect or a silent one; whoever optimises counts it.
  std::string failure;
  double cost = std::numeric_limits<double>::quiet_NaN();
  std::vector<double> gradient;     ///< d cost / d position; empty where not asked for or not known
  std::vector<double> information;  ///< Fisher's expected information, row by row; as above
};

struct Readout;

class Objective {
 public:
  virtual ~Objective() = default;

  virtual const std::vector<EstimatedParameter>& parameters() const = 0;
  /// Whether evaluate() can give gradient and information. Without, optimisers that need none are used, and
  /// the information comes from second differences of the cost.
  virtual bool has_gradient() const = 0;
  /// Text that changes with everything that a cost depends on (data, model, tolerances): a journal is resumed
  /// only by the same objective.
  virtual std::string identity() const = 0;
  /// Where a start lies that is drawn with `probability`, in (0, 1): the quantile of the distribution of
  /// starts. By default uniform between the bounds; infinite bounds are replaced by 10 beyond the nominal
  /// position on logarithmic scales, else by ten times its size.
  virtual double start_position(std::size_t parameter, double probability) const;

  /// Cost at a position, which has one number a parameter. Thread safe, and a pure function: the same
  /// position gives the same bits, whatever was evaluated before and by whom. Trouble of the evaluation is
  /// Evaluation::failure; exceptions mean that the problem itself is broken and end the fit.
  virtual Evaluation evaluate(std::span<const double> position, Wanted wanted) const = 0;

  /// What is left to fit at a position when all that moves the model is held there: null where nothing is.
  /// The whole must outlive it.
  virtual std::unique_ptr<Readout> readout(std::span<const double> position) const;
};

/// Scales, offsets, noise: parameters that change what is read of runs but no run. At any position they can
/// be fitted for next to nothing (Weber et al. 2011; Loos et al. 2018, doi:10.1093/bioinformatics/bty514).
struct Readout {
  std::vector<std::size_t> parameters;  ///< Places among those of the whole
  std::unique_ptr<Objective>
      objective;  ///< Over these alone; has a gradient. Fails everywhere where runs fail
};

/// The part of an evaluation that is about `kept` parameters alone.
Evaluation restricted(Evaluation whole, const std::vector<std::size_t>& kept);

}  // namespace raad::study
