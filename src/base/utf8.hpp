// Counting and checking characters of UTF-8 text, so that columns in messages are those an editor shows.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/diagnostics.hpp"

namespace raad::base {

/// Number of characters (code points); a stray continuation byte counts as none.
std::size_t character_count(std::string_view text);

/// Length in bytes of the well-formed character at `position`, 0 where there is none. Overlong forms,
/// surrogates and code points above U+10FFFF are not well-formed (RFC 3629).
std::size_t utf8_length_at(std::string_view text, std::size_t position);

/// Byte offset of the first byte that is no well-formed UTF-8.
std::optional<std::size_t> first_invalid_utf8(std::string_view text);

inline constexpr std::string_view k_byte_order_mark = "\xEF\xBB\xBF";

/// The text of a file after its byte-order mark, which is reported (R083): a mark that is passed over here
/// becomes part of the first name elsewhere.
std::string_view without_byte_order_mark(std::string_view text, const std::string& file,
                                         Diagnostics& findings);

/// `text` with every byte that is no well-formed UTF-8 replaced by U+FFFD, so that any terminal or JSON
/// writer takes it.
std::string well_formed(std::string_view text);

}  // namespace raad::base
