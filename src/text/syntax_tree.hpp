// Syntax tree of a model file: what was written, where, with its comments; no meaning yet.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/diagnostics.hpp"

namespace raad::text {

using base::SourcePlace;

/// Product of unit factors, for example `ng/mL` or `1/nM/h`. Kept as its normalised text, which
/// base::UnitTable::parse understands.
struct UnitExpression {
  SourcePlace place;
  std::string text;
};

/// A dotted name: `A.k` has two parts.
struct Name {
  SourcePlace place;
  std::vector<std::string> parts;
  std::string dotted() const;
  bool operator==(const Name& other) const { return parts == other.parts; }
};

struct Expression;
using ExpressionPointer = std::unique_ptr<Expression>;

/// One node of a formula.
struct Expression {
  enum class Kind {
    number,   ///< value, optional unit (a name of one unit)
    name,     ///< name
    boolean,  ///< value is 0 or 1
    call,     ///< text = function, arguments
    unary,    ///< text = "-" "+" "!", one argument
    binary,   ///< text = operator as written, two arguments
  };
  Kind kind = Kind::number;
  SourcePlace place;
  std::string text;
  double value = 0.0;
  std::optional<UnitExpression> unit;
  Name name;
  std::vector<ExpressionPointer> arguments;
};

/// `[$]name [in compartment]`
struct Place {
  bool boundary = false;
  Name name;
  std::optional<Name> compartment;
};

enum class DeclaredKind { unspecified, species, compartment, formula, reaction };

/// One item of a declaration: `Place [= expr | := expr | ' = expr | has unit]`.
struct DeclaredItem {
  Place place;
  enum class Value { none, initial, rule, rate } value_kind = Value::none;
  ExpressionPointer value;
  std::optional<UnitExpression> unit;
};

struct Declaration {
  DeclaredKind kind = DeclaredKind::unspecified;
  bool is_const = false;
  bool is_var = false;
  bool substance_only = false;
  std::vector<DeclaredItem> items;
};

/// A participant of a reaction.
struct Participant {
  double stoichiometry = 1.0;
  bool boundary = false;
  Name name;
};

enum class Arrow { reversible, irreversible, activates, inhibits, influences };

struct Reaction {
  std::optional<Place> label;
  std::vector<Participant> left;
  std::vector<Participant> right;
  Arrow arrow = Arrow::reversible;
  ExpressionPointer rate;  ///< May be null.
  std::optional<Name> compartment;
};

/// `place = expr`, `place := expr`, `place' = expr`; a null expression clears the submodel's value.
struct Assignment {
  enum class Kind { initial, rule, rate } kind = Kind::initial;
  Place target;
  ExpressionPointer value;
};

struct EventAssignment {
  Name target;
  ExpressionPointer value;
};

struct Event {
  std::optional<Place> label;
  ExpressionPointer trigger;
  ExpressionPointer delay;     ///< Null without `after`, which in the text stands before the trigger.
  ExpressionPointer priority;  ///< May be null.
  std::optional<bool> t0, from_trigger, persistent;
  std::vector<EventAssignment> assignments;
};

struct SubmodelArgument {
  SourcePlace place;
  std::variant<Name, double> value;
};

struct Submodel {
  std::optional<Place> label;
  std::string model;
  SourcePlace model_place;
  std::vector<SubmodelArgument> arguments;
  std::optional<std::variant<Name, double>> time_conversion;
  std::optional<std::variant<Name, double>> extent_conversion;
  std::optional<Name> compartment;  ///< `in` after the parentheses; one after the label stands in `label`.
};

/// `left is right`, or with a conversion factor: `left is right / factor`.
struct Synonym {
  Name left;
  Name right;
  std::optional<Name> factor;
};

struct DisplayName {
  Name name;
  std::string text;
};

struct UnitDefinition {
  std::string name;
  UnitExpression unit;
};

struct HasUnit {
  Place target;
  UnitExpression unit;
};

struct Deletion {
  std::vector<Name> names;
};

/// `name QUALIFIER "text", ...`; an empty name means the model. Qualifier "sboTerm" (its text is `SBO:` and
/// seven digits) and "notes" included.
struct Annotation {
  Name name;
  std::string qualifier;
  std::vector<std::string> texts;
};

/// `constraint [id]: expr`, verified during simulation.
struct Constraint {
  std::string id;
  ExpressionPointer condition;
};

using StatementContent = std::variant<Declaration, Reaction, Assignment, Event, Submodel, Synonym,
                                      DisplayName, UnitDefinition, HasUnit, Deletion, Annotation, Constraint>;

/// Half-open range of token indices in SyntaxTree::tokens.
struct TokenRange {
  std::size_t first = 0;
  std::size_t last = 0;
};

struct Statement {
  SourcePlace place;
  TokenRange tokens;
  StatementContent content;
};

/// What the canonical layout puts on one line: an import, a header, a statement or an `end`.
struct LayoutLine {
  TokenRange tokens;  ///< Without the separator that follows.
  int depth = 0;      ///< Levels of indentation.
  bool is_reaction = false;
};

struct Model {
  std::string name;
  bool is_main = false;  ///< `model *name`
  SourcePlace place;
  std::vector<Name> interface_names;
  std::vector<Statement> statements;
};

struct Function {
  std::string name;
  SourcePlace place;
  std::vector<std::string> parameters;
  ExpressionPointer body;
};

struct Import {
  SourcePlace place;
  std::string path;  ///< As written, relative to the importing file.
};

/// One token with everything that stood before it (blanks, comments, joined lines), so that nothing is lost.
struct Token {
  enum class Kind { identifier, keyword, number, string, symbol, line_end, end_of_file };
  Kind kind = Kind::end_of_file;
  std::string leading;  ///< Blanks and comments before the token, as written.
  std::string text;     ///< The token as written.
  SourcePlace place;
};

/// A whole file.
struct SyntaxTree {
  std::string file;
  std::vector<Token> tokens;
  std::vector<Import> imports;
  std::vector<Function> functions;
  std::vector<Model> models;
  std::vector<LayoutLine> lines;  ///< In order; together with separators they cover all tokens.
};

}  // namespace raad::text
