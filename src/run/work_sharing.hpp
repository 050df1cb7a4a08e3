// How the subjects of a job are cut into chunks for its threads and ranks.
#pragma once

#include <vector>

#include "run/subject_ranges.hpp"

namespace raad::run {

/// What is left of a job in the order in which it is handed out. Every rank makes the same list, so that a
/// shared count is all that ranks need to share the work. Guided self-scheduling (Polychronopoulos and Kuck
/// 1987, doi:10.1109/TC.1987.5009495): long chunks first, ever shorter ones towards the end. So threads end
/// together whatever their speed, chunks are few (about 8 x workers x ln(subjects / worker)), and what a
/// thread has finished is a few intervals.
std::vector<SubjectRange> guided_chunks(SubjectRanges remaining, int worker_count);

}  // namespace raad::run
