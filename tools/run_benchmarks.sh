#!/usr/bin/env bash
# Runs every benchmark program of a build folder; JSON goes to <build>/bench/.
set -euo pipefail
build="${1:?usage: run_benchmarks.sh BUILD_FOLDER}"
mkdir -p "$build/bench"
for program in "$build"/bench_*; do
  [[ -x "$program" && -f "$program" ]] || continue
  name="$(basename "$program")"
  echo "== ${name#bench_}"
  "$program" --json "$build/bench/${name#bench_}.json"
done
