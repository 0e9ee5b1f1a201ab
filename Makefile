# Every target sets up what it needs: a virtual environment in .venv, the packages of constraints.txt, the front-end
# files, the database and the compiled feature loops. Nothing is written outside this folder.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SERVE ?= 1
DATA ?=
SYMBOLS ?=
TIMEFRAME ?= 1h
PORT ?= 8000
PYTEST ?=
export OMP_WAIT_POLICY := PASSIVE
# Tests start hundreds of commands, each of which would translate every module anew.
unexport PYTHONDONTWRITEBYTECODE

# uv is much faster than pip and is used where it is on the path; both read the same constraints.
UV := $(shell command -v uv 2>/dev/null)
ifdef UV
INSTALL = UV_FIND_LINKS="$$PIP_FIND_LINKS" $(UV) pip install --quiet --python $(BIN)/python -c constraints.txt
else
INSTALL = $(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt
endif

.DEFAULT_GOAL := help
.PHONY: help demo test test-slow check format bench docs serve clean

help: ## show this list
	@echo "AlphaPlus. Two commands are enough: 'make demo' and 'make test'."
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | awk -F'\t' '{printf "  make %-10s %s\n", $$1, $$2}'
	@echo "  variables: SERVE=0, DATA=\"a.csv.gz b.csv.gz\", SYMBOLS=\"BTCUSDT ETHUSDT\", TIMEFRAME=1h, PORT=8000, ALPHAPLUS_HOME"

$(VENV)/.venv:
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.base: $(VENV)/.venv pyproject.toml constraints.txt build_assets.py assets.lock.json
	@echo "installing AlphaPlus and what it needs (a minute or two, once)"
	@$(INSTALL) -e .
	@touch $@

$(VENV)/.test: $(VENV)/.base
	@echo "installing what the tests need"
	@$(INSTALL) -e '.[test]'
	@touch $@

$(VENV)/.dev: $(VENV)/.test
	@echo "installing the linters"
	@$(INSTALL) -e '.[test,dev]'
	@touch $@

demo: $(VENV)/.base ## simulated or your own candles, from file to signal; then the dashboard (SERVE=0: without)
	@$(BIN)/alphaplus demo --timeframe $(TIMEFRAME) --port $(PORT) $(if $(DATA),--data $(DATA)) \
		$(if $(SYMBOLS),--symbols $(SYMBOLS)) $(if $(filter 0,$(SERVE)),--no-serve)

serve: $(VENV)/.base ## the dashboard, the API and the admin at 127.0.0.1:8000
	@$(BIN)/alphaplus serve --port $(PORT)

test: $(VENV)/.test ## all quick tests (ALPHAPLUS_TEST_DATA=folder adds those on recorded data)
	$(BIN)/pytest -n 2 --dist loadfile -m "not slow" $(PYTEST)

test-slow: $(VENV)/.test ## the exhaustive variants
	$(BIN)/pytest -m slow $(PYTEST)

check: $(VENV)/.dev ## format, lint, types and layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.dev ## rewrite the code in the project's format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.test ## measure every claim about speed; writes bench/results.json
	$(BIN)/python -m bench

docs: $(VENV)/.dev ## build the documentation into site/
	$(BIN)/python docs/generate.py
	$(BIN)/mkdocs build --strict --quiet
	@echo "open site/index.html"

clean: ## remove the environment, caches and builds, but never your data in var/
	rm -rf $(VENV) site build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	rm -rf alphaplus/web/dashboard/static/vendor
	find alphaplus tests bench docs -name __pycache__ -type d -prune -exec rm -rf {} +
