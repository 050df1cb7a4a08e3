// Random numbers by address: every draw is found by its key and place, whatever was drawn before it.
#pragma once

#include <cstdint>
#include <string_view>

namespace raad::base {

/// What a stream of random numbers is for. `purpose` is a name such as a parameter's id, so that a new
/// parameter changes no draw of the others.
struct StreamKey {
  std::uint64_t seed = 1;
  std::uint64_t replicate = 0;
  std::int64_t subject = 0;  ///< -1: drawn once for all subjects of a replicate
  std::uint64_t purpose = 0;
};

/// 64-bit FNV-1a hash of a purpose's name.
std::uint64_t purpose_of(std::string_view name);

/// Philox4x64-10 (Salmon et al. 2011, doi:10.1145/2063384.2063405) keyed by seed and purpose, counting
/// replicate, subject and draw. Streams with different keys share no number.
class RandomStream {
 public:
  explicit RandomStream(const StreamKey& key) : key_(key) {}
  /// Uniform in the open interval (0, 1), 53 bits.
  double uniform();
  /// Standard normal, by inversion: one uniform each, so draws stay where they are.
  double normal();

 private:
  StreamKey key_;
  std::uint64_t draw_ = 0;
};

/// Quantile of the standard normal distribution, relative error about 1e-16 (Wichura 1988, algorithm AS 241,
/// PPND16, doi:10.2307/2347330). `probability` in (0, 1).
double normal_quantile(double probability);
/// normal_quantile(0.975): half the width of a 95 % interval in standard deviations.
inline constexpr double k_normal95 = 1.959963984540054;
/// Distribution function of the standard normal distribution.
double normal_probability(double value);

}  // namespace raad::base
