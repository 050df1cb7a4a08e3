#include "sbml/export.hpp"

#include <fmt/format.h>
#include <sbml/SBMLTypes.h>

#include <cmath>
#include <memory>
#include <set>

#include "base/table.hpp"
#include "model/export_limits.hpp"

namespace raad::sbml {
namespace {

using model::Formula;
using model::FormulaPointer;
using model::Operation;
using model::Role;
using Node = std::unique_ptr<ASTNode>;

constexpr const char* k_namespace = "urn:raad:provenance";
constexpr int k_seconds_per_hour = 3600;

struct Refused {
  std::string what;
};

/// MathML of formulas with the ids of symbols.
class MathWriter {
 public:
  explicit MathWriter(const model::FlatModel& model) : model_(model) {}

  Node write(const Formula& formula) const {
    switch (formula.kind) {
      case Formula::Kind::number:
        return number(formula.value);
      case Formula::Kind::time: {
        Node node(new ASTNode(AST_NAME_TIME));
        node->setName("time");
        return node;
      }
      case Formula::Kind::symbol:
        return name(formula.symbol);
      case Formula::Kind::rate_of: {
        Node node(new ASTNode(AST_FUNCTION_RATE_OF));
        node->setName("rateOf");
        node->addChild(name(formula.symbol).release());
        return node;
      }
      case Formula::Kind::apply:
        return operation(formula);
    }
    throw std::logic_error("unknown kind of formula");
  }

 private:
  static Node number(double value) {
    Node node(new ASTNode(AST_REAL));
    node->setValue(value);
    return node;
  }

  Node name(model::SymbolId id) const {
    Node node(new ASTNode(AST_NAME));
    node->setName(model_.symbols[static_cast<std::size_t>(id)].id.c_str());
    return node;
  }

  static ASTNodeType_t type_of(Operation operation) {
    switch (operation) {
      case Operation::add:
        return AST_PLUS;
      case Operation::subtract:
        return AST_MINUS;
      case Operation::multiply:
        return AST_TIMES;
      case Operation::divide:
        return AST_DIVIDE;
      case Operation::power:
        return AST_POWER;
      case Operation::minimum:
        return AST_FUNCTION_MIN;
      case Operation::maximum:
        return AST_FUNCTION_MAX;
      case Operation::negate:
        return AST_MINUS;
      case Operation::exponential:
        return AST_FUNCTION_EXP;
      case Operation::logarithm:
        return AST_FUNCTION_LN;
      case Operation::absolute:
        return AST_FUNCTION_ABS;
      case Operation::floor:
        return AST_FUNCTION_FLOOR;
      case Operation::ceiling:
        return AST_FUNCTION_CEILING;
      case Operation::factorial:
        return AST_FUNCTION_FACTORIAL;
      case Operation::sine:
        return AST_FUNCTION_SIN;
      case Operation::cosine:
        return AST_FUNCTION_COS;
      case Operation::tangent:
        return AST_FUNCTION_TAN;
      case Operation::arcsine:
        return AST_FUNCTION_ARCSIN;
      case Operation::arccosine:
        return AST_FUNCTION_ARCCOS;
      case Operation::arctangent:
        return AST_FUNCTION_ARCTAN;
      case Operation::sinh:
        return AST_FUNCTION_SINH;
      case Operation::cosh:
        return AST_FUNCTION_COSH;
      case Operation::tanh:
        return AST_FUNCTION_TANH;
      case Operation::arcsinh:
        return AST_FUNCTION_ARCSINH;
      case Operation::arccosh:
        return AST_FUNCTION_ARCCOSH;
      case Operation::arctanh:
        return AST_FUNCTION_ARCTANH;
      case Operation::less:
        return AST_RELATIONAL_LT;
      case Operation::less_equal:
        return AST_RELATIONAL_LEQ;
      case Operation::greater:
        return AST_RELATIONAL_GT;
      case Operation::greater_equal:
        return AST_RELATIONAL_GEQ;
      case Operation::equal:
        return AST_RELATIONAL_EQ;
      case Operation::not_equal:
        return AST_RELATIONAL_NEQ;
      case Operation::logical_and:
        return AST_LOGICAL_AND;
      case Operation::logical_or:
        return AST_LOGICAL_OR;
      case Operation::logical_xor:
        return AST_LOGICAL_XOR;
      case Operation::logical_not:
        return AST_LOGICAL_NOT;
      default:
        return AST_UNKNOWN;
    }
  }

  Node with(ASTNodeType_t type, std::vector<Node> children) const {
    Node node(new ASTNode(type));
    for (auto& child : children) node->addChild(child.release());
    return node;
  }

  template <typename... Children>
  Node made(ASTNodeType_t type, Children... children) const {
    std::vector<Node> list;
    (list.push_back(std::move(children)), ...);
    return with(type, std::move(list));
  }

  /// Operations that MathML says otherwise.
  Node operation(const Formula& formula) const {
    const auto operand = [&](std::size_t i) { return write(*formula.operands[i]); };
    switch (formula.operation) {
      case Operation::square_root:
        return made(AST_FUNCTION_ROOT, number_of_degree(2), operand(0));
      case Operation::logarithm10:
        return made(AST_FUNCTION_LOG, number_of_degree(10), operand(0));
      case Operation::select:
        return made(AST_FUNCTION_PIECEWISE, operand(1), truth(*formula.operands[0]), operand(2));
      case Operation::sign:
        return made(AST_FUNCTION_PIECEWISE, number(1.0), made(AST_RELATIONAL_GT, operand(0), number(0.0)),
                    number(-1.0), made(AST_RELATIONAL_LT, operand(0), number(0.0)), number(0.0));
      case Operation::arctangent2:
        throw Refused{"arctan2"};
      default:
        break;
    }
    std::vector<Node> children;
    for (const auto& one : formula.operands) children.push_back(write(*one));
    return with(type_of(formula.operation), std::move(children));
  }

  static Node number_of_degree(int value) {
    Node node(new ASTNode(AST_INTEGER));
    node->setValue(value);
    return node;
  }

  /// A condition; a number is true unless it is 0.
  Node truth(const Formula& formula) const {
    if (formula.kind == Formula::Kind::apply && model::is_truth_valued(formula.operation))
      return write(formula);
    return made(AST_RELATIONAL_NEQ, write(formula), number(0.0));
  }

  const model::FlatModel& model_;
};

std::string escaped(const std::string& text) {
  std::string made;
  for (const char c : text) {
    if (c == '&')
      made += "&amp;";
    else if (c == '<')
      made += "&lt;";
    else if (c == '>')
      made += "&gt;";
    else if (c == '"')
      made += "&quot;";
    else
      made += c;
  }
  return made;
}

class Exporter {
 public:
  Exporter(const model::FlatModel& model, const ExportOptions& options, base::Diagnostics& findings)
      : in_(model), options_(options), findings_(findings), document_(3, 2), math_(model) {}

  std::string run() {
    out_ = document_.createModel();
    std::string id;
    for (const char c : in_.name) id += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
    if (id.empty() || std::isdigit(static_cast<unsigned char>(id.front())) != 0) id = "m_" + id;
    out_->setId(id);
    out_->setName(in_.name);
    add_time_unit();
    find_changing();
    for (std::size_t i = 0; i < in_.symbols.size(); ++i) add_parameter(i);
    for (const auto& rule : in_.rules) add_rule(out_->createAssignmentRule(), rule);
    for (const auto& rate : in_.rates) add_rule(out_->createRateRule(), rate);
    for (const auto& initial : in_.initial) add_initial(initial);
    for (const auto& event : in_.events) add_event(event);
    for (const auto& constraint : in_.constraints)
      set_math(*out_->createConstraint(), *constraint.condition, constraint.place);
    check();
    if (findings_.has_errors()) return "";
    const std::unique_ptr<char, void (*)(void*)> text(writeSBMLToString(&document_), std::free);
    return text.get();
  }

 private:
  /// Hours are 3600 seconds; of other units of time the name is kept where SBML knows it.
  void add_time_unit() {
    if (in_.time_unit == "s" || in_.time_unit == "second") {
      out_->setTimeUnits("second");
      return;
    }
    if (in_.time_unit != "h") return;
    UnitDefinition* definition = out_->createUnitDefinition();
    definition->setId("hour");
    Unit* unit = definition->createUnit();
    unit->setKind(UNIT_KIND_SECOND);
    unit->setExponent(1);
    unit->setScale(0);
    unit->setMultiplier(k_seconds_per_hour);
    out_->setTimeUnits("hour");
  }

  /// A unit definition for a unit of the model; the same for equal units.
  /// `text` is what people call the unit.
  std::string unit_id(const base::Unit& unit, const std::string& text) {
    static constexpr UnitKind_t k_kinds[] = {UNIT_KIND_METRE,   UNIT_KIND_KILOGRAM, UNIT_KIND_SECOND,
                                             UNIT_KIND_MOLE,    UNIT_KIND_KELVIN,   UNIT_KIND_AMPERE,
                                             UNIT_KIND_CANDELA, UNIT_KIND_ITEM};
    const std::string key = base::describe(unit);
    const auto known = units_.find(key);
    if (known != units_.end()) return known->second;
    const std::string id = "unit_" + std::to_string(units_.size() + 1);
    units_[key] = id;
    UnitDefinition* definition = out_->createUnitDefinition();
    definition->setId(id);
    definition->setName(text);
    Unit* factor = definition->createUnit();
    factor->setKind(UNIT_KIND_DIMENSIONLESS);
    factor->setExponent(1);
    factor->setScale(0);
    factor->setMultiplier(unit.factor);
    for (std::size_t i = 0; i < base::Unit::k_dimensions; ++i) {
      if (unit.exponents[i] == 0.0) continue;
      Unit* part = definition->createUnit();
      part->setKind(k_kinds[i]);
      part->setExponent(unit.exponents[i]);
      part->setScale(0);
      part->setMultiplier(1.0);
    }
    return id;
  }

  void find_changing() {
    for (const auto& event : in_.events)
      for (const auto& assignment : event.assignments) changing_.insert(assignment.symbol);
  }

  void add_parameter(std::size_t index) {
    const auto& symbol = in_.symbols[index];
    Parameter* parameter = out_->createParameter();
    parameter->setId(symbol.id);
    if (!symbol.display_name.empty()) parameter->setName(symbol.display_name);
    if (!symbol.unit_text.empty()) parameter->setUnits(unit_id(symbol.unit, symbol.unit_text));
    parameter->setConstant(symbol.role == Role::parameter &&
                           changing_.count(static_cast<model::SymbolId>(index)) == 0);
    if (std::isfinite(in_.parameter_values[index])) parameter->setValue(in_.parameter_values[index]);
    if (symbol.role == Role::parameter) annotate(*parameter, symbol);
  }

  void annotate(Parameter& parameter, const model::Symbol& symbol) {
    const auto& from = symbol.provenance;
    if (from.kind.empty()) return;
    parameter.setMetaId("meta_" + symbol.id);
    std::string text = fmt::format("<raad:provenance xmlns:raad=\"{}\" kind=\"{}\" unit=\"{}\"", k_namespace,
                                   escaped(from.kind), escaped(symbol.unit_text));
    const auto add = [&](const char* name, const std::string& value) {
      if (!value.empty()) text += fmt::format(" {}=\"{}\"", name, escaped(value));
    };
    add("source", from.source_id);
    add("locator", from.locator);
    add("spread", from.spread);
    if (from.distribution != "none") add("betweenSubjectDistribution", from.distribution);
    if (from.between_subject_cv && *from.between_subject_cv > 0.0)
      add("betweenSubjectCv", base::format_number(*from.between_subject_cv));
    add("note", from.note);
    parameter.appendAnnotation(text + "/>");
    for (const auto& part : base::split(from.source_id, ';')) {
      const auto source = options_.sources.find(std::string(base::trim(part)));
      if (source == options_.sources.end()) continue;
      const std::string resource =
          !source->second.pmid.empty()  ? "https://identifiers.org/pubmed:" + source->second.pmid
          : !source->second.doi.empty() ? "https://identifiers.org/doi:" + source->second.doi
                                        : "";
      if (resource.empty()) continue;
      CVTerm term(BIOLOGICAL_QUALIFIER);
      term.setBiologicalQualifierType(BQB_IS_DESCRIBED_BY);
      term.addResource(resource);
      parameter.addCVTerm(&term);
    }
  }

  template <typename Element>
  void set_math(Element& element, const Formula& formula, const base::SourcePlace& place) {
    try {
      const Node node = math_.write(formula);
      element.setMath(node.get());
    } catch (const Refused& refused) {
      findings_.error("R151", place, "SBML has no `" + refused.what + "`", "write the formula without it");
    }
  }

  template <typename AnyRule>
  void add_rule(AnyRule* rule, const model::Equation& equation) {
    rule->setVariable(in_.symbols[static_cast<std::size_t>(equation.symbol)].id);
    set_math(*rule, *equation.formula, equation.place);
  }

  void add_initial(const model::Equation& equation) {
    const auto& symbol = in_.symbols[static_cast<std::size_t>(equation.symbol)];
    // A plain number is the parameter's value.
    if (equation.formula->kind == Formula::Kind::number) {
      if (std::isfinite(equation.formula->value))
        out_->getParameter(symbol.id)->setValue(equation.formula->value);
      return;
    }
    InitialAssignment* assignment = out_->createInitialAssignment();
    assignment->setSymbol(symbol.id);
    set_math(*assignment, *equation.formula, equation.place);
  }

  void add_event(const model::FlatEvent& event) {
    Event* made = out_->createEvent();
    made->setId(event.id);
    made->setUseValuesFromTriggerTime(event.use_values_from_trigger_time);
    Trigger* trigger = made->createTrigger();
    trigger->setInitialValue(!event.fire_at_start_if_true);
    trigger->setPersistent(event.persistent);
    set_math(*trigger, *event.trigger, event.place);
    if (event.delay) set_math(*made->createDelay(), *event.delay, event.place);
    if (event.priority) set_math(*made->createPriority(), *event.priority, event.place);
    for (const auto& assignment : event.assignments) {
      EventAssignment* one = made->createEventAssignment();
      one->setVariable(in_.symbols[static_cast<std::size_t>(assignment.symbol)].id);
      set_math(*one, *assignment.formula, assignment.place);
    }
  }

  /// What libSBML calls an error is ours to mend; warnings about units of bare numbers are not.
  void check() {
    document_.setConsistencyChecks(LIBSBML_CAT_MODELING_PRACTICE, false);
    document_.checkConsistency();
    for (unsigned i = 0; i < document_.getNumErrors(); ++i) {
      const SBMLError& error = *document_.getError(i);
      if (error.getSeverity() >= LIBSBML_SEV_ERROR)
        findings_.error("R150", {in_.name}, error.getMessage(), error.getShortMessage());
    }
  }

  const model::FlatModel& in_;
  const ExportOptions& options_;
  base::Diagnostics& findings_;
  SBMLDocument document_;
  Model* out_ = nullptr;
  MathWriter math_;
  std::map<std::string, std::string> units_;
  std::set<model::SymbolId> changing_;
};

}  // namespace

std::string export_model(const model::FlatModel& model, const ExportOptions& options,
                         base::Diagnostics& findings) {
  base::Diagnostics found;
  model::refuse_delays(model, "SBML", found);
  if (found.has_errors()) {
    findings.append(found);
    return "";
  }
  std::string text = Exporter(model, options, found).run();
  findings.append(found);
  return text;
}

}  // namespace raad::sbml
