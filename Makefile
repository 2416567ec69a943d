# Two commands: `make run` and `make test`. Everything is installed into .venv; only Airflow, which
# runs the pipeline from outside, has an environment of its own.
PYTHON ?= python3
VENV := .venv
AIRFLOW := .venv-airflow
BIN := $(VENV)/bin
export KEDRO_DISABLE_TELEMETRY := 1
export DO_NOT_TRACK := 1

.PHONY: run test test-all install install-airflow bench docs lint clean

run: install
	$(BIN)/kedro run

test: install lint
	$(BIN)/pytest

test-all: install install-airflow lint
	$(BIN)/pytest -m ""

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: install
	$(BIN)/python -m benchmarks

docs: install
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

install: $(VENV)/installed

$(VENV)/installed: requirements.lock pyproject.toml
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11))" || \
		{ echo "Python 3.11 or newer is needed; found: $$($(PYTHON) --version). Set PYTHON=/path/to/python3.11."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

install-airflow: $(AIRFLOW)/installed

$(AIRFLOW)/installed: requirements-airflow.lock
	$(PYTHON) -m venv $(AIRFLOW)
	$(AIRFLOW)/bin/python -m pip install --quiet --disable-pip-version-check --requirement requirements-airflow.lock
	touch $@

clean:
	rm -rf $(VENV) $(AIRFLOW) .mypy_cache .pytest_cache .ruff_cache .hypothesis
