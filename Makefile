# `make run` and `make test` are all a newcomer needs: each makes .venv at its first run and takes no set-up time after that.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
PYTEST := $(BIN)/python -m pytest
# One more than the two cores of small machines: many tests wait for something.
WORKERS ?= 3

# Editable installs: only what these files say needs another installation.
INSTALL_INPUTS := pyproject.toml scripts/assay
RUN_STAMP := $(VENV)/.installed-run
TEST_STAMP := $(VENV)/.installed-test

.PHONY: run test test-long test-openclaw test-openclaw-host live lint bench docs notebooks screens picture coverage clean

run: $(RUN_STAMP)
	@if [ -t 0 ] && [ -t 1 ] && [ -d assay_shell/repl ]; then $(BIN)/assay; else $(BIN)/assay examples/tour.lua; fi

test: $(TEST_STAMP)
	$(PYTEST) -n $(WORKERS) $(ARGS)

test-long: $(TEST_STAMP)
	$(PYTEST) -n $(WORKERS) -m long -o faulthandler_timeout=900 $(ARGS)
	@if command -v npm >/dev/null; then $(MAKE) test-openclaw test-openclaw-host; else echo "no npm: the OpenClaw plugin is not tested"; fi

# The plugin by itself and with this checkout's executable, then once in the real OpenClaw, which is installed for that.
test-openclaw: $(TEST_STAMP)
	cd integrations/openclaw && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	cd integrations/openclaw && npm run --silent types && ASSAY_BINARY=$(CURDIR)/$(BIN)/assay npm test --silent

test-openclaw-host:
	cd integrations/openclaw/host && npm install --no-package-lock --ignore-scripts --no-audit --no-fund --loglevel=error
	node integrations/openclaw/host/check.mjs

live: $(TEST_STAMP)
	$(BIN)/python -m tests.live.run $(ARGS)

lint: $(TEST_STAMP)
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

bench: $(TEST_STAMP)
	$(BIN)/python -m bench $(ARGS)

# The reference is written beside the prose, out of git; the site needs mkdocs-material of the dev extra.
docs: $(TEST_STAMP) notebooks
	$(BIN)/assay docs build docs
	@if [ -x $(BIN)/mkdocs ]; then NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet && echo "build/site/index.html"; \
	else echo "no mkdocs: the pages are in docs/"; fi

# The screens of the tour of the shell, taken from a real terminal; they are kept in git, and a test compares them.
screens: $(TEST_STAMP)
	$(BIN)/python -m tests.support.screens $(ARGS)

# The picture of a notebook in the README, taken by the test that drives JupyterLab in a browser.
picture: $(TEST_STAMP)
	SCREENSHOTS=build/screenshots $(PYTEST) -m live -n 0 tests/live/test_jupyterlab.py::test_tables_charts_and_streams_are_seen
	cp build/screenshots/incident.png docs/assets/notebook.png

# Runs the example notebooks, and keeps what they show.
notebooks: $(TEST_STAMP)
	$(BIN)/python scripts/notebooks.py $(ARGS)

coverage: $(TEST_STAMP)
	$(PYTEST) -n $(WORKERS) --cov --cov-report=term $(ARGS)

clean:
	rm -rf $(VENV) build dist

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(RUN_STAMP): $(BIN)/python $(INSTALL_INPUTS)
	$(PIP) --editable .
	@touch $@

# Brings everything of the plain installation too, so the next `make run` has nothing to do.
$(TEST_STAMP): $(BIN)/python $(INSTALL_INPUTS)
	$(PIP) --editable '.[mcp,dev]'
	@touch $(RUN_STAMP) $@
