#include "dose/regimen.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <utility>

#include "base/table.hpp"
#include "dose/vocabulary.hpp"

namespace raad::dose {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_continuation_byte(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

/// Columns count characters, not bytes, so that the caret stands under the right one.
int column_of(std::string_view line, std::size_t offset) {
  int column = 1;
  for (std::size_t i = 0; i < offset && i < line.size(); ++i) column += is_continuation_byte(line[i]) ? 0 : 1;
  return column;
}

/// A word with its place; numbers and the unit glued to them (`25mg`) come as two words.
struct Word {
  std::string_view text;
  std::size_t offset = 0;
};

/// Ends the parsing of one event; the finding is already recorded.
struct EventError {};

/// Parses the events of one line.
class LineParser {
 public:
  LineParser(std::string_view line, const base::SourcePlace& place, base::Diagnostics& findings)
      : line_(line), place_(place), findings_(findings) {}

  void parse(Regimen& regimen) {
    std::size_t first = 0;
    while (first <= line_.size()) {
      const std::size_t last = std::min(line_.find(';', first), line_.size());
      parse_part(first, last, regimen);
      first = last + 1;
    }
  }

  bool saw_none() const { return saw_none_; }

 private:
  /// One part between semicolons. Empty parts are errors only between two others, so a closing `;` is
  /// harmless.
  void parse_part(std::size_t first, std::size_t last, Regimen& regimen) {
    while (first < last && is_blank(line_[first])) ++first;
    while (last > first && is_blank(line_[last - 1])) --last;
    position_ = first;
    end_ = last;
    if (first == last) {
      if (first < line_.size() && line_.find_first_not_of(" \t\r", last + 1) != std::string_view::npos)
        report("R077", first, "an event is missing here", "write one event between two `;`");
      return;
    }
    try {
      if (peek().text == "none") {
        take();
        expect_end();
        saw_none_ = true;
      } else if (peek().text == "with") {
        take();
        regimen.background.push_back(parse_background());
      } else {
        regimen.events.push_back(parse_event());
      }
    } catch (
        const EventError&) {  // recorded; go on with the next event, so that all findings come in one run
    }
  }

  std::string parse_background() {
    if (at_end())
      fail("R077", position_, "the name of a background treatment is missing after `with`",
           "for example `with ssri`");
    const std::string name(take().text);
    expect_end();
    return base::to_lower(name);
  }

  DoseEvent parse_event() {
    DoseEvent event;
    event.place = place_at(position_);
    event.drug = parse_drug();
    if (starts_number()) parse_amount(event);
    parse_route(event);
    if (starts_number()) parse_duration(event);
    if (next_is("@")) parse_when(event);
    if (next_is("every")) parse_repeats(event);
    expect_end();
    return event;
  }

  std::string parse_drug() {
    const Word word = take();
    const std::size_t letters = std::min(word.text.find_first_not_of("0123456789.|"), word.text.size());
    const bool is_amount =
        letters > 0 && (letters == word.text.size() || find_dose_unit(word.text.substr(letters)));
    if (is_amount || word.text == "@" || word.text == "every" || find_route(word.text)) {
      fail("R077", word.offset, fmt::format("a drug is expected here, not `{}`", word.text),
           "an event starts with the drug: psilocybin 25 mg oral @ 0 h");
    }
    for (std::size_t i = 0; i < word.text.size(); ++i) {
      const char c = word.text[i];
      const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      if (!letter && !is_digit(c) && std::string_view("_-+.,()").find(c) == std::string_view::npos) {
        fail("R077", word.offset + i,
             fmt::format("a drug's name cannot hold `{}`", word.text.substr(i, utf8_length(i, word.text))),
             "use letters, digits and _ - + . , ( )");
      }
    }
    return base::to_lower(word.text);
  }

  static std::size_t utf8_length(std::size_t at, std::string_view text) {
    std::size_t length = 1;
    while (at + length < text.size() && is_continuation_byte(text[at + length])) ++length;
    return length;
  }

  void parse_amount(DoseEvent& event) {
    const std::size_t start = position_;
    event.amounts.push_back(take_number());
    while (position_ < end_ && (line_[position_] == '|' || line_.substr(position_, 2) == "..")) {
      const bool range = line_[position_] == '.';
      const auto choice = range ? DoseEvent::Choice::range : DoseEvent::Choice::alternatives;
      if (event.amounts.size() > 1 && (range || event.choice != choice)) {
        fail("R077", position_, "a dose is either a range of two numbers or a list of alternatives",
             "for example 20..30 mg, or 28|56|84 mg");
      }
      event.choice = choice;
      position_ += range ? 2 : 1;
      if (!starts_number())
        fail("R077", position_, "a number is missing here", "for example 20..30 mg, or 28|56|84 mg");
      event.amounts.push_back(take_number());
    }
    if (event.choice == DoseEvent::Choice::range && event.amounts[0] > event.amounts[1])
      fail("R076", start, "the range of the dose is upside down", "write the smaller number first");
    for (const double amount : event.amounts) {
      if (amount < 0.0)
        fail("R076", start, fmt::format("a dose of {} cannot be given", amount),
             "a dose is a positive number");
    }
    parse_amount_unit(event, start);
  }

  void parse_amount_unit(DoseEvent& event, std::size_t start) {
    if (at_end() || next_is("@") || next_is("every") || find_route(peek().text))
      fail("R077", position_, "the unit of the dose is missing",
           "write it after the number, for example mg, ug or mg/kg");
    const Word word = peek();
    if (const auto unit = find_dose_unit(word.text)) {
      take();
      event.amount_unit = unit->name;
      return;
    }
    if (const auto time = find_time_unit(word.text); time && event.amounts.size() == 1) {
      // `placebo 40 min`: no dose, the number is the duration.
      event.amounts.clear();
      position_ = start;
      return;
    }
    const std::string near = base::nearest_name(word.text, dose_unit_names());
    fail("R073", word.offset, fmt::format("unknown dose unit `{}`", word.text),
         near.empty() ? fmt::format("known units: {}", fmt::join(dose_unit_names(), ", "))
                      : fmt::format("did you mean `{}`?", near));
  }

  void parse_route(DoseEvent& event) {
    if (at_end() || next_is("@") || next_is("every") || starts_number()) return;
    const Word word = peek();
    const auto route = find_route(word.text);
    if (!route) {
      const std::string lower = base::to_lower(word.text);
      if (lower == "nan" || lower == "inf" || lower == "infinity" || lower == "-inf")
        fail("R076", word.offset, fmt::format("a dose of {} cannot be given", lower),
             "a dose is a positive number");
      const std::string near = base::nearest_name(lower, route_names());
      fail("R072", word.offset, fmt::format("unknown route `{}`", word.text),
           near.empty() ? fmt::format("routes: {}", fmt::join(route_names(), ", "))
                        : fmt::format("did you mean `{}`?", near));
    }
    take();
    event.route = *route;
  }

  void parse_duration(DoseEvent& event) {
    const std::size_t start = position_;
    const double value = take_number();
    const TimeUnit unit =
        take_time_unit("a duration needs its unit", "s, min, h or d, for example iv 40 min");
    if (value < 0.0)
      fail("R076", start, "a duration cannot be negative", "write a positive number, or 0 min for a bolus");
    event.duration_h = unit.hours(value);
  }

  void parse_when(DoseEvent& event) {
    take();
    if (at_end())
      fail("R077", position_, "the time is missing after `@`", "for example @ 0 h, @ 7 d or @ -30 min");
    if (next_is("pre")) {
      take();
      event.when = DoseEvent::When::before;
    } else if (next_is("unknown")) {
      take();
      event.when = DoseEvent::When::unknown;
    } else {
      if (!starts_number())
        fail("R077", position_, fmt::format("a time is expected here, not `{}`", peek().text),
             "a number with min, h, d or w; or pre; or unknown");
      const double value = take_number();
      event.time_h =
          take_time_unit("a time needs its unit", "write min, h, d or w, for example @ 24 h").hours(value);
    }
  }

  void parse_repeats(DoseEvent& event) {
    take();
    const std::string_view example = "for example every 84 h x 8";
    std::size_t start = position_;
    if (!starts_number()) fail("R077", position_, "the interval is missing after `every`", example);
    const double interval = take_number();
    event.interval_h =
        take_time_unit("the interval needs its unit", "write h, d or w, for example every 84 h x 8")
            .hours(interval);
    if (!(event.interval_h > 0.0))
      fail("R076", start, "the interval between doses must be positive", example);
    start = position_;
    if (at_end() || (line_[position_] != 'x' && line_.substr(position_, 2) != "\u00d7"))
      fail("R077", position_, "the number of doses is missing",
           "write x and the number of doses, for example every 84 h x 8");
    position_ += line_[position_] == 'x' ? 1 : 2;
    skip_blanks();
    if (!starts_number()) fail("R077", position_, "the number of doses is missing", example);
    start = position_;
    const double count = take_number();
    if (!(count >= 1.0) || count > k_max_repeats || count != std::floor(count))
      fail("R076", start,
           fmt::format("`{}` is no possible number of doses", line_.substr(start, position_ - start)),
           fmt::format("a whole number from 1 to {}", k_max_repeats));
    event.count = static_cast<int>(count);
    if (event.count == 1) event.interval_h = 0.0;
    skip_blanks();
  }

  // --- words and numbers ---

  bool at_end() const { return position_ >= end_; }
  void skip_blanks() {
    while (position_ < end_ && is_blank(line_[position_])) ++position_;
  }

  Word peek() const {
    std::size_t last = position_;
    if (last < end_ && line_[last] == '@') return {line_.substr(position_, 1), position_};
    while (last < end_ && !is_blank(line_[last]) && line_[last] != '@') ++last;
    return {line_.substr(position_, last - position_), position_};
  }

  Word take() {
    const Word word = peek();
    position_ += word.text.size();
    skip_blanks();
    return word;
  }

  bool next_is(std::string_view text) const { return !at_end() && peek().text == text; }

  /// A digit, or a sign or point before one.
  bool starts_number() const {
    std::size_t at = position_;
    if (at < end_ && (line_[at] == '-' || line_[at] == '+')) ++at;
    if (at < end_ && line_[at] == '.') ++at;
    return at < end_ && is_digit(line_[at]);
  }

  /// Reads digits, one point and an exponent; stops before `..`, `|` and a unit, so `1..3` and `25mg` come
  /// apart.
  double take_number() {
    const std::size_t start = position_;
    const auto digits = [&] {
      while (position_ < end_ && is_digit(line_[position_])) ++position_;
    };
    if (line_[position_] == '-' || line_[position_] == '+') ++position_;
    digits();
    if (position_ < end_ && line_[position_] == '.' && line_.substr(position_, 2) != "..") {
      ++position_;
      digits();
    }
    const std::size_t mantissa_end = position_;
    if (position_ < end_ && (line_[position_] == 'e' || line_[position_] == 'E')) {
      ++position_;
      if (position_ < end_ && (line_[position_] == '-' || line_[position_] == '+')) ++position_;
      const std::size_t exponent = position_;
      digits();
      if (position_ == exponent) position_ = mantissa_end;
    }
    if (position_ < end_ && line_[position_] == ',')
      fail("R077", position_, "a number has a decimal point, not a comma", "write 0.5, not 0,5");
    std::string_view text = line_.substr(start, position_ - start);
    if (text.front() == '+') text.remove_prefix(1);
    const auto value = base::parse_number(text);
    if (!value)
      fail("R076", start, fmt::format("`{}` is no number that can be used", text),
           "write a finite number with a decimal point");
    skip_blanks();
    return *value;
  }

  TimeUnit take_time_unit(std::string_view message, std::string_view hint) {
    if (at_end()) fail("R077", position_, message, hint);
    const Word word = peek();
    const auto unit = find_time_unit(word.text);
    if (!unit) fail("R077", word.offset, message, hint);
    take();
    return *unit;
  }

  void expect_end() {
    if (at_end()) return;
    fail("R077", position_, fmt::format("`{}` is not expected here", peek().text),
         "the order is: drug, dose, route, duration, @ time, every interval x count; `;` ends an event");
  }

  // --- findings ---

  base::SourcePlace place_at(std::size_t offset) const {
    base::SourcePlace place = place_;
    place.column = column_of(line_, offset);
    return place;
  }

  void report(std::string code, std::size_t offset, std::string_view message, std::string_view hint) {
    const base::SourcePlace place = place_at(offset);
    const std::string caret(static_cast<std::size_t>(place.column - 1), ' ');
    findings_.error(std::move(code), place, std::string(message),
                    fmt::format("{}\n    {}\n    {}^", hint, line_, caret));
  }

  [[noreturn]] void fail(std::string code, std::size_t offset, std::string_view message,
                         std::string_view hint) {
    report(std::move(code), offset, message, hint);
    throw EventError{};
  }

  std::string_view line_;
  base::SourcePlace place_;
  base::Diagnostics& findings_;
  std::size_t position_ = 0;
  std::size_t end_ = 0;
  bool saw_none_ = false;
};

/// In minutes where that is a whole number and reads back as the same double, else in hours.
std::string print_duration(double hours) {
  const double minutes = std::round(hours * 60.0);
  if (hours != std::floor(hours) && minutes / 60.0 == hours)
    return fmt::format("{} min", base::format_number(minutes));
  return fmt::format("{} h", base::format_number(hours));
}

}  // namespace

Regimen parse_regimen(std::string_view text, std::string source_name, base::Diagnostics& findings) {
  Regimen regimen;
  regimen.text = std::string(text);
  base::SourcePlace place{std::move(source_name), 1, 1};
  bool saw_none = false;
  bool saw_error = false;
  std::size_t first = 0;
  while (first <= text.size()) {
    const std::size_t last = std::min(text.find('\n', first), text.size());
    std::string_view line = text.substr(first, last - first);
    line = line.substr(0, line.find('#'));
    const std::size_t count_before = findings.all().size();
    LineParser parser(line, place, findings);
    parser.parse(regimen);
    saw_none = saw_none || parser.saw_none();
    saw_error = saw_error || findings.all().size() > count_before;
    ++place.line;
    first = last + 1;
  }
  if (saw_none && !regimen.events.empty()) {
    findings.error("R077", regimen.events.front().place, "`none` stands beside a dose",
                   "write `none` alone, or leave it out");
  } else if (!saw_none && !saw_error && regimen.events.empty() && regimen.background.empty()) {
    place.line = 1;
    findings.error("R077", place, "the regimen is empty",
                   "write `none` for no drug, or for example: psilocybin 25 mg oral @ 0 h");
  }
  return regimen;
}

std::string print_event(const DoseEvent& event) {
  std::string text = event.drug;
  if (!event.amounts.empty()) {
    std::vector<std::string> numbers;
    for (const double amount : event.amounts) numbers.push_back(base::format_number(amount));
    text += fmt::format(" {} {}", fmt::join(numbers, event.choice == DoseEvent::Choice::range ? ".." : "|"),
                        event.amount_unit);
  }
  if (!event.route.empty()) text += " " + event.route;
  if (event.duration_h) text += " " + print_duration(*event.duration_h);
  switch (event.when) {
    case DoseEvent::When::at:
      text += " @ " + print_duration(event.time_h);
      break;
    case DoseEvent::When::before:
      text += " @ pre";
      break;
    case DoseEvent::When::unknown:
      text += " @ unknown";
      break;
  }
  if (event.count > 1) text += fmt::format(" every {} x {}", print_duration(event.interval_h), event.count);
  return text;
}

std::string print_regimen(const Regimen& regimen) {
  std::vector<std::string> parts;
  for (const auto& event : regimen.events) parts.push_back(print_event(event));
  for (const auto& background : regimen.background) parts.push_back("with " + background);
  return parts.empty() ? "none" : fmt::format("{}", fmt::join(parts, "; "));
}

}  // namespace raad::dose
