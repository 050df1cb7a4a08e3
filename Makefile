# The commands of this project. Each one installs what it needs (Debian 12), builds, and runs.
.DEFAULT_GOAL := build
.PHONY: setup setup-all build demo test check-all bench format clean

JOBS ?= $(shell nproc)

setup:
	@tools/install_dependencies.sh

setup-all:
	@tools/install_dependencies.sh --all

build: setup
	@cmake --preset release > build-configure.log 2>&1 || { cat build-configure.log; rm -f build-configure.log; exit 1; }
	@rm -f build-configure.log
	cmake --build build --target raad -j $(JOBS)

# The main job: both reference treatments on the human system, with published measurements over the curves.
demo: build
	build/raad compare "ketamine 0.5 mg/kg iv 40 min" "psilocybin 25 mg oral" --out demo
	@echo "Open demo/report.html"

# A test of time would measure the sanitizers.
test: setup
	cmake --preset release
	cmake --build build -j $(JOBS)
	ctest --test-dir build --output-on-failure -j $(JOBS)
	cmake --preset asan-ubsan
	cmake --build build/asan-ubsan --target sanitizer-tests -j $(JOBS)
	ctest --test-dir build/asan-ubsan --output-on-failure -j $(JOBS) -L 'base|text|model|dose|data' -E LinearTime

# Longer checks: everything under both sanitizers, thread sanitizer, clang-tidy, a bounded fuzz run.
check-all: test setup-all
	cmake --build build/asan-ubsan -j $(JOBS)
	ctest --test-dir build/asan-ubsan --output-on-failure -j $(JOBS)
	cmake --preset tsan && cmake --build build/tsan -j $(JOBS)
	ctest --test-dir build/tsan --output-on-failure -j $(JOBS) -L 'run|study'
	cmake --preset fuzz && cmake --build build/fuzz --target fuzz-targets -j $(JOBS)
	tools/run_fuzzers.sh build/fuzz 60
	cmake --preset tidy && cmake --build build/tidy --target raad -j $(JOBS)

# The opponent of the population benchmark is built from source; without a network the packaged one stands in.
bench: setup
	tools/build_reference_cvode.sh build/reference_cvode || echo "The packaged CVODES stands in."
	cmake --preset release
	cmake --build build -j $(JOBS)
	tools/run_benchmarks.sh build

format: setup
	git ls-files '*.cpp' '*.hpp' | xargs clang-format-19 -i

clean:
	rm -rf build demo
