# safeconduct: `make serve` runs it, `make test` proves it, `make check` reads it.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help serve test check format lock bench nightly clean

help: ## list what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

$(VENV)/bin/python:
	@sh docker/ensure-venv.sh $(PYTHON)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=24'

$(VENV)/run.ok: requirements/run.txt pyproject.toml sdk/pyproject.toml | $(VENV)/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e sdk -e .
	@touch $@

$(VENV)/dev.ok: requirements/dev.txt $(VENV)/run.ok
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

serve: $(VENV)/run.ok ## make the environment, the database and the keys, and serve on http://localhost:8080
	$(BIN)/safeconduct serve

check: $(VENV)/dev.ok ## format, lint, types, layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/dev.ok ## put the code into its one form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: ## compile the hash-pinned requirement files anew
	uv pip compile pyproject.toml requirements/build.in --universal --python-version 3.11 --generate-hashes \
	  --no-emit-package safeconduct --custom-compile-command 'make lock' --quiet -o requirements/run.txt
	uv pip compile pyproject.toml requirements/build.in --extra dev --universal --python-version 3.11 --generate-hashes \
	  --no-emit-package safeconduct -c requirements/run.txt --custom-compile-command 'make lock' --quiet -o requirements/dev.txt
