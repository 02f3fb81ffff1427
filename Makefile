# Each target does all the set-up it needs: a virtual environment in .venv with pinned, hashed packages.

PYTHON ?= python3
BIN := .venv/bin
# One test more at once than there are processors, because tests wait for servers and databases; three to five, because a
# container may see more processors than it may use.
JOBS ?= $(shell n=$$(nproc 2>/dev/null || echo 2); echo $$((n < 2 ? 3 : n > 4 ? 5 : n + 1)))

# Tests start many processes; without compiled files each of them would compile what it imports.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test test-fast browser readers ofxdump check bench soak docs support commands clean

demo: .venv/ready
	@$(BIN)/gateway demo $(if $(KEEP),--keep)

# The core is measured by its own tests and the exchanges; tests that are measured take twice as long.
MEASURED := tests/contracts tests/exchanges tests/simulators/banks \
  $(addprefix tests/gateway/,auth completeness connectors test_judgement.py test_flow.py test_entry_ids.py) \
  $(addprefix tests/gateway/statement/,test_assemble.py test_movements.py)

# Each core begins with its own part of the tests, so that what a file shares is made once, and helps the other in the end.
PYTEST = $(BIN)/pytest -q -n $(JOBS) --dist worksteal

# Files of tests are kept in memory where there are gigabytes of it: a database that is written to a disk waits for it.
IN_MEMORY = sh tests/in_memory.sh

test: .venv/ready readers browser
	@rm -f .coverage .coverage.*
	$(IN_MEMORY) $(PYTEST) $(addprefix --ignore=,$(MEASURED))
	$(IN_MEMORY) $(BIN)/coverage run -m $(PYTEST:$(BIN)/%=%) $(MEASURED)
	@$(BIN)/coverage combine -q
	$(BIN)/coverage report --fail-under=95

# The daily loop, some three minutes on two cores: few drawn examples, neither PostgreSQL nor the whole application, nor what
# takes long.
test-fast: .venv/ready
	HYPOTHESIS_PROFILE=quick $(IN_MEMORY) $(PYTEST) -m "not slow" tests/contracts tests/exchanges tests/gateway tests/simulators/banks tests/test_*.py

# Installs the browser of the tests where it is missing: Debian's package as root; else it says what to install.
browser: .venv/ready
	@$(BIN)/python -m tests.browser

check: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Some six minutes on two free cores. PEERS=1 measures other libraries too, MILLION=1 a million entries; ONLY names sections.
bench: .venv/ready
	@$(BIN)/python -m tests.benchmarks $(if $(PEERS),--peers) $(if $(MILLION),--million) $(if $(ONLY),--only $(ONLY))

# Nodes and workers on one PostgreSQL that are killed while they import; ACCOUNTS and DAYS make it smaller.
soak: .venv/ready
	@$(BIN)/python -m tests.soak $(if $(ACCOUNTS),--accounts $(ACCOUNTS)) $(if $(DAYS),--days $(DAYS))

# The guide as a site, half a minute; OUT is its folder.
docs: .venv/ready
	@$(BIN)/python -m docs.generator $(or $(OUT),build/site)

.venv/ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	@echo "Setting up .venv (once)"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# Programs of others that read what the gateway writes, in an environment of their own.
readers: .venv/ready ofxdump
	@$(BIN)/python -m tests.readers

# Debian's reader of OFX, installed where that is possible; tests without it read OFX with the others.
ofxdump:
	@command -v ofxdump > /dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null \
	  && { apt-get update -qq && apt-get install -y -qq ofx; } > /dev/null 2>&1; } || echo "ofxdump is not installed"

support: .venv/ready
	$(BIN)/python -m contracts.support > contracts/SUPPORT.md

commands: .venv/ready
	$(BIN)/python -m gateway.commands.reference > docs/commands.md

clean:
	rm -rf .venv .readers
