# Everything that can be done with a checkout. It needs make, bash, Rust, CPython 3.9 or newer and
# a C toolchain, and it installs into the checkout alone: Python packages into .venv/<version>,
# everything that is compiled into target/.
#
# On Windows, run it from Git Bash. There the programs of an environment are in Scripts, not bin.

PYTHON ?= python3
SHELL := bash

VERSION := $(shell $(PYTHON) -c "import sys; print('%d.%d' % sys.version_info[:2])" 2>/dev/null)
VENV := .venv/$(or $(VERSION),missing)
ifeq ($(OS),Windows_NT)
  BIN := $(VENV)/Scripts
  EXE := .exe
else
  BIN := $(VENV)/bin
endif
PY := $(CURDIR)/$(BIN)/python$(EXE)
COVET_CODEGEN := $(CURDIR)/$(BIN)/covet-codegen$(EXE)
PIP := $(PY) -m pip --disable-pip-version-check

# What the generated crates share: PyO3 is compiled once for all of them.
export COVET_CODEGEN_CACHE := $(CURDIR)/target/covet-cache
# Cargo asks this interpreter when it checks the Python bindings.
export PYO3_PYTHON := $(PY)

# The fuzz targets are a workspace of their own, which may share what is compiled.
FUZZ := --manifest-path tests/fuzz/Cargo.toml
FUZZ_TARGET_DIR := --target-dir "$(or $(CARGO_TARGET_DIR),target)"

# What the two packages are made of.
SOURCES := $(wildcard Cargo.toml Cargo.lock $(foreach package,covet-codegen covet-runtime, \
  $(addprefix $(package)/,Cargo.toml pyproject.toml README.md build.rs src/*.rs src/*/*.rs src/*/*/*.rs \
    src/*/*/*/*.rs)) \
  $(addprefix covet-runtime/python/covet_runtime/,*.py *.pyi */*.py */*.json) \
  docs/diagnostics.md templates/*/* templates/*/*/*)

EXAMPLES := hello blog quirks
WHEELS := $(EXAMPLES:%=$(VENV)/%.wheel) $(VENV)/conversations.wheel

.NOTPARALLEL:
.PHONY: help demo test lint test-rust test-python fuzz sanitize coverage bench fmt clean python
.DEFAULT_GOAL := help

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):[^#]*## /  make \1\t/p' Makefile | expand -t 22
	@echo
	@echo "PYTHON=python3.12 make test selects the interpreter ($(PYTHON) is $(or $(VERSION),missing))."

demo: $(VENV)/packages ## Compile the blog example, compare it with the stock app, time both
	@$(PY) scripts/demo.py

test: lint test-rust test-python fuzz ## Run every check and every test

lint: $(VENV)/tools ## Check the format, the lints and the types of all code
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	cargo clippy --package covet-runtime --features python --all-targets --locked -- -D warnings
	cargo clippy --package covet-runtime --features module --all-targets --locked -- -D warnings
	cargo fmt $(FUZZ) --check
	cargo clippy $(FUZZ) $(FUZZ_TARGET_DIR) --all-targets --locked -- -D warnings
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
ifeq ($(VERSION),3.9)
	@echo "mypy is left out: it needs Python 3.10"
else
	$(PY) -m mypy
endif

test-rust: $(VENV)/packages ## Run the Rust tests
	cargo test --workspace --locked
	cargo test $(FUZZ) $(FUZZ_TARGET_DIR) --locked

# What modules do when they are loaded for the first time is tested where no other test has loaded any.
FIRST_TIME := tests/python/test_install.py tests/python/test_loader.py

test-python: $(VENV)/tools $(WHEELS) ## Run the Python tests on natively built packages
	$(PY) -m pytest $(FIRST_TIME)
	$(PY) -m pytest --numprocesses 2 --dist loadfile $(addprefix --ignore=,$(FIRST_TIME))

FUZZ_SECONDS ?= 20
FUZZ_TARGET ?=

fuzz: | python ## Look for inputs that the parsers do not survive (FUZZ_SECONDS=20 each, FUZZ_TARGET=)
	@$(PYTHON) scripts/fuzz.py --seconds "$(FUZZ_SECONDS)" --target "$(FUZZ_TARGET)"

sanitize: $(VENV)/tools $(WHEELS) ## Run tests of the extension with AddressSanitizer
	@$(PY) scripts/sanitize.py

coverage: | python ## Show which lines of the Rust runtime its tests run
	@$(PYTHON) scripts/coverage.py

bench: $(VENV)/tools ## Measure matching, answers, parsing, JSON and serving: in Rust beside their peers, and from Python
	cargo bench --locked --package covet-benches --bench matching --bench parsing
	$(PY) benches/python/matching.py
	$(PY) benches/python/answering.py
	$(PY) benches/python/parsing.py
	$(PY) benches/python/serializing.py
	$(PY) benches/python/loading.py
	@if [ "$$(uname)" = Linux ] && command -v wrk >/dev/null; then \
	  $(PY) benches/python/serving.py --quick; \
	else echo "serving is left out: it needs Linux and wrk"; fi

fmt: $(VENV)/tools ## Format all code
	cargo fmt --all
	cargo fmt $(FUZZ)
	$(PY) -m ruff check --fix-only --quiet .
	$(PY) -m ruff format .

clean: ## Remove everything that was installed or built
	rm -rf .venv target examples/*/build examples/*/dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis

# An environment with the framework and maturin: what a user of covet-codegen has.
$(VENV)/environment: requirements-dev.txt | python
	@command -v cargo >/dev/null || { echo "cargo is not on PATH: install Rust from https://rustup.rs" >&2; exit 1; }
	@echo "Creating $(VENV)"
	@$(PYTHON) -m venv $(VENV) || { echo "$(PYTHON) cannot make an environment: on Debian and Ubuntu, apt-get install python3-venv" >&2; exit 1; }
	$(PIP) install --quiet --constraint requirements-dev.txt covet maturin
	@touch $@

$(VENV)/packages: $(VENV)/environment $(SOURCES)
	@echo "Building covet-runtime and covet-codegen"
	$(PIP) install --quiet --force-reinstall --no-deps ./covet-runtime ./covet-codegen
	@touch $@

# The same with the tools of contributors.
$(VENV)/tools: $(VENV)/packages requirements-dev.txt
	$(PIP) install --quiet --requirement requirements-dev.txt
	@touch $@

# The compiled front end of an app, installed: its tests then cover the generated tier.
define COMPILE
@echo "Compiling $(1)"
@rm -rf target/examples/$(VERSION)/$(basename $(@F))
cd $(1) && "$(COVET_CODEGEN)" build "$(2)" --python "$(PY)" \
  --out "$(CURDIR)/target/examples/$(VERSION)/$(basename $(@F))" \
  --crate-dir "$(CURDIR)/target/examples/crates/$(basename $(@F))"
$(PIP) install --quiet --force-reinstall --no-deps target/examples/$(VERSION)/$(basename $(@F))/*.whl
@touch $@
endef

.SECONDEXPANSION:
$(VENV)/%.wheel: $(VENV)/packages $$(wildcard examples/$$*/*.py)
	$(call COMPILE,examples/$*,app.py)

$(VENV)/conversations.wheel: $(VENV)/packages tests/conversations/app.py
	$(call COMPILE,tests/conversations,app.py:create_app())

python:
	@test -n "$(VERSION)" || { echo "$(PYTHON) is not a Python: install CPython 3.9 or newer, or say PYTHON=/path/to/python" >&2; exit 1; }
	@case "$(VERSION)" in 2.*|3.[0-8]) echo "$(PYTHON) is Python $(VERSION): 3.9 is the oldest that works" >&2; exit 1;; esac
