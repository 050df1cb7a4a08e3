#include "data/report_file.hpp"

#include <fmt/format.h>
#include <hdf5.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/diagnostics.hpp"

namespace raad::data {
namespace {

/// Closes an HDF5 handle; the library counts on that.
template <auto Close>
class Handle {
 public:
  explicit Handle(hid_t id) : id_(id) {}
  ~Handle() {
    if (id_ >= 0) Close(id_);
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  hid_t id() const { return id_; }

 private:
  hid_t id_;
};
using File = Handle<H5Fclose>;
using Group = Handle<H5Gclose>;
using Space = Handle<H5Sclose>;
using Type = Handle<H5Tclose>;
using Set = Handle<H5Dclose>;
using Attribute = Handle<H5Aclose>;

void add_text(hid_t object, const char* name, const std::string& text) {
  const Type type(H5Tcopy(H5T_C_S1));
  H5Tset_size(type.id(), std::max<std::size_t>(1, text.size()));
  H5Tset_cset(type.id(), H5T_CSET_UTF8);
  const Space space(H5Screate(H5S_SCALAR));
  const Attribute attribute(H5Acreate2(object, name, type.id(), space.id(), H5P_DEFAULT, H5P_DEFAULT));
  H5Awrite(attribute.id(), type.id(), text.c_str());
}

void add_texts(hid_t object, const char* name, const std::vector<std::string>& texts) {
  const Type type(H5Tcopy(H5T_C_S1));
  H5Tset_size(type.id(), H5T_VARIABLE);
  H5Tset_cset(type.id(), H5T_CSET_UTF8);
  const hsize_t size = texts.size();
  const Space space(H5Screate_simple(1, &size, nullptr));
  std::vector<const char*> pointers;
  for (const auto& text : texts) pointers.push_back(text.c_str());
  const Attribute attribute(H5Acreate2(object, name, type.id(), space.id(), H5P_DEFAULT, H5P_DEFAULT));
  H5Awrite(attribute.id(), type.id(), pointers.data());
}

std::vector<std::size_t> shape_of(const ReportTable& report) {
  std::vector<std::size_t> shape;
  for (const auto& set : report.data_sets) shape = common_shape(shape, set.values.shape);
  return shape;
}

std::string shape_text(const std::vector<std::size_t>& shape) {
  std::string text;
  for (const std::size_t extent : shape) text += (text.empty() ? "" : ",") + std::to_string(extent);
  return text;
}

/// The groups of a location's folders and its file, each named by its attributes.
void make_groups(hid_t file, const std::string& location) {
  for (std::size_t end = location.find('/');; end = location.find('/', end + 1)) {
    const std::string path = location.substr(0, end);
    if (H5Lexists(file, path.c_str(), H5P_DEFAULT) <= 0) {
      const Group group(H5Gcreate2(file, path.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
      add_text(group.id(), "uri", path);
      add_text(group.id(), "combineArchiveLocation", path);
    }
    if (end == std::string::npos) return;
  }
}

void write_report(hid_t file, const ReportTable& report) {
  const auto shape = shape_of(report);
  std::vector<double> values;
  for (const auto& set : report.data_sets) {
    const Array whole = padded(set.values, shape);
    values.insert(values.end(), whole.values.begin(), whole.values.end());
  }
  make_groups(file, report.location);
  std::vector<hsize_t> extents = {report.data_sets.size()};
  extents.insert(extents.end(), shape.begin(), shape.end());
  const Space space(H5Screate_simple(static_cast<int>(extents.size()), extents.data(), nullptr));
  const std::string path = "/" + report.location + "/" + report.id;
  const Set set(
      H5Dcreate2(file, path.c_str(), H5T_IEEE_F64LE, space.id(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
  if (set.id() < 0 || H5Dwrite(set.id(), H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) < 0)
    throw base::InputError("R085", {path}, "the report cannot be written", "free some space");
  add_text(set.id(), "_type", report.type);
  add_text(set.id(), "uri", report.location + "/" + report.id);
  add_text(set.id(), "sedmlId", report.id);
  add_text(set.id(), "sedmlName", report.name);
  std::vector<std::string> ids, labels, names, types, shapes;
  for (const auto& one : report.data_sets) {
    ids.push_back(one.id);
    labels.push_back(one.label);
    names.push_back(one.name);
    types.emplace_back("float64");
    shapes.push_back(shape_text(one.values.shape));
  }
  add_texts(set.id(), "sedmlDataSetIds", ids);
  add_texts(set.id(), "sedmlDataSetLabels", labels);
  add_texts(set.id(), "sedmlDataSetNames", names);
  add_texts(set.id(), "sedmlDataSetDataTypes", types);
  add_texts(set.id(), "sedmlDataSetShapes", shapes);
}

}  // namespace

void write_report_hdf5(const std::filesystem::path& path, const std::vector<ReportTable>& reports) {
  // Errors are ours to report, not the library's to print.
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  const File file(H5Fcreate(path.string().c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT));
  if (file.id() < 0) throw base::InputError("R084", {path.string()}, "the file cannot be written");
  for (const auto& report : reports)
    if (!report.data_sets.empty()) write_report(file.id(), report);
}

std::string report_csv(const ReportTable& report) {
  const auto shape = shape_of(report);
  std::string text;
  std::vector<Array> columns;
  for (const auto& set : report.data_sets) {
    text += (columns.empty() ? "" : ",") + set.id;
    columns.push_back(padded(set.values, shape));
  }
  text += "\n";
  if (columns.empty()) return text;
  for (std::size_t row = 0; row < size_of(shape); ++row) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (i > 0) text += ",";
      const double value = columns[i].values[row];
      if (std::isfinite(value)) text += fmt::format("{:.17g}", value);
    }
    text += "\n";
  }
  return text;
}

}  // namespace raad::data
