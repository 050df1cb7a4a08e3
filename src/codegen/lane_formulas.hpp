// exp, ln, log10, x^y and tanh as formulas over any arithmetic, so that the interpreter and generated code
// run the same operations and get the same bits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

namespace raad::codegen {

/// Formulas over an arithmetic A, which has
/// - the types Number (IEEE double, one or several lanes), Bits (64-bit unsigned) and Truth, with
///   `+ - * /` and the sign `-`, `< == !=` on Numbers, `+ - & | << >>` on Bits;
/// - number(double) and bits(uint64) for constants, bits_of(Number) and number_of(Bits);
/// - multiply_add(a, b, c) = a*b + c, rounded once if fused() and twice otherwise;
/// - both(Truth, Truth), select(Truth, a, b) on Numbers and floor(Number).
/// No table is looked up and nothing branches on a value: lanes cost the same whatever they hold.
///
/// Sources: argument reduction after Cody and Waite (1980, Software Manual for the Elementary Functions);
/// exact sums and products after Dekker (1971, doi:10.1007/BF01397083). The polynomials were fitted with
/// 300-bit arithmetic by weighted least squares on Chebyshev nodes, the leading coefficients rounded to
/// double before the others were fitted again; each states the largest relative error it leaves in the
/// function.
template <class A>
class LaneFormulas {
 public:
  using Number = typename A::Number;
  using Bits = typename A::Bits;
  using Truth = typename A::Truth;

  explicit LaneFormulas(const A& arithmetic) : a_(arithmetic) {}

  Number exponential(Number x) const { return exponential_of_sum(clamped_exponent(x), nullptr); }

  Number logarithm(Number x) const {
    const Sum ln = logarithm_sum(x);
    return with_logarithm_limits(x, ln.high + ln.low);
  }

  Number logarithm10(Number x) const {
    // 1/ln(10) in two parts.
    const Number scale = number(0x1.bcb7b1526e50ep-2), scale_low = number(0x1.95355baaafad3p-57);
    const Sum ln = logarithm_sum(x);
    const Number product = ln.high * scale;
    const Number rest = a_.multiply_add(ln.low, scale, ln.high * scale_low);
    return with_logarithm_limits(x, product + (product_error(ln.high, scale, product) + rest));
  }

  /// As C's pow: pow(1, y) = pow(x, 0) = 1 even for NaN; a negative x needs a whole y.
  Number power(Number x, Number y) const {
    const Number magnitude = a_.number_of(a_.bits_of(x) & bits(~k_sign));
    const Sum ln = accurate_logarithm(magnitude);
    // y * ln is off by less than 2^-64 of itself: at most 745, so that e^(y*ln) keeps its last bit.
    const Number product = y * ln.high;
    const Number exponent = clamped_exponent(product);
    const Number rest = a_.multiply_add(y, ln.low, product_error(y, ln.high, product));
    // Beyond the range, where the result is 0 or infinite, the rest may be NaN.
    const Number low = a_.select(exponent == product, rest, number(0.0));
    const Number result = exponential_of_sum(exponent, &low);
    return with_power_limits(x, y, a_.select(magnitude == number(1.0), number(1.0), result));
  }

  /// (e^2|x| - 1) / (e^2|x| + 1), with e^2|x| - 1 computed as such: accurate near 0.
  Number tanh(Number x) const {
    const Number magnitude = a_.number_of(a_.bits_of(x) & bits(~k_sign));
    // From 2|x| = 40 on the quotient rounds to 1.
    const Number twice = at_most(magnitude + magnitude, 40.0);
    // The offset 1023 makes the lowest bits the exponent field of 2^n.
    const Reduced reduced = reduce(twice, number(k_round_to_integer + 1023.0));
    const Number two_to_n = a_.number_of(reduced.n_bits << 52);
    const Number fraction = exponential_less_one(reduced.high, reduced.n * number(-k_ln2_low));
    const Number less_one = a_.multiply_add(two_to_n, fraction, two_to_n - number(1.0));
    const Number result = less_one / (less_one + number(2.0));
    return a_.number_of(a_.bits_of(result) | (a_.bits_of(x) & bits(k_sign)));
  }

 private:
  /// high + low, with |low| far below |high|.
  struct Sum {
    Number high, low;
  };
  /// x = n*ln2 + r: `high` is x less the upper part of n*ln2.
  struct Reduced {
    Number n;
    Bits n_bits;  ///< n plus the offset in its lowest 12 bits
    Number high;
  };
  /// x = 2^exponent * fraction.
  struct Split {
    Number exponent, fraction;
  };

  static constexpr std::uint64_t k_sign = std::uint64_t{1} << 63;
  static constexpr std::uint64_t k_mantissa = (std::uint64_t{1} << 52) - 1;
  static constexpr double k_infinity = std::numeric_limits<double>::infinity();
  static constexpr double k_nan = std::numeric_limits<double>::quiet_NaN();
  /// 1.5 * 2^52: adding it rounds to a whole number and leaves that number in the lowest bits.
  static constexpr double k_round_to_integer = 0x1.8p52;
  /// ln(2) in two parts; the first has 42 bits, so that its products with exponents are exact.
  static constexpr double k_ln2_high = 0x1.62e42fefa38p-1, k_ln2_low = 0x1.ef35793c7673p-45;

  Number number(double value) const { return a_.number(value); }
  Bits bits(std::uint64_t value) const { return a_.bits(value); }

  // Of NaN both are NaN.
  Number at_most(Number x, double limit) const { return a_.select(number(limit) < x, number(limit), x); }
  Number at_least(Number x, double limit) const { return a_.select(x < number(limit), number(limit), x); }

  /// a*b - product, where product is a*b rounded.
  Number product_error(Number a, Number b, Number product) const {
    if (a_.fused()) return a_.multiply_add(a, b, -product);
    const Sum x = halves(a), y = halves(b);
    return x.low * y.low - (((product - x.high * y.high) - x.low * y.high) - x.high * y.low);
  }

  /// Two numbers of 26 bits (Dekker); for |a| < 2^996.
  Sum halves(Number a) const {
    const Number scaled = a * number(0x1p27 + 1.0);
    const Number high = scaled - (scaled - a);
    return {high, a - high};
  }

  /// Blocks of four terms by Estrin's scheme, the blocks by Horner's: for one product more than Horner's
  /// alone (x^2 is at hand), operations wait a third as long for each other.
  template <std::size_t N>
  Number polynomial(Number x, Number square, const double (&coefficients)[N]) const {
    return polynomial_from<0>(x, square, square * square, coefficients);
  }

  /// The terms from First on, divided by x^First.
  template <std::size_t First, std::size_t N>
  Number polynomial_from(Number x, Number square, Number fourth, const double (&coefficients)[N]) const {
    const auto coefficient = [&](std::size_t i) { return number(coefficients[i]); };
    Number block = coefficient(First);
    if constexpr (First + 1 < N) block = a_.multiply_add(coefficient(First + 1), x, block);
    if constexpr (First + 2 < N) {
      Number upper = coefficient(First + 2);
      if constexpr (First + 3 < N) upper = a_.multiply_add(coefficient(First + 3), x, upper);
      block = a_.multiply_add(upper, square, block);
    }
    if constexpr (First + 4 >= N)
      return block;
    else
      return a_.multiply_add(polynomial_from<First + 4>(x, square, fourth, coefficients), fourth, block);
  }

  Number clamped_exponent(Number x) const {
    return at_most(at_least(x, -746.0), 710.0);  // e^-746 rounds to 0, e^710 overflows.
  }

  Reduced reduce(Number x, Number rounding) const {
    const Number shifted = a_.multiply_add(x, number(0x1.71547652b82fep+0), rounding);  // 1/ln(2)
    const Number n = shifted - rounding;
    return {n, a_.bits_of(shifted), a_.multiply_add(n, number(-k_ln2_high), x)};
  }

  /// e^(high + low) - 1 for |high| <= ln(2)/2 and a small `low`.
  Number exponential_less_one(Number high, Number low) const {
    // (e^r - 1 - r) / r^2, leaving an error of 2^-57.6 in e^r.
    static constexpr double k_coefficients[] = {
        0x1.000000000000cp-1,  0x1.5555555555515p-3,  0x1.555555554fe41p-5,  0x1.1111111121199p-7,
        0x1.6c16c185f705p-10,  0x1.a01a014dbd55ap-13, 0x1.a01995e5a1962p-16, 0x1.71ded7202f556p-19,
        0x1.28b0d2fa1d98bp-22, 0x1.adfa44a9b9527p-26};
    const Number r = high + low;
    const Number square = r * r;
    // `high` is exact and r is not: its rounding only enters the smaller terms.
    return high + a_.multiply_add(square, polynomial(r, square, k_coefficients), low);
  }

  /// e^(x + low) for x as clamped_exponent() gives it and a small `low`.
  Number exponential_of_sum(Number x, const Number* low) const {
    // 2^n is applied as 2^(n+offset) in the exponent field, which then neither overflows nor underflows,
    // times 2^-offset, which does so with the right rounding.
    const Truth negative = x < number(0.0);
    const Reduced reduced =
        reduce(x, a_.select(negative, number(k_round_to_integer + 100.0), number(k_round_to_integer - 1.0)));
    const Number minus_ln2_low = number(-k_ln2_low);
    const Number rest =
        low == nullptr ? reduced.n * minus_ln2_low : a_.multiply_add(reduced.n, minus_ln2_low, *low);
    const Number fraction = exponential_less_one(reduced.high, rest) + number(1.0);
    const Number shifted = a_.number_of(a_.bits_of(fraction) + (reduced.n_bits << 52));
    // x - x keeps a NaN whose payload was taken for an exponent.
    return a_.multiply_add(shifted, a_.select(negative, number(0x1p-100), number(0x1p+1)), x - x);
  }

  /// Splits a positive x so that the fraction is in [lowest, 2*lowest).
  Split split(Number x, std::uint64_t lowest) const {
    const Truth subnormal = x < number(0x1p-1022);
    const Bits from_lowest =
        a_.bits_of(a_.select(subnormal, x * number(0x1p+54), x)) - bits(lowest - (std::uint64_t{1024} << 52));
    const Number fraction = a_.number_of((from_lowest & bits(k_mantissa)) + bits(lowest));
    // The exponent plus 1024 becomes the last bits of a number in [2^52, 2^53).
    const Number biased = a_.number_of((from_lowest >> 52) | bits(std::uint64_t{0x433} << 52));
    const double bias = 0x1p+52 + 1024.0;
    return {biased - a_.select(subnormal, number(bias + 54.0), number(bias)), fraction};
  }

  /// ln(x) for positive x; the error of the sum is a few hundredths of its last place.
  Sum logarithm_sum(Number x) const {
    // (ln(1+f) - f + f^2/2) / f^3 for sqrt(1/2) <= 1+f < sqrt(2), leaving an error of 2^-56.2 in ln(1+f).
    // Without the usual quotient f/(2+f): division is what these lanes wait for elsewhere.
    static constexpr double k_coefficients[] = {
        0x1.55555555555p-2,   -0x1.fffffffffef72p-3, 0x1.99999999a6ccdp-3, -0x1.5555555668378p-3,
        0x1.2492491f973b7p-3, -0x1.ffffff2ac5ep-4,   0x1.c71c73249b3dbp-4, -0x1.9999c36f4d5cdp-4,
        0x1.745d19138e65fp-4, -0x1.5550b9b253c3ap-4, 0x1.3b0e23d23fd64p-4, -0x1.24dc717297f37p-4,
        0x1.11b33f4eb601bp-4, -0x1.fb1944e96181p-5,  0x1.d14b89e6ac046p-5, -0x1.d4c4051679265p-5,
        0x1.0a2e29a522913p-4, -0x1.dff38a4712f94p-5, 0x1.9b952a71f7ce3p-6};
    const Split parts = split(x, 0x3fe6a09e667f3bcd);  // sqrt(1/2)
    const Number f = parts.fraction - number(1.0);
    const Number square = f * f;
    const Number tail = a_.multiply_add(f, polynomial(f, square, k_coefficients), number(-0.5));
    const Number whole = parts.exponent * number(k_ln2_high);
    const Number high = whole + f;
    const Number high_error = f - (high - whole);
    const Number low = a_.multiply_add(parts.exponent, number(k_ln2_low), high_error);
    return {high, a_.multiply_add(square, tail, low)};
  }

  Number with_logarithm_limits(Number x, Number result) const {
    const Number finite = a_.select(x < number(k_infinity), result, x);
    const Number outside = a_.select(x == number(0.0), number(-k_infinity), number(k_nan));
    return a_.select(number(0.0) < x, finite, outside);
  }

  /// m*c - 1 without error, for c with 4 bits and a difference below 1/8.
  Number exact_excess(Number m, Number c) const {
    if (a_.fused()) return a_.multiply_add(m, c, number(-1.0));
    const Number upper = a_.number_of(a_.bits_of(m) & bits(~std::uint64_t{0xfffffff}));
    return (upper * c - number(1.0)) + (m - upper) * c;
  }

  /// ln(x) for x >= 0 with an error below 2^-64 of it (for infinity and NaN: x; for 0: -infinity).
  Sum accurate_logarithm(Number x) const {
    // (ln(1+f) - f + f^2/2 - f^3/3) / f^4 for -0.136 < f < 0.125, leaving an error of 2^-65.0 in ln(1+f).
    static constexpr double k_coefficients[] = {
        0x1.99999999994fp-3,  -0x1.55555555490f3p-3, 0x1.249249257ac4cp-3, -0x1.00000011f98dfp-3,
        0x1.c71c6fa47c1d1p-4, -0x1.9999804e9bdd4p-4, 0x1.745e554dc237dp-4, -0x1.555eadd4ed267p-4,
        0x1.3ab1998ac2ab8p-4, -0x1.22c7656a0e61ep-4, 0x1.2066ae82a7ac4p-4, -0x1.27c8016d5863p-4};
    const Number third = number(0x1.5555555555555p-2), third_low = number(0x1.5555555555555p-56);
    // ln(m) = ln(m*c) - ln(c), with a c that brings m*c near 1; -ln(c) in two parts as ln(2).
    const Split parts = split(x, 0x3fe624dd2f1a9fbe);  // 0.692
    const Truth below = parts.fraction < number(0.8889), above = number(1.1034) < parts.fraction;
    const auto choose = [&](double if_below, double if_above, double otherwise) {
      return a_.select(below, number(if_below), a_.select(above, number(if_above), number(otherwise)));
    };
    const Number f = exact_excess(parts.fraction, choose(1.25, 0.8125, 1.0));
    const Number whole = a_.multiply_add(parts.exponent, number(k_ln2_high),
                                         choose(-0x1.c8ff7c79aap-3, 0x1.a93ed3c8aep-3, 0.0));
    const Number whole_low = a_.multiply_add(parts.exponent, number(k_ln2_low),
                                             choose(0x1.7794f689f8434p-45, -0x1.8724350562169p-45, 0.0));

    // ln(1+f) = f + f^2*g, g = -1/2 + f*w, w = 1/3 + f*polynomial, each but f as a sum of two numbers; the
    // sums are ordered so that what comes late is added last.
    const Number square = f * f;
    // The first coefficient, -1/4 but for its last places, apart: so only one rounding of its size enters.
    const Number series =
        a_.multiply_add(f, polynomial(f, square, k_coefficients), number(-0x1.0000000000018p-2));
    const Number w = a_.multiply_add(f, series, third);
    const Number w_low = a_.multiply_add(f, series, third - w);  // Without third_low
    const Number fw = f * w;
    const Number fw_low = a_.multiply_add(f, w_low, a_.multiply_add(f, third_low, product_error(f, w, fw)));
    const Number g = fw - number(0.5);
    const Number g_low = (fw - (g + number(0.5))) + fw_low;
    const Number bend = square * g;
    const Number bend_low = a_.multiply_add(product_error(f, f, square), g, product_error(square, g, bend));

    const Number straight = whole + f;
    const Number straight_low = (f - (straight - whole)) + whole_low;
    const Number high = straight + bend;
    const Number high_low = bend - (high - straight);
    const Number low = a_.multiply_add(square, g_low, (straight_low + bend_low) + high_low);
    const Number finite = a_.select(x < number(k_infinity), high, x);
    return {a_.select(x == number(0.0), number(-k_infinity), finite), low};
  }

  Number with_power_limits(Number x, Number y, Number magnitude) const {
    const Number half = y * number(0.5);
    const Truth whole = a_.floor(y) == y;
    const Truth odd = a_.both(whole, a_.floor(half) != half);
    const Number sign = a_.select(odd, x, number(0.0));
    const Number signed_result = a_.number_of(a_.bits_of(magnitude) | (a_.bits_of(sign) & bits(k_sign)));
    const Truth undefined = a_.both(a_.both(x < number(0.0), number(-k_infinity) < x), a_.floor(y) != y);
    const Number result = a_.select(undefined, number(k_nan), signed_result);
    return a_.select(y == number(0.0), number(1.0), result);
  }

  A a_;
};

}  // namespace raad::codegen
