# One recipe per act. `make help` lists them; the first one a newcomer needs is `make demo`.
# Everything lands inside this folder (.venv, .uv, target); a second run only does what has changed.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# Words passed on to the command of a recipe:  make demo ARGS="--once --json"
ARGS ?=

# rustup looks for its toolchains under HOME. When HOME is another one (an empty one, in a test), they still lie beside
# the cargo that PATH found: <root>/.cargo/bin/cargo -> <root>/.rustup.
RUST_ROOT := $(patsubst %/.cargo/bin/cargo,%,$(filter %/.cargo/bin/cargo,$(shell command -v cargo)))
ifneq ($(RUST_ROOT),)
ifneq ($(wildcard $(RUST_ROOT)/.rustup),)
export RUSTUP_HOME ?= $(RUST_ROOT)/.rustup
endif
ifneq ($(shell test -w $(RUST_ROOT)/.cargo && echo yes),)
export CARGO_HOME ?= $(RUST_ROOT)/.cargo
endif
endif

VENV := .venv
PY := $(VENV)/bin/python
# Recipes use the tools of .venv and nothing that happens to be activated in the caller's shell.
export VIRTUAL_ENV := $(CURDIR)/$(VENV)
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
export PYO3_PYTHON := $(CURDIR)/$(PY)

# Stamps: an environment that fits requirements/dev.txt, and a native module that fits the Rust sources.
ENV_STAMP := $(VENV)/.installed
DEEP_STAMP := $(VENV)/.deep
BUILD_STAMP := $(VENV)/.built
RUST_SOURCES := Cargo.toml Cargo.lock pyproject.toml $(wildcard rust_core/*/Cargo.toml) $(shell find rust_core/*/src -name '*.rs')

STEP := .ci/step
STEP_HERE := $(CURDIR)/.ci/step
SECONDS_MAX ?= 30
# Tests at a time: more than the two cores of a small machine, because many of them wait.
JOBS ?= 3

##@ Start here
.PHONY: help setup demo
help: ## List the recipes
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' Makefile

setup: $(BUILD_STAMP) ## Make .venv, install the locked packages, build the native core (says what is missing)
	@:

demo: setup ## Replay a real LLM trace into an embedded PostgreSQL, print the bill, keep the API up (ARGS="--once" to exit)
	@exec $(VENV)/bin/hub demo $(ARGS)

##@ Every day
.PHONY: test coverage check fmt build
test: check $(DEEP_STAMP) ## Everything CI runs: check, then the Rust tests, then the Python tests (JOBS=3 at a time)
	@$(STEP) "cargo test" cargo test --quiet --profile fast --locked -p hub-core
	@$(STEP) "kafka jars" $(VENV)/bin/hub kafka fetch
	@$(STEP) "pytest" $(PY) -m pytest -n $(JOBS) --dist worksteal --durations=25 --durations-min=5 $(ARGS)

coverage: setup ## The Python tests again, with the lines that none of them runs
	@$(STEP) "coverage" $(PY) -m pytest -n $(JOBS) --dist worksteal --cov --cov-report=term-missing:skip-covered $(ARGS)

check: setup ## Formatting, lints, types, import rules; changes nothing
	@$(STEP) "ruff format" ruff format --check --quiet .
	@$(STEP) "ruff check" ruff check --quiet .
	@$(STEP) "mypy --strict" mypy
	@$(STEP) "import rules" lint-imports --no-logo
	@$(STEP) "cargo fmt" cargo fmt --all --check
	@$(STEP) "clippy" cargo clippy --quiet --workspace --all-targets --profile fast --locked -- -D warnings

fmt: setup ## Format Python and Rust, repair what ruff can repair
	@ruff format .
	@ruff check --fix-only .
	@cargo fmt --all

build: $(ENV_STAMP) ## Build the native core again in the fast profile
	@$(STEP) "build (fast)" env CARGO_TERM_QUIET=true maturin develop --uv --locked --profile fast --quiet
	@touch $(BUILD_STAMP)

##@ Now and then
.PHONY: build-release bench bench-query bench-models chaos fuzz lock docs clean
build-release: $(ENV_STAMP) ## Build the native core as it ships (fat LTO; takes minutes)
	@$(STEP) "build (release)" env CARGO_TERM_QUIET=true maturin develop --uv --locked --release --quiet
	@touch $(BUILD_STAMP)

bench: build-release ## Measure against the peers, write benchmarks/results/*.json and benchmarks/README.md
	@uv pip install --quiet --require-hashes -r requirements/bench.txt
	@$(STEP) "bench hot_path" $(PY) -m benchmarks.hot_path
	@$(STEP) "bench load" $(PY) -m benchmarks.load
	@$(STEP) "bench http_ingest" $(PY) -m benchmarks.http_ingest
	@$(STEP) "bench stream" $(PY) -m benchmarks.stream
	@$(STEP) "bench closer" $(PY) -m benchmarks.closer
	@$(PY) -m benchmarks.table

bench-query: build-release ## Seven questions over 100 M events (half an hour; HUB_BENCH_DSN names a TimescaleDB server, else 10 M on our own)
	@uv pip install --quiet --require-hashes -r requirements/bench.txt
	@$(STEP) "bench query" $(PY) -m benchmarks.query $(ARGS)
	@if [ -n "$$HUB_BENCH_DSN" ]; then $(STEP) "bench planning" $(PY) -m benchmarks.planning; fi
	@if [ -n "$$HUB_BENCH_DSN" ]; then $(STEP) "bench columns" $(PY) -m benchmarks.columns; fi
	@$(PY) -m benchmarks.table

bench-models: setup ## Hourly scoring of 10,000 tenants, the nightly forecasts of 30,000 series: seconds and memory (5 min)
	@$(STEP) "bench models" $(PY) -m benchmarks.models $(ARGS)
	@$(STEP) "bench scoring" $(PY) -m benchmarks.scoring
	@$(PY) -m benchmarks.table

chaos: build-release ## Kill and freeze everything some 300 times under load, then compare with the client's account (20 min)
	@$(STEP) "chaos" $(PY) -m benchmarks.chaos
	@$(PY) -m benchmarks.table

fuzz: ## Feed the decoder mutated bodies (SECONDS_MAX=30; needs nightly Rust and cargo-fuzz)
	@cargo fuzz --version >/dev/null 2>&1 || { echo "make fuzz needs: rustup toolchain install nightly; cargo install cargo-fuzz" >&2; exit 1; }
	@mkdir -p rust_core/core/fuzz/corpus/decode
	@cd rust_core/core && $(STEP_HERE) "fuzz decode" env CARGO_TERM_QUIET=true cargo +nightly fuzz run decode fuzz/corpus/decode fuzz/seeds -- -max_total_time=$(SECONDS_MAX) -verbosity=0 -dict=fuzz/decode.dict

lock: $(ENV_STAMP) ## Resolve requirements/*.txt again from pyproject.toml (UPGRADE=1 takes newer versions)
	@.ci/lock $(if $(UPGRADE),--upgrade)

docs: setup ## Write the generated pages of docs/ again (settings, schema, reject codes)
	@$(PY) -m analytics_hub.settings >docs/settings.md
	@$(PY) -m analytics_hub.api.graphql.schema >docs/schema.graphql
	@$(PY) -m tests.contract.reject_codes_page >docs/reject-codes.md

clean: ## Remove the environment, the builds and the caches (never the data directory)
	@rm -rf $(VENV) .uv .uv-pip target rust_core/core/fuzz/{target,corpus,artifacts} dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .benchmarks .coverage
	@find . -name __pycache__ -prune -exec rm -rf {} + ; find rust_core -maxdepth 1 -name '*.so' -delete

# --- what setup is made of ---------------------------------------------------------------------------------------

$(ENV_STAMP): requirements/dev.txt requirements/uv.txt .ci/setup
	@.ci/setup
	@touch $@

# Torch, for the deep models: 5 GB that only their tests and backtests need.
$(DEEP_STAMP): $(ENV_STAMP) requirements/deep.txt
	@$(STEP) "torch (5 GB)" uv pip install --quiet --require-hashes -r requirements/deep.txt
	@touch $@

$(BUILD_STAMP): $(ENV_STAMP) $(RUST_SOURCES)
	@$(STEP) "build (fast)" env CARGO_TERM_QUIET=true maturin develop --uv --locked --profile fast --quiet
	@touch $@
