// The text of a model file under the changes of an experiment: places named by XPath, read and altered.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/diagnostics.hpp"
#include "data/sedml.hpp"

namespace raad::data {

/// What an XPath names.
struct ModelPlace {
  std::string element;          ///< `species`
  std::string id;               ///< Of the element
  bool in_kinetic_law = false;  ///< A local parameter
  std::string attribute;        ///< Empty: the element itself
  std::optional<double> value;  ///< Of the attribute; of an element: that which gives its initial value
};

class ModelXml {
 public:
  /// Throws InputError R111 for damaged text. `namespaces` are those of the experiment.
  ModelXml(const std::string& text, const std::string& file,
           const std::map<std::string, std::string>& namespaces);
  ~ModelXml();

  /// InputError R111 at `place` when the path names no single element or attribute.
  ModelPlace find(const std::string& target, const base::SourcePlace& place) const;
  /// Makes one change; `computed` is the value of Kind::compute. InputError R111.
  void apply(const SedmlChange& change, double computed, const base::SourcePlace& place);
  std::string text() const;

 private:
  struct Tree;  ///< libxml2 stays behind this header.
  std::unique_ptr<Tree> tree_;
};

}  // namespace raad::data
