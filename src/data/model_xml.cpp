#include "data/model_xml.hpp"

#include <libxml/xpathInternals.h>

#include <filesystem>

#include "base/table.hpp"
#include "data/xml.hpp"

namespace raad::data {
namespace {

bool is_sbml_core(const std::string& uri) {
  return uri.rfind("http://www.sbml.org/sbml/level", 0) == 0 &&
         (uri.find("/core") != std::string::npos ||
          uri.find("level3") == std::string::npos);  // Level 2 has one namespace alone
}

bool means_the_model(const std::string& uri) {
  return uri.empty() || is_sbml_core(uri) || uri.find("sed-ml.org") != std::string::npos;
}

/// Puts elements of any SBML level, and those without a namespace of their own, into the model's.
void adopt(xmlNode* node, xmlNs* own) {
  if (node->ns == nullptr || means_the_model(xml::text_of(node->ns->href))) xmlSetNs(node, own);
  xml::for_each_child(node, [&](xmlNode* child) { adopt(child, own); });
  // Nothing below uses these declarations any more, and libSBML refuses them.
  for (xmlNs** link = &node->nsDef; *link != nullptr;) {
    xmlNs* declared = *link;
    if (!means_the_model(xml::text_of(declared->href))) {
      link = &declared->next;
      continue;
    }
    *link = declared->next;
    xmlFreeNs(declared);
  }
}

/// The attributes that give an element its initial value, the first that is set counts.
std::optional<double> initial_value(xmlNode* node) {
  for (const char* name : {"value", "size", "volume", "initialConcentration", "initialAmount"})
    if (const std::string text = xml::attribute(node, name); !text.empty()) return base::parse_number(text);
  return std::nullopt;
}

/// The attribute that a change of an element's value means.
const char* value_attribute(xmlNode* node) {
  const std::string element = xml::name_of(node);
  if (element == "compartment") return "size";
  if (element != "species") return "value";
  return xml::attribute(node, "initialAmount").empty() ? "initialConcentration" : "initialAmount";
}

}  // namespace

struct ModelXml::Tree {
  std::string file;
  xml::Document document;
  std::map<std::string, std::string> namespaces;

  xml::PathObject evaluate(const std::string& target, const base::SourcePlace& place) const;
  xmlNode* single(const std::string& target, const base::SourcePlace& place) const;
  void insert(xmlNode* parent, xmlNode* before, const std::string& new_xml, const base::SourcePlace& place);
};

ModelXml::~ModelXml() = default;

ModelXml::ModelXml(const std::string& text, const std::string& file,
                   const std::map<std::string, std::string>& namespaces)
    : tree_(std::make_unique<Tree>()) {
  tree_->file = file;
  tree_->namespaces = namespaces;
  base::Diagnostics findings;
  tree_->document = xml::parse(text, file, findings);
  base::throw_if_errors(findings);
  const xmlNode* root = xmlDocGetRootElement(tree_->document.get());
  if (root == nullptr || root->ns == nullptr) return;
  // Experiments often name the namespace of another level than the model has: each of them means the model's.
  const std::string own = xml::text_of(root->ns->href);
  for (auto& [prefix, uri] : tree_->namespaces)
    if (is_sbml_core(uri)) uri = own;
  tree_->namespaces.emplace("sbml", own);
}

xml::PathObject ModelXml::Tree::evaluate(const std::string& target, const base::SourcePlace& place) const {
  const xml::PathContext context(xmlXPathNewContext(document.get()));
  for (const auto& [prefix, uri] : namespaces)
    xmlXPathRegisterNs(context.get(), xml::chars(prefix), xml::chars(uri));
  // What libxml2 has to say about a bad path is in the message below.
  xmlSetStructuredErrorFunc(context.get(), [](void*, xmlError*) {});
  xml::PathObject found(xmlXPathEvalExpression(xml::chars(target), context.get()));
  xmlSetStructuredErrorFunc(nullptr, nullptr);
  if (found == nullptr || found->nodesetval == nullptr || found->nodesetval->nodeNr == 0)
    throw base::InputError(
        "R111", place,
        "the target `" + target + "` names nothing in " + std::filesystem::path(file).filename().string(),
        "targets are XPaths such as /sbml:sbml/sbml:model/sbml:listOfParameters/"
        "sbml:parameter[@id='k']");
  return found;
}

xmlNode* ModelXml::Tree::single(const std::string& target, const base::SourcePlace& place) const {
  const auto found = evaluate(target, place);
  if (found->nodesetval->nodeNr != 1)
    throw base::InputError("R111", place,
                           "the target `" + target + "` names more than one place in " +
                               std::filesystem::path(file).filename().string());
  return found->nodesetval->nodeTab[0];
}

ModelPlace ModelXml::find(const std::string& target, const base::SourcePlace& place) const {
  xmlNode* node = tree_->single(target, place);
  ModelPlace made;
  if (node->type == XML_ATTRIBUTE_NODE) {
    xmlChar* content = xmlNodeGetContent(node);
    made.attribute = xml::name_of(node);
    made.value = base::parse_number(xml::text_of(content));
    xmlFree(content);
    node = node->parent;
  } else {
    made.value = initial_value(node);
  }
  made.element = xml::name_of(node);
  made.id = xml::attribute(node, "id");
  for (xmlNode* above = node->parent; above != nullptr; above = above->parent)
    made.in_kinetic_law = made.in_kinetic_law || xml::name_of(above) == "kineticLaw";
  return made;
}

void ModelXml::Tree::insert(xmlNode* parent, xmlNode* before, const std::string& new_xml,
                            const base::SourcePlace& place) {
  base::Diagnostics findings;
  const xml::Document content = xml::parse(new_xml, place.file, findings);
  base::throw_if_errors(findings);
  xmlNs* own = xmlDocGetRootElement(document.get())->ns;
  xml::for_each_child(xmlDocGetRootElement(content.get()), [&](xmlNode* child) {
    xmlNode* copy = xmlDocCopyNode(child, document.get(), 1);
    if (before != nullptr)
      xmlAddPrevSibling(before, copy);
    else
      xmlAddChild(parent, copy);
    if (own != nullptr) adopt(copy, own);
  });
}

void ModelXml::apply(const SedmlChange& change, double computed, const base::SourcePlace& place) {
  using Kind = SedmlChange::Kind;
  if (change.kind == Kind::remove_xml) {
    const auto found = tree_->evaluate(change.target, place);
    // From the last on, so that what stands inside of a removed element goes first.
    for (int i = found->nodesetval->nodeNr - 1; i >= 0; --i) {
      xmlNode* node = found->nodesetval->nodeTab[i];
      if (node->type == XML_ATTRIBUTE_NODE) {
        xmlRemoveProp(reinterpret_cast<xmlAttr*>(node));
      } else {
        xmlUnlinkNode(node);
        xmlFreeNode(node);
      }
      found->nodesetval->nodeTab[i] = nullptr;  // The set must not look at it again.
    }
    return;
  }
  xmlNode* node = tree_->single(change.target, place);
  const bool is_attribute = node->type == XML_ATTRIBUTE_NODE;
  if (change.kind == Kind::compute && !is_attribute) {
    xmlSetProp(node, reinterpret_cast<const xmlChar*>(value_attribute(node)),
               xml::chars(base::format_number(computed)));
  } else if (change.kind == Kind::attribute || change.kind == Kind::compute) {
    if (!is_attribute)
      throw base::InputError("R111", place, "the target `" + change.target + "` is no attribute",
                             "end it with /@ and the name of the attribute");
    xmlNodeSetContent(
        node, xml::chars(change.kind == Kind::attribute ? change.new_value : base::format_number(computed)));
  } else if (is_attribute) {
    throw base::InputError("R111", place, "the target `" + change.target + "` is no element");
  } else if (change.kind == Kind::add_xml) {
    tree_->insert(node, nullptr, change.new_xml, place);
  } else {
    tree_->insert(node->parent, node, change.new_xml, place);
    xmlUnlinkNode(node);
    xmlFreeNode(node);
  }
}

std::string ModelXml::text() const {
  xmlChar* written = nullptr;
  int size = 0;
  xmlDocDumpMemory(tree_->document.get(), &written, &size);
  std::string result = xml::text_of(written);
  xmlFree(written);
  return result;
}

}  // namespace raad::data
