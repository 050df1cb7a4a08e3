#include "data/xml.hpp"

#include "base/table.hpp"

namespace raad::data::xml {

std::string text_of(const xmlChar* text) {
  return text == nullptr ? "" : reinterpret_cast<const char*>(text);
}

std::string name_of(const xmlNode* node) {
  return text_of(node->name);
}

std::string attribute(xmlNode* node, const char* name) {
  xmlChar* value = xmlGetNoNsProp(node, reinterpret_cast<const xmlChar*>(name));
  const std::string text = text_of(value);
  xmlFree(value);
  return text;
}

int line_of(const xmlNode* node) {
  return static_cast<int>(xmlGetLineNo(node));
}

xmlNode* child_named(xmlNode* node, const std::string& name) {
  xmlNode* found = nullptr;
  for_each_child(node, [&](xmlNode* child) {
    if (found == nullptr && name_of(child) == name) found = child;
  });
  return found;
}

std::string print(xmlNode* node) {
  // A copy in a document of its own declares what it uses.
  const Document document(xmlNewDoc(nullptr));
  xmlNode* copy = xmlDocCopyNode(node, document.get(), 1);
  xmlDocSetRootElement(document.get(), copy);
  xmlReconciliateNs(document.get(), copy);
  const Buffer buffer(xmlBufferCreate());
  xmlNodeDump(buffer.get(), document.get(), copy, 0, 0);
  return text_of(xmlBufferContent(buffer.get()));
}

Document parse(const std::string& text, const std::string& file, base::Diagnostics& findings) {
  if (text.find("<!DOCTYPE") != std::string::npos || text.find("<!ENTITY") != std::string::npos) {
    findings.error("R111", {file}, "document types and entities are not read");
    return nullptr;
  }
  Document document(xmlReadMemory(text.data(), static_cast<int>(text.size()), file.c_str(), nullptr,
                                  XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING));
  if (document == nullptr) {
    const auto* error = xmlGetLastError();
    findings.error(
        "R111", {file, error != nullptr ? error->line : 0, 0},
        "damaged XML: " +
            (error != nullptr
                 ? std::string(base::trim(text_of(reinterpret_cast<const xmlChar*>(error->message))))
                 : "it cannot be read"));
  }
  return document;
}

}  // namespace raad::data::xml
