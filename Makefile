# safeconduct: `make serve` runs it, `make test` proves it, `make check` reads it.
# PYTHON=python3.12 names another Python; ARGS='-k introspect -x' goes to pytest.
PYTHON ?= python3
ARGS   ?=
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip install -qq --disable-pip-version-check
PYTEST := $(BIN)/python -m pytest

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help serve test check format pages lock bench nightly provide screenshots clean

help: ## list what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-11s %s\n", $$1, $$2}'

$(VENV)/pip.ok:
	@sh docker/ensure-venv.sh $(PYTHON)
	$(PYTHON) -m venv $(VENV)
	$(PIP) --upgrade 'pip>=24'
	@touch $@

$(VENV)/run.ok: requirements/run.txt pyproject.toml sdk/pyproject.toml | $(VENV)/pip.ok
	$(PIP) --require-hashes -r requirements/run.txt
	$(PIP) --no-deps --no-build-isolation -e sdk -e .
	@touch $@

$(VENV)/dev.ok: requirements/dev.txt $(VENV)/run.ok
	$(PIP) --require-hashes -r requirements/dev.txt
	@touch $@

serve: $(VENV)/run.ok ## make the environment, the database and the keys, and serve on http://localhost:8080
	$(BIN)/safeconduct serve

test: provide ## run every test but the nightly campaigns, on real servers of its own (ARGS= for pytest)
	$(PYTEST) -m 'not nightly' $(ARGS)

nightly: provide ## run every test and the full campaigns (ARGS= for pytest)
	$(PYTEST) -m 'nightly or not nightly' --hypothesis-profile=nightly $(ARGS)

provide: $(VENV)/dev.ok ## find or install what the tests need besides Python: PostgreSQL, Redis, Chromium, Node.js, strace, libfaketime
	$(BIN)/python -m tests.tools.provide

check: $(VENV)/dev.ok ## format, lint, types, layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/dev.ok ## put the code into its one form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

pages: $(VENV)/dev.ok ## write anew the pages of docs/ that are made from code and tests
	$(BIN)/safeconduct permissions --md > docs/permissions.md
	$(BIN)/python -m tests.tools.promises > docs/promises.md

bench: provide ## measure throughput, latency and memory beside their limits (ARGS= for python -m bench)
	$(BIN)/python -m bench $(ARGS)

screenshots: provide ## take the pictures of the documentation anew (ARGS= for some of them, by name)
	$(BIN)/python -m tests.ui.screenshots $(ARGS)

LOCK := uv pip compile --universal --python-version 3.11 --generate-hashes --custom-compile-command 'make lock' --quiet

lock: ## compile the hash-pinned requirement files anew
	$(LOCK) pyproject.toml requirements/build.in --no-emit-package safeconduct -o requirements/run.txt
	$(LOCK) pyproject.toml requirements/build.in --extra dev --no-emit-package safeconduct -c requirements/run.txt \
	  -o requirements/dev.txt
	$(LOCK) requirements/node.in -o requirements/node.txt
	cd tests/node && npm install --package-lock-only --no-audit --no-fund

clean: ## remove all that was made here, except data/
	rm -rf $(VENV) .tools dist tests/node/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
