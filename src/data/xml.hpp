// Reading of XML with libxml2 as the archive formats need it: no network, no entities, owned pointers.
#pragma once

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <libxml/xpath.h>

#include <memory>
#include <string>

#include "base/diagnostics.hpp"

namespace raad::data::xml {

template <auto Function>
struct Free {
  template <typename T>
  void operator()(T* pointer) const {
    Function(pointer);
  }
};
using Document = std::unique_ptr<xmlDoc, Free<xmlFreeDoc>>;
using PathContext = std::unique_ptr<xmlXPathContext, Free<xmlXPathFreeContext>>;
using PathObject = std::unique_ptr<xmlXPathObject, Free<xmlXPathFreeObject>>;
using Buffer = std::unique_ptr<xmlBuffer, Free<xmlBufferFree>>;

inline const xmlChar* chars(const std::string& text) {
  return reinterpret_cast<const xmlChar*>(text.c_str());
}
std::string text_of(const xmlChar* text);
std::string name_of(const xmlNode* node);
/// Empty when the element does not have it.
std::string attribute(xmlNode* node, const char* name);
int line_of(const xmlNode* node);
/// The first child element of that name; null without one.
xmlNode* child_named(xmlNode* node, const std::string& name);
/// The element as text, with the namespaces that it takes from further up.
std::string print(xmlNode* node);

template <typename Visit>
void for_each_child(xmlNode* node, const Visit& visit) {
  if (node == nullptr) return;
  for (xmlNode* child = node->children; child != nullptr; child = child->next)
    if (child->type == XML_ELEMENT_NODE) visit(child);
}

/// Null, with a finding R111, for damaged XML and for document types and entities, which can grow without
/// bound.
Document parse(const std::string& text, const std::string& file, base::Diagnostics& findings);

}  // namespace raad::data::xml
