// SUNDIALS' serial vector with the two operations that take most of the time of long vectors compiled for
// this machine's registers; Debian's library uses none wider than a double.
#pragma once

#include <cstdint>

// SUNDIALS' N_Vector and SUNContext point to these; its headers stay out of headers.
struct _generic_N_Vector;  // NOLINT(bugprone-reserved-identifier)
struct _SUNContext;        // NOLINT(bugprone-reserved-identifier)

namespace raad::solve {

/// As N_VNew_Serial, null when memory is short; clones have the operations too. The sum in the norm has one
/// order on every machine.
_generic_N_Vector* make_fast_vector(std::int64_t length, _SUNContext* context);

}  // namespace raad::solve
