SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
REQUIREMENTS := $(wildcard images/operator/requirements.txt images/initializer/requirements.txt tests/requirements.txt)
PACKAGES := . $(patsubst %/pyproject.toml,%,$(wildcard images/*/pyproject.toml))

.PHONY: .venv help demo down test check lint format typecheck unit training cluster e2e golden crds bench clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.venv: .venv/installed

.venv/installed: $(REQUIREMENTS) pyproject.toml $(wildcard images/*/pyproject.toml)
	@echo "Installing the development environment into .venv (about a minute) ..."
	@rm -rf .venv && $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check $(addprefix -r ,$(REQUIREMENTS)) hatchling==1.27.0 editables==0.5
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation $(addprefix -e ,$(PACKAGES))
	@touch $@

check: lint typecheck unit crds ## Quick: format, lint, types, layers, unit and golden tests, generated files (under a minute)
	@git diff --exit-code --stat -- crds || { echo "crds/ was not up to date: commit what 'make crds' wrote"; exit 1; }

lint: .venv ## Format and lint check, import layers
	@$(BIN)/ruff format --check --quiet . || { echo "run 'make format'"; exit 1; }
	@$(BIN)/ruff check --quiet .
	@PYTHONPATH=operator $(BIN)/lint-imports --no-logo --quiet

format: .venv ## Format and apply safe fixes
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format --quiet .

typecheck: .venv ## mypy --strict
	@$(BIN)/mypy --no-error-summary operator images tests

unit: .venv ## Unit, golden and property tests (no cluster)
	@$(BIN)/python -m pytest -q tests/unit tests/golden tests/property

clean: ## Remove what was made in the checkout (caches outside it stay)
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
