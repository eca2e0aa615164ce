# Every word here is also what CI uses.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
KEFU := $(BIN)/kefu
WORKSPACE ?= examples/shop
WORKERS ?= 2

.PHONY: demo test faults check audit fuzz bench clean

demo: $(VENV)/.train
	@$(KEFU) demo --workspace $(WORKSPACE)

# A thread a worker; and what Python compiles is kept, for the many processes that tests start.
test: $(VENV)/.dev
	@OMP_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

# 200 kills of each channel on each database, and longer faults: hours.
faults: $(VENV)/.dev
	@KEFU_FAULTS=whole OMP_NUM_THREADS=1 $(BIN)/python -m pytest -s tests/faults

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m docs.weaknesses

# Known weaknesses of the packages in requirements.lock; here one that can't be asked about is a failure, too.
audit: $(VENV)/.dev
	@$(BIN)/python -m docs.weaknesses --strict

# Every parser of outside bytes, SECONDS each, one after another: 4 hours.
SECONDS ?= 600
fuzz: $(VENV)/.dev
	@KEFU_FUZZ_S=$(SECONDS) OMP_NUM_THREADS=1 $(BIN)/python -m pytest tests/fuzz

bench: $(VENV)/.dev
	@$(BIN)/python -m bench.latency --workspace $(WORKSPACE)

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "kefu needs Python 3.11 or newer; found $$($(PYTHON) --version). Try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.train: $(VENV)/bin/python pyproject.toml requirements.lock
	$(BIN)/pip install --quiet --progress-bar on -c requirements.lock -e '.[train]'
	@touch $@

$(VENV)/.dev: $(VENV)/bin/python pyproject.toml requirements.lock
	$(BIN)/pip install --quiet --progress-bar on -c requirements.lock -e '.[train,postgres,dev]'
	@touch $@ $(VENV)/.train

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache
