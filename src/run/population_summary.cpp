#include "run/population_summary.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "base/bytes.hpp"
#include "base/exact_sum.hpp"
#include "base/files.hpp"
#include "base/quantile_sketch.hpp"
#include "run/moments.hpp"

namespace raad::run {
namespace {

// Weights count in units of 2^-20: one millionth of a person is finer than any weighting of subjects.
constexpr double k_weight_units = 1 << 20;

// Subjects are kept back until this many can be added read-out by read-out: the counters and sums of one
// read-out stay in the nearest cache meanwhile, which makes adding about twice as fast as subject by subject.
constexpr std::size_t k_block = 32;

constexpr std::string_view k_format = "raad population summary 2";

std::size_t at(int index) {
  return static_cast<std::size_t>(index);
}

/// One read-out at one time.
struct Cell {
  base::QuantileSketch sketch;
  base::ExactSum sum, squares;
};

/// Mean over time, greatest, least and last value, in the order of Measure.
std::array<double, k_measure_count> measures_of(const double* outputs, int times, int observables, int k) {
  double sum = 0.0, greatest = -std::numeric_limits<double>::infinity(), least = -greatest, last = 0.0;
  for (int t = 0; t < times; ++t) {
    last = outputs[t * observables + k];
    sum += last;
    greatest = std::max(greatest, last);
    least = std::min(least, last);
  }
  return {sum / times, greatest, least, last};
}

double not_a_number() {
  return std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

struct PopulationSummary::Implementation {
  SummaryShape shape;
  std::vector<Cell> cells;               ///< [time][observable]
  std::vector<std::uint64_t> exceeding;  ///< [time][exceedance], in weight units
  std::uint64_t weight_units = 0;
  std::int64_t subjects = 0;
  // Of the first subjects: sums and squares of descriptors and of measures, and products of the two.
  std::int64_t correlated = 0;
  std::vector<base::ExactSum> sums, squares;  ///< [descriptor, then observable x measure]
  std::vector<base::ExactSum> products;       ///< [descriptor][observable x measure]
  // Subjects kept back
  std::vector<double> block_outputs;  ///< [subject][time][observable]
  std::vector<double> block_weights;
  std::vector<std::uint64_t> block_units;

  explicit Implementation(SummaryShape wanted);
  std::size_t measure_count() const { return at(shape.observable_count * k_measure_count); }
  std::size_t cell_count() const { return at(shape.time_count * shape.observable_count); }
  void correlate(const double* outputs, const double* descriptors);
  void fold();
  void fold_cell(std::size_t cell);
  template <typename Each>
  void each_sum(const Each& each);
};

PopulationSummary::Implementation::Implementation(SummaryShape wanted) : shape(std::move(wanted)) {
  cells.resize(cell_count());
  exceeding.assign(at(shape.time_count) * shape.exceedances.size(), 0);
  sums.resize(at(shape.descriptor_count) + measure_count());
  squares.resize(sums.size());
  products.resize(at(shape.descriptor_count) * measure_count());
}

void PopulationSummary::Implementation::correlate(const double* outputs, const double* descriptors) {
  if (shape.time_count == 0) return;
  ++correlated;
  std::vector<double> values(descriptors, descriptors + shape.descriptor_count);
  for (int k = 0; k < shape.observable_count; ++k)
    for (const double measure : measures_of(outputs, shape.time_count, shape.observable_count, k))
      values.push_back(measure);
  for (std::size_t i = 0; i < values.size(); ++i) {
    sums[i].add(values[i]);
    add_product(squares[i], values[i], values[i]);
  }
  const std::size_t descriptor_count = at(shape.descriptor_count);
  for (std::size_t d = 0; d < descriptor_count; ++d)
    for (std::size_t m = 0; m < measure_count(); ++m)
      add_product(products[d * measure_count() + m], values[d], values[descriptor_count + m]);
}

void PopulationSummary::Implementation::fold_cell(std::size_t cell) {
  Cell& to = cells[cell];
  const double* value = block_outputs.data() + cell;
  for (std::size_t s = 0; s < block_units.size(); ++s, value += cell_count()) {
    to.sketch.add(*value, block_units[s]);
    const double weighted = block_weights[s] * *value;
    to.sum.add(weighted);
    add_product(to.squares, weighted, *value);
  }
}

/// Adds the subjects kept back. Read-outs in the outer loop: see k_block.
void PopulationSummary::Implementation::fold() {
  for (std::size_t cell = 0; cell < cell_count(); ++cell) fold_cell(cell);
  const std::size_t count = shape.exceedances.size();
  for (std::size_t e = 0; e < count; ++e) {
    const Exceedance& wanted = shape.exceedances[e];
    for (std::size_t s = 0; s < block_units.size(); ++s)
      for (std::size_t t = 0; t < at(shape.time_count); ++t) {
        const double value =
            block_outputs[s * cell_count() + t * at(shape.observable_count) + at(wanted.observable)];
        const bool holds = wanted.relation == Exceedance::Relation::above ? value > wanted.threshold
                                                                          : value < wanted.threshold;
        if (holds) exceeding[t * count + e] += block_units[s];
      }
  }
  block_outputs.clear();
  block_weights.clear();
  block_units.clear();
}

template <typename Each>
void PopulationSummary::Implementation::each_sum(const Each& each) {
  for (std::vector<base::ExactSum>* list : {&sums, &squares, &products})
    for (base::ExactSum& sum : *list) each(sum);
}

PopulationSummary::PopulationSummary(SummaryShape shape)
    : implementation_(std::make_unique<Implementation>(std::move(shape))) {}
PopulationSummary::~PopulationSummary() = default;
PopulationSummary::PopulationSummary(PopulationSummary&&) noexcept = default;
PopulationSummary& PopulationSummary::operator=(PopulationSummary&&) noexcept = default;

void PopulationSummary::add(std::int64_t subject, const double* outputs, const double* descriptors,
                            double weight) {
  Implementation& self = *implementation_;
  const auto finite = [](const double* values, std::size_t count) {
    return std::all_of(values, values + count, [](double value) { return std::isfinite(value); });
  };
  if (!finite(outputs, self.cell_count()) || !finite(descriptors, at(self.shape.descriptor_count)) ||
      !(weight >= 0.0) || weight > 1e6)
    throw std::logic_error("population summary: a value that is not finite, or a weight outside 0 to 1e6");
  const auto units = static_cast<std::uint64_t>(std::llround(weight * k_weight_units));
  self.block_outputs.insert(self.block_outputs.end(), outputs, outputs + self.cell_count());
  self.block_units.push_back(units);
  self.block_weights.push_back(static_cast<double>(units) / k_weight_units);
  self.weight_units += units;
  ++self.subjects;
  if (subject < k_correlated_subjects) self.correlate(outputs, descriptors);
  if (self.block_units.size() == k_block) self.fold();
}

void PopulationSummary::merge(const PopulationSummary& other) {
  Implementation& self = *implementation_;
  Implementation& from = *other.implementation_;
  if (!(self.shape == from.shape)) throw std::logic_error("population summary: merging different shapes");
  self.fold();
  from.fold();  // Only moves what is kept back to where it belongs: the other's value does not change.
  for (std::size_t i = 0; i < self.cells.size(); ++i) {
    self.cells[i].sketch.add(from.cells[i].sketch);
    self.cells[i].sum.add(from.cells[i].sum);
    self.cells[i].squares.add(from.cells[i].squares);
  }
  for (std::size_t i = 0; i < self.exceeding.size(); ++i) self.exceeding[i] += from.exceeding[i];
  self.weight_units += from.weight_units;
  self.subjects += from.subjects;
  self.correlated += from.correlated;
  std::vector<base::ExactSum*> mine;
  self.each_sum([&](base::ExactSum& sum) { mine.push_back(&sum); });
  auto next = mine.begin();
  from.each_sum([&](base::ExactSum& sum) { (*next++)->add(sum); });
}

const SummaryShape& PopulationSummary::shape() const {
  return implementation_->shape;
}
std::int64_t PopulationSummary::subject_count() const {
  return implementation_->subjects;
}
std::int64_t PopulationSummary::correlated_subject_count() const {
  return implementation_->correlated;
}
double PopulationSummary::weight_sum() const {
  return static_cast<double>(implementation_->weight_units) / k_weight_units;
}
double PopulationSummary::quantile_relative_error() {
  return base::QuantileSketch::k_relative_error;
}

namespace {

std::size_t cell_index(const SummaryShape& shape, int time, int observable) {
  if (time < 0 || time >= shape.time_count || observable < 0 || observable >= shape.observable_count)
    throw std::logic_error("population summary: no such read-out");
  return at(time * shape.observable_count + observable);
}

}  // namespace

double PopulationSummary::mean(int time, int observable) const {
  implementation_->fold();
  const Cell& cell = implementation_->cells[cell_index(shape(), time, observable)];
  return weight_sum() > 0.0 ? cell.sum.value() / weight_sum() : not_a_number();
}

double PopulationSummary::standard_deviation(int time, int observable) const {
  implementation_->fold();
  const Cell& cell = implementation_->cells[cell_index(shape(), time, observable)];
  const auto count = static_cast<double>(subject_count());
  if (count < 2.0 || weight_sum() <= 0.0) return not_a_number();
  const auto squares = static_cast<double>(deviation_product(cell.squares, cell.sum, cell.sum, weight_sum()));
  return std::sqrt(std::max(0.0, squares) / weight_sum() * (count / (count - 1.0)));
}

double PopulationSummary::least(int time, int observable) const {
  implementation_->fold();
  const Cell& cell = implementation_->cells[cell_index(shape(), time, observable)];
  return subject_count() > 0 ? cell.sketch.least() : not_a_number();
}

double PopulationSummary::greatest(int time, int observable) const {
  implementation_->fold();
  const Cell& cell = implementation_->cells[cell_index(shape(), time, observable)];
  return subject_count() > 0 ? cell.sketch.greatest() : not_a_number();
}

double PopulationSummary::quantile(int time, int observable, double probability) const {
  implementation_->fold();
  const Cell& cell = implementation_->cells[cell_index(shape(), time, observable)];
  return cell.sketch.quantile(probability, k_weight_units);
}

double PopulationSummary::exceedance(int time, int exceedance) const {
  implementation_->fold();
  const auto units = implementation_->exceeding.at(at(time) * shape().exceedances.size() + at(exceedance));
  return weight_sum() > 0.0 ? static_cast<double>(units) / k_weight_units / weight_sum() : not_a_number();
}

double PopulationSummary::correlation(int descriptor, int observable, Measure measure) const {
  const Implementation& self = *implementation_;
  const std::size_t m = at(observable * k_measure_count + static_cast<int>(measure));
  const std::size_t d = at(descriptor), other = at(shape().descriptor_count) + m;
  if (self.correlated < 2) return not_a_number();
  const auto count = static_cast<double>(self.correlated);
  const auto spread = [&](std::size_t i) {
    return static_cast<double>(deviation_product(self.squares[i], self.sums[i], self.sums[i], count));
  };
  const double spread_d = spread(d), spread_m = spread(other);
  if (!(spread_d > 0.0) || !(spread_m > 0.0)) return not_a_number();
  const auto product = static_cast<double>(
      deviation_product(self.products[d * self.measure_count() + m], self.sums[d], self.sums[other], count));
  return std::clamp(product / std::sqrt(spread_d) / std::sqrt(spread_m), -1.0, 1.0);
}

std::string PopulationSummary::serialise() const {
  Implementation& self = *implementation_;
  self.fold();
  std::string bytes;
  base::append_bytes(bytes, self.shape.time_count);
  base::append_bytes(bytes, self.shape.observable_count);
  base::append_bytes(bytes, self.shape.descriptor_count);
  base::append_bytes(bytes, static_cast<std::uint64_t>(self.shape.exceedances.size()));
  for (const Exceedance& one : self.shape.exceedances) {
    base::append_bytes(bytes, one.observable);
    base::append_bytes(bytes, static_cast<std::int32_t>(one.relation));
    base::append_bytes(bytes, one.threshold);
  }
  for (const Cell& cell : self.cells) {
    cell.sketch.serialise(bytes);
    cell.sum.serialise(bytes);
    cell.squares.serialise(bytes);
  }
  for (const std::uint64_t units : self.exceeding) base::append_bytes(bytes, units);
  base::append_bytes(bytes, self.weight_units);
  base::append_bytes(bytes, self.subjects);
  base::append_bytes(bytes, self.correlated);
  self.each_sum([&](base::ExactSum& sum) { sum.serialise(bytes); });
  std::string whole;
  base::append_text(whole, k_format);
  base::append_text(whole, base::content_hash(bytes));
  return whole + bytes;
}

namespace {

SummaryShape take_shape(std::string_view& bytes) {
  SummaryShape shape;
  shape.time_count = base::take_bytes<int>(bytes);
  shape.observable_count = base::take_bytes<int>(bytes);
  shape.descriptor_count = base::take_bytes<int>(bytes);
  const auto count = base::take_bytes<std::uint64_t>(bytes);
  for (std::uint64_t i = 0; i < count; ++i) {
    Exceedance one;
    one.observable = base::take_bytes<int>(bytes);
    one.relation = static_cast<Exceedance::Relation>(base::take_bytes<std::int32_t>(bytes));
    one.threshold = base::take_bytes<double>(bytes);
    shape.exceedances.push_back(one);
  }
  return shape;
}

}  // namespace

PopulationSummary PopulationSummary::deserialise(std::string_view bytes) {
  if (base::take_text(bytes) != k_format)
    throw std::runtime_error("not a population summary of this program");
  // Checked first, so that what follows reads what serialise() wrote.
  const std::string hash = base::take_text(bytes);
  if (hash != base::content_hash(bytes)) throw std::runtime_error("damaged population summary");
  PopulationSummary summary(take_shape(bytes));
  Implementation& self = *summary.implementation_;
  for (Cell& cell : self.cells) {
    cell.sketch = base::QuantileSketch::deserialise(bytes);
    cell.sum = base::ExactSum::deserialise(bytes);
    cell.squares = base::ExactSum::deserialise(bytes);
  }
  for (std::uint64_t& units : self.exceeding) units = base::take_bytes<std::uint64_t>(bytes);
  self.weight_units = base::take_bytes<std::uint64_t>(bytes);
  self.subjects = base::take_bytes<std::int64_t>(bytes);
  self.correlated = base::take_bytes<std::int64_t>(bytes);
  self.each_sum([&](base::ExactSum& sum) { sum = base::ExactSum::deserialise(bytes); });
  if (!bytes.empty()) throw std::runtime_error("damaged population summary: more data than belong to it");
  return summary;
}

}  // namespace raad::run
