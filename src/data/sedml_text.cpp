#include "data/sedml_text.hpp"

#include <fmt/format.h>

#include "base/table.hpp"

namespace raad::data {
namespace {

std::string escaped(const std::string& text) {
  std::string made;
  for (const char c : text) {
    if (c == '&')
      made += "&amp;";
    else if (c == '<')
      made += "&lt;";
    else if (c == '"')
      made += "&quot;";
    else
      made += c;
  }
  return made;
}

std::string generator(const std::string& id, const std::string& name, const std::string& variable) {
  return fmt::format(
      "    <dataGenerator id=\"{0}\" name=\"{1}\">\n      <listOfVariables>\n"
      "        <variable id=\"{0}_value\" {2} taskReference=\"task\"/>\n      </listOfVariables>\n"
      "      <math xmlns=\"http://www.w3.org/1998/Math/MathML\"><ci>{0}_value</ci></math>\n"
      "    </dataGenerator>\n",
      id, escaped(name), variable);
}

}  // namespace

std::string sedml_text(const SedmlRun& run) {
  std::string generators = generator("data_time", "time", "symbol=\"urn:sedml:symbol:time\"");
  std::string sets = "        <dataSet id=\"time\" label=\"time\" dataReference=\"data_time\"/>\n";
  std::string plots;
  for (const auto& quantity : run.quantities) {
    const std::string label = escaped(quantity.label);
    generators += generator("data_" + quantity.id, quantity.label,
                            "target=\"/sbml:sbml/sbml:model/sbml:listOfParameters/sbml:parameter[@id='" +
                                quantity.parameter + "']\"");
    sets += fmt::format("        <dataSet id=\"{0}\" label=\"{1}\" dataReference=\"data_{0}\"/>\n",
                        quantity.id, label);
    plots += fmt::format(
        "    <plot2D id=\"plot_{0}\" name=\"{1}\">\n      <listOfCurves>\n"
        "        <curve id=\"curve_{0}\" logX=\"false\" logY=\"false\" xDataReference=\"data_time\" "
        "yDataReference=\"data_{0}\"/>\n      </listOfCurves>\n    </plot2D>\n",
        quantity.id, label);
  }
  const auto number = [](double value) { return base::format_number(value); };
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<sedML xmlns=\"http://sed-ml.org/sed-ml/level1/version3\" level=\"1\" version=\"3\"\n"
      "       xmlns:sbml=\"http://www.sbml.org/sbml/level3/version2/core\">\n"
      "  <listOfSimulations>\n"
      "    <uniformTimeCourse id=\"course\" initialTime=\"{}\" outputStartTime=\"{}\" outputEndTime=\"{}\" "
      "numberOfPoints=\"{}\">\n"
      "      <algorithm kisaoID=\"KISAO:0000019\">\n        <listOfAlgorithmParameters>\n"
      "          <algorithmParameter kisaoID=\"KISAO:0000209\" value=\"{}\"/>\n"
      "        </listOfAlgorithmParameters>\n      </algorithm>\n    </uniformTimeCourse>\n"
      "  </listOfSimulations>\n"
      "  <listOfModels>\n    <model id=\"model\" language=\"urn:sedml:language:sbml\" source=\"{}\"/>\n"
      "  </listOfModels>\n"
      "  <listOfTasks>\n    <task id=\"task\" modelReference=\"model\" simulationReference=\"course\"/>\n"
      "  </listOfTasks>\n"
      "  <listOfDataGenerators>\n{}  </listOfDataGenerators>\n"
      "  <listOfOutputs>\n    <report id=\"report\">\n      <listOfDataSets>\n{}      </listOfDataSets>\n"
      "    </report>\n{}  </listOfOutputs>\n</sedML>\n",
      number(run.start), number(run.output_start), number(run.output_end), run.steps,
      number(run.relative_tolerance), escaped(run.model_file), generators, sets, plots);
}

}  // namespace raad::data
