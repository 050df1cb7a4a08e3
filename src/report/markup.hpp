// Small pieces of SVG and HTML text.
#pragma once

#include <string>
#include <string_view>

namespace raad::report {

/// Text for use inside elements and double-quoted attributes of XML and HTML. Control characters that XML
/// forbids become blanks.
std::string escape(std::string_view text);

/// A coordinate in at most two decimals without trailing zeros: a hundredth of a pixel cannot be seen.
std::string coordinate(double value);

/// "rgb" colours of the palette for a light background: told apart by people with any colour vision and, with
/// the dash and the lightness, in grey print.
struct Pen {
  const char* colour;
  const char* dash;  ///< SVG stroke-dasharray; "" for a solid line
};
const Pen& pen(int index);
int pen_count();

/// First letter in upper case.
std::string capitalised(std::string_view text);

}  // namespace raad::report
