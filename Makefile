# The one entry. Every target first makes its own environment from plain `python3`.
# `make test PYTHON=python3.13 VENV=.venv-3.13` uses another interpreter.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.stamp
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq
# One process for each of two cores; WORKERS=0 keeps everything in one, for a debugger.
WORKERS ?= 2
JOBS ?= 2
# SQLite and PostgreSQL wait for the disk at each commit. No test takes the power away, so their files lie in memory where
# there is room for them.
MEMORY := $(shell df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 && $$6 == "/dev/shm" && $$4 > 4000000 { print $$6 }')
CODE := conftest.py src tests docs/site $(wildcard bench tools examples)

# How long `make properties` goes on.
CRMCORE_MINUTES ?= 60

.DEFAULT_GOAL := help
.PHONY: help environment demo serve shots screens quick test whole cover example check lint types architecture docs docs-sync vectors site format bench deep lowest properties mutants changes kills spec edits interpreters clean

help:  ## Show the targets.
	@grep -hE '^[a-z-]+:.*##' $(firstword $(MAKEFILE_LIST)) | sed -E 's/^([a-z-]+):.*## */\1\t/' | expand -t 16

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "crmcore needs Python 3.11 or newer, this is %d.%d" % sys.version_info[:2])'
	@$(PYTHON) -m venv $(VENV)
	@# An old pip knows no dependency groups.
	@$(PIP) install --upgrade pip
	@$(if $(LOWEST),$(PYTHON) -m tools.lowest >$(VENV)/lowest.txt)
	@$(PIP) install $(if $(LOWEST),-c $(VENV)/lowest.txt) -e '.[cli,excel,json,postgres,server,sql,testing]' --group dev
	@touch $@

demo: $(STAMP)  ## Show the main job on a sample that ships with the package.
	@$(BIN)/crmcore demo

serve: $(STAMP)  ## Serve the page of the CRM mode, on the sample that ships with the package.
	@$(BIN)/crmcore serve

shots: $(STAMP)  ## Pictures of every state of the page, in build/shots (needs chromium).
	@rm -rf build/shots
	@$(BIN)/python -m tools.shots build/shots

screens: $(STAMP)  ## What people see on terminals of 80 and 120 columns, in build/screens.
	@rm -rf build/screens
	@$(BIN)/python -m tools.screens build/screens

# A file stays in one process: the examples of a document follow each other. Files begin in the order of tests/order.py;
# xdist's own one, by the number of tests, keeps the longest for the end.
SPREAD = -n $(WORKERS) --dist loadfile --no-loadscope-reorder

# Hundreds of processes of Python load the same modules: compiled once, whatever the machine says of bytecode.
export PYTHONDONTWRITEBYTECODE :=

ifneq ($(MEMORY),)
quick test whole cover spec: export TMPDIR := $(MEMORY)
endif

# A third process works while the others wait for a database or a browser.
test whole: WORKERS := 3

quick: $(STAMP)  ## Unit tests, cases and the contract in memory: for every save.
	HYPOTHESIS_PROFILE=dev $(BIN)/python -m pytest -q $(SPREAD) -m "not slow" tests/unit tests/cases tests/contract

test: $(STAMP)  ## Run all tests but those marked `matrix`; domain and ports must be covered wholly.
	$(BIN)/python -m pytest $(SPREAD) --cover -m "not matrix"

whole: $(STAMP)  ## Run all tests, at every place, with the same coverage.
	$(BIN)/python -m pytest $(SPREAD) --cover

cover: $(STAMP)  ## Branch coverage of domain and ports by their own unit tests: 100 %.
	$(BIN)/python -m pytest -q $(SPREAD) --cover -m "not slow" tests/unit/domain tests/unit/ports

example: $(STAMP)  ## The host products with crmcore from its wheel: their tests, and known-bad stores in them.
	$(BIN)/python -m pytest tests/kit/test_host_example.py tests/kit/test_agency_example.py

# What needs one processor goes side by side, and tests take all of them; what is red hides nothing.
check: $(STAMP)  ## Everything that must hold before a commit.
	@status=0; \
	$(MAKE) --keep-going --jobs=$(JOBS) --output-sync lint types architecture docs kills || status=$$?; \
	$(MAKE) whole || status=$$?; exit $$status

environment: $(STAMP)  ## Make the environment alone.

lint: $(STAMP)
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)

types: $(STAMP)
	$(BIN)/mypy

architecture: $(STAMP)
	$(BIN)/lint-imports

docs: $(STAMP)
	$(BIN)/python -m tools.docs_sync --check
	$(BIN)/python -m tools.vectors --check

vectors: $(STAMP)  ## Record the vectors anew, and have the oracle judge them.
	$(BIN)/python -m tools.vectors

docs-sync: $(STAMP)  ## Rewrite the generated parts of the documents.
	$(BIN)/python -m tools.docs_sync

site: $(STAMP)  ## Build the documents and the reference as pages, in build/site.
	@$(PIP) install --group site
	@rm -rf build/site
	@$(BIN)/python -m tools.site_source build/source
	$(BIN)/python -m sphinx -W --keep-going -E -q -c docs/site -d build/doctrees build/source build/site
	@$(BIN)/python -m tools.site_check build/site
	@$(BIN)/python -m tools.site_walk build/site

format: $(STAMP)  ## Put the code into the common form.
	$(BIN)/ruff check --fix $(CODE)
	$(BIN)/ruff format $(CODE)

bench: $(STAMP)  ## Measure against the floors.
	@$(PIP) install --group bench
	$(BIN)/python -m bench
	$(BIN)/python -m bench.databases
	$(BIN)/python -m bench.databases.pages
	$(BIN)/python -m bench.databases.host
	$(BIN)/python -m bench.databases.transfer
	$(BIN)/python -m bench.servers

deep: each-test lowest mutants changes edits properties  ## Every interpreter, the lowest versions, mutation, an hour of new examples, large walks.
	HYPOTHESIS_PROFILE=deep CRMCORE_DEEP=1 $(BIN)/python -m pytest $(SPREAD)

lowest:  ## The quick tests with the lowest versions that pyproject.toml allows, on the oldest Python that is here.
	@$(MAKE) --no-print-directory quick LOWEST=1 VENV=.venv-lowest PYTHON=$$($(PYTHON) -m tools.interpreters --oldest)

properties: $(STAMP)  ## New examples for every property, round after round, until CRMCORE_MINUTES (60) are over.
	@end=$$(($$(date +%s) + 60 * $(CRMCORE_MINUTES))); round=1; \
	while echo "round $$round" && HYPOTHESIS_PROFILE=new $(BIN)/python -m pytest -q $(SPREAD) tests/property; do \
	  [ $$(date +%s) -lt $$end ] || exit 0; round=$$((round + 1)); \
	done; exit 1

# All parts take a night; a run that was stopped goes on where it stopped. PART=domain is one of them, SAMPLE=300 draws so
# many mutants of each, MINUTES=60 stops after an hour, AGAIN=1 judges anew what no test has killed.
mutants: $(STAMP)  ## Mutation testing, whole or in parts; writes docs/mutation.md.
	HYPOTHESIS_PROFILE=dev $(BIN)/python -m tools.mutation_run $(PART) --workers $(WORKERS) \
	  $(if $(SAMPLE),--sample $(SAMPLE)) $(if $(MINUTES),--minutes $(MINUTES)) $(if $(AGAIN),--again)
	@$(BIN)/python -m tools.mutation_report

changes: $(STAMP)  ## Break each sentence of the rules as tests/spec/changes.toml says, and see its test fail.
	$(BIN)/python -m tools.spec_changes

kills: $(STAMP)  ## The same for those of which the sentence, the change, the code or the test has moved since.
	$(BIN)/python -m tools.spec_changes --moved

spec: $(STAMP)  ## Every statement with its rules, every sentence with its evidence, and its tests run.
	$(BIN)/python -m tools.spec_report

edits: $(STAMP)  ## Edit the rules, marks, tests and tables in a copy, and see each edit named by the check.
	$(BIN)/python -m tools.spec_edits

interpreters:  ## List the interpreters that are here.
	@$(PYTHON) -m tools.interpreters

# `make each-quick`, `make each-test`: a target on every interpreter that is here, each in an environment of its own.
each-%:
	@$(PYTHON) -m tools.interpreters $*

# The same on all but the default one: what `.ci/run` adds to `make check`.
others-%:
	@$(PYTHON) -m tools.interpreters --others $*

clean:  ## Remove everything that was made.
	rm -rf $(VENV) .venv-* build dist mutants htmlcov .coverage .coverage.* \
	  .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
