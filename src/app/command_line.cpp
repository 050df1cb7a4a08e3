#include "app/command_line.hpp"

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/diagnostics.hpp"

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

template <typename Number>
Option& Option::in_range(Number least, Number greatest) {
  option_->check(CLI::Range(least, greatest));
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
  return Option(parts_->app->add_option(names, value, help));
}

Option Command::add_flag(const std::string& names, bool& value, const std::string& help) {
  return Option(parts_->app->add_flag(names, value, help));
}

void Command::callback(std::function<void()> chosen) {
  parts_->app->callback(std::move(chosen));
}

bool Command::parse(int count, char** arguments) {
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
