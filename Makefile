# Two commands for a newcomer: `make demo` and `make test`. Everything is installed into .venv from the lock.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
AUDIT := $(VENV)/audit
# Processes start by the dozen in tests and nights: modules are compiled once, when they are first imported, whatever the environment
# says. Most of what is installed is never imported: compiling all of it took a minute.
export PYTHONDONTWRITEBYTECODE :=
INSTALL := $(BIN)/pip install --no-deps --no-compile --disable-pip-version-check --progress-bar on

.PHONY: demo test faults bench lint audit ui lock clean help

help:  ## what there is
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=python3.11"; exit 2; }
	@echo "Installing into $(VENV) from the lock (2 to 3 minutes the first time) ..."
	$(PYTHON) -m venv $(VENV)
	$(INSTALL) --require-hashes -r requirements.lock
	$(INSTALL) --no-build-isolation -e .
	@touch $@

demo: $(STAMP)  ## make the demonstration workspace, run its night, print a summary
	$(BIN)/plg demo

test: $(STAMP)  ## the whole test suite
	$(BIN)/python -m pytest -n 2

faults: $(STAMP)  ## kill whole nights at random moments (minutes)
	$(BIN)/python -m pytest -m faults

bench: $(STAMP)  ## what the system costs, against floors and peers (about 10 minutes; SIZE=L for the large one)
	$(BIN)/python -m bench --size $(or $(SIZE),S)

lint: $(STAMP)  ## ruff and pyright
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright

audit: $(STAMP)  ## scan the lock for known vulnerabilities into audit/ (exit 1: some, 3: no service was reached, nothing is known)
	@test -x $(AUDIT)/bin/pip-audit || { $(PYTHON) -m venv $(AUDIT) && $(AUDIT)/bin/pip install --quiet --disable-pip-version-check 'pip-audit>=2.10,<3'; } \
		|| echo "pip-audit cannot be installed here; what follows says so"
	$(BIN)/python -m plg_orchestration.governance.vendors.dependency_scan requirements.lock audit \
		--at "$$(date -u +%Y-%m-%dT%H:%M:%SZ)" --pip-audit $(AUDIT)/bin/pip-audit

ui: $(STAMP)  ## Dagster and MLflow side by side
	$(BIN)/plg ui

lock:  ## renew the lock (needs uv)
	uv pip compile pyproject.toml --extra dev --generate-hashes --no-emit-index-url --no-header --python-version 3.11 -o requirements.lock

clean:  ## remove the virtual environment and the demonstration
	rm -rf $(VENV) demo
