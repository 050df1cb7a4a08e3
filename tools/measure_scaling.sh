#!/usr/bin/env bash
# Strong and weak scaling of `raad population` on this machine, as the table of docs/scaling.md: wall time of 1 and 2
# threads and 1 and 2 ranks, in alternating rounds, medians. Usage: tools/measure_scaling.sh [SUBJECTS] [ROUNDS]
set -euo pipefail
subjects="${1:-100000}"
rounds="${2:-3}"
here="$(cd "$(dirname "$0")/.." && pwd)"
program="${RAAD_PROGRAM:-$here/build/raad}"
export RAAD_HOME="${RAAD_HOME:-$here}" OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

# name|launcher|threads subjects
cases=(
  "1 thread||1 $subjects" "2 threads||2 $subjects"
  "1 rank|mpirun --oversubscribe -np 1|1 $subjects" "2 ranks|mpirun --oversubscribe -np 2|1 $subjects"
  "2 threads, twice the subjects||2 $((2 * subjects))"
  "2 ranks, twice the subjects|mpirun --oversubscribe -np 2|1 $((2 * subjects))"
)
seconds_of() {  # launcher, threads, subjects
  local start end
  start="$(date +%s.%N)"
  # The launcher is several words.
  # shellcheck disable=SC2086
  $1 "$program" population human --subjects "$3" --regimen "psilocybin 25 mg oral" --until 28d --every 1d \
    --observe plasma_psilocin,madrs --threads "$2" --quiet --out "$work/out.csv" >/dev/null
  end="$(date +%s.%N)"
  awk -v a="$start" -v b="$end" 'BEGIN {print b - a}'
}
for ((round = 0; round < rounds; ++round)); do
  for i in "${!cases[@]}"; do
    IFS='|' read -r _ launcher arguments <<<"${cases[$i]}"
    read -r threads count <<<"$arguments"
    seconds_of "$launcher" "$threads" "$count" >>"$work/$i"
  done
done
echo "| run | subjects | wall time [s] | least to greatest [s] | subjects/s |"
echo "|---|---|---|---|---|"
for i in "${!cases[@]}"; do
  IFS='|' read -r name _ arguments <<<"${cases[$i]}"
  read -r _ count <<<"$arguments"
  sort -g "$work/$i" | awk -v name="$name" -v count="$count" '{t[NR] = $1} END {
    m = NR % 2 ? t[(NR + 1) / 2] : (t[NR / 2] + t[NR / 2 + 1]) / 2
    printf "| %s | %d | %.2f | %.2f to %.2f | %.0f |\n", name, count, m, t[1], t[NR], count / m}'
done
