#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/table.hpp"
#include "text/printer.hpp"

namespace raad::text {
namespace {

std::string text_of(const Place& place) {
  std::string text = place.boundary ? "$" : "";
  text += place.name.dotted();
  if (place.compartment) text += " in " + place.compartment->dotted();
  return text;
}

std::string text_of(const std::variant<Name, double>& value) {
  if (const auto* name = std::get_if<Name>(&value)) return name->dotted();
  return base::format_number(std::get<double>(value));
}

std::string_view text_of(DeclaredKind kind) {
  switch (kind) {
    case DeclaredKind::species:
      return "species";
    case DeclaredKind::compartment:
      return "compartment";
    case DeclaredKind::formula:
      return "formula";
    case DeclaredKind::reaction:
      return "reaction";
    case DeclaredKind::unspecified:
      break;
  }
  return "quantity";
}

std::string_view text_of(Arrow arrow) {
  switch (arrow) {
    case Arrow::reversible:
      return "->";
    case Arrow::irreversible:
      return "=>";
    case Arrow::activates:
      return "-o";
    case Arrow::inhibits:
      return "-|";
    case Arrow::influences:
      return "-(";
  }
  return "";
}

std::string text_of(const std::vector<Participant>& side) {
  std::string text;
  for (const auto& participant : side) {
    if (!text.empty()) text += " + ";
    if (participant.stoichiometry != 1.0) text += base::format_number(participant.stoichiometry) + " ";
    if (participant.boundary) text += '$';
    text += participant.name.dotted();
  }
  return text.empty() ? "nothing" : text;
}

class TreePrinter {
 public:
  std::string text;

  void print(const SyntaxTree& tree) {
    for (const auto& import : tree.imports) line("import \"{}\"", import.path);
    for (const auto& function : tree.functions) {
      line("function {}({})", function.name, fmt::join(function.parameters, ", "));
      inner([&] { print(function.body); });
    }
    for (const auto& model : tree.models) print(model);
  }

 private:
  template <class... Arguments>
  void line(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    text.append(2 * depth_, ' ');
    text += fmt::format(format, std::forward<Arguments>(arguments)...);
    text += '\n';
  }

  template <class Body>
  void inner(Body body) {
    ++depth_;
    body();
    --depth_;
  }

  void print(const Model& model) {
    std::vector<std::string> names;
    names.reserve(model.interface_names.size());
    for (const auto& name : model.interface_names) names.push_back(name.dotted());
    line("model {}{}({})", model.is_main ? "*" : "", model.name, fmt::join(names, ", "));
    inner([&] {
      for (const auto& statement : model.statements)
        std::visit([this](const auto& content) { print(content); }, statement.content);
    });
  }

  void print(const ExpressionPointer& expression) {
    if (expression) print(*expression);
  }

  void print(const Expression& expression) {
    using Kind = Expression::Kind;
    switch (expression.kind) {
      case Kind::number:
        line("number {}{}{}", base::format_number(expression.value), expression.unit ? " " : "",
             expression.unit ? expression.unit->text : "");
        break;
      case Kind::name:
        line("name {}", expression.name.dotted());
        break;
      case Kind::boolean:
        line("truth {}", expression.value != 0.0 ? "true" : "false");
        break;
      case Kind::call:
        line("call {}", expression.text);
        break;
      case Kind::unary:
        line("sign {}", expression.text);
        break;
      case Kind::binary:
        line("operator {}", expression.text);
        break;
    }
    inner([&] {
      for (const auto& argument : expression.arguments) print(*argument);
    });
  }

  void field(std::string_view name, const ExpressionPointer& expression) {
    if (!expression) return;
    line("{}", name);
    inner([&] { print(*expression); });
  }

  void field(std::string_view name, const std::optional<bool>& value) {
    if (value) line("{} {}", name, *value ? "true" : "false");
  }

  void label(const std::optional<Place>& place) {
    if (place) line("label {}", text_of(*place));
  }

  void print(const Declaration& declaration) {
    line("declaration{}{}{} {}", declaration.is_var ? " var" : "", declaration.is_const ? " const" : "",
         declaration.substance_only ? " substanceOnly" : "", text_of(declaration.kind));
    inner([&] {
      for (const auto& item : declaration.items) {
        using ValueKind = DeclaredItem::Value;
        const std::string_view sign = item.value_kind == ValueKind::initial ? " ="
                                      : item.value_kind == ValueKind::rule  ? " :="
                                      : item.value_kind == ValueKind::rate  ? " ' ="
                                                                            : "";
        line("{}{}{}{}", text_of(item.place), sign, item.unit ? " has " : "",
             item.unit ? item.unit->text : "");
        inner([&] { print(item.value); });
      }
    });
  }

  void print(const Reaction& reaction) {
    line("reaction");
    inner([&] {
      label(reaction.label);
      line("{} {} {}", text_of(reaction.left), text_of(reaction.arrow), text_of(reaction.right));
      field("rate", reaction.rate);
      if (reaction.compartment) line("in {}", reaction.compartment->dotted());
    });
  }

  void print(const Assignment& assignment) {
    const std::string_view kind = assignment.kind == Assignment::Kind::initial ? "initial value"
                                  : assignment.kind == Assignment::Kind::rule  ? "rule"
                                                                               : "rate";
    line("{} {}{}", kind, text_of(assignment.target), assignment.value ? "" : " cleared");
    inner([&] { print(assignment.value); });
  }

  void print(const Event& event) {
    line("event");
    inner([&] {
      label(event.label);
      field("trigger", event.trigger);
      field("delay", event.delay);
      field("priority", event.priority);
      field("t0", event.t0);
      field("fromTrigger", event.from_trigger);
      field("persistent", event.persistent);
      for (const auto& assignment : event.assignments) {
        line("assign {}", assignment.target.dotted());
        inner([&] { print(assignment.value); });
      }
    });
  }

  void print(const Submodel& submodel) {
    line("submodel {}", submodel.model);
    inner([&] {
      label(submodel.label);
      for (const auto& argument : submodel.arguments) line("argument {}", text_of(argument.value));
      if (submodel.time_conversion) line("timeconv {}", text_of(*submodel.time_conversion));
      if (submodel.extent_conversion) line("extentconv {}", text_of(*submodel.extent_conversion));
      if (submodel.compartment) line("in {}", submodel.compartment->dotted());
    });
  }

  void print(const Synonym& synonym) {
    line("same {} is {}{}{}", synonym.left.dotted(), synonym.right.dotted(), synonym.factor ? "/" : "",
         synonym.factor ? synonym.factor->dotted() : "");
  }

  void print(const DisplayName& display) { line("display {} is {}", display.name.dotted(), display.text); }

  void print(const UnitDefinition& definition) {
    line("unit {} = {}", definition.name, definition.unit.text);
  }

  void print(const HasUnit& has) { line("has {} {}", text_of(has.target), has.unit.text); }

  void print(const Deletion& deletion) {
    line("delete");
    inner([&] {
      for (const auto& name : deletion.names) line("{}", name.dotted());
    });
  }

  void print(const Annotation& annotation) {
    line("annotation {} {}", annotation.name.parts.empty() ? "model" : annotation.name.dotted(),
         annotation.qualifier);
    inner([&] {
      for (const auto& content : annotation.texts) line("{}", content);
    });
  }

  void print(const Constraint& constraint) {
    line("constraint {}", constraint.id);
    inner([&] { print(constraint.condition); });
  }

  std::size_t depth_ = 0;
};

}  // namespace

std::string print_tree(const SyntaxTree& tree) {
  TreePrinter printer;
  printer.print(tree);
  return std::move(printer.text);
}

}  // namespace raad::text
