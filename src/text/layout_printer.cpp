#include <algorithm>
#include <array>
#include <vector>

#include "base/utf8.hpp"
#include "text/lexer.hpp"
#include "text/printer.hpp"

namespace raad::text {
namespace {

constexpr int k_indentation = 2;
// A statement that does not fit is broken after commas and goes on this much further in.
constexpr int k_continuation = 4;
constexpr int k_widest_line = 110;

bool is_one_of(const std::string& text, std::initializer_list<std::string_view> choices) {
  return std::find(choices.begin(), choices.end(), text) != choices.end();
}

// Whether a token wants a blank on either side; a blank is printed where both neighbours want one.
struct Spacing {
  bool before = true;
  bool after = true;
};

// A token or comment of an output line.
struct Atom {
  /// Before the atom: `preferred` where the line as a whole is too wide, `joined` with a backslash.
  enum class Break { none, allowed, preferred, joined, forced };
  std::string text;
  bool space_before = false;
  Break line_break = Break::none;
};

// Turns the tokens of one line into atoms with canonical spacing.
class AtomBuilder {
 public:
  AtomBuilder(const SyntaxTree& tree, const LayoutLine& line) : tree_(tree), line_(line) {}

  std::vector<Atom> build() {
    for (std::size_t i = line_.tokens.first; i < line_.tokens.last; ++i) {
      const Token& token = tree_.tokens[i];
      add_trivia(token, i == line_.tokens.first);
      // Line ends inside a statement mean nothing; the layout sets its own.
      if (token.kind != Token::Kind::line_end) add_token(i);
    }
    return std::move(atoms_);
  }

 private:
  void add(std::string text, bool space_before) {
    const bool is_first = atoms_.empty();
    atoms_.push_back(
        {std::move(text), space_before && !is_first, is_first ? Atom::Break::none : next_break_});
    next_break_ = Atom::Break::none;
  }

  void add_trivia(const Token& token, bool is_first) {
    for (const auto& piece : split_trivia(token.leading)) {
      if (piece.kind == Trivia::Kind::blank) continue;
      if (piece.kind == Trivia::Kind::join) {
        const bool matters = !is_first && token.kind != Token::Kind::line_end;
        if (matters && next_break_ != Atom::Break::forced) next_break_ = Atom::Break::joined;
        continue;
      }
      add(std::string(piece.text), true);
      after_comment_ = true;
      if (piece.kind == Trivia::Kind::line_comment) next_break_ = Atom::Break::forced;
    }
  }

  void add_token(std::size_t index) {
    const Token& token = tree_.tokens[index];
    const Spacing own = spacing_of(index);
    bool space = previous_ != nullptr && previous_spacing_.after && own.before;
    if (previous_ != nullptr) {
      if (token.text == "(" && previous_->kind == Token::Kind::identifier) space = false;
      if (token.text == "-" && is_sign_ && previous_->text == "-") space = true;
      if (token.text == ";" && previous_is_arrow_) space = true;
      if (token.text == "*" && is_one_of(previous_->text, {"model", "module"})) space = true;
      if (next_break_ == Atom::Break::none) next_break_ = break_after_previous();
    }
    add(token.text, space || after_comment_);
    after_comment_ = false;
    if (token.text == "(") ++parentheses_;
    if (token.text == ")") --parentheses_;
    assignment_seen_ = assignment_seen_ || is_one_of(token.text, {"=", ":="});
    seen_at_ = seen_at_ || (token.kind == Token::Kind::keyword && token.text == "at");
    previous_ = &token;
    previous_spacing_ = own;
  }

  // Line ends mean nothing after a comma and after the colon of an event.
  Atom::Break break_after_previous() const {
    if (previous_->kind != Token::Kind::symbol) return Atom::Break::none;
    if (previous_->text == ":" && seen_at_) return Atom::Break::preferred;
    const bool in_formula =
        assignment_seen_ && parentheses_ > 0;  // Broken there it reads worse than too wide.
    return previous_->text == "," && !in_formula ? Atom::Break::allowed : Atom::Break::none;
  }

  Spacing spacing_of(std::size_t index) {
    const Token& token = tree_.tokens[index];
    const bool ends_arrow = arrow_started_;
    previous_is_arrow_ = was_arrow_;
    arrow_started_ = is_sign_ = was_arrow_ = false;
    if (ends_arrow) {
      was_arrow_ = true;
      return {false, true};
    }
    if (token.kind != Token::Kind::symbol) return {};
    if (line_.is_reaction && !arrow_seen_) {
      if (token.text == "-") {  // The first part of `-o`, `-|` or `-(`.
        arrow_seen_ = arrow_started_ = true;
        return {true, false};
      }
      arrow_seen_ = was_arrow_ = is_one_of(token.text, {"->", "=>", "<==>"});
    }
    if (token.text == ":" && index > 0 && tree_.tokens[index - 1].text == "SBO") return {false, false};
    if (is_one_of(token.text, {",", ";", ":", ")", "'"})) return {false, true};
    if (is_one_of(token.text, {"(", "$", "!"})) return {true, false};
    if (is_one_of(token.text, {".", "*", "/", "%", "^"})) return {false, false};
    is_sign_ = is_one_of(token.text, {"-", "+"}) && !previous_is_operand();
    if (is_sign_) return {true, false};
    return {};
  }

  // Whether a `-` here subtracts from what stands before it.
  bool previous_is_operand() const {
    if (previous_ == nullptr) return false;
    using Kind = Token::Kind;
    return previous_->kind == Kind::identifier || previous_->kind == Kind::number || previous_->text == ")";
  }

  const SyntaxTree& tree_;
  const LayoutLine& line_;
  std::vector<Atom> atoms_;
  const Token* previous_ = nullptr;
  Spacing previous_spacing_;
  Atom::Break next_break_ = Atom::Break::none;
  bool after_comment_ = false;
  bool seen_at_ = false;
  bool assignment_seen_ = false;
  int parentheses_ = 0;             // Open ones.
  bool arrow_seen_ = false;         // The arrow of this reaction has passed.
  bool arrow_started_ = false;      // The token before was the `-` of an arrow of two tokens.
  bool was_arrow_ = false;          // This token ends an arrow ...
  bool previous_is_arrow_ = false;  // ... or the one before did.
  bool is_sign_ = false;            // This token is a sign, not a subtraction.
};

bool is_line_comment(const std::string& atom) {
  return atom[0] == '#' || atom.substr(0, 2) == "//";
}

int width_of(const std::string& text) {
  return static_cast<int>(base::character_count(text));
}

class LayoutPrinter {
 public:
  explicit LayoutPrinter(const SyntaxTree& tree) : tree_(tree) {}

  std::string print() {
    std::size_t next_line = 0;
    for (std::size_t i = 0; i < tree_.tokens.size();) {
      if (next_line < tree_.lines.size() && i == tree_.lines[next_line].tokens.first) {
        print_line(tree_.lines[next_line]);
        i = tree_.lines[next_line++].tokens.last;
      } else {
        pass_separator(tree_.tokens[i++]);
      }
    }
    finish_line();
    return with_aligned_labels();
  }

 private:
  // A label beside what it names: where it begins in the text.
  struct Label {
    std::size_t position = 0;
    int column = 0;
    int line = 0;
  };

  void start_line(int depth) {
    if (blank_line_pending_ && !out_.empty()) {
      out_ += '\n';
      ++finished_lines_;
    }
    blank_line_pending_ = false;
    column_ = k_indentation * depth;
    out_.append(static_cast<std::size_t>(column_), ' ');
    is_open_ = true;
  }

  void finish_line() {
    if (!is_open_) return;
    while (!out_.empty() && is_one_of(std::string(1, out_.back()), {" ", "\t", "\r"})) out_.pop_back();
    out_ += '\n';
    ++finished_lines_;
    is_open_ = false;
  }

  // `x is "label"` or `x has unit` behind a `;`: the author put it beside the declaration, where it reads
  // best.
  bool is_beside(const LayoutLine& line) const {
    const std::size_t second = line.tokens.first + 1;
    return is_open_ && !comment_behind_ && second < line.tokens.last &&
           is_one_of(tree_.tokens[second].text, {"is", "has"});
  }

  // Labels of successive lines stand in one column.
  std::string with_aligned_labels() const {
    std::string aligned;
    std::size_t copied = 0;
    for (std::size_t first = 0, last = 0; first < labels_.size(); first = last) {
      int column = 0;
      for (last = first; last < labels_.size() &&
                         labels_[last].line == labels_[first].line + static_cast<int>(last - first);
           ++last)
        column = std::max(column, labels_[last].column);
      for (std::size_t i = first; i < last; ++i) {
        aligned.append(out_, copied, labels_[i].position - copied);
        aligned.append(static_cast<std::size_t>(column - labels_[i].column), ' ');
        copied = labels_[i].position;
      }
    }
    return aligned.append(out_, copied);
  }

  // A line end, a `;` or the end of the file, with the comments before it.
  void pass_separator(const Token& token) {
    for (const auto& piece : split_trivia(token.leading)) {
      if (piece.kind != Trivia::Kind::line_comment && piece.kind != Trivia::Kind::block_comment) continue;
      if (is_open_)
        out_ += "  ";
      else
        start_line(depth_of_comments_);
      out_ += piece.text;
      source_line_is_empty_ = false;
      comment_behind_ = true;
    }
    if (token.kind != Token::Kind::line_end)
      return;  // A comment behind a `;` belongs to the statement before it.
    if (source_line_is_empty_) blank_line_pending_ = true;
    finish_line();
    source_line_is_empty_ = true;
  }

  void print_line(const LayoutLine& line) {
    if (is_beside(line)) {
      write("; ");
      // The last one of a line is aligned.
      if (!labels_.empty() && labels_.back().line == finished_lines_) labels_.pop_back();
      labels_.push_back({out_.size(), column_, finished_lines_});
    } else {
      finish_line();
      start_line(line.depth);
    }
    const auto atoms = AtomBuilder(tree_, line).build();
    const int continuation = k_indentation * line.depth + k_continuation;
    int width = column_;
    for (const auto& atom : atoms) width += width_of(atom.text) + (atom.space_before ? 1 : 0);
    is_too_wide_ = width > k_widest_line;
    for (std::size_t i = 0; i < atoms.size(); ++i) {
      print_break(atoms, i, continuation);
      if (is_at_start_)
        is_at_start_ = false;
      else if (atoms[i].space_before)
        write(is_line_comment(atoms[i].text) ? "  " : " ");
      write(atoms[i].text);
    }
    is_at_start_ = true;
    source_line_is_empty_ = comment_behind_ = false;
    const std::string& first = tree_.tokens[line.tokens.first].text;
    const bool opens = line.depth == 0 && is_one_of(first, {"model", "module", "function"});
    depth_of_comments_ = opens ? 1 : line.depth;
  }

  // Ends the output line before an atom where that is asked for, or allowed and needed.
  void print_break(const std::vector<Atom>& atoms, std::size_t index, int continuation) {
    using Break = Atom::Break;
    const Break line_break = atoms[index].line_break;
    const bool needed =
        line_break == Break::allowed && column_ + width_to_next_break(atoms, index) > k_widest_line;
    if (line_break == Break::none || (line_break == Break::allowed && !needed)) return;
    if (line_break == Break::preferred && !is_too_wide_) return;
    if (line_break == Break::joined) out_ += " \\";
    finish_line();
    start_line(0);
    out_.append(static_cast<std::size_t>(continuation), ' ');
    column_ = continuation;
    is_at_start_ = true;
  }

  static int width_to_next_break(const std::vector<Atom>& atoms, std::size_t index) {
    int width = 0;
    for (std::size_t i = index; i < atoms.size() && (i == index || atoms[i].line_break == Atom::Break::none);
         ++i)
      width += width_of(atoms[i].text) + (atoms[i].space_before ? 1 : 0);
    return width;
  }

  void write(const std::string& text) {
    out_ += text;
    column_ += width_of(text);
  }

  const SyntaxTree& tree_;
  std::string out_;
  std::vector<Label> labels_;
  int finished_lines_ = 0;
  bool comment_behind_ = false;  // Of the last statement, on its line.
  int column_ = 0;
  int depth_of_comments_ = 0;
  bool is_too_wide_ = false;          // The current statement does not fit on one line.
  bool is_open_ = false;              // The output line holds something.
  bool is_at_start_ = true;           // ... of a line: no blank before the next atom.
  bool source_line_is_empty_ = true;  // Nothing was seen yet on the line of the source.
  bool blank_line_pending_ = false;
};

}  // namespace

std::string print_exact(const SyntaxTree& tree) {
  std::string text;
  for (const auto& token : tree.tokens) {
    text += token.leading;
    text += token.text;
  }
  return text;
}

std::string print_canonical(const SyntaxTree& tree) {
  return LayoutPrinter(tree).print();
}

}  // namespace raad::text
