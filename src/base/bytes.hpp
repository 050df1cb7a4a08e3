// Numbers as bytes of a journal or message, in the byte order of the machine.
#pragma once

#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>

namespace raad::base {

template <typename Number>
void append_bytes(std::string& bytes, Number value) {
  static_assert(std::is_arithmetic_v<Number>);
  char raw[sizeof value];
  std::memcpy(raw, &value, sizeof value);
  bytes.append(raw, sizeof value);
}

inline void append_text(std::string& bytes, std::string_view text) {
  append_bytes(bytes, static_cast<std::uint64_t>(text.size()));
  bytes.append(text);
}

/// Takes a number from the front; std::runtime_error when the bytes end too early.
template <typename Number>
Number take_bytes(std::string_view& bytes) {
  static_assert(std::is_arithmetic_v<Number>);
  Number value{};
  if (bytes.size() < sizeof value) throw std::runtime_error("the data end too early");
  std::memcpy(&value, bytes.data(), sizeof value);
  bytes.remove_prefix(sizeof value);
  return value;
}

inline std::string take_text(std::string_view& bytes) {
  const auto size = take_bytes<std::uint64_t>(bytes);
  if (size > bytes.size()) throw std::runtime_error("the data end too early");
  std::string text(bytes.substr(0, size));
  bytes.remove_prefix(size);
  return text;
}

}  // namespace raad::base
