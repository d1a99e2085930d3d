# Everything that one does with this checkout, each in one command. `make` alone lists the targets.
# Python packages go into .venv of the checkout, Node packages into labextension/node_modules; nothing is installed
# elsewhere, but for Debian packages that the browser test and the cluster need when make runs as root.
# Stamp files in .venv say what is installed; a target installs again only when what it depends on has changed.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RINGS := $(BIN)/python -m tests.rings
JLPM := cd labextension && PATH="$(abspath $(BIN)):$$PATH" jlpm

.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:
.PHONY: help demo test lint format test-pure test-packaging test-labextension test-local test-cluster cluster cluster-down build clean

help: ## list the targets (this text)
	@echo "jupyter_sparkk8s: make <target>, where the target is one of"
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  %-18s %s\n", $$1, $$2 }'
	@echo "Variables:"
	@echo "  PYTHON=python3.12           the Python (3.10 or later) that .venv is made with"
	@echo "  HEADLESS=1                  demo: run the notebook without a browser, print its result, exit 0 or 1"
	@echo "  KEEP_CLUSTER=1              test, test-cluster: leave the cluster up afterwards"
	@echo "  KUBECONFIG=… SPARKK8S_TEST_IMAGE=…   test, test-cluster: use this cluster and image, start none"
	@echo "  SPARKK8S_REQUIRE_CLUSTER=1  a ring that can't run here is a failure, not a line of text"

demo: check-node $(VENV)/.demo $(VENV)/.panel ## JupyterLab on this machine, opened on a Spark notebook (HEADLESS=1: no browser)
	@$(BIN)/python -m demo $(if $(filter-out 0,$(HEADLESS)),--headless)

test: check-node $(VENV)/.test $(VENV)/.panel ## lint and all rings of tests; a line for each at the end
	@$(RINGS) lint pure packaging labextension local cluster

lint: check-node $(VENV)/.test labextension/node_modules/.made ## ruff, mypy, layers of imports, eslint, prettier, tsc
	@$(RINGS) lint

test-pure: $(VENV)/.test ## ring 1: nothing but functions, seconds
	@$(RINGS) pure

test-packaging: check-node $(VENV)/.test ## wheel, sdist and editable install from a clean tree
	@$(RINGS) packaging

test-labextension: check-node $(VENV)/.test labextension/node_modules/.made ## the panel's own tests, without a browser
	@$(RINGS) labextension

test-local: check-node $(VENV)/.test $(VENV)/.panel ## ring 2: real server, real Spark, real browser on this machine
	@$(RINGS) local

test-cluster: check-node $(VENV)/.test $(VENV)/.panel ## ring 3: real Kubernetes (Linux with root, or a KUBECONFIG given)
	@$(RINGS) cluster

cluster: ## a real Kubernetes on this machine (Linux, root); prints the exports to use it
	@$(PYTHON) -m tests.cluster.rig up

cluster-down: ## end that cluster and remove what it made
	@$(PYTHON) -m tests.cluster.rig down

format: $(VENV)/.test labextension/node_modules/.made ## let ruff and prettier format the sources
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format .
	@$(JLPM) format

build: check-node $(VENV)/.test ## wheel and sdist into dist/
	@$(BIN)/python -m build --outdir dist .

clean: ## remove the environment and everything built (the cluster's cache stays)
	rm -rf $(VENV) build dist artefacts labextension/node_modules labextension/lib labextension/.yarn \
	  labextension/*.tsbuildinfo jupyter_sparkk8s/labextension *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# ---------------------------------------------------------------- how .venv comes about
SHELL := /bin/bash
# What a command prints is shown when it fails.
quietly = printed=$$($(1) 2>&1) || { echo "$$printed" >&2; exit 1; }
PACKAGE_INPUTS := pyproject.toml jupyter_sparkk8s/_version.py $(wildcard build_backend/*.py kernelspecs/*/* jupyter-config/*)
PANEL_INPUTS := $(wildcard labextension/*.json $(foreach kind,src/*.ts src/*/*.ts src/*/*.tsx schema/* style/* style/*/*,labextension/$(kind)))

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null || { \
	  echo "Python 3.10 or later is needed; '$(PYTHON)' is $$($(PYTHON) --version 2>/dev/null || echo not there)." \
	       "Install one and say which: make PYTHON=python3.12 …" >&2; exit 1; }
	@echo "Making the virtual environment $(VENV) with $$($(PYTHON) --version)."
	@$(PYTHON) -m venv $(VENV) || { \
	  echo "Python's venv module does not work here; on Debian or Ubuntu: apt install python3-venv" >&2; rm -rf $(VENV); exit 1; }
	@touch $@

# JUPYTER_PACKAGING_SKIP_NPM: the panel has its own rule below, so installing need not compile it.
$(VENV)/.demo: $(VENV)/.made $(PACKAGE_INPUTS)
	@echo "Installing jupyter_sparkk8s, JupyterLab and Spark into $(VENV) (about 600 MB the first time)."
	@JUPYTER_PACKAGING_SKIP_NPM=1 $(BIN)/python -m pip install --quiet --editable '.[demo]'
	@touch $@

$(VENV)/.test: $(VENV)/.made $(PACKAGE_INPUTS)
	@echo "Installing jupyter_sparkk8s, JupyterLab, Spark and the test tools into $(VENV) (about 700 MB the first time)."
	@JUPYTER_PACKAGING_SKIP_NPM=1 $(BIN)/python -m pip install --quiet --editable '.[test,dev]'
	@touch $(VENV)/.demo $@

.PHONY: check-node
check-node:
	@node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2>/dev/null || { \
	  echo "Node.js 20 or later is needed to build the panel; found: $$(node --version 2>/dev/null || echo none)." \
	       "Install it from https://nodejs.org or your distribution so that 'node' is on PATH." >&2; exit 1; }

# jlpm comes with JupyterLab.
labextension/node_modules/.made: labextension/package.json labextension/yarn.lock | check-node $(VENV)/.demo
	@echo "Installing the panel's Node packages."
	@$(call quietly,$(JLPM) install --immutable)
	@touch $@

$(VENV)/.panel: labextension/node_modules/.made $(PANEL_INPUTS) $(VENV)/.demo
	@echo "Building the panel."
	@$(call quietly,$(JLPM) build:prod)
	@$(call quietly,$(BIN)/jupyter-builder develop --overwrite .)
	@touch $@
