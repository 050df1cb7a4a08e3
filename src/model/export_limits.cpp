#include "model/export_limits.hpp"

namespace raad::model {

void refuse_delays(const FlatModel& model, const std::string& format, base::Diagnostics& findings) {
  for (const auto& delay : model.delays)
    findings.error("R151", delay.place,
                   "a delayed value of `" + model.symbols[static_cast<std::size_t>(delay.of)].id +
                       "` cannot be written for " + format,
                   "hand over the file that the model came from; raad simulates it as it is");
}

}  // namespace raad::model
