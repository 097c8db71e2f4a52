# Two commands do everything, set-up included: `make demo` and `make test`.
PYTHON ?= python3
BIN := .venv/bin
TO_TRAIN := .venv/.to-train
TO_DEVELOP := .venv/.to-develop
PIP_INSTALL = $(BIN)/pip install --quiet --constraint constraints.txt --editable

.PHONY: install demo test benchmarks coverage check format clean

install: $(TO_DEVELOP)

# What a user needs: a third of the packages that developers need.
$(TO_TRAIN): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(PIP_INSTALL) '.[train]'
	touch $@

$(TO_DEVELOP): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(PIP_INSTALL) '.[train,search,serve,parquet,photos,dev]'
	touch $(TO_TRAIN) $@

demo: $(TO_TRAIN)
	$(BIN)/sightline demo --out demo-run --force
	@echo "These commands are found once you have typed: . $(BIN)/activate"

test: $(TO_DEVELOP)
	OMP_NUM_THREADS=1 $(BIN)/pytest --no-cov --numprocesses 3 --dist worksteal

benchmarks: $(TO_DEVELOP)
	SIGHTLINE_BENCHMARKS=1 OMP_NUM_THREADS=1 $(BIN)/pytest --no-cov tests/benchmarks

coverage: $(TO_DEVELOP)
	OMP_NUM_THREADS=1 $(BIN)/pytest --numprocesses 2 --dist worksteal --cov --cov-report=term:skip-covered

check: $(TO_DEVELOP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(TO_DEVELOP)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf .venv demo-run build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
