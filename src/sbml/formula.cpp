#include "sbml/formula.hpp"

#include <sbml/SBMLTypes.h>
#include <sbml/math/L3ParserSettings.h>

#include <cstdlib>
#include <memory>

#include "sbml/math.hpp"

namespace raad::sbml {
namespace {

/// PEtab writes log(x, b); libSBML's parser reads the base first.
void swap_bases(ASTNode& node) {
  for (unsigned i = 0; i < node.getNumChildren(); ++i) swap_bases(*node.getChild(i));
  // Of a logarithm written with one argument the parser makes ln, and log10 of `log10`, base first.
  if (node.getType() != AST_FUNCTION_LOG || node.getNumChildren() != 2) return;
  const ASTNode& base = *node.getChild(0);
  if (base.isInteger() && base.getInteger() == 10) return;
  std::unique_ptr<ASTNode> first(node.getChild(0)->deepCopy()), second(node.getChild(1)->deepCopy());
  node.removeChild(1);
  node.removeChild(0);
  node.addChild(second.release());
  node.addChild(first.release());
}

}  // namespace

namespace {

model::FormulaPointer formula_of(const ASTNode& node, const std::string& text, const std::string& code,
                                 const std::function<model::FormulaPointer(const std::string&)>& value) {
  const Model none(3, 2);
  MathReader reader(
      none, value,
      [](const std::string& id) -> model::FormulaPointer {
        throw Unsupported{"rateOf(" + id + ")", "it has no meaning outside of a model"};
      },
      true);
  try {
    return reader.read(node);
  } catch (const Unsupported& refused) {
    throw base::InputError(code, {}, "`" + text + "`: " + refused.what + " is not known: " + refused.reason);
  } catch (const Excess& excess) {
    throw base::InputError(code, {}, excess.what);
  }
}

}  // namespace

model::FormulaPointer parse_formula(const std::string& text, const std::string& code,
                                    const std::function<model::FormulaPointer(const std::string&)>& value) {
  L3ParserSettings settings;
  settings.setParseLog(L3P_PARSE_LOG_AS_LN);
  settings.setParseCollapseMinus(false);
  settings.setParseUnits(false);
  settings.setParseAvogadroCsymbol(false);
  const std::unique_ptr<ASTNode> node(SBML_parseL3FormulaWithSettings(text.c_str(), &settings));
  if (node == nullptr) {
    const std::unique_ptr<char, void (*)(void*)> reason(SBML_getLastParseL3Error(), std::free);
    throw base::InputError(code, {}, "`" + text + "` is no formula: " + (reason ? reason.get() : ""),
                           "write it as infix mathematics");
  }
  swap_bases(*node);
  return formula_of(*node, text, code, value);
}

model::FormulaPointer parse_mathml(const std::string& xml, const std::string& code,
                                   const std::function<model::FormulaPointer(const std::string&)>& value) {
  const std::string text =
      xml.rfind("<?xml", 0) == 0 ? xml : "<?xml version='1.0' encoding='UTF-8'?>\n" + xml;
  const std::unique_ptr<ASTNode> node(readMathMLFromString(text.c_str()));
  if (node == nullptr) throw base::InputError(code, {}, "damaged mathematics");
  return formula_of(*node, "mathematics", code, value);
}

}  // namespace raad::sbml
