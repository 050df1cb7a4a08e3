#include "report/markup.hpp"

#include <fmt/core.h>

#include <array>
#include <cctype>
#include <cmath>

namespace raad::report {
namespace {

// Blue and orange keep apart under all three dichromacies and differ by 25 in CIE lightness, so a grey print
// shows a dark and a light line; the others follow Okabe and Ito (https://jfly.uni-koeln.de/color/), darkened
// to hold 3:1 against white.
constexpr std::array<Pen, 6> k_pens = {{
    {"#1d4e9e", ""},
    {"#d9730d", "6 3"},
    {"#008566", "2 2.5"},
    {"#a63d84", "9 3 2 3"},
    {"#5b6770", "4 2"},
    {"#7a5c00", "1 3"},
}};

}  // namespace

std::string escape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' ? ' ' : c;
    }
  }
  return out;
}

std::string coordinate(double value) {
  // Adding 0 turns a negative zero into zero.
  std::string text = fmt::format("{:.2f}", std::round(value * 100.0) / 100.0 + 0.0);
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text;
}

const Pen& pen(int index) {
  return k_pens[static_cast<std::size_t>(index) % k_pens.size()];
}

int pen_count() {
  return static_cast<int>(k_pens.size());
}

std::string capitalised(std::string_view text) {
  std::string out(text);
  if (!out.empty()) out[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(out[0])));
  return out;
}

}  // namespace raad::report
