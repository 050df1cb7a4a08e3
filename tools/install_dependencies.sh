#!/usr/bin/env bash
# Installs the Debian 12 packages that raad needs; docs/decisions/dependencies.md gives the reason for each.
# Does nothing, and needs no rights, when all of them are there.
set -euo pipefail

packages=(
  g++ cmake ninja-build ccache pkg-config
  clang-format-19
  llvm-19-dev
  libsundials-dev libsuitesparse-dev
  libsleef-dev librandom123-dev
  libsbml5-dev libxml2-dev libzip-dev libhdf5-dev libyaml-cpp-dev libboost-dev coinor-libclp-dev
  libpagmo-dev
  libopenmpi-dev openmpi-bin
  libfmt-dev libcli11-dev nlohmann-json3-dev
  libgtest-dev libgmock-dev
)

# With --all also what `make check-all` uses: clang with its sanitizer and fuzzer runtimes, clang-tidy.
if [[ "${1:-}" == "--all" ]]; then
  packages+=(clang-19 clang-tidy-19 libclang-rt-19-dev)
fi

missing=()
for package in "${packages[@]}"; do
  # db:Status-Status is "installed" only for a complete installation.
  if [[ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)" != "installed" ]]; then
    missing+=("$package")
  fi
done
if [[ ${#missing[@]} -eq 0 ]]; then
  exit 0
fi

as_root=()
if [[ "$(id -u)" -ne 0 ]]; then
  if ! command -v sudo >/dev/null; then
    echo "raad needs these Debian packages: ${missing[*]}" >&2
    echo "Install them as root: apt-get install ${missing[*]}" >&2
    exit 2
  fi
  as_root=(sudo)
fi
echo "Installing: ${missing[*]}"
"${as_root[@]}" apt-get update -q
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"
