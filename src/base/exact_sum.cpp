#include "base/exact_sum.hpp"

#include <cmath>
#include <vector>

#include "base/bytes.hpp"

namespace raad::base {
namespace {

__extension__ using Unsigned = unsigned __int128;
constexpr int k_digit_bits = 32;
constexpr int k_lowest_exponent = -1075;

}  // namespace

double ExactSum::value() const {
  // Base-2^32 digits of the size, lowest first; the carry out of the last bin follows as three more.
  std::vector<std::uint32_t> digits;
  const auto carry_all = [&](Integer sign) {
    digits.clear();
    Integer carry = 0;
    for (const Integer bin : bins_) {
      const Integer total = sign * bin + carry;
      digits.push_back(static_cast<std::uint32_t>(static_cast<Unsigned>(total) & 0xffffffffU));
      carry = total >> k_digit_bits;  // Arithmetic: rounds down, so digits stay in 0 to 2^32-1
    }
    return carry;
  };
  bool negative = false;
  Integer carry = carry_all(1);
  if (carry < 0) {
    negative = true;
    carry = carry_all(-1);
  }
  for (int i = 0; i < 3; ++i, carry >>= k_digit_bits)
    digits.push_back(static_cast<std::uint32_t>(static_cast<Unsigned>(carry) & 0xffffffffU));
  std::size_t top = digits.size();
  while (top > 0 && digits[top - 1] == 0) --top;
  if (top == 0) return 0.0;
  const auto digit = [&](std::size_t back) {
    return top > back ? Unsigned{digits[top - 1 - back]} : Unsigned{0};
  };
  Unsigned leading = (digit(0) << 96) | (digit(1) << 64) | (digit(2) << 32) | digit(3);
  bool rest = false;
  for (std::size_t i = 0; i + 4 < top; ++i) rest = rest || digits[i] != 0;
  // Shift to 64 significant bits; a last bit stands for everything below, so that the conversion rounds
  // right.
  int exponent = k_lowest_exponent + k_digit_bits * (static_cast<int>(top) - 4);
  while ((leading >> 127) == 0) {
    leading <<= 1;
    --exponent;
  }
  auto kept = static_cast<std::uint64_t>(leading >> 64);
  if (static_cast<std::uint64_t>(leading) != 0 || rest) kept |= 1;
  const double size = std::ldexp(static_cast<double>(kept), exponent + 64);
  return negative ? -size : size;
}

double ExactSum::remainder() const {
  ExactSum rest = *this;
  rest.add(-value());
  return rest.value();
}

void ExactSum::serialise(std::string& bytes) const {
  std::uint8_t count = 0;
  for (const Integer bin : bins_) count = static_cast<std::uint8_t>(count + (bin != 0 ? 1 : 0));
  append_bytes(bytes, count);
  for (std::size_t i = 0; i < bins_.size(); ++i) {
    if (bins_[i] == 0) continue;
    append_bytes(bytes, static_cast<std::uint8_t>(i));
    append_bytes(bytes, static_cast<std::uint64_t>(bins_[i]));
    append_bytes(bytes, static_cast<std::int64_t>(bins_[i] >> 64));
  }
}

ExactSum ExactSum::deserialise(std::string_view& bytes) {
  ExactSum sum;
  for (auto count = take_bytes<std::uint8_t>(bytes); count > 0; --count) {
    const std::size_t bin = take_bytes<std::uint8_t>(bytes);
    const auto low = take_bytes<std::uint64_t>(bytes);
    const auto high = take_bytes<std::int64_t>(bytes);
    if (bin >= sum.bins_.size()) throw std::runtime_error("damaged sum");
    sum.bins_[bin] = static_cast<Integer>((static_cast<Unsigned>(high) << 64) | low);
  }
  return sum;
}

}  // namespace raad::base
