# Copyright (c) 2026, the netbsd.xen maintainers
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

SHELL := /bin/sh
MAKEFLAGS += --no-print-directory
.NOTPARALLEL:
.DEFAULT_GOAL := help

# Before there is a virtual environment: the newest Python of 3.11 to 3.14; PYTHON=... overrides the choice.
PYTHON_FOUND = $$(PYTHON='$(PYTHON)' tools/find_python.sh)
VENV_PYTHON := .venv/bin/python
LAB := PATH="$(CURDIR)/.venv/bin:$$PATH" tests/lab/lab

# In the order in which "make test" runs them: those that keep one core busy first, while the lab's images are built on
# the other; then those that use both; the lab last.
CHECKS := lint sanity build docs unit unit-oldest guests molecule

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo "  V=1 shows all output of the checks; PYTHON=/path/to/python chooses the Python of .venv"

.PHONY: demo
demo: deps venv ## Start guests on a real Xen host, show them, and show what a change would do
	@$(VENV_PYTHON) tools/demo.py

.PHONY: test
test: deps venv ## Run all the checks below; a table of results and times at the end
	@$(VENV_PYTHON) tools/run.py $(CHECKS)

.PHONY: $(CHECKS) guests-all
lint: ## ruff, yamllint, mypy, shellcheck, reuse, changelog, ansible-lint
unit: ## Unit tests, with Xen's own parser as oracle
unit-oldest: ## Unit tests of the plugins with the oldest Python of the managed hosts
sanity: ## ansible-test sanity with every Python of this machine
build: ## Build the artifact, look into it, install it offline
docs: ## Lint the documentation and render it to .cache/docs
guests: ## The modules of guests on real Xen, each change four times
guests-all: ## The same with the topics that make test leaves out: live changes, life, many, migration, PCI, xm
molecule: ## The scenarios on the lab host
$(CHECKS) guests-all: venv
	@$(VENV_PYTHON) tools/run.py $@

.PHONY: browser
browser: venv ## The report in a headless Chromium, which is installed if need be (pictures in .cache/browser)
	@$(VENV_PYTHON) tools/deps.py chromium
	@$(VENV_PYTHON) tools/run.py browser

.PHONY: interrupted
interrupted: deps venv ## Kill the play from bare host to dom0 in eleven places (25 minutes; make test leaves it out)
	@PATH="$(CURDIR)/.venv/bin:$$PATH" ANSIBLE_COLLECTIONS_PATH="$(CURDIR)/.cache/collections" \
	    $(VENV_PYTHON) -m pytest -q -s tests/integration/test_interrupted.py

.PHONY: faults
faults: deps venv ## Kill tasks at every step, take their disk space, break real Xen: a table (an hour; NO_LAB=1: 12 minutes)
	@PATH="$(CURDIR)/.venv/bin:$$PATH" $(VENV_PYTHON) tools/faults.py $(if $(NO_LAB),--no-lab)

.PHONY: scenario
scenario: deps venv ## One scenario of molecule by itself: NAME=errors, NAME=xen_pciback, ... (make test leaves these out)
	@test -d "molecule/$(NAME)" && test -n "$(NAME)" || { echo "Say which: make scenario NAME=errors"; exit 2; }
	@PATH="$(CURDIR)/.venv/bin:$$PATH" ANSIBLE_COLLECTIONS_PATH="$(CURDIR)/.cache/collections" \
	    MOLECULE_GLOB='molecule/*/molecule.yml' molecule test -s $(NAME)

.PHONY: upgrade
upgrade: deps venv ## From Xen 4.18 to 4.20 and back, with a guest (10 minutes; make test leaves it out)
	@PATH="$(CURDIR)/.venv/bin:$$PATH" ANSIBLE_COLLECTIONS_PATH="$(CURDIR)/.cache/collections" \
	    MOLECULE_GLOB='molecule/*/molecule.yml' molecule test -s upgrade

.PHONY: upgrade-play
upgrade-play: deps venv ## Kill playbooks/upgrade.yml in two places and resume it (25 minutes; make test leaves it out)
	@PATH="$(CURDIR)/.venv/bin:$$PATH" ANSIBLE_COLLECTIONS_PATH="$(CURDIR)/.cache/collections" \
	    $(VENV_PYTHON) -m pytest -q -s tests/integration/test_upgrade_play.py

.PHONY: upgrade-fleet
upgrade-fleet: deps venv ## Upgrade two hosts, past a canary that fails (25 minutes; make test leaves it out)
	@PATH="$(CURDIR)/.venv/bin:$$PATH" ANSIBLE_COLLECTIONS_PATH="$(CURDIR)/.cache/collections" \
	    $(VENV_PYTHON) -m pytest -q -s tests/integration/test_upgrade_fleet.py

.PHONY: bootstrap
bootstrap: deps venv ## playbooks/bootstrap.yml on a host without Python and pkgin (a minute; make test leaves it out)
	@PATH="$(CURDIR)/.venv/bin:$$PATH" ANSIBLE_COLLECTIONS_PATH="$(CURDIR)/.cache/collections" \
	    $(VENV_PYTHON) -m pytest -q -s tests/integration/test_bootstrap.py

.PHONY: pull
pull: deps venv ## ansible-pull on a dom0 with git and ansible-core of its own (20 minutes; needs PyPI; make test leaves it out)
	@PATH="$(CURDIR)/.venv/bin:$$PATH" ANSIBLE_COLLECTIONS_PATH="$(CURDIR)/.cache/collections" \
	    $(VENV_PYTHON) -m pytest -q -s tests/integration/test_pull.py

.PHONY: cookbook
cookbook: deps venv ## Run the commands of docs/cookbook.md (5 minutes; make test leaves it out)
	@PATH="$(CURDIR)/.venv/bin:$$PATH" ANSIBLE_COLLECTIONS_PATH="$(CURDIR)/.cache/collections" \
	    $(VENV_PYTHON) -m pytest -q -s tests/integration/test_cookbook.py

.PHONY: versions
versions: deps venv ## Take each version of Xen from bare host to hypervisor (an hour; make test leaves it out)
	@PATH="$(CURDIR)/.venv/bin:$$PATH" ANSIBLE_COLLECTIONS_PATH="$(CURDIR)/.cache/collections" \
	    $(VENV_PYTHON) -m pytest -q -s tests/integration/test_versions.py

.PHONY: netbsd
netbsd: venv ## The scenario xen_dom0 on a real NetBSD host: INVENTORY=my-inventory.yml
	@test -n "$(INVENTORY)" || { echo "Say where: make netbsd INVENTORY=my-inventory.yml"; exit 2; }
	@PATH="$(CURDIR)/.venv/bin:$$PATH" NETBSD_INVENTORY="$(abspath $(INVENTORY))" \
	    MOLECULE_GLOB='molecule/*/molecule.yml' molecule test -s netbsd

.PHONY: deps
deps: ## Install the Debian packages that are missing (as root; else say which)
	@python=$(PYTHON_FOUND) && "$$python" tools/deps.py

.PHONY: venv
venv: ## Make .venv from the locked requirements
	@python=$(PYTHON_FOUND) && "$$python" tools/make_venv.py

.PHONY: lock
lock: ## Resolve requirements/*.in anew (needs Python 3.8, 3.11 and 3.12)
	@python=$(PYTHON_FOUND) && "$$python" tools/lock.py

.PHONY: format
format: venv ## Format and fix the Python code
	@.venv/bin/ruff check --quiet --fix . ; .venv/bin/ruff format .

.PHONY: lab-up lab-ssh lab-down
lab-up: deps venv ## Start the lab: a Xen host in QEMU
	@$(LAB) up
lab-ssh: ## Open a shell on the lab host
	@$(LAB) ssh
lab-down: ## Stop the lab, all its instances
	@$(LAB) down --all

.PHONY: fuzz
fuzz: deps venv ## Have Xen's own parsers judge 200,000 damaged texts, or CASES=N (minutes; make test judges a few thousand)
	@$(VENV_PYTHON) tools/fuzz.py $(if $(CASES),--cases $(CASES)) $(if $(SECONDS),--seconds $(SECONDS))

.PHONY: bench
bench: deps venv ## Measure the modules on the lab host
	@$(VENV_PYTHON) tests/benchmark/bench.py

.PHONY: bench-guests
bench-guests: deps venv ## Measure 1, 10 and 50 guests beside libvirt and a play by hand (the lab; hours)
	@$(VENV_PYTHON) tests/benchmark/guests.py

.PHONY: ee
ee: venv ## Make and check the context of the execution environment (needs PyPI; the image needs podman or docker)
	@$(VENV_PYTHON) tools/ee.py

.PHONY: bench-roles
bench-roles: deps venv ## Measure the role xen_dom0 on a lab host that is as it should be
	@$(VENV_PYTHON) tests/benchmark/roles.py

.PHONY: bench-fleet
bench-fleet: venv ## Measure a play on 1 to 100 simulated hosts, and the start of each module (no lab)
	@$(VENV_PYTHON) tests/benchmark/fleet.py
	@$(VENV_PYTHON) tests/benchmark/startup.py

.PHONY: bench-inventory
bench-inventory: venv ## Measure the inventory plugin with 1 to 100 simulated hosts (no lab)
	@$(VENV_PYTHON) tests/benchmark/inventory.py

.PHONY: bench-settings
bench-settings: venv ## Measure what settings of ansible.cfg do to a play on 20 simulated hosts (no lab)
	@$(VENV_PYTHON) tests/benchmark/settings.py

.PHONY: clean
clean: ## Stop the lab and remove everything that was built
	@if [ -d .cache/lab ]; then $(LAB) clean --all; fi
	@rm -rf .cache .venv .ansible
