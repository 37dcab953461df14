# Skyparley: `make run` serves the demo, `make test` passes all tests; both set up all they need.
# Python comes from the machine (3.11 or newer, with venv); everything else is pinned in locks/ and console/package-lock.json.

PORT ?= 8080
DATA ?= data/demo
PYTHON ?= python3
WORKERS ?= 2
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
# the tests of a file stay together, files go in their order; a process that dies ends the run instead of trying again
SIDE_BY_SIDE := --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder --max-worker-restart 0
MAKEFLAGS += --jobs=4  # kernels compile on one core for most of a minute: packages, console and Chromium come meanwhile
export PYTHONDONTWRITEBYTECODE :=  # where it is set, as in many containers, each process compiles all it imports again
CONSOLE := $(if $(wildcard console/package.json),src/skyparley/web/console/index.html)
CONSOLE_SOURCES := $(shell find console -type f -not -path '*/node_modules/*' -not -path '*/dist/*' 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help install run test soak bench lint format lock wheel clean

help: ## say what can be made
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

$(VENV)/.uv-ready: locks/uv.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r locks/uv.txt
	@touch $@

$(VENV)/.run-ready: $(VENV)/.uv-ready locks/run.txt locks/build.txt pyproject.toml
	$(UV) pip install --quiet --python $(BIN)/python --require-hashes --only-binary :all: -r locks/run.txt
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --build-constraints locks/build.txt --editable .
	@touch $@

$(VENV)/.dev-ready: $(VENV)/.run-ready locks/dev.txt
	$(UV) pip install --quiet --python $(BIN)/python --require-hashes --only-binary :all: -r locks/dev.txt
	@touch $@

src/skyparley/web/console/index.html: $(CONSOLE_SOURCES) tools/npm locks/node.txt | $(VENV)/.uv-ready
	tools/npm ci --no-audit --no-fund
	tools/npm run build
	@touch $@

$(VENV)/.warm: $(VENV)/.run-ready $(wildcard src/skyparley/conflict/*.py src/skyparley/conflict/*/*.py) $(wildcard src/skyparley/geometry/*.py)
	@find src -name '*.nb[ic]' -delete  # numba knows a kernel's own file only, not what it calls elsewhere
	$(BIN)/skyparley warm
	@touch $@

install: $(VENV)/.run-ready $(CONSOLE) $(VENV)/.warm ## prepare .venv with the command skyparley

run: install ## serve the demo: make run [PORT=8080] [DATA=data/demo]
	$(BIN)/skyparley demo --port $(PORT) --data $(DATA)

$(VENV)/.chromium:  # never made: it is looked for each time
	tools/need-chromium

test: $(VENV)/.chromium install $(VENV)/.dev-ready ## set everything up and pass all tests: make test [WORKERS=2]
	$(BIN)/python -m pytest -m "not soak" $(SIDE_BY_SIDE) --durations 10

soak: install $(VENV)/.dev-ready ## the long runs: more kills, more random cases
	$(BIN)/python -m pytest -m soak --timeout 7200

bench: install $(VENV)/.dev-ready ## one table, each row with its baseline measured beside it
	$(BIN)/python -m bench

lint: $(VENV)/.dev-ready ## format, lint, types and import contracts, without tests
	$(BIN)/ruff format --check src tests bench
	$(BIN)/ruff check src tests bench
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.dev-ready ## put the code into its one format
	$(BIN)/ruff format src tests bench
	$(BIN)/ruff check --fix src tests bench

lock: $(VENV)/.uv-ready ## pin the newest versions that pyproject.toml allows
	tools/lock

wheel: install $(VENV)/.dev-ready ## build the wheel, console included, into dist/
	$(BIN)/python -m build --wheel --no-isolation

clean: ## remove all that was built and installed, never data
	rm -rf $(VENV) console/node_modules src/skyparley/web/console dist build
