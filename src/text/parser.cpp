#include "text/parser.hpp"

#include <fmt/format.h>

#include <set>

#include "text/cursor.hpp"
#include "text/expression_parser.hpp"
#include "text/lexer.hpp"
#include "text/statement_parser.hpp"

namespace raad::text {
namespace {

bool at_model_header(const Cursor& cursor) {
  return (cursor.at_keyword("model") || cursor.at_keyword("module")) && !at_model_annotation(cursor);
}

// Words that start a new part of the file; a missing `end` must not swallow them.
bool at_top_level(const Cursor& cursor) {
  return at_model_header(cursor) || cursor.at_keyword("function") || cursor.at_keyword("import");
}

// `end` closes; `end = 3` and `end.x` only use the word as a name.
bool at_end_keyword(const Cursor& cursor) {
  return cursor.at_keyword("end") && (cursor.at_separator(1) || cursor.peek(1).kind != Token::Kind::symbol);
}

class FileParser {
 public:
  FileParser(SyntaxTree& tree, base::Diagnostics& findings) : tree_(tree), cursor_(tree.tokens, findings) {}

  void parse() {
    bool in_bare_statements = false;
    while (!cursor_.at_end_of_file()) {
      if (cursor_.at_separator()) {
        cursor_.take();
        continue;
      }
      if (at_top_level(cursor_) || cursor_.at_keyword("end")) {
        in_bare_statements = false;
        parse_top_level();
        continue;
      }
      // One finding for a run of them: a file without `model` would otherwise be one long list of R002.
      if (!in_bare_statements)
        cursor_.report("R002", cursor_.peek().place, "statements outside a model are not supported",
                       "put them between `model NAME()` and `end`");
      in_bare_statements = true;
      guarded(0, [this] { return parse_statement(cursor_).content.index() == k_reaction; });
    }
    cursor_.end_scope();
  }

 private:
  static constexpr std::size_t k_reaction = 1;  // Index of Reaction in StatementContent.
  static_assert(std::is_same_v<std::variant_alternative_t<k_reaction, StatementContent>, Reaction>);

  // Runs `part`, which says whether it read a reaction; after a syntax error goes to the next statement. The
  // tokens passed become one line of the layout.
  template <class Part>
  void guarded(int depth, Part part) {
    const std::size_t first = cursor_.index();
    LayoutLine line{{first, first}, depth, false};
    try {
      line.is_reaction = part();
    } catch (const StatementAbandoned&) {
      skip_to_next_statement(first);
    }
    line.tokens.last = cursor_.index();
    if (line.tokens.last > first) tree_.lines.push_back(line);
  }

  // `first` is where the abandoned statement starts, the cursor stands where it went wrong.
  void skip_to_next_statement(std::size_t first) {
    const std::size_t wrong = cursor_.index();
    bool in_reaction = false;
    bool in_event = false;
    cursor_.go_to(first);
    while (!cursor_.at_end_of_file()) {
      const bool is_past = cursor_.index() >= wrong;
      if (cursor_.at_symbol("->") || cursor_.at_symbol("=>") || cursor_.at_symbol("<==>")) in_reaction = true;
      if (cursor_.at_keyword("at")) in_event = true;
      if (cursor_.at_symbol(";")) {
        // The first one after an arrow stands before the rate and ends nothing.
        if (!in_reaction && is_past) return;
        in_reaction = false;
      }
      if (cursor_.peek().kind == Token::Kind::line_end && is_past && !continues_after_line_end(in_event))
        return;
      if (is_past && cursor_.index() > first && at_new_part()) return;
      cursor_.take();
    }
  }

  // `end`, or a header at the start of a line: what went wrong before must not swallow it.
  bool at_new_part() const {
    const bool at_line_start = cursor_.token(cursor_.index() - 1).kind == Token::Kind::line_end;
    return (cursor_.at_keyword("end") && cursor_.at_separator(1)) || (at_line_start && at_top_level(cursor_));
  }

  // A line that ends in a comma goes on, and so does one that ends in the colon of an event.
  bool continues_after_line_end(bool in_event) const {
    if (cursor_.index() == 0) return false;
    const Token& before = cursor_.token(cursor_.index() - 1);
    return before.kind == Token::Kind::symbol && (before.text == "," || (in_event && before.text == ":"));
  }

  void parse_top_level() {
    if (cursor_.at_keyword("import"))
      guarded(0, [this] { return parse_import(); });
    else if (cursor_.at_keyword("function"))
      parse_function();
    else if (at_model_header(cursor_))
      parse_model();
    else
      guarded(0, [this] {
        const Token& token = cursor_.take();
        if (!cursor_.is_reported(token))
          cursor_.report("R003", token.place, "`end` without a model or function", "remove it");
        return expect_separator();
      });
  }

  // Always false, so that it can end a part that is no reaction.
  bool expect_separator() {
    if (!cursor_.at_separator()) cursor_.fail_unexpected("the end of the line");
    return false;
  }

  bool parse_import() {
    Import import;
    import.place = cursor_.take().place;
    const SourcePlace place = cursor_.peek().place;
    import.path = cursor_.parse_string("the path of a file in quotes");
    const std::string suffix = import.path.substr(std::min(import.path.rfind('.'), import.path.size()));
    if (suffix == ".cellml")
      cursor_.report("R004", place, "CellML models are not supported", "convert the model to SBML");
    tree_.imports.push_back(std::move(import));
    return expect_separator();
  }

  // `"(" [ID {"," ID}] ")"`, from the parenthesis on.
  std::vector<Name> parse_parameters(std::string_view purpose) {
    std::vector<Name> names;
    cursor_.expect_symbol("(", "before the list of names");
    if (!cursor_.at_symbol(")")) {
      do {
        const Token& token = cursor_.parse_new_identifier(purpose);
        names.push_back(Name{token.place, {token.text}});
      } while (cursor_.accept_comma());
    }
    cursor_.expect_symbol(")", "or `,` in the list of names");
    return names;
  }

  void parse_function() {
    cursor_.end_scope();
    Function function;
    bool is_sound = false;
    guarded(0, [&] {
      cursor_.take();
      function.place = cursor_.peek().place;
      function.name = cursor_.parse_new_identifier("the name of a function").text;
      cursor_.begin_scope();
      for (auto& parameter : parse_parameters("the name of an argument"))
        function.parameters.push_back(std::move(parameter.parts.front()));
      return expect_separator() || !(is_sound = true);
    });
    bool has_content = false;
    parse_body(function.place, "function", [&] {
      if (has_content)
        cursor_.fail("R003", cursor_.peek().place, "a function is one formula", "remove the second one");
      has_content = true;
      function.body = parse_formula(cursor_);
      return expect_separator();
    });
    // What did not parse has its own finding.
    if (is_sound && !has_content)
      cursor_.report("R003", function.place, fmt::format("the function `{}` has no formula", function.name),
                     "write it between the header and `end`");
    if (function.body) tree_.functions.push_back(std::move(function));
  }

  void parse_model() {
    cursor_.end_scope();
    Model model;
    guarded(0, [&] {
      cursor_.take();
      model.is_main = cursor_.accept_symbol("*");
      model.place = cursor_.peek().place;
      model.name = cursor_.parse_new_identifier("the name of a model").text;
      cursor_.begin_scope();
      if (cursor_.at_symbol("(")) model.interface_names = parse_parameters("a name of the interface");
      return expect_separator();
    });
    parse_body(model.place, "model", [&] {
      model.statements.push_back(parse_statement(cursor_));
      return model.statements.back().content.index() == k_reaction;
    });
    tree_.models.push_back(std::move(model));
  }

  // Everything up to and including `end`.
  template <class Part>
  void parse_body(const SourcePlace& place, std::string_view what, Part part) {
    while (!at_end_keyword(cursor_)) {
      if (cursor_.at_end_of_file() || (at_top_level(cursor_) && !cursor_.at_keyword("import"))) {
        cursor_.report("R003", place, fmt::format("this {} has no `end`", what),
                       "write `end` after its last line");
        cursor_.end_scope();
        return;
      }
      if (cursor_.at_separator()) {
        cursor_.take();
        continue;
      }
      if (cursor_.at_keyword("import"))
        guarded(1, [this] {
          cursor_.report("R003", cursor_.peek().place, "imports stand outside models and functions",
                         "move it to the top of the file");
          return parse_import();
        });
      else
        guarded(1, part);
    }
    guarded(0, [this] {
      cursor_.take();
      return expect_separator();
    });
    cursor_.end_scope();
  }

  SyntaxTree& tree_;
  Cursor cursor_;
};

}  // namespace

std::string Name::dotted() const {
  std::string text;
  for (const auto& part : parts) {
    if (!text.empty()) text += '.';
    text += part;
  }
  return text;
}

SyntaxTree parse(std::string_view source, std::string file, base::Diagnostics& findings) {
  SyntaxTree tree;
  tree.file = std::move(file);
  base::Diagnostics own;
  tree.tokens = tokenize(source, tree.file, {}, own);
  FileParser(tree, own).parse();
  own.sort();
  findings.append(own);
  return tree;
}

ExpressionPointer parse_expression(std::string_view source, const std::string& file,
                                   base::Diagnostics& findings) {
  base::Diagnostics own;
  const auto tokens = tokenize(source, file, {.flat_names = true}, own);
  Cursor cursor(tokens, own);
  ExpressionPointer expression;
  try {
    expression = parse_formula(cursor);
    if (!cursor.at_end_of_file()) cursor.fail_unexpected("the end of the formula");
    cursor.end_scope();
  } catch (const StatementAbandoned&) {
    expression.reset();
  }
  if (own.has_errors()) expression.reset();
  findings.append(own);
  return expression;
}

}  // namespace raad::text
