// The elementary functions that generated code calls, from the SLEEF library (Shibata & Petrogalli 2020,
// doi:10.1109/TPDS.2019.2960333), for each vector width of this machine.
#pragma once

#include <string>
#include <vector>

#include "ir/graph.hpp"

namespace raad::codegen {

/// A function of one or two vectors of `width` doubles, by the name under which generated code calls it.
struct VectorFunction {
  std::string name;
  void* address = nullptr;
};

/// SLEEF's deterministic variants: within 1.0 ULP of the exact value and the same bits for every width. With
/// fused multiply-add they are the `finz` functions, without it the `cinz` ones; the two families differ in
/// the last bit, so bits may differ between machines of the two kinds, and only between them. Ranges where
/// SLEEF gives up what a correctly rounded result would still hold: |x| > 709 for sinh and cosh, and |x|
/// > 1.3e154 for arcsinh and arccosh (infinity instead).
std::vector<VectorFunction> vector_functions();

/// Whether generated code calls a function for this operation.
bool is_vector_function(ir::Operation operation);
/// Name of the function for `width` lanes, 1 <= width <= widest_vector_function().
std::string vector_function_name(ir::Operation operation, int width);
/// 8 with AVX-512, 4 with AVX, else 2. Wider kernels call the widest one for each part.
int widest_vector_function();
/// Whether this machine rounds a product and a sum once in one instruction.
bool has_fused_multiply_add();
/// The function of width 1, with the bits of the wider ones: what an interpreter calls.
double evaluate_vector_function(ir::Operation operation, double a, double b);
/// "avx512", "avx2", "avx", "sse2" or "neon".
std::string vector_family();

}  // namespace raad::codegen
