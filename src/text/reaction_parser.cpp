#include "text/reaction_parser.hpp"

#include <fmt/format.h>

#include "base/table.hpp"
#include "text/expression_parser.hpp"

namespace raad::text {
namespace {

// A name where a number belongs: reported and passed.
void refuse_named_stoichiometry(Cursor& cursor) {
  const Token& token = cursor.peek();
  if (!cursor.at_identifier() || !(cursor.at_identifier(1) || cursor.at_symbol("$", 1))) return;
  cursor.report("R026", token.place, fmt::format("`{}` is a named stoichiometry", token.text),
                "write a number; a stoichiometry that changes is a rule or a rate");
  cursor.take();
}

Participant parse_participant(Cursor& cursor) {
  Participant participant;
  const Token& first = cursor.peek();
  if (first.kind == Token::Kind::number) {
    participant.stoichiometry = base::parse_number(cursor.take().text).value_or(1.0);
    if (participant.stoichiometry <= 0.0)
      cursor.report("R003", first.place, fmt::format("the stoichiometry {} is not positive", first.text),
                    "write a species that is only read with an interaction arrow or in the rate");
    if (cursor.at_symbol("/") || cursor.at_symbol("*"))
      cursor.fail("R026", cursor.peek().place, "a stoichiometry is a plain number", "write 0.5 for 1/2");
  }
  refuse_named_stoichiometry(cursor);
  participant.boundary = cursor.accept_symbol("$");
  participant.name = cursor.parse_name("the name of a species");
  if (cursor.at_symbol("*"))
    cursor.fail("R026", cursor.peek().place, "a product where a species belongs", "write `2 A` for two of A");
  if (cursor.at_keyword("in"))
    cursor.fail("R003", cursor.peek().place, "`in` stands in the declaration of a species, not in a reaction",
                fmt::format("write `species {} in ...` before", participant.name.dotted()));
  return participant;
}

std::vector<Participant> parse_side(Cursor& cursor) {
  std::vector<Participant> side;
  if (cursor.at_arrow() || cursor.at_separator()) return side;
  do {
    side.push_back(parse_participant(cursor));
  } while (cursor.accept_symbol("+"));
  return side;
}

Arrow parse_arrow(Cursor& cursor) {
  if (cursor.at_symbol(";")) {
    cursor.report("R003", cursor.peek().place, "this reaction has no arrow",
                  "a reaction reads `A + B -> C; rate`");
    cursor.take();  // The rate behind it is no statement.
    throw StatementAbandoned{};
  }
  if (!cursor.at_arrow())
    cursor.fail_unexpected("an arrow (`->`, `=>`, `-o`, `-|`, `-(`) or `+`",
                           cursor.at_separator() ? "a reaction reads `A + B -> C; rate`" : "");
  const std::string first = cursor.take().text;
  if (first == "=>") return Arrow::irreversible;
  if (first != "-") return Arrow::reversible;
  const std::string second = cursor.take().text;
  return second == "o" ? Arrow::activates : second == "|" ? Arrow::inhibits : Arrow::influences;
}

}  // namespace

Reaction parse_reaction(Cursor& cursor, std::optional<Place> label) {
  Reaction reaction;
  const SourcePlace place = cursor.peek().place;
  reaction.label = std::move(label);
  reaction.left = parse_side(cursor);
  reaction.arrow = parse_arrow(cursor);
  reaction.right = parse_side(cursor);
  if (reaction.left.empty() && reaction.right.empty())
    cursor.fail("R003", place, "a reaction without reactants and products", "name a species on one side");
  const bool is_interaction = reaction.arrow != Arrow::reversible && reaction.arrow != Arrow::irreversible;
  if (is_interaction && (reaction.left.empty() || reaction.right.empty()))
    cursor.fail("R003", place, "an interaction needs a species on its left and a reaction on its right",
                "for example `A -| J0;`");
  if (!cursor.at_symbol(";"))
    cursor.fail_unexpected(is_interaction ? "`;` after an interaction" : "`;` and the rate after a reaction",
                           "a reaction reads `A + B -> C; rate`");
  cursor.take();
  if (!cursor.at_separator() && !cursor.at_keyword("in")) reaction.rate = parse_formula(cursor);
  if (cursor.accept_keyword("in")) reaction.compartment = cursor.parse_name("the name of a compartment");
  return reaction;
}

}  // namespace raad::text
