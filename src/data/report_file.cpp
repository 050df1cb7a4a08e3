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
using Properties = Handle<H5Pclose>;

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

std::size_t longest(const ReportTable& report) {
  std::size_t points = 0;
  for (const auto& set : report.data_sets) points = std::max(points, set.values.size());
  return points;
}

void write_report(hid_t file, const ReportTable& report) {
  const std::size_t rows = report.data_sets.size(), points = longest(report);
  std::vector<double> values(rows * points, std::numeric_limits<double>::quiet_NaN());
  for (std::size_t i = 0; i < rows; ++i)
    std::ranges::copy(report.data_sets[i].values, values.begin() + static_cast<std::ptrdiff_t>(i * points));
  const Properties links(H5Pcreate(H5P_LINK_CREATE));
  H5Pset_create_intermediate_group(links.id(), 1);
  const hsize_t shape[] = {rows, points};
  const Space space(H5Screate_simple(2, shape, nullptr));
  const std::string path = "/" + report.location + "/" + report.id;
  const Set set(
      H5Dcreate2(file, path.c_str(), H5T_IEEE_F64LE, space.id(), links.id(), H5P_DEFAULT, H5P_DEFAULT));
  if (set.id() < 0 || H5Dwrite(set.id(), H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) < 0)
    throw base::InputError("R085", {path}, "the report cannot be written", "free some space");
  add_text(set.id(), "_type", "Report");
  add_text(set.id(), "uri", report.location + "/" + report.id);
  add_text(set.id(), "sedmlId", report.id);
  add_text(set.id(), "sedmlName", report.name);
  std::vector<std::string> ids, labels, names, types, shapes;
  for (const auto& one : report.data_sets) {
    ids.push_back(one.id);
    labels.push_back(one.label);
    names.push_back(one.name);
    types.emplace_back("float64");
    shapes.push_back(std::to_string(one.values.size()));
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
  std::string text;
  for (std::size_t i = 0; i < report.data_sets.size(); ++i)
    text += (i > 0 ? "," : "") + report.data_sets[i].id;
  text += "\n";
  for (std::size_t row = 0; row < longest(report); ++row) {
    for (std::size_t i = 0; i < report.data_sets.size(); ++i) {
      const auto& values = report.data_sets[i].values;
      if (i > 0) text += ",";
      if (row < values.size() && std::isfinite(values[row])) text += fmt::format("{:.17g}", values[row]);
    }
    text += "\n";
  }
  return text;
}

}  // namespace raad::data
