#!/usr/bin/env bash
# Builds the opponent of the population benchmark: CVODES with KLU from the source of Debian's own package, at
# -O3 -march=native. The packaged libraries are compiled without optimisation, and a comparison against them would
# flatter us four- to fivefold. Needs a network the first time, no rights, and does nothing when the result is there.
set -euo pipefail
folder="${1:?usage: build_reference_cvode.sh FOLDER}"
mkdir -p "$folder"
folder="$(cd "$folder" && pwd)"

compiler="${CC:-gcc}"
flags="-O3 -march=native -DNDEBUG"
# KLU is taken from the package: the share of its factorisations in a run is small (docs/performance.md).
klu_include=/usr/include/suitesparse
klu_library="$(dirname "$("$compiler" -print-file-name=libklu.so)")"
# With 32-bit indices, SUNDIALS calls the faster of KLU's two variants.
index_size=32
# A copy moved to another processor must be built again: -march=native is part of what was built.
processor="$("$compiler" -march=native -Q --help=target | awk '$1 == "-march=" { print $2 }')"
wanted="$flags ($processor), $("$compiler" -dumpfullversion), $index_size-bit indices"
if [[ -f "$folder/lib/libsundials_cvodes.a" && "$(sed -n 2p "$folder/BUILD" 2>/dev/null)" == "$wanted" ]]; then
  exit 0
fi

# Apt keeps all of its state in the folder: the machine's own lists stay as they are.
apt="$folder/apt"
mkdir -p "$apt/lists/partial"
echo "deb-src http://deb.debian.org/debian bookworm main" >"$apt/sources.list"
apt_options=(-q -o "Dir::Etc::sourcelist=$apt/sources.list" -o Dir::Etc::sourceparts=-
  -o "Dir::State::lists=$apt/lists" -o "Dir::Cache=$apt" -o "APT::Sandbox::User=$(id -un)")
if ! compgen -G "$apt/sundials_*.orig.tar.xz" >/dev/null; then
  apt-get "${apt_options[@]}" update
  (cd "$apt" && apt-get "${apt_options[@]}" source --download-only sundials)
fi
rm -rf "$folder/source" "$folder/build" "$folder/lib" "$folder/lib64" "$folder/include" "$folder/BUILD"
mkdir "$folder/source"
tar -xf "$apt"/sundials_*.orig.tar.xz -C "$folder/source" --strip-components=1

off=(BUILD_ARKODE BUILD_CVODE BUILD_IDA BUILD_IDAS BUILD_KINSOL BUILD_SHARED_LIBS BUILD_NVECTOR_MANYVECTOR
  ENABLE_MPI ENABLE_OPENMP ENABLE_PTHREAD ENABLE_LAPACK EXAMPLES_ENABLE_C EXAMPLES_INSTALL
  SUNDIALS_BUILD_WITH_MONITORING SUNDIALS_BUILD_WITH_PROFILING)
off=("${off[@]/#/-D}")
off=("${off[@]/%/=OFF}")
cmake -S "$folder/source" -B "$folder/build" -G Ninja "${off[@]}" >"$folder/configure.log" 2>&1 \
  -DCMAKE_BUILD_TYPE=Release -DCMAKE_C_COMPILER="$compiler" -DCMAKE_C_FLAGS_RELEASE="$flags" \
  -DCMAKE_INSTALL_PREFIX="$folder" -DCMAKE_INSTALL_LIBDIR=lib -DCMAKE_POSITION_INDEPENDENT_CODE=ON \
  -DSUNDIALS_LOGGING_LEVEL=0 -DSUNDIALS_INDEX_SIZE=$index_size \
  -DENABLE_KLU=ON -DKLU_INCLUDE_DIR="$klu_include" -DKLU_LIBRARY_DIR="$klu_library" ||
  { tail -20 "$folder/configure.log" >&2; exit 1; }
cmake --build "$folder/build" --target install >"$folder/build.log" 2>&1 ||
  { tail -20 "$folder/build.log" >&2; exit 1; }
version="$(sed -n 's/^#define SUNDIALS_VERSION "\(.*\)"/\1/p' "$folder/include/sundials/sundials_config.h")"
printf '%s\n%s\n' "SUNDIALS $version" "$wanted" >"$folder/BUILD"
rm -rf "$folder/source" "$folder/build" "$apt/lists"
echo "Built $(paste -sd' ' "$folder/BUILD") in $folder"
