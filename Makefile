# What one does with a checkout. A machine needs Python 3.11 or newer with venv, and make.

SHELL := /bin/bash
PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3)
BIN := .venv/bin
JOBS ?= $(shell nproc 2>/dev/null || echo 2)
ROOMS := config portal api backoffice demo community oversight exchange catalog accounts audit policy
# a command beside a database and a Valkey of its own; shares the tests' if they are up
SERVED := $(BIN)/python -m config.embedded var/test

VENDOR := portal/static/vendor/echarts.js

.DEFAULT_GOAL := help
.PHONY: help demo test check bench assets backup restore lock clean

help: ## print this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: .venv/.base ## build a city to try and serve it on 127.0.0.1:8000; ARGS=--once ends after some calls
	@test -e $(VENDOR) || ! command -v npm >/dev/null || $(MAKE) --no-print-directory $(VENDOR) \
		|| echo "Charts and maps could not be fetched: pages show tables."
	@$(BIN)/python -m demo $(ARGS)

test: .venv/.dev ## run the tests; ARGS="tests/policy -k masked" runs some
	@$(BIN)/pytest -n $(JOBS) --dist worksteal $(ARGS)

check: .venv/.dev ## format, lint, types, floors, Django's checks, migrations, schema
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy $(ROOMS)
	$(BIN)/lint-imports
	$(SERVED) $(BIN)/python manage.py check --fail-level WARNING
	$(SERVED) $(BIN)/python manage.py makemigrations --check --dry-run
	$(SERVED) $(BIN)/python manage.py spectacular --validate --fail-on-warn --file /dev/null

bench: .venv/.dev ## measure against the peers; ARGS=NAME measures one
	@$(BIN)/python -m bench $(ARGS)

assets: $(VENDOR) ## fetch charts and maps, which pages show as tables without them

backup: .venv/.base ## write the database to var/backups, or to FILE=…
	@$(BIN)/python -m config.backup save $(FILE)

restore: .venv/.base ## bring FILE=… back into an empty database and verify the audit trail
	@$(BIN)/python -m config.backup load $(FILE)

lock: ## pin requirements/*.in anew (needs uv)
	@command -v uv >/dev/null || { echo "uv makes the locks and is not here: pip install uv"; exit 1; }
	rm -f requirements/base.txt requirements/dev.txt requirements/assets.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		requirements/base.in -o requirements/base.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		requirements/dev.in -o requirements/dev.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		requirements/assets.in -o requirements/assets.txt

clean: ## remove .venv, caches and the tests' services; the demo's data in var/ stays
	rm -rf .venv var/test node_modules portal/static/vendor .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -not -path './var/*' -prune -exec rm -rf {} +

.venv: .venv/.dev

# Node.js is the machine's own where there is npm, else a wheel beside the others.
$(VENDOR): package-lock.json config/assets.py | .venv/.base
	@command -v npm >/dev/null || $(BIN)/pip install --quiet --disable-pip-version-check \
		--require-hashes --no-deps -r requirements/assets.txt
	@$(BIN)/python -P config/assets.py

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "Python is not here: install Python 3.11 or newer with venv."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "$(PYTHON) is too old: install Python 3.11 or newer, or say PYTHON=/path/to/it"; exit 1; }
	@$(PYTHON) -m venv .venv \
		|| { echo "$(PYTHON) has no venv: install it (Debian: apt-get install python3-venv)."; exit 1; }

# The locks are whole: nothing is left for pip to resolve, where an extra that a requirement asks
# for could bring in a release newer than the lock.
.venv/.base: requirements/base.txt | .venv/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps \
		-r requirements/base.txt
	@touch $@

.venv/.dev: requirements/dev.txt .venv/.base
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps \
		-r requirements/dev.txt
	@touch $@
