SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
# One more than there are cores: some only wait.
SIDE_BY_SIDE := $(BIN)/python -m pytest -q -n $$(($$(nproc) + 1)) --dist worksteal
# Each works through a file at a time on a cluster of its own, which takes 1.5 GB of memory; tests there mostly wait.
CLUSTERS ?= 3
# Images link to the operator's trainjob_contract, which is counted once.
COVERED = $(patsubst %/__init__.py,--cov=%,$(filter-out images/%/trainjob_contract/__init__.py,$(wildcard operator/*/__init__.py images/*/*/__init__.py)))
# What is compiled once, modules of packages and rewritten asserts, is not compiled in every run.
unexport PYTHONDONTWRITEBYTECODE
# Without hashes, which pip would then ask of all: what a person develops with is built there.
REQUIREMENTS := $(wildcard images/operator/requirements.in images/initializer/requirements.in tests/requirements.txt)
# Writes the hashes; no part of the development environment.
UV ?= 0.13.9
PACKAGES := . $(patsubst %/pyproject.toml,%,$(wildcard images/*/pyproject.toml))

.PHONY: .venv help demo down test check lint format typecheck unit property initializer training training-shared \
  cluster cluster-shared alone e2e coverage golden recordings crds runtimes keys models bench version release requirements clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.venv: .venv/installed

.venv/installed: $(REQUIREMENTS) pyproject.toml $(wildcard images/*/pyproject.toml)
	@echo "Installing the development environment into .venv (about a minute) ..."
	@rm -rf .venv && $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check $(addprefix -r ,$(REQUIREMENTS)) hatchling==1.27.0 editables==0.5
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation $(addprefix -e ,$(PACKAGES))
	@touch $@

check: lint typecheck unit crds ## Quick: format, lint, types, layers, unit and golden tests, generated files clean (less than a minute)
	@git diff --exit-code --stat -- crds runtimes manifests/chart/crds manifests/chart/runtimes || { echo "generated files were not up to date: commit what 'make crds' wrote"; exit 1; }

lint: .venv ## Format and lint check, import layers
	@$(BIN)/ruff format --check --quiet . || { echo "run 'make format'"; exit 1; }
	@$(BIN)/ruff check --quiet .
	@PYTHONPATH=operator $(BIN)/lint-imports --no-logo >/dev/null || PYTHONPATH=operator $(BIN)/lint-imports --no-logo

format: .venv ## Format and apply safe fixes
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format --quiet .

typecheck: .venv ## mypy --strict
	@$(BIN)/mypy --no-error-summary operator images tests

unit: .venv ## Unit and golden tests
	@$(SIDE_BY_SIDE) tests/unit tests/golden

property: .venv ## Thousands of generated objects against admission, and of histories against the core
	@$(SIDE_BY_SIDE) tests/property

initializer: .venv ## The initializer downloads from a local Hub, each time in a process of its own
	@$(SIDE_BY_SIDE) tests/initializer

coverage: .venv ## Which lines of the operator and the images the unit, golden and property tests run; build/coverage has more
	@$(SIDE_BY_SIDE) tests/unit tests/golden tests/property $(COVERED) --cov-report=term --cov-report=html:build/coverage

golden: .venv ## Rewrite the golden files; read the diff before you commit it
	@GOLDEN_UPDATE=1 $(BIN)/python -m pytest -q tests/golden

recordings: .venv ## Record again what a real API server answers to kopf (as root); read the diff before you commit it
	@$(BIN)/python -m tests.devcluster build
	@$(BIN)/python -m tests.recordings

runtimes: .venv ## Generate runtimes/ from the catalogue of models
	@$(BIN)/python -m trainjob_operator.generate.runtimes runtimes

crds: runtimes ## Generate crds/ from the models, and the copies of crds/ and runtimes/ in the chart
	@$(BIN)/python -m trainjob_operator.generate.crds crds
	@mkdir -p manifests/chart/crds
	@cp crds/trainer.kubeflow.org_*.yaml manifests/chart/crds/
	@rm -rf manifests/chart/runtimes && mkdir manifests/chart/runtimes && cp runtimes/t*.yaml manifests/chart/runtimes

keys: .venv ## Take the keys of TorchTune's configs out of its wheel again
	@$(BIN)/python -c "from tests.devcluster import torch_environment; torch_environment.ensure()"
	@$(BIN)/python -m trainjob_operator.generate.keys $$($(BIN)/python -c "from tests.devcluster import torch_environment as t; print(t.path())")/lib/python3.11/site-packages

models: .venv ## Take what TorchTune's configs say of each model out of its wheel again
	@$(BIN)/python -m tests.training.models

requirements: .venv ## Write the images' requirements.txt, with the hashes of the wheels, from requirements.in
	@rm -rf build/uv && $(PYTHON) -m venv build/uv && build/uv/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV)
	@$(BIN)/python -m trainjob_operator.generate.requirements build/uv/bin/uv images/*/requirements.in images/torchtune/variants/*.in

test: .venv ## Everything, and what took longest; builds what it needs and keeps it in a cache outside the checkout
	@$(BIN)/python -m tests.suites

training: .venv ## TorchTune really trains, on the CPU
	@$(BIN)/python -m pytest -q --timeout=1800 tests/training

training-shared: .venv
	@$(BIN)/python -m pytest -q --timeout=1800 -m "not alone" tests/training

cluster: cluster-shared ## The operator on an embedded Kubernetes of real parts (as root)
	@$(BIN)/python -m pytest -q --timeout=1800 -m alone tests/cluster

cluster-shared: .venv
	@$(BIN)/python -m tests.devcluster build
	@$(BIN)/python -m pytest -q -m "not alone" --timeout=1800 -n $(CLUSTERS) --dist loadfile --no-loadscope-reorder tests/cluster

alone: .venv
	@$(BIN)/python -m tests.devcluster build
	@$(BIN)/python -m pytest -q --timeout=1800 -m alone tests/cluster tests/training

e2e: .venv ## The demo's TrainJob, from Hub to fine-tuned model
	@$(BIN)/python -m tests.devcluster build
	@$(BIN)/python -m pytest -q --timeout=1800 tests/e2e

demo: .venv ## Fine-tune a real language model on an embedded Kubernetes, and watch it
	@$(BIN)/python -m tests.demo

down: .venv ## Take the demo's cluster down
	@$(BIN)/python -m tests.demo --down

bench: .venv ## Requests, CPU, memory and latency of the control plane, beside a floor without an operator
	@$(BIN)/python -m tests.bench all

version: .venv ## Print the version, or set it everywhere: make version VERSION=1.2.3
	@$(BIN)/python -m trainjob_operator.generate.version $(VERSION)
	@[ -z "$(VERSION)" ] || $(MAKE) --no-print-directory crds golden

release: .venv ## Make wheel, chart, notes and bills of materials in dist/, and print what is to be built and pushed
	@rm -rf dist
	@PATH="$$($(BIN)/python -c "from tests.devcluster import binaries; print(binaries.tools())"):$$PATH" $(BIN)/python -m trainjob_operator.generate.release dist

clean: ## Remove what was made in the checkout (caches outside it stay)
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
