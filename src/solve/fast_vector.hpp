// SUNDIALS' serial vector with the two operations that take most of the time of long vectors compiled for
// this machine's registers; Debian's library uses none wider than a double.
#pragma once

#include <nvector/nvector_serial.h>

namespace raad::solve {

/// As N_VNew_Serial; clones have the operations too. The sum in the norm has one order on every machine.
N_Vector make_fast_vector(sunindextype length, SUNContext context);

}  // namespace raad::solve
