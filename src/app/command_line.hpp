// What a subcommand says of its options. The library that parses them is seen by command_line.cpp only: its
// headers took most of the compile time of every command.
#pragma once

#include <functional>
#include <initializer_list>
#include <memory>
#include <string>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace raad::app {

/// One option or positional argument, to be refined in a chain.
class Option {
 public:
  explicit Option(CLI::Option* option) : option_(option) {}

  Option& required();
  /// --help shows the value before parsing.
  Option& show_default();
  /// Takes one value each time it is given; else it would swallow the positional arguments after it.
  Option& one_at_a_time();
  /// Several values in one argument.
  Option& separated_by(char separator);
  /// Taken from this variable of the environment where it is not given.
  Option& from_environment(const std::string& variable);
  Option& excludes(const Option& other);
  /// Means nothing without `other`, so that giving it alone is an error.
  Option& needs(const Option& other);
  template <typename Number>
  Option& in_range(Number least, Number greatest);
  Option& one_of(std::initializer_list<const char*> names);
  Option& one_of(std::initializer_list<int> numbers);

 private:
  CLI::Option* option_;
};

/// The program, or one of its subcommands.
class Command {
 public:
  Command(const std::string& description, const std::string& name);
  ~Command();
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;

  Command& add_subcommand(const std::string& name, const std::string& description);
  void require_subcommand();
  void footer(const std::string& text);
  void version(const std::string& text);
  /// Binds an option to a variable that outlives the parsing. `Value` is one of those at the end of
  /// command_line.cpp.
  template <typename Value>
  Option add_option(const std::string& names, Value& value, const std::string& help);
  Option add_flag(const std::string& names, bool& value, const std::string& help);
  void callback(std::function<void()> chosen);

  /// False when only help or the version was asked for, which has been printed. Throws InputError R070.
  bool parse(int count, char** arguments);

 private:
  struct Parts;
  explicit Command(CLI::App& app);

  std::unique_ptr<Parts> parts_;
};

}  // namespace raad::app
