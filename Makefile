# Needs Python 3.11 or newer and make; everything else comes out of the hash-pinned lock.

PYTHON ?= python3
BIN = .venv/bin

ifneq ($(shell $(PYTHON) -c "import sys; print(sys.version_info >= (3, 11))" 2>/dev/null),True)
$(error This needs Python 3.11 or newer as '$(PYTHON)'. Name another one: make $(MAKECMDGOALS) PYTHON=/path/to/python3.11)
endif

# The environment is built anew where it was moved to another folder, or its Python has gone.
HERE := $(shell pwd | cksum | cut -d ' ' -f 1)
ifneq ($(shell $(BIN)/python -c "print('well')" 2>/dev/null),well)
$(shell rm -f .venv/installed-*)
endif
INSTALLED = .venv/installed-$(HERE)
LINKED = .venv/linked-$(HERE)
VENDORED = hotline/web/static/vendor/.complete
TRANSLATED = $(patsubst %.po,%.mo,$(wildcard hotline/web/translations/*/LC_MESSAGES/*.po))

.PHONY: venv up test lint bench load faults lock clean

venv: $(LINKED) $(VENDORED) $(TRANSLATED)

# Cleared first, and marked only when whole: an interrupted installation heals by itself.
$(INSTALLED): requirements.lock
	@test -w . || { echo "$(CURDIR) cannot be written to. Copy the project to a folder of your own."; exit 1; }
	@echo "Building .venv (a minute or two the first time) …"
	@$(PYTHON) -m venv --clear .venv
	@umask 022 && $(BIN)/python -m pip install -qq --disable-pip-version-check --no-compile \
		--require-hashes --no-deps -r requirements.lock
	@# On all processors at once, which pip does not; what cannot be compiled is nobody's to import.
	@$(BIN)/python -m compileall -q -j 0 .venv/lib >/dev/null 2>&1 || true
	@touch $@

$(LINKED): $(INSTALLED) pyproject.toml
	@umask 022 && $(BIN)/python -m pip install -qq --disable-pip-version-check \
		--no-deps --no-build-isolation --no-index --editable .
	@touch $@

$(VENDORED): hotline/web/package-lock.json hotline/web/assets.py | $(LINKED)
	@echo "Fetching the console's front-end parts …"
	@$(BIN)/python -m hotline.web.assets
	@touch $@

%.mo: %.po | $(LINKED)
	@$(BIN)/pybabel --quiet compile --input-file $< --output-file $@

up: venv
	@$(BIN)/hotline up

test: venv
	@$(BIN)/python -m pytest --numprocesses $$($(BIN)/python -c "import os; n = os.cpu_count() or 1; print(min(8, n + n // 2))")

lint: venv
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: venv
	@$(BIN)/python -m tests.bench

load: venv
	@$(BIN)/python -m tests.bench.traffic

faults: venv
	@$(BIN)/python -m tests.faults

# Names and hashes only: where the packages came from is the business of the machine that installs them.
lock:
	@$(PYTHON) -m venv --clear build/lock
	@build/lock/bin/pip install -qq --disable-pip-version-check uv
	@build/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --all-extras --upgrade \
		--generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --no-header \
		--output-file requirements.lock pyproject.toml

clean:
	rm -rf .venv build *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis \
		hotline/web/static/vendor hotline/web/tools hotline/web/node_modules tests/output
	find hotline ivr triage migrations tests -name __pycache__ -prune -exec rm -rf {} +
	find hotline -name '*.mo' -delete
