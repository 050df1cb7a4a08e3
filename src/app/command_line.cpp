#include "app/command_line.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <vector>

#include "base/diagnostics.hpp"
#include "base/table.hpp"

namespace raad::app {

Option& Option::required() {
  option_->required();
  return *this;
}

Option& Option::show_default() {
  option_->capture_default_str();
  return *this;
}

Option& Option::one_at_a_time() {
  option_->allow_extra_args(false);
  return *this;
}

Option& Option::separated_by(char separator) {
  option_->delimiter(separator);
  return *this;
}

Option& Option::from_environment(const std::string& variable) {
  option_->envname(variable);
  return *this;
}

Option& Option::excludes(const Option& other) {
  option_->excludes(other.option_);
  return *this;
}

Option& Option::needs(const Option& other) {
  option_->needs(other.option_);
  return *this;
}

template <typename Number>
Option& Option::in_range(Number least, Number greatest) {
  const auto range = fmt::format("{} to {}", least, greatest);
  option_->check(CLI::Validator(
      [=](const std::string& text) {
        const auto value = base::parse_number(text);
        // Written so that NaN fails too.
        const bool inside =
            value && *value >= static_cast<double>(least) && *value <= static_cast<double>(greatest);
        return inside ? std::string() : "`" + text + "` is not a number from " + range;
      },
      range));
  return *this;
}

Option& Option::one_of(std::initializer_list<const char*> names) {
  option_->check(CLI::IsMember(std::vector<std::string>(names.begin(), names.end())));
  return *this;
}

Option& Option::one_of(std::initializer_list<int> numbers) {
  option_->check(CLI::IsMember(std::vector<int>(numbers)));
  return *this;
}

namespace {

/// Decimal digits only: the library would read 010 as 8, and what does not fit as something that does.
template <typename Number>
CLI::Validator whole_number() {
  return CLI::Validator(
      [](const std::string& text) {
        Number value{};
        const char* end = text.data() + text.size();
        const auto read = std::from_chars(text.data(), end, value);
        const bool is_octal = text.size() > 1 && text.front() == '0';
        return read.ec == std::errc() && read.ptr == end && !is_octal
                   ? std::string()
                   : "`" + text + "` is not a whole number" +
                         (std::is_unsigned_v<Number> ? " from 0 up" : "");
      },
      "");
}

CLI::Validator real_number() {
  return CLI::Validator(
      [](const std::string& text) {
        const auto value = base::parse_number(text);
        return value && std::isfinite(*value) ? std::string() : "`" + text + "` is not a number";
      },
      "");
}

template <typename Value>
constexpr bool is_real = std::is_same_v<Value, double> || std::is_same_v<Value, std::optional<double>> ||
                         std::is_same_v<Value, std::vector<double>>;

/// The first argument, if it looks like a command that does not exist.
std::optional<std::string> unknown_command(const CLI::App& app, int count, char** arguments) {
  if (count < 2 || arguments[1][0] == '-') return std::nullopt;
  const std::string given = arguments[1];
  for (const auto* one : app.get_subcommands([](const CLI::App*) { return true; }))
    if (one->get_name() == given) return std::nullopt;
  return given;
}

}  // namespace

struct Command::Parts {
  std::unique_ptr<CLI::App> owned;  ///< Of the program; its subcommands belong to it
  CLI::App* app = nullptr;
  std::vector<std::unique_ptr<Command>> subcommands;
};

Command::Command(const std::string& description, const std::string& name)
    : parts_(std::make_unique<Parts>()) {
  parts_->owned = std::make_unique<CLI::App>(description, name);
  parts_->app = parts_->owned.get();
}

Command::Command(CLI::App& app) : parts_(std::make_unique<Parts>()) {
  parts_->app = &app;
}

Command::~Command() = default;

Command& Command::add_subcommand(const std::string& name, const std::string& description) {
  parts_->subcommands.emplace_back(new Command(*parts_->app->add_subcommand(name, description)));
  return *parts_->subcommands.back();
}

void Command::require_subcommand() {
  parts_->app->require_subcommand(1);
}

void Command::footer(const std::string& text) {
  parts_->app->footer(text);
}

void Command::version(const std::string& text) {
  parts_->app->set_version_flag("--version", text);
}

template <typename Value>
Option Command::add_option(const std::string& names, Value& value, const std::string& help) {
  auto* option = parts_->app->add_option(names, value, help);
  if constexpr (std::is_integral_v<Value> && !std::is_same_v<Value, bool>)
    option->check(whole_number<Value>());
  if constexpr (is_real<Value>) option->check(real_number());
  return Option(option);
}

Option Command::add_flag(const std::string& names, bool& value, const std::string& help) {
  return Option(parts_->app->add_flag(names, value, help));
}

void Command::callback(std::function<void()> chosen) {
  parts_->app->callback(std::move(chosen));
}

bool Command::parse(int count, char** arguments) {
  if (const auto given = unknown_command(*parts_->app, count, arguments)) {
    std::vector<std::string> names;
    for (const auto* one : parts_->app->get_subcommands([](const CLI::App*) { return true; }))
      names.push_back(one->get_name());
    const auto nearest = base::nearest_name(*given, names);
    throw base::InputError(
        "R070", {"command line"}, "unknown command `" + *given + "`",
        nearest.empty() ? "raad --help lists the commands" : "did you mean `" + nearest + "`?");
  }
  try {
    parts_->app->parse(count, arguments);
  } catch (const CLI::Success& success) {
    parts_->app->exit(success);  // --help and --version
    return false;
  } catch (const CLI::ParseError& error) {
    throw base::InputError("R070", {"command line"}, error.what(), "raad --help lists the commands");
  }
  return true;
}

template Option& Option::in_range(int, int);
template Option& Option::in_range(long, long);
template Option& Option::in_range(double, double);

template Option Command::add_option(const std::string&, bool&, const std::string&);
template Option Command::add_option(const std::string&, int&, const std::string&);
template Option Command::add_option(const std::string&, long&, const std::string&);
template Option Command::add_option(const std::string&, std::uint64_t&, const std::string&);
template Option Command::add_option(const std::string&, double&, const std::string&);
template Option Command::add_option(const std::string&, std::string&, const std::string&);
template Option Command::add_option(const std::string&, std::optional<double>&, const std::string&);
template Option Command::add_option(const std::string&, std::optional<std::string>&, const std::string&);
template Option Command::add_option(const std::string&, std::vector<std::string>&, const std::string&);
template Option Command::add_option(const std::string&, std::vector<double>&, const std::string&);

}  // namespace raad::app
