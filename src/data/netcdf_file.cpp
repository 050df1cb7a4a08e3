#include "data/netcdf_file.hpp"

#include <algorithm>
#include <bit>
#include <stdexcept>

namespace raad::data {
namespace {

// Tags and types of the format.
constexpr std::int64_t k_dimension_tag = 10, k_variable_tag = 11, k_attribute_tag = 12;
constexpr std::int64_t k_char_type = 2, k_double_type = 6;

// Sizes of variables have 32 bits in CDF-2.
constexpr std::int64_t k_largest_variable = (std::int64_t{1} << 32) - 4;

using Attributes = std::vector<std::pair<std::string, std::string>>;

class Header {
 public:
  explicit Header(bool large) : large_(large), bytes_(large ? "CDF\5" : "CDF\2") { count(0); }

  void word(std::int64_t value, int size = 4) {
    for (int shift = 8 * (size - 1); shift >= 0; shift -= 8)
      bytes_ += static_cast<char>((value >> shift) & 0xff);
  }
  void count(std::int64_t value) { word(value, large_ ? 8 : 4); }
  void text(const std::string& value) {
    count(static_cast<std::int64_t>(value.size()));
    bytes_ += value;
    bytes_.append((4 - value.size() % 4) % 4, '\0');
  }
  void list(std::int64_t tag, std::size_t size) {
    word(size == 0 ? 0 : tag);
    count(static_cast<std::int64_t>(size));
  }
  void attributes(const Attributes& all) {
    list(k_attribute_tag, all.size());
    for (const auto& [name, value] : all) {
      text(name);
      word(k_char_type);
      text(value);
    }
  }
  const std::string& bytes() const { return bytes_; }

 private:
  bool large_;
  std::string bytes_;
};

}  // namespace

std::int64_t NetcdfFile::size_of(const NetcdfVariable& variable) const {
  std::int64_t size = sizeof(double);
  for (const int dimension : variable.dimensions)
    size *= dimensions_.at(static_cast<std::size_t>(dimension)).size;
  return size;
}

NetcdfFile::NetcdfFile(const std::filesystem::path& file, std::vector<NetcdfDimension> dimensions,
                       std::vector<NetcdfVariable> variables, const Attributes& attributes)
    : file_(file), dimensions_(std::move(dimensions)), variables_(std::move(variables)) {
  const bool large = std::ranges::any_of(
      variables_, [&](const NetcdfVariable& one) { return size_of(one) > k_largest_variable; });
  // Twice: the places of the values stand in the header, whose length does not depend on them.
  begins_.assign(variables_.size(), 0);
  for (const bool final : {false, true}) {
    Header header(large);
    header.list(k_dimension_tag, dimensions_.size());
    for (const auto& dimension : dimensions_) {
      header.text(dimension.name);
      header.count(dimension.size);
    }
    header.attributes(attributes);
    header.list(k_variable_tag, variables_.size());
    for (std::size_t i = 0; i < variables_.size(); ++i) {
      const auto& variable = variables_[i];
      header.text(variable.name);
      header.count(static_cast<std::int64_t>(variable.dimensions.size()));
      for (const int dimension : variable.dimensions) header.count(dimension);
      header.attributes(variable.attributes);
      header.word(k_double_type);
      header.count(size_of(variable));
      header.word(begins_[i], 8);
    }
    if (final) file_.write_at(0, header.bytes());
    end_ = static_cast<std::int64_t>(header.bytes().size());
    for (std::size_t i = 0; i < variables_.size(); ++i) {
      begins_[i] = end_;
      end_ += size_of(variables_[i]);
    }
  }
}

void NetcdfFile::write(int variable, std::int64_t first, const double* values, std::size_t count) {
  const auto index = static_cast<std::size_t>(variable);
  const std::int64_t place = first * static_cast<std::int64_t>(sizeof(double));
  const auto length = static_cast<std::int64_t>(count * sizeof(double));
  if (place < 0 || place + length > size_of(variables_.at(index)))
    throw std::logic_error("values outside a variable of a netCDF file");
  std::string bytes(count * sizeof(double), '\0');
  for (std::size_t i = 0; i < count; ++i) {
    const auto bits = std::bit_cast<std::uint64_t>(values[i]);
    for (std::size_t k = 0; k < sizeof(double); ++k)
      bytes[i * sizeof(double) + k] = static_cast<char>((bits >> (56 - 8 * k)) & 0xff);
  }
  file_.write_at(begins_[index] + place, bytes);
}

void NetcdfFile::finish() {
  file_.finish();
}

}  // namespace raad::data
