#include "text/lexer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <set>

#include "base/table.hpp"
#include "base/utf8.hpp"
#include "text/vocabulary.hpp"

namespace raad::text {
namespace {

// Longer symbols first, so that `:=` is not read as `:` and `=`. The arrows `-o`, `-|` and `-(` are put
// together by the parser: in a formula `a -o` and `-(b)` are subtractions and signs.
constexpr std::array<std::string_view, 33> k_symbols = {
    "<==>", "...", "->", "=>", ":=", "==", "!=", "<=", ">=", "&&", "||", "--", "=", "<", ">", "+", "-",
    "*",    "/",   "%",  "^",  "!",  "(",  ")",  ",",  ";",  ":",  ".",  "$",  "'", "{", "}", "|"};

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\f' || c == '\v' || c == '\r';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
// Letters beyond ASCII are taken into the word, so that `µM` is one bad name and not three bad characters.
bool is_foreign(char c) {
  return static_cast<unsigned char>(c) >= 0x80U;
}
bool starts_word(char c) {
  return is_letter(c) || c == '_' || is_foreign(c);
}
bool continues_word(char c) {
  return starts_word(c) || is_digit(c);
}

// Length of the line end at `position`: 0, 1, or 2 for a Windows one.
std::size_t line_end_length(std::string_view text, std::size_t position) {
  if (text.substr(position, 1) == "\n") return 1;
  return text.substr(position, 2) == "\r\n" ? 2 : 0;
}

// Length of the comment, join or run of blanks at the start of `text`; kind is left alone where there is
// none.
std::size_t trivia_length(std::string_view text, Trivia::Kind& kind) {
  if (text.empty()) return 0;
  if (text.starts_with(base::k_byte_order_mark)) {
    kind = Trivia::Kind::blank;
    return base::k_byte_order_mark.size();
  }
  if (text[0] == '#' || text.substr(0, 2) == "//") {
    kind = Trivia::Kind::line_comment;
    std::size_t end = std::min(text.find('\n'), text.size());
    if (end > 0 && end < text.size() && text[end - 1] == '\r') --end;
    return end;
  }
  if (text.substr(0, 2) == "/*") {
    kind = Trivia::Kind::block_comment;
    const std::size_t end = text.find("*/", 2);
    return end == std::string_view::npos ? text.size() : end + 2;
  }
  if (text[0] == '\\') {
    // Blanks after the backslash cannot be seen, so they do not count.
    std::size_t end = 1;
    while (end < text.size() && is_blank(text[end]) && line_end_length(text, end) == 0) ++end;
    const std::size_t length = line_end_length(text, end);
    if (length == 0) return 0;
    kind = Trivia::Kind::join;
    return end + length;
  }
  std::size_t end = 0;
  while (end < text.size() && is_blank(text[end]) && line_end_length(text, end) == 0) ++end;
  if (end > 0) kind = Trivia::Kind::blank;
  return end;
}

class Lexer {
 public:
  Lexer(std::string_view source, const std::string& file, const LexerOptions& options,
        base::Diagnostics& findings)
      : source_(source), file_(file), options_(options), findings_(findings) {}

  std::vector<Token> run() {
    check_encoding();
    std::vector<Token> tokens;
    do {
      tokens.push_back(next());
    } while (tokens.back().kind != Token::Kind::end_of_file);
    return tokens;
  }

 private:
  std::string_view rest() const { return source_.substr(position_); }
  SourcePlace here() const { return {file_, line_, column_}; }

  std::string_view advance(std::size_t length) {
    const auto taken = source_.substr(position_, length);
    for (const char c : taken) {
      if (c == '\n') {
        ++line_;
        column_ = 1;
      } else if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80U) {
        ++column_;
      }
    }
    position_ += taken.size();
    return taken;
  }

  SourcePlace place_of(std::size_t offset) const {
    const auto before = source_.substr(0, offset);
    const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
    return {file_, 1 + static_cast<int>(std::count(before.begin(), before.end(), '\n')),
            1 + static_cast<int>(base::character_count(before.substr(line_start)))};
  }

  void check_encoding() {
    (void)base::without_byte_order_mark(source_, file_, findings_);
    if (const auto bad = base::first_invalid_utf8(source_))
      findings_.error(
          "R083", place_of(*bad),
          fmt::format("byte 0x{:02X} is not UTF-8 here", static_cast<unsigned char>(source_[*bad])),
          "save the file as UTF-8");
    // A carriage return alone ended lines on old systems; a comment would swallow everything after it.
    for (std::size_t i = source_.find('\r'); i != std::string_view::npos; i = source_.find('\r', i + 1)) {
      if (line_end_length(source_, i) != 0) continue;
      findings_.error("R083", place_of(i), "a carriage return without a line feed",
                      "save the file with Unix line ends");
      break;
    }
  }

  std::string take_leading() {
    const std::size_t start = position_;
    Trivia::Kind kind = Trivia::Kind::blank;
    while (const std::size_t length = trivia_length(rest(), kind)) {
      const auto place = here();
      const auto text = advance(length);
      if (kind == Trivia::Kind::block_comment && (text.size() < 4 || text.substr(text.size() - 2) != "*/"))
        findings_.error("R003", place, "this comment is not closed", "end it with `*/`");
    }
    return std::string(source_.substr(start, position_ - start));
  }

  Token next() {
    Token token;
    token.leading = take_leading();
    token.place = here();
    const auto text = rest();
    if (text.empty()) return token;
    if (const std::size_t length = line_end_length(source_, position_))
      token.kind = Token::Kind::line_end, token.text = advance(length);
    else if (is_digit(text[0]) || (text[0] == '.' && text.size() > 1 && is_digit(text[1])))
      token.kind = Token::Kind::number, token.text = take_number();
    else if (starts_word(text[0]))
      take_word(token);
    else if (text[0] == '"' || text.substr(0, 3) == "```")
      token.kind = Token::Kind::string, token.text = take_string();
    else
      token.kind = Token::Kind::symbol, token.text = take_symbol();
    return token;
  }

  std::size_t digits_at(std::size_t offset) const {
    const auto text = rest();
    std::size_t end = offset;
    while (end < text.size() && is_digit(text[end])) ++end;
    return end - offset;
  }

  std::string take_number() {
    const auto place = here();
    const auto text = rest();
    std::size_t end = digits_at(0);
    // `1...` is not a number with a point.
    if (text.substr(end, 1) == "." && text.substr(end, 3) != "...") end += 1 + digits_at(end + 1);
    if (text.substr(end, 1) == "e" || text.substr(end, 1) == "E") {
      const bool is_signed = text.substr(end + 1, 1) == "-" || text.substr(end + 1, 1) == "+";
      const std::size_t exponent = end + 1 + (is_signed ? 1U : 0U);
      // Without digits the `e` starts a word: `2 e` is the number 2 and the name e.
      if (const std::size_t length = digits_at(exponent)) end = exponent + length;
    }
    std::string number(advance(end));
    if (!base::parse_number(number))
      findings_.error("R003", place, fmt::format("{} is beyond the range of numbers", number),
                      "the largest is 1.8e308, the smallest above zero 5e-324");
    return number;
  }

  void take_word(Token& token) {
    const auto text = rest();
    std::size_t end = 0;
    while (end < text.size() && continues_word(text[end])) ++end;
    token.text = advance(end);
    token.kind = is_keyword(token.text) ? Token::Kind::keyword : Token::Kind::identifier;
    check_identifier(token);
  }

  void check_identifier(const Token& token) {
    const std::string& name = token.text;
    const bool has_foreign = std::any_of(name.begin(), name.end(), is_foreign);
    const bool has_double = !options_.flat_names && name.find("__") != std::string::npos;
    if (!has_foreign && !has_double && name[0] != '_') return;
    // Each bad name once: it is as bad wherever it is used again.
    if (!bad_names_.insert(name).second) return;
    const std::string_view why = has_foreign
                                     ? "holds a character that is no ASCII letter, digit or underscore"
                                 : has_double ? "holds `__`, which separates the parts of flat names"
                                              : "starts with an underscore";
    findings_.error("R005", token.place, fmt::format("the name `{}` {}", name, why),
                    "use letters, digits and single underscores, starting with a letter");
  }

  std::string take_string() {
    const auto place = here();
    const auto text = rest();
    if (text[0] == '"') {
      const std::size_t end = text.find_first_of("\"\n", 1);
      if (end != std::string_view::npos && text[end] == '"') return std::string(advance(end + 1));
      findings_.error("R003", place, "this string is not closed on its line",
                      "end it with a quotation mark; text of several lines stands between ``` and ```");
      std::size_t line_end = std::min(end, text.size());
      if (line_end > 1 && line_end < text.size() && text[line_end - 1] == '\r') --line_end;
      return std::string(advance(line_end));
    }
    const std::size_t end = text.find("```", 3);
    if (end != std::string_view::npos) return std::string(advance(end + 3));
    findings_.error("R003", place, "this text is not closed", "end it with ```");
    return std::string(advance(text.size()));
  }

  std::string take_symbol() {
    const auto place = here();
    for (const auto symbol : k_symbols)
      if (rest().substr(0, symbol.size()) == symbol) return std::string(advance(symbol.size()));
    const std::string character(advance(std::max<std::size_t>(1, base::utf8_length_at(source_, position_))));
    findings_.error(
        "R003", place,
        static_cast<unsigned char>(character[0]) < 0x20U
            ? fmt::format("unexpected control character 0x{:02X}", static_cast<unsigned char>(character[0]))
            : fmt::format("unexpected character `{}`", character),
        character == "\\"  ? "a backslash joins two lines and must be the last on its line"
        : character == "&" ? "write `&&` for and"
                           : "remove it");
    return character;
  }

  std::string_view source_;
  const std::string& file_;
  LexerOptions options_;
  base::Diagnostics& findings_;
  std::size_t position_ = 0;
  int line_ = 1;
  int column_ = 1;
  std::set<std::string> bad_names_;
};

}  // namespace

std::vector<Token> tokenize(std::string_view source, const std::string& file, const LexerOptions& options,
                            base::Diagnostics& findings) {
  return Lexer(source, file, options, findings).run();
}

std::vector<Trivia> split_trivia(std::string_view leading) {
  std::vector<Trivia> pieces;
  while (!leading.empty()) {
    Trivia piece;
    const std::size_t length = trivia_length(leading, piece.kind);
    assert(length > 0 && "only what the lexer took as trivia may be split");
    piece.text = leading.substr(0, length);
    pieces.push_back(piece);
    leading.remove_prefix(length);
  }
  return pieces;
}

}  // namespace raad::text
