#include "data/sedml.hpp"

#include <algorithm>
#include <cmath>

#include "base/files.hpp"
#include "base/table.hpp"
#include "data/xml.hpp"

namespace raad::data {
namespace {

namespace fs = std::filesystem;
using xml::attribute;
using xml::child_named;
using xml::for_each_child;
using xml::line_of;
using xml::name_of;

// More points than anybody looks at; guards against a slip of the pen that fills the memory.
constexpr double k_most_points = 5e6;

class Reader {
 public:
  Reader(const fs::path& file, base::Diagnostics& findings) : findings_(findings) { made_.file = file; }

  SedmlDocument read() {
    const xml::Document document = xml::parse(base::read_file(made_.file), made_.file.string(), findings_);
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

  std::string required(xmlNode* node, const char* name) {
    const std::string value = attribute(node, name);
    if (value.empty())
      findings_.error("R111", place(node), "`" + name_of(node) + "` has no attribute `" + name + "`");
    return value;
  }

  double number_in(xmlNode* node, const std::string& text) {
    const auto value = base::parse_number(base::trim(text));
    if (!text.empty() && !value) findings_.error("R111", place(node), "`" + text + "` is not a number");
    return value.value_or(0.0);
  }

  double number(xmlNode* node, const char* name) { return number_in(node, required(node, name)); }

  /// Until Level 1 Version 3 the number of steps was called that of points.
  int number_of_steps(xmlNode* node) {
    const double steps =
        number(node, attribute(node, "numberOfSteps").empty() ? "numberOfPoints" : "numberOfSteps");
    if (steps >= 1.0 && steps <= k_most_points && steps == std::floor(steps)) return static_cast<int>(steps);
    findings_.error("R111", place(node),
                    "`" + name_of(node) + "` needs a whole number of steps from 1 to five million");
    return 1;
  }

  void gather_namespaces(xmlNode* node) {
    for (xmlNs* one = node->nsDef; one != nullptr; one = one->next)
      if (one->prefix != nullptr) made_.namespaces[xml::text_of(one->prefix)] = xml::text_of(one->href);
    for_each_child(node, [&](xmlNode* child) { gather_namespaces(child); });
  }

  /// `http://sed-ml.org/#max`, or a URN that ends in the name.
  static std::string aggregate_name(xmlNode* symbol) {
    const std::string url = attribute(symbol, "definitionURL");
    if (name_of(symbol) != "csymbol" || url.find("sed") == std::string::npos) return "";
    const std::string name = url.substr(url.find_last_of("#:") + 1);
    return name == "min" || name == "max" || name == "sum" || name == "product" ? name : "";
  }

  /// Puts a name in the place of every aggregate, which mathematics of models does not know.
  void take_aggregates(xmlNode* node, SedmlCalculation& made) {
    xmlNode* first = nullptr;
    xmlNode* second = nullptr;
    for_each_child(node, [&](xmlNode* child) {
      if (first == nullptr)
        first = child;
      else if (second == nullptr)
        second = child;
    });
    const std::string function =
        name_of(node) == "apply" && first != nullptr && second != nullptr ? aggregate_name(first) : "";
    if (function.empty() || name_of(second) != "ci")
      return for_each_child(node, [&](xmlNode* child) { take_aggregates(child, made); });
    xmlChar* content = xmlNodeGetContent(second);
    SedmlAggregate aggregate{"aggregate_" + std::to_string(made.aggregates.size() + 1), function,
                             std::string(base::trim(xml::text_of(content)))};
    xmlFree(content);
    while (node->children != nullptr) {
      xmlNode* child = node->children;
      xmlUnlinkNode(child);
      xmlFreeNode(child);
    }
    xmlNodeSetName(node, xml::chars("ci"));
    xmlNodeSetContent(node, xml::chars(aggregate.id));
    made.aggregates.push_back(std::move(aggregate));
  }

  SedmlCalculation read_calculation(xmlNode* node) {
    SedmlCalculation made;
    for_each_child(child_named(node, "listOfVariables"), [&](xmlNode* variable) {
      made.variables.push_back({required(variable, "id"), attribute(variable, "taskReference"),
                                attribute(variable, "modelReference"), attribute(variable, "symbol"),
                                attribute(variable, "target")});
    });
    for_each_child(child_named(node, "listOfParameters"), [&](xmlNode* parameter) {
      const std::string id = required(parameter, "id");
      made.parameters[id] = number(parameter, "value");
    });
    if (xmlNode* math = child_named(node, "math")) {
      take_aggregates(math, made);
      made.mathml = xml::print(math);
    } else {
      findings_.error("R111", place(node), "`" + name_of(node) + "` has no mathematics");
    }
    return made;
  }

  void read_model(xmlNode* node) {
    SedmlModel model;
    model.id = required(node, "id");
    model.language = attribute(node, "language");
    model.source = required(node, "source");
    model.line = line_of(node);
    for_each_child(child_named(node, "listOfChanges"),
                   [&](xmlNode* change) { model.changes.push_back(read_change(change)); });
    made_.models.push_back(std::move(model));
  }

  SedmlChange read_change(xmlNode* node) {
    SedmlChange change;
    change.target = required(node, "target");
    change.line = line_of(node);
    const std::string kind = name_of(node);
    if (kind == "changeAttribute") {
      change.new_value = attribute(node, "newValue");
    } else if (kind == "computeChange") {
      change.kind = SedmlChange::Kind::compute;
      change.calculation = read_calculation(node);
    } else if (kind == "removeXML") {
      change.kind = SedmlChange::Kind::remove_xml;
    } else if (kind == "addXML" || kind == "changeXML") {
      change.kind = kind == "addXML" ? SedmlChange::Kind::add_xml : SedmlChange::Kind::change_xml;
      xmlNode* content = child_named(node, "newXML");
      if (content == nullptr)
        findings_.error("R111", place(node), "`" + kind + "` has no element `newXML`");
      else
        change.new_xml = xml::print(content);
    } else {
      findings_.error("R111", place(node), "`" + kind + "` is no change of a model");
    }
    return change;
  }

  void read_simulation(xmlNode* node) {
    SedmlSimulation simulation;
    simulation.id = required(node, "id");
    simulation.line = line_of(node);
    const std::string kind = name_of(node);
    if (kind == "uniformTimeCourse") {
      read_time_course(node, simulation);
    } else if (kind == "oneStep") {
      simulation.kind = SedmlSimulation::Kind::one_step;
      simulation.step = number(node, "step");
      if (!(simulation.step > 0.0)) findings_.error("R111", place(node), "a step must be above 0");
    } else if (kind == "steadyState") {
      simulation.kind = SedmlSimulation::Kind::steady_state;
    } else {
      simulation.refused = "simulations of the kind `" + kind + "` are not run";
    }
    xmlNode* algorithm = child_named(node, "algorithm");
    if (algorithm != nullptr) simulation.kisao = required(algorithm, "kisaoID");
    for_each_child(child_named(algorithm, "listOfAlgorithmParameters"), [&](xmlNode* parameter) {
      simulation.parameters[attribute(parameter, "kisaoID")] = attribute(parameter, "value");
    });
    made_.simulations.push_back(std::move(simulation));
  }

  void read_time_course(xmlNode* node, SedmlSimulation& simulation) {
    simulation.initial_time = number(node, "initialTime");
    simulation.output_start = number(node, "outputStartTime");
    simulation.output_end = number(node, "outputEndTime");
    simulation.steps = number_of_steps(node);
    if (simulation.output_end < simulation.output_start || simulation.output_start < simulation.initial_time)
      findings_.error("R111", place(node), "the times of `" + simulation.id + "` do not make a course");
  }

  void read_task(xmlNode* node) {
    SedmlTask task;
    task.id = required(node, "id");
    task.line = line_of(node);
    if (name_of(node) == "task") {
      task.model = required(node, "modelReference");
      task.simulation = required(node, "simulationReference");
    } else if (name_of(node) == "repeatedTask") {
      read_repeated(node, task);
    } else {
      task.refused = "tasks of the kind `" + name_of(node) + "` are not run";
    }
    made_.tasks.push_back(std::move(task));
  }

  void read_repeated(xmlNode* node, SedmlTask& task) {
    task.repeated = true;
    task.range = required(node, "range");
    task.reset_model = attribute(node, "resetModel") == "true";
    task.concatenate = attribute(node, "concatenate") == "true";
    for_each_child(child_named(node, "listOfRanges"), [&](xmlNode* range) { read_range(range, task); });
    for_each_child(child_named(node, "listOfChanges"), [&](xmlNode* change) {
      task.set_values.push_back({required(change, "modelReference"), attribute(change, "target"),
                                 attribute(change, "symbol"), read_calculation(change), line_of(change)});
    });
    std::vector<std::pair<double, std::string>> ordered;
    for_each_child(child_named(node, "listOfSubTasks"), [&](xmlNode* sub) {
      // Without an order the place in the list decides.
      const std::string order = attribute(sub, "order");
      ordered.emplace_back(order.empty() ? static_cast<double>(ordered.size()) : number_in(sub, order),
                           required(sub, "task"));
      if (child_named(sub, "listOfChanges") != nullptr)
        task.refused = "changes inside of a sub-task are not made";
    });
    std::ranges::stable_sort(ordered, {}, &std::pair<double, std::string>::first);
    for (auto& [order, id] : ordered) task.sub_tasks.push_back(std::move(id));
    if (task.sub_tasks.empty())
      findings_.error("R111", place(node), "the repeated task `" + task.id + "` has no sub-tasks");
  }

  void read_range(xmlNode* node, SedmlTask& task) {
    SedmlRange range;
    range.id = required(node, "id");
    range.line = line_of(node);
    const std::string kind = name_of(node);
    if (kind == "vectorRange") {
      for_each_child(node, [&](xmlNode* value) {
        xmlChar* content = xmlNodeGetContent(value);
        range.values.push_back(number_in(value, xml::text_of(content)));
        xmlFree(content);
      });
    } else if (kind == "uniformRange") {
      read_uniform_range(node, range);
    } else if (kind == "functionalRange") {
      range.kind = SedmlRange::Kind::functional;
      range.index_range = attribute(node, "range");
      range.calculation = read_calculation(node);
    } else {
      task.refused = "ranges of the kind `" + kind + "` are not read";
    }
    task.ranges.push_back(std::move(range));
  }

  void read_uniform_range(xmlNode* node, SedmlRange& range) {
    const double start = number(node, "start"), end = number(node, "end");
    const int steps = number_of_steps(node);
    const std::string type = attribute(node, "type");
    const bool logarithmic = type == "log" || type == "log10";
    if (logarithmic && !(start * end > 0.0))
      findings_.error("R111", place(node), "a logarithmic range must not touch 0");
    for (int i = 0; i <= steps; ++i) {
      const double share = static_cast<double>(i) / steps;
      range.values.push_back(i == steps    ? end
                             : logarithmic ? start * std::pow(end / start, share)
                                           : start + (end - start) * share);
    }
  }

  void read_generator(xmlNode* node) {
    SedmlDataGenerator generator;
    generator.id = required(node, "id");
    generator.name = attribute(node, "name");
    generator.line = line_of(node);
    generator.calculation = read_calculation(node);
    for_each_child(child_named(node, "listOfVariables"), [&](xmlNode* variable) {
      if (!attribute(variable, "term").empty())
        generator.refused = "variables by term (`" + attribute(variable, "term") + "`) are not computed";
      if (attribute(variable, "target").rfind("#", 0) == 0) generator.refused = "data files are not read";
    });
    made_.generators.push_back(std::move(generator));
  }

  void read_output(xmlNode* node) {
    SedmlOutput output;
    output.id = required(node, "id");
    output.name = attribute(node, "name");
    output.line = line_of(node);
    const std::string kind = name_of(node);
    if (kind == "report") {
      for_each_child(child_named(node, "listOfDataSets"), [&](xmlNode* set) {
        output.data_sets.push_back({required(set, "id"), attribute(set, "label"), attribute(set, "name"),
                                    required(set, "dataReference")});
      });
    } else if (kind == "plot2D") {
      output.kind = SedmlOutput::Kind::plot_2d;
      read_plot(node, output);
    } else {
      output.kind = SedmlOutput::Kind::other;
      output.refused = "outputs of the kind `" + kind + "` are not drawn";
    }
    made_.outputs.push_back(std::move(output));
  }

  void read_plot(xmlNode* node, SedmlOutput& output) {
    // Logarithmic scales stand at the curves before Version 4 and at the axes from it on.
    const auto scaled = [&](const char* axis) {
      xmlNode* found = child_named(node, axis);
      return found != nullptr && attribute(found, "type") == "log10";
    };
    output.log_x = scaled("xAxis");
    output.log_y = scaled("yAxis");
    for_each_child(child_named(node, "listOfCurves"), [&](xmlNode* curve) {
      if (name_of(curve) != "curve") {
        output.refused = "`" + name_of(curve) + "` of plots is not drawn";
        return;
      }
      output.curves.push_back({attribute(curve, "id"), attribute(curve, "name"),
                               required(curve, "xDataReference"), required(curve, "yDataReference")});
      output.log_x = output.log_x || attribute(curve, "logX") == "true";
      output.log_y = output.log_y || attribute(curve, "logY") == "true";
    });
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

}  // namespace raad::data
