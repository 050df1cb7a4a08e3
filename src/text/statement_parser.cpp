#include "text/statement_parser.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "base/table.hpp"
#include "text/expression_parser.hpp"
#include "text/reaction_parser.hpp"
#include "text/vocabulary.hpp"

namespace raad::text {
namespace {

bool is_clearable(const Place& place) {
  return place.name.parts.size() > 1;
}

// `[$]name [in compartment]`
Place parse_place(Cursor& cursor) {
  Place place;
  place.boundary = cursor.accept_symbol("$");
  place.name = cursor.parse_name("a name");
  if (cursor.accept_keyword("in")) place.compartment = cursor.parse_name("the name of a compartment");
  return place;
}

// ---------------------------------------------------------------------------------------------- declarations

// Takes modifiers and kind; the words may stand in any order before the kind, as in Antimony.
void parse_declared_kind(Cursor& cursor, Declaration& declaration) {
  SourcePlace substance_only_place;
  while (true) {
    const Token& token = cursor.peek();
    if (cursor.accept_keyword("var"))
      declaration.is_var = true;
    else if (cursor.accept_keyword("const") || cursor.accept_keyword("ext"))
      declaration.is_const = true;
    else if (cursor.accept_keyword("substanceOnly")) {
      declaration.substance_only = true;
      substance_only_place = token.place;
    } else {
      break;
    }
    if (declaration.is_var && declaration.is_const)
      cursor.fail("R003", token.place, "both `var` and `const`", "keep one of them");
  }
  static constexpr std::pair<std::string_view, DeclaredKind> k_kinds[] = {
      {"species", DeclaredKind::species},
      {"compartment", DeclaredKind::compartment},
      {"formula", DeclaredKind::formula},
      {"reaction", DeclaredKind::reaction},
  };
  for (const auto& [word, kind] : k_kinds)
    if (cursor.accept_keyword(word)) declaration.kind = kind;
  const Token& token = cursor.peek();
  if (token.kind == Token::Kind::keyword)
    if (const auto feature = refused_feature(token.text))
      cursor.fail("R004", token.place, fmt::format("{} are not supported", feature->name),
                  std::string(feature->hint));
  if (declaration.substance_only && declaration.kind != DeclaredKind::species)
    cursor.fail("R003", substance_only_place, "`substanceOnly` belongs before `species`",
                "write `substanceOnly species`");
}

DeclaredItem parse_declared_item(Cursor& cursor) {
  using ValueKind = DeclaredItem::Value;
  DeclaredItem item;
  item.place = parse_place(cursor);
  cursor.check_definable(item.place.name);
  if (cursor.accept_keyword("has")) {
    item.unit = parse_unit_expression(cursor);
    return item;
  }
  if (cursor.accept_symbol("="))
    item.value_kind = ValueKind::initial;
  else if (cursor.accept_symbol(":="))
    item.value_kind = ValueKind::rule;
  else if (cursor.accept_symbol("'")) {
    cursor.expect_symbol("=", "after `'`");
    item.value_kind = ValueKind::rate;
  } else {
    return item;
  }
  item.value = parse_formula(cursor);
  if (cursor.at_keyword("has"))
    cursor.fail("R003", cursor.peek().place, "a declaration takes a value or a unit, not both",
                fmt::format("write `{} has ...` as a statement of its own", item.place.name.dotted()));
  return item;
}

Declaration parse_declaration(Cursor& cursor) {
  Declaration declaration;
  parse_declared_kind(cursor, declaration);
  do {
    declaration.items.push_back(parse_declared_item(cursor));
  } while (cursor.accept_comma());
  return declaration;
}

// ---------------------------------------------------------------------------------------------- events

// `true` or `false` after an option such as `t0 =`.
bool parse_truth(Cursor& cursor, const std::string& option) {
  if (!cursor.at_word("true") && !cursor.at_word("false"))
    cursor.fail_unexpected(fmt::format("`true` or `false` for `{}`", option));
  return cursor.take().text == "true";
}

void parse_event_option(Cursor& cursor, Event& event) {
  static const std::vector<std::string> k_options = {"priority", "t0", "fromTrigger", "persistent"};
  const Token& token = cursor.peek();
  if (!cursor.at_identifier() || std::find(k_options.begin(), k_options.end(), token.text) == k_options.end())
    cursor.fail_unexpected(fmt::format("one of the options {}", fmt::join(k_options, ", ")));
  const std::string option = cursor.take().text;
  cursor.expect_symbol("=", fmt::format("after `{}`", option));
  const auto refuse_repeated = [&](bool is_set) {
    if (is_set)
      cursor.fail("R003", token.place, fmt::format("`{}` is given twice", option), "keep one of them");
  };
  if (option == "priority") {
    refuse_repeated(event.priority != nullptr);
    event.priority = parse_formula(cursor);
    return;
  }
  auto& value = option == "t0" ? event.t0 : option == "persistent" ? event.persistent : event.from_trigger;
  refuse_repeated(value.has_value());
  value = parse_truth(cursor, option);
}

bool accept_between_assignments(Cursor& cursor) {
  if (cursor.accept_comma()) return true;
  if (!cursor.accept_symbol(":")) return false;
  cursor.skip_line_ends();
  return true;
}

// From `at` on.
Event parse_event(Cursor& cursor, std::optional<Place> label) {
  Event event;
  event.label = std::move(label);
  const SourcePlace place = cursor.peek().place;
  cursor.expect_keyword("at", "of an event");
  event.trigger = parse_formula(cursor);
  if (cursor.accept_keyword("after")) {
    // `at 5 after x > 1`: the delay comes first.
    event.delay = std::move(event.trigger);
    event.trigger = parse_formula(cursor);
  }
  while (cursor.accept_comma()) {
    parse_event_option(cursor, event);
  }
  cursor.expect_symbol(":", "before the assignments of an event");
  cursor.skip_line_ends();
  do {
    EventAssignment assignment;
    assignment.target = cursor.parse_name("the name that the event changes");
    cursor.check_definable(assignment.target);
    cursor.expect_symbol("=", "after the name that the event changes");
    assignment.value = parse_formula(cursor);
    event.assignments.push_back(std::move(assignment));
  } while (accept_between_assignments(cursor));
  if (event.delay && !event.persistent)
    cursor.report("R003", place,
                  "an event with `after` must say whether it survives a trigger that falls again",
                  "write `persistent = true` (it still runs) or `persistent = false` (it is cancelled)");
  return event;
}

// ---------------------------------------------------------------------------------------------- submodels

double parse_plain_number(Cursor& cursor) {
  return base::parse_number(cursor.take().text).value_or(0.0);
}

std::variant<Name, double> parse_name_or_number(Cursor& cursor) {
  if (cursor.peek().kind == Token::Kind::number) return parse_plain_number(cursor);
  return cursor.parse_name("a name or a number");
}

void parse_conversion(Cursor& cursor, Submodel& submodel) {
  if (!cursor.at_word("timeconv") && !cursor.at_word("extentconv"))
    cursor.fail_unexpected("`timeconv` or `extentconv`");
  const Token& option = cursor.take();
  cursor.expect_symbol("=", fmt::format("after `{}`", option.text));
  auto& conversion = option.text == "timeconv" ? submodel.time_conversion : submodel.extent_conversion;
  if (conversion)
    cursor.fail("R003", option.place, fmt::format("`{}` is given twice", option.text), "keep one of them");
  conversion = parse_name_or_number(cursor);
}

// From the name of the model on.
Submodel parse_submodel(Cursor& cursor, std::optional<Place> label) {
  Submodel submodel;
  submodel.label = std::move(label);
  submodel.model_place = cursor.peek().place;
  submodel.model = cursor.take().text;
  cursor.expect_symbol("(", "after the name of a model");
  if (!cursor.at_symbol(")")) {
    do {
      if (cursor.at_symbol("-") || cursor.at_symbol("+"))
        cursor.fail_unexpected("a name or a number", "declare a constant with this value and pass its name");
      const SourcePlace place = cursor.peek().place;
      submodel.arguments.push_back({place, parse_name_or_number(cursor)});
    } while (cursor.accept_comma());
  }
  cursor.expect_symbol(")", "after the arguments of a submodel");
  while (cursor.accept_comma()) {
    parse_conversion(cursor, submodel);
  }
  if (cursor.accept_keyword("in")) submodel.compartment = cursor.parse_name("the name of a compartment");
  return submodel;
}

// ---------------------------------------------------------------------------------------------- annotations

// `SBO:0000290` or `290`, from after the `=`.
Annotation parse_sbo_term(Cursor& cursor, Name name) {
  name.parts.pop_back();  // The `.sboTerm` that the name was read with.
  if (cursor.at_word("SBO")) {
    cursor.take();
    cursor.expect_symbol(":", "after `SBO`");
  }
  const Token& token = cursor.peek();
  // Terms have seven digits at most.
  if (token.kind != Token::Kind::number || token.text.find_first_not_of("0123456789") != std::string::npos ||
      token.text.size() > 7)
    cursor.fail_unexpected("the number of an SBO term", "for example `SBO:0000290`");
  cursor.take();
  return {std::move(name), "sboTerm", {fmt::format("SBO:{:0>7}", token.text)}};
}

// From the qualifier on.
Annotation parse_annotation(Cursor& cursor, Name name) {
  const Token& qualifier = cursor.take();
  if (!is_qualifier(qualifier.text)) {
    const std::string near = base::nearest_name(qualifier.text, qualifier_names());
    cursor.report("R003", qualifier.place, fmt::format("`{}` is no qualifier of annotations", qualifier.text),
                  near.empty() ? fmt::format("known are {}", fmt::join(qualifier_names(), ", "))
                               : fmt::format("did you mean `{}`?", near));
  }
  Annotation annotation{std::move(name), qualifier.text, {}};
  do {
    annotation.texts.push_back(cursor.parse_string("a string"));
  } while (cursor.accept_comma());
  return annotation;
}

// ---------------------------------------------------------------------------------------------- small
// statements

// From after `is` on.
StatementContent parse_is(Cursor& cursor, Name left) {
  if (cursor.peek().kind == Token::Kind::string)
    return DisplayName{std::move(left), cursor.parse_string("a string")};
  Synonym synonym;
  synonym.left = std::move(left);
  synonym.right = cursor.parse_name("a name or a string");
  if (cursor.accept_symbol("/")) {
    if (cursor.peek().kind == Token::Kind::number)
      cursor.fail_unexpected("the name of a conversion factor",
                             "declare it as a constant, so that it has a unit and a source");
    synonym.factor = cursor.parse_name("the name of a conversion factor");
  }
  return synonym;
}

// `name "*" name "is" name`, from the `*` on: left times factor is right.
Synonym parse_scaled_synonym(Cursor& cursor, Name left) {
  Synonym synonym;
  synonym.left = std::move(left);
  cursor.expect_symbol("*", "before a conversion factor");
  synonym.factor = cursor.parse_name("the name of a conversion factor");
  cursor.expect_keyword("is", "after a conversion factor");
  synonym.right = cursor.parse_name("a name");
  return synonym;
}

Assignment parse_assignment(Cursor& cursor, Place target) {
  Assignment assignment;
  cursor.check_definable(target.name);
  if (cursor.accept_symbol(":="))
    assignment.kind = Assignment::Kind::rule;
  else if (cursor.accept_symbol("'"))
    assignment.kind = Assignment::Kind::rate;
  if (assignment.kind != Assignment::Kind::rule) cursor.expect_symbol("=", "in an assignment");
  if (cursor.at_separator()) {
    if (!is_clearable(target))
      cursor.fail("R003", cursor.peek().place,
                  fmt::format("the value of `{}` is missing", target.name.dotted()),
                  "only values of a submodel can be cleared, as in `A.k = ;`");
  } else {
    assignment.value = parse_formula(cursor);
  }
  assignment.target = std::move(target);
  return assignment;
}

UnitDefinition parse_unit_definition(Cursor& cursor) {
  UnitDefinition definition;
  if (!cursor.at_identifier()) cursor.fail_unexpected("the name of a unit");
  definition.name = cursor.take().text;
  cursor.expect_symbol("=", "after the name of a unit");
  definition.unit = parse_unit_expression(cursor);
  return definition;
}

Deletion parse_deletion(Cursor& cursor) {
  Deletion deletion;
  do {
    deletion.names.push_back(cursor.parse_name("the name to delete"));
  } while (cursor.accept_comma());
  return deletion;
}

Constraint parse_constraint(Cursor& cursor) {
  Constraint constraint;
  if (cursor.at_identifier()) constraint.id = cursor.parse_new_identifier("the name of a constraint").text;
  cursor.expect_symbol(":", "after `constraint` and its name");
  constraint.condition = parse_formula(cursor);
  return constraint;
}

// ---------------------------------------------------------------------------------------------- dispatch

bool starts_declaration(const Cursor& cursor) {
  static constexpr std::string_view k_words[] = {"var",         "const",   "ext",     "substanceOnly",
                                                 "compartment", "species", "formula", "reaction"};
  return std::any_of(std::begin(k_words), std::end(k_words),
                     [&](auto word) { return cursor.at_keyword(word); });
}

// Features of full Antimony that are recognised by the start of their statement, refused by name.
void refuse_foreign_statement(Cursor& cursor) {
  const Token& token = cursor.peek();
  const auto feature = refused_feature(token.text);
  const bool is_word = token.kind == Token::Kind::keyword || token.kind == Token::Kind::identifier;
  // `maximize J0` and `DNA d1: ...`; but `gene = 3` only uses a reserved word as a name, and `annotate = 3`
  // is fine.
  if (feature && is_word &&
      (cursor.at_identifier(1) || cursor.peek(1).kind == Token::Kind::number || cursor.at_symbol("{", 1)))
    cursor.fail("R004", token.place, fmt::format("{} are not supported", feature->name),
                std::string(feature->hint));
  if (token.kind != Token::Kind::number) return;
  const bool is_target = cursor.at_symbol("=", 2) || cursor.at_symbol(":=", 2) || cursor.at_symbol("'", 2) ||
                         cursor.at_keyword("is", 2) || cursor.at_keyword("has", 2) ||
                         cursor.at_symbol(":", 2);
  if (is_target && cursor.at_identifier(1) && cursor.peek(1).leading.empty()) cursor.fail_no_name("a name");
  if (cursor.at_symbol("=", 1))
    cursor.fail("R004", token.place, "algebraic rules (`0 = ...`) are not supported",
                "solve for one variable and write `variable := ...`");
  if (cursor.at_symbol("<", 1) || cursor.at_symbol("<=", 1) || cursor.at_symbol(">", 1) ||
      cursor.at_symbol(">=", 1))
    cursor.fail("R004", token.place, "flux bounds are not supported",
                "raad simulates kinetics; remove the bound");
}

// A statement after `label:`.
StatementContent parse_labelled(Cursor& cursor, Place label) {
  cursor.check_definable(label.name);
  const bool is_event = cursor.at_keyword("at");
  const bool is_submodel = cursor.at_identifier() && cursor.at_symbol("(", 1);
  if ((is_event || is_submodel) && (label.boundary || label.name.parts.size() > 1))
    cursor.fail(
        "R003", label.name.place,
        fmt::format("{} has a plain name, without `$` and `.`", is_event ? "an event" : "a submodel"));
  if (is_event) return parse_event(cursor, std::move(label));
  if (is_submodel) return parse_submodel(cursor, std::move(label));
  return parse_reaction(cursor, std::move(label));
}

// A statement that starts with `[$]name [in compartment]`.
StatementContent parse_after_place(Cursor& cursor, Place place) {
  const Token& token = cursor.peek();
  if (cursor.accept_symbol(":")) return parse_labelled(cursor, std::move(place));
  if (cursor.at_symbol("=") && place.name.parts.size() > 1 && place.name.parts.back() == "sboTerm") {
    cursor.take();
    return parse_sbo_term(cursor, std::move(place.name));
  }
  if (cursor.at_symbol("=") || cursor.at_symbol(":=") || cursor.at_symbol("'"))
    return parse_assignment(cursor, std::move(place));
  if (cursor.accept_keyword("has")) return HasUnit{std::move(place), parse_unit_expression(cursor)};
  const bool is_bare = !place.boundary && !place.compartment;
  if (is_bare && cursor.accept_keyword("is")) return parse_is(cursor, std::move(place.name));
  if (is_bare && cursor.at_symbol("*")) return parse_scaled_synonym(cursor, std::move(place.name));
  if (is_bare && cursor.at_identifier() && cursor.peek(1).kind == Token::Kind::string)
    return parse_annotation(cursor, std::move(place.name));
  if (place.compartment && cursor.at_arrow())
    cursor.fail(
        "R003", place.compartment->place, "`in` stands in the declaration of a species, not in a reaction",
        fmt::format("write `species {} in {}` before", place.name.dotted(), place.compartment->dotted()));
  if (cursor.at_symbol("<") || cursor.at_symbol("<=") || cursor.at_symbol(">") || cursor.at_symbol(">="))
    cursor.fail("R004", token.place, "flux bounds are not supported",
                "raad simulates kinetics; remove the bound");
  if (token.kind == Token::Kind::string)
    cursor.fail_unexpected("`is` or a qualifier before the string",
                           "write `is` for a display name, `description` for a source");
  cursor.fail_unexpected("`=`, `:=`, `'`, `:`, `is`, `has` or an arrow");
}

// Whether the tokens from here read as the start of a reaction: `[NUM|ID] [$] name` and then `+` or an arrow.
bool at_reaction(const Cursor& cursor) {
  std::size_t ahead = 0;
  if (cursor.at_arrow()) return true;
  if (cursor.peek().kind == Token::Kind::number) return true;
  // A named stoichiometry, which parse_reaction refuses by name.
  if (cursor.at_identifier() && (cursor.at_identifier(1) || cursor.at_symbol("$", 1))) {
    if (cursor.peek(2).kind == Token::Kind::string) return false;
    ahead = 1;
  }
  if (cursor.at_symbol("$", ahead)) ++ahead;
  if (!cursor.at_identifier(ahead)) return false;
  ++ahead;
  while (cursor.at_symbol(".", ahead) && cursor.at_identifier(ahead + 1)) ahead += 2;
  return cursor.at_symbol("+", ahead) || cursor.at_arrow(ahead);
}

StatementContent parse_content(Cursor& cursor) {
  if (starts_declaration(cursor)) return parse_declaration(cursor);
  if (cursor.accept_keyword("unit")) return parse_unit_definition(cursor);
  if (cursor.accept_keyword("delete")) return parse_deletion(cursor);
  if (cursor.accept_keyword("constraint")) return parse_constraint(cursor);
  if (cursor.at_keyword("at")) return parse_event(cursor, std::nullopt);
  if (at_model_annotation(cursor)) {
    cursor.take();
    return parse_annotation(cursor, Name{});
  }
  refuse_foreign_statement(cursor);
  if (at_reaction(cursor)) return parse_reaction(cursor, std::nullopt);
  if (cursor.at_identifier() && cursor.at_symbol("(", 1)) return parse_submodel(cursor, std::nullopt);
  if (!cursor.at_identifier() && !cursor.at_symbol("$")) cursor.fail_no_name("a statement");
  return parse_after_place(cursor, parse_place(cursor));
}

}  // namespace

bool at_model_annotation(const Cursor& cursor) {
  return cursor.at_keyword("model") && cursor.at_identifier(1) && cursor.peek(2).kind == Token::Kind::string;
}

Statement parse_statement(Cursor& cursor) {
  Statement statement;
  statement.place = cursor.peek().place;
  statement.tokens.first = cursor.index();
  statement.content = parse_content(cursor);
  if (!cursor.at_separator()) {
    const bool is_operand =
        cursor.at_identifier() || cursor.peek().kind == Token::Kind::number || cursor.at_symbol("(");
    cursor.fail_unexpected("the end of the statement", is_operand ? "is an operator or a `;` missing?" : "");
  }
  statement.tokens.last = cursor.index();
  return statement;
}

}  // namespace raad::text
