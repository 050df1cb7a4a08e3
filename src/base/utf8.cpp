#include "base/utf8.hpp"

namespace raad::base {
namespace {

bool is_continuation(std::string_view text, std::size_t position) {
  return position < text.size() && (static_cast<unsigned char>(text[position]) & 0xC0U) == 0x80U;
}

}  // namespace

std::size_t character_count(std::string_view text) {
  std::size_t count = 0;
  for (const char c : text)
    if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80U) ++count;
  return count;
}

std::size_t utf8_length_at(std::string_view text, std::size_t position) {
  if (position >= text.size()) return 0;
  const auto first = static_cast<unsigned char>(text[position]);
  if (first < 0x80U) return 1;
  const std::size_t length = first >= 0xC2U && first <= 0xDFU   ? 2
                             : first >= 0xE0U && first <= 0xEFU ? 3
                             : first >= 0xF0U && first <= 0xF4U ? 4
                                                                : 0;
  for (std::size_t i = 1; i < length; ++i)
    if (!is_continuation(text, position + i)) return 0;
  if (length < 3) return length;
  const auto second = static_cast<unsigned char>(text[position + 1]);
  const bool overlong = (first == 0xE0U && second < 0xA0U) || (first == 0xF0U && second < 0x90U);
  const bool surrogate = first == 0xEDU && second > 0x9FU;
  const bool beyond_unicode = first == 0xF4U && second > 0x8FU;
  return overlong || surrogate || beyond_unicode ? 0 : length;
}

std::optional<std::size_t> first_invalid_utf8(std::string_view text) {
  std::size_t position = 0;
  while (position < text.size()) {
    const std::size_t length = utf8_length_at(text, position);
    if (length == 0) return position;
    position += length;
  }
  return std::nullopt;
}

std::string_view without_byte_order_mark(std::string_view text, const std::string& file,
                                         Diagnostics& findings) {
  if (!text.starts_with(k_byte_order_mark)) return text;
  findings.error("R083", {file, 1, 1}, "the file starts with a byte-order mark",
                 "save it as UTF-8 without one");
  return text.substr(k_byte_order_mark.size());
}

std::string well_formed(std::string_view text) {
  std::string result;
  for (std::size_t position = 0; position < text.size();) {
    const std::size_t length = utf8_length_at(text, position);
    result += length == 0 ? std::string_view("\xEF\xBF\xBD") : text.substr(position, length);
    position += length == 0 ? 1 : length;
  }
  return result;
}

}  // namespace raad::base
