# make demo: a real conversation on a real server, from nothing.   make test: everything that CI checks.
# Both make their own environment in $(VENV) from any Python 3.11 or later.

VENV ?= .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3.14 python3 python; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$p && break; done)
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# On a terminal you may type as the teacher once the demo has played.
DEMO_ARGS ?= $(shell test -t 0 || echo --no-input)
PYTEST_ARGS ?=
# Each worker has a Synapse and a browser of its own. `make test WORKERS=0` runs the tests one after the other.
WORKERS ?= 2

.DEFAULT_GOAL := help
.PHONY: help demo test lint types layers pytest check-fast bench docs clean

help:
	@echo 'make demo        plays a whole conversation on a real local server'
	@echo 'make test        style, types, layers and all tests, as CI does'
	@echo 'make check-fast  the same without what is slow or needs a server'
	@echo 'make bench       measures matching and answering'
	@echo 'make docs        writes docs/commands.md and docs/donnees.md from the program'
	@echo 'make clean       removes the environment and caches'

demo: $(VENV)/.demo
	$(BIN)/helpbot demo $(DEMO_ARGS)

test: lint types layers pytest

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.test
	$(BIN)/mypy

layers: $(VENV)/.test
	$(BIN)/lint-imports

pytest: $(VENV)/.test
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal --durations=10 $(PYTEST_ARGS)

check-fast:
	$(MAKE) --no-print-directory lint types layers pytest PYTEST_ARGS='-m "not slow and not synapse and not node"'

bench: $(VENV)/.test
	for script in benchmarks/*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

docs: $(VENV)/.test
	$(BIN)/python tools/command_docs.py
	$(BIN)/python tools/register_docs.py

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage
	find . -name __pycache__ -not -path './.git/*' -prune -exec rm -rf {} +

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo 'helpbot needs Python 3.11 or later, with its venv module: install it,' \
		'or say where it is: make PYTHON=/path/to/python3' >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)

# A stamp each, so that a second run starts at once. Editable, so that both see the checkout as it is.
$(VENV)/.demo: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install -c constraints.txt -e '.[demo]'
	@touch $@

$(VENV)/.test: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) install -c constraints.txt -e '.[test]'
	@touch $@ $(VENV)/.demo
