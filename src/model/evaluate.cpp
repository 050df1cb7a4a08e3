#include <array>
#include <stdexcept>
#include <unordered_map>

#include "model/load.hpp"

namespace raad::model {
namespace {

/// Shared parts are evaluated once.
class Evaluator {
 public:
  Evaluator(const std::vector<double>& values, double time_h) : values_(values), time_h_(time_h) {}

  double value(const Formula& formula) {
    switch (formula.kind) {
      case Formula::Kind::number:
        return formula.value;
      case Formula::Kind::symbol:
        return values_.at(static_cast<std::size_t>(formula.symbol));
      case Formula::Kind::time:
        return time_h_;
      case Formula::Kind::rate_of:
        throw std::logic_error("a rate of change has no value outside a running system");
      case Formula::Kind::apply:
        return applied(formula);
    }
    throw std::logic_error("unknown kind of formula");
  }

 private:
  double applied(const Formula& formula) {
    if (const auto known = known_.find(&formula); known != known_.end()) return known->second;
    std::vector<double> operands;
    for (const auto& operand : formula.operands) operands.push_back(value(*operand));
    const double result = evaluate(formula.operation, operands);
    known_.emplace(&formula, result);
    return result;
  }

  const std::vector<double>& values_;
  double time_h_;
  std::unordered_map<const Formula*, double> known_;
};

}  // namespace

double evaluate(const Formula& formula, const std::vector<double>& values, double time_h) {
  return Evaluator(values, time_h).value(formula);
}

}  // namespace raad::model
