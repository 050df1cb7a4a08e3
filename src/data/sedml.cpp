#include "data/sedml.hpp"

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <libxml/xpath.h>
#include <libxml/xpathInternals.h>

#include <algorithm>
#include <memory>

#include "base/files.hpp"
#include "base/table.hpp"

namespace raad::data {
namespace {

namespace fs = std::filesystem;

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

const xmlChar* xml(const std::string& text) {
  return reinterpret_cast<const xmlChar*>(text.c_str());
}

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

template <typename Visit>
void for_each_child(xmlNode* node, const Visit& visit) {
  if (node == nullptr) return;
  for (xmlNode* child = node->children; child != nullptr; child = child->next)
    if (child->type == XML_ELEMENT_NODE) visit(child);
}

xmlNode* child_named(xmlNode* node, const std::string& name) {
  xmlNode* found = nullptr;
  for_each_child(node, [&](xmlNode* child) {
    if (found == nullptr && name_of(child) == name) found = child;
  });
  return found;
}

Document parse(const std::string& text, const std::string& file, base::Diagnostics& findings) {
  // No network and no entities: neither format has them, and an entity can grow without bound.
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

class Reader {
 public:
  Reader(const fs::path& file, base::Diagnostics& findings) : findings_(findings) { made_.file = file; }

  SedmlDocument read() {
    const Document document = parse(base::read_file(made_.file), made_.file.string(), findings_);
    xmlNode* root = document ? xmlDocGetRootElement(document.get()) : nullptr;
    if (root == nullptr) return std::move(made_);
    if (name_of(root) != "sedML") {
      findings_.error("R111", place(root), "the root element is `" + name_of(root) + "`, not `sedML`");
      return std::move(made_);
    }
    if (const auto version = base::parse_number(attribute(root, "version")))
      made_.version = static_cast<int>(*version);
    gather_namespaces(root);
    for_each_child(child_named(root, "listOfModels"), [&](xmlNode* node) { read_model(node); });
    for_each_child(child_named(root, "listOfSimulations"), [&](xmlNode* node) { read_simulation(node); });
    for_each_child(child_named(root, "listOfTasks"), [&](xmlNode* node) { read_task(node); });
    for_each_child(child_named(root, "listOfDataGenerators"), [&](xmlNode* node) { read_generator(node); });
    for_each_child(child_named(root, "listOfOutputs"), [&](xmlNode* node) { read_output(node); });
    return std::move(made_);
  }

 private:
  base::SourcePlace place(const xmlNode* node) const { return {made_.file.string(), line_of(node), 0}; }

  void refuse(const xmlNode* node, const std::string& what) {
    findings_.error("R112", place(node), what + " is not supported", "describe the experiment without it");
  }

  std::string required(xmlNode* node, const char* name) {
    const std::string value = attribute(node, name);
    if (value.empty())
      findings_.error("R111", place(node), "`" + name_of(node) + "` has no attribute `" + name + "`");
    return value;
  }

  double number(xmlNode* node, const char* name) {
    const std::string text = required(node, name);
    const auto value = base::parse_number(text);
    if (!text.empty() && !value) findings_.error("R111", place(node), "`" + text + "` is not a number");
    return value.value_or(0.0);
  }

  void gather_namespaces(xmlNode* node) {
    for (xmlNs* one = node->nsDef; one != nullptr; one = one->next)
      if (one->prefix != nullptr) made_.namespaces[text_of(one->prefix)] = text_of(one->href);
    for_each_child(node, [&](xmlNode* child) { gather_namespaces(child); });
  }

  void read_model(xmlNode* node) {
    SedmlModel model{
        required(node, "id"), attribute(node, "language"), required(node, "source"), {}, line_of(node)};
    for_each_child(child_named(node, "listOfChanges"), [&](xmlNode* change) {
      if (name_of(change) == "changeAttribute")
        model.changes.push_back({required(change, "target"), attribute(change, "newValue"), line_of(change)});
      else
        refuse(change, "`" + name_of(change) + "` of a model");
    });
    made_.models.push_back(std::move(model));
  }

  void read_simulation(xmlNode* node) {
    if (name_of(node) != "uniformTimeCourse") return refuse(node, "the simulation `" + name_of(node) + "`");
    SedmlSimulation simulation;
    simulation.id = required(node, "id");
    simulation.line = line_of(node);
    simulation.initial_time = number(node, "initialTime");
    simulation.output_start = number(node, "outputStartTime");
    simulation.output_end = number(node, "outputEndTime");
    // Until Level 1 Version 3 the number of steps was called that of points.
    const char* steps = attribute(node, "numberOfSteps").empty() ? "numberOfPoints" : "numberOfSteps";
    simulation.steps = static_cast<int>(number(node, steps));
    if (simulation.steps < 1 || simulation.output_end < simulation.output_start ||
        simulation.output_start < simulation.initial_time)
      findings_.error("R111", place(node), "the times of `" + simulation.id + "` do not make a course");
    xmlNode* algorithm = child_named(node, "algorithm");
    if (algorithm != nullptr) simulation.kisao = required(algorithm, "kisaoID");
    for_each_child(child_named(algorithm, "listOfAlgorithmParameters"), [&](xmlNode* parameter) {
      simulation.parameters[attribute(parameter, "kisaoID")] = attribute(parameter, "value");
    });
    made_.simulations.push_back(std::move(simulation));
  }

  void read_task(xmlNode* node) {
    if (name_of(node) != "task") return refuse(node, "`" + name_of(node) + "`");
    made_.tasks.push_back({required(node, "id"), required(node, "modelReference"),
                           required(node, "simulationReference"), line_of(node)});
  }

  void read_generator(xmlNode* node) {
    SedmlDataGenerator generator;
    generator.id = required(node, "id");
    generator.name = attribute(node, "name");
    generator.line = line_of(node);
    for_each_child(child_named(node, "listOfVariables"), [&](xmlNode* variable) {
      generator.variables.push_back({required(variable, "id"), attribute(variable, "taskReference"),
                                     attribute(variable, "symbol"), attribute(variable, "target")});
    });
    for_each_child(child_named(node, "listOfParameters"), [&](xmlNode* parameter) {
      generator.parameters[required(parameter, "id")] = number(parameter, "value");
    });
    if (xmlNode* math = child_named(node, "math")) {
      const Buffer buffer(xmlBufferCreate());
      // With its namespaces, which the element may take from further up.
      xmlReconciliateNs(node->doc, math);
      xmlNodeDump(buffer.get(), node->doc, math, 0, 0);
      generator.mathml = text_of(xmlBufferContent(buffer.get()));
    } else {
      findings_.error("R111", place(node), "the data generator `" + generator.id + "` has no mathematics");
    }
    made_.generators.push_back(std::move(generator));
  }

  void read_output(xmlNode* node) {
    const std::string kind = name_of(node);
    if (kind == "report") {
      SedmlReport report{required(node, "id"), attribute(node, "name"), {}};
      for_each_child(child_named(node, "listOfDataSets"), [&](xmlNode* set) {
        report.data_sets.push_back({required(set, "id"), attribute(set, "label"), attribute(set, "name"),
                                    required(set, "dataReference")});
      });
      made_.reports.push_back(std::move(report));
    } else if (kind == "plot2D") {
      SedmlPlot plot{required(node, "id"), attribute(node, "name"), {}};
      for_each_child(child_named(node, "listOfCurves"), [&](xmlNode* curve) {
        plot.curves.push_back({attribute(curve, "id"), attribute(curve, "name"),
                               required(curve, "xDataReference"), required(curve, "yDataReference"),
                               attribute(curve, "logY") == "true"});
      });
      made_.plots.push_back(std::move(plot));
    } else {
      refuse(node, "the output `" + kind + "`");
    }
  }

  SedmlDocument made_;
  base::Diagnostics& findings_;
};

template <typename T>
const T* find(const std::vector<T>& all, const std::string& id) {
  const auto found = std::ranges::find(all, id, &T::id);
  return found == all.end() ? nullptr : &*found;
}

}  // namespace

const SedmlModel* SedmlDocument::find_model(const std::string& id) const {
  return find(models, id);
}
const SedmlSimulation* SedmlDocument::find_simulation(const std::string& id) const {
  return find(simulations, id);
}
const SedmlTask* SedmlDocument::find_task(const std::string& id) const {
  return find(tasks, id);
}
const SedmlDataGenerator* SedmlDocument::find_generator(const std::string& id) const {
  return find(generators, id);
}

SedmlDocument read_sedml(const fs::path& file, base::Diagnostics& findings) {
  if (!fs::is_regular_file(file)) {
    findings.error("R086", {file.string()}, "file not found");
    return {};
  }
  return Reader(file, findings).read();
}

std::string changed_model(const fs::path& file, const std::vector<SedmlModel::Change>& changes,
                          const std::map<std::string, std::string>& namespaces, const std::string& sedml_file,
                          base::Diagnostics& findings) {
  const std::string text = base::read_file(file);
  if (changes.empty()) return text;
  const Document document = parse(text, file.string(), findings);
  if (document == nullptr) return "";
  const PathContext context(xmlXPathNewContext(document.get()));
  for (const auto& [prefix, uri] : namespaces) xmlXPathRegisterNs(context.get(), xml(prefix), xml(uri));
  // Experiments often name the namespace of another level than the model has: the prefix `sbml` means the
  // model's.
  if (const xmlNode* root = xmlDocGetRootElement(document.get()); root != nullptr && root->ns != nullptr)
    xmlXPathRegisterNs(context.get(), xml("sbml"), root->ns->href);
  for (const auto& change : changes) {
    const PathObject found(xmlXPathEvalExpression(xml(change.target), context.get()));
    if (found == nullptr || found->nodesetval == nullptr || found->nodesetval->nodeNr != 1) {
      findings.error(
          "R111", {sedml_file, change.line, 0},
          "the target `" + change.target + "` names no single place in " + file.filename().string());
      return "";
    }
    xmlNode* node = found->nodesetval->nodeTab[0];
    if (node->type != XML_ATTRIBUTE_NODE) {
      findings.error("R112", {sedml_file, change.line, 0},
                     "changes of anything but attributes are not supported");
      return "";
    }
    xmlNodeSetContent(node, xml(change.new_value));
  }
  xmlChar* written = nullptr;
  int size = 0;
  xmlDocDumpMemory(document.get(), &written, &size);
  std::string result = text_of(written);
  xmlFree(written);
  return result;
}

}  // namespace raad::data
