# One command each. `make help` lists them. Everything runs in .venv, installed from hash-pinned lock files.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(shell command -v uv 2>/dev/null)
# Adds what a lock file holds to .venv.
INSTALL := $(if $(UV),$(UV) pip install --quiet --python $(BIN)/python,$(BIN)/python -m pip install --quiet --disable-pip-version-check) --require-hashes --requirement
JOBS ?= 2
SECONDS ?= 60
TARGETS ?= archive audit-file datev mapping text workbook

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-slow test-spark fuzz check format docs wheel bench bench-engine bench-exports lock clean

help: ## List the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/.installed ## Install everything into .venv (uv if it is there, else venv and pip)

$(VENV)/.installed: requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "whalecurve needs Python 3.11 or newer: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)"; exit 1; }
ifdef UV
	$(UV) venv --quiet --allow-existing --python $(PYTHON) $(VENV)
	$(UV) pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes requirements-dev.lock
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
else
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
endif
	@touch $@

demo: setup ## Run the main job on both sandboxes: exports to tiers on the account page
	@$(BIN)/whalecurve demo

test: setup ## Run the tests, all but the slow ones
	@$(BIN)/pytest -n $(JOBS) -m "not slow and not spark" $(PYTEST)

test-slow: setup ## Run the slow tests: laws over generated firms, processes killed while they write, nights in a row
	@$(BIN)/pytest -n $(JOBS) -m slow $(PYTEST)

test-spark: $(VENV)/.installed-spark ## Run the tests of the second engine, Spark (needs Java 17)
	@$(BIN)/pytest -m spark $(PYTEST)

$(VENV)/.installed-spark: $(VENV)/.installed requirements-spark.lock
	$(INSTALL) requirements-spark.lock
	@touch $@

fuzz: $(VENV)/.installed-fuzz ## Damage files, guided by the code that they reach: SECONDS each (60), TARGETS of them (all)
	@for target in $(TARGETS); do echo "$$target"; $(BIN)/python -m tests.fuzz $$target --seconds $(SECONDS) || exit 1; done

$(VENV)/.installed-fuzz: $(VENV)/.installed requirements-fuzz.lock
	$(INSTALL) requirements-fuzz.lock
	@touch $@

check: setup ## Lint, strict types, dependency direction, declared dependencies
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/deptry .

format: setup ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: setup ## Write the generated pages anew (config/README.md, docs/*.md, schemas)
	$(BIN)/python -m sync.settings.reference
	$(BIN)/python -m sync.reference

wheel: setup ## Build the wheel, install it alone in a fresh venv, run the demo from another folder
	PYTHON=$(PYTHON) .ci/wheel

bench: setup ## Measure how fast the command line starts
	$(BIN)/python benchmarks/startup.py

bench-engine: setup ## Measure the engine beside pandas, Polars and a bare scan (LARGE=1: 100 million time rows too)
	$(INSTALL) requirements-bench.lock
	$(BIN)/python -m benchmarks.engine $(if $(LARGE),--large)

bench-exports: setup ## Measure reading a Toggl export of ROWS rows into the ledger (two million), beside DuckDB alone
	$(BIN)/python -m benchmarks.exports $(if $(ROWS),--rows $(ROWS))

lock: ## Resolve the lock files anew (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-emit-find-links pyproject.toml --output-file requirements.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-emit-find-links pyproject.toml --group dev --output-file requirements-dev.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-emit-find-links pyproject.toml --group dev --extra spark --output-file requirements-spark.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-emit-find-links --group bench --output-file requirements-bench.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-emit-find-links --group fuzz --output-file requirements-fuzz.lock

clean: ## Remove what the targets made
	rm -rf $(VENV) dist build demo .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
