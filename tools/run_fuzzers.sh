#!/usr/bin/env bash
# Runs each fuzz target of a build folder for a bounded time [s]; a crash fails and leaves its input behind.
set -euo pipefail
build="${1:?usage: run_fuzzers.sh BUILD_FOLDER SECONDS}"
seconds="${2:-60}"
found=0
for program in "$build"/fuzz_*; do
  [[ -x "$program" && -f "$program" ]] || continue
  found=1
  name="$(basename "$program")"
  corpus="$build/corpus_$name"
  mkdir -p "$corpus"
  words="$(dirname "$0")/../test/fuzz/${name#fuzz_}.dict"
  dictionary=()
  [[ -f "$words" ]] && dictionary=("-dict=$words")
  # libSBML loses what it was building when it throws; only its exceptions leak.
  ASAN_OPTIONS=detect_leaks=0 "$program" "${dictionary[@]}" -max_total_time="$seconds" -max_len=4096 -timeout=10 -rss_limit_mb=2048 "$corpus"
done
[[ "$found" -eq 1 ]] || { echo "no fuzz target in $build" >&2; exit 1; }
