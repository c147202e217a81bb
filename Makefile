# Two commands for everybody: `make run` and `make test`. Each sets up what it needs; none needs root.
PYTHON ?= python3
STORYWATCH := .venv/bin/storywatch

.PHONY: run demo test lint quick bench quality audit sbom lock clean

run: .venv/run.stamp  ## start everything on this machine
	@exec $(STORYWATCH) run

demo: .venv/run.stamp  ## the same on a built-in newsroom, without a network
	@exec $(STORYWATCH) demo

test: lint  ## every check and every test
	.venv/bin/python -m pytest

lint: .venv/test.stamp
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports

quick: .venv/test.stamp  ## the tests that take little time
	.venv/bin/python -m pytest -m "not slow and not corpus"

bench: .venv/test.stamp  ## the table of docs/benchmarks.md
	.venv/bin/python -m benchmarks

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Storywatch needs Python 3.11 or newer; name one: make PYTHON=/path/to/python3.12"; exit 1; }
	@$(PYTHON) -m venv .venv || \
	  { echo "This Python cannot make a virtual environment; on Debian: apt install python3-venv"; rm -rf .venv; exit 1; }

.venv/run.stamp: requirements.lock pyproject.toml | .venv/bin/python
	@echo "Setting up .venv, once; this takes a minute or two."
	.venv/bin/python -m pip install --quiet --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv/test.stamp: requirements-dev.lock .venv/run.stamp
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

quality: .venv/test.stamp  ## scores on every set that carries the truth, with the pictures of docs/
	.venv/bin/python -m benchmarks.quality --pictures

# Whoever answers as osv.dev does: `make audit ADVISORIES=https://…/v1/query`.
ADVISORIES ?= https://api.osv.dev/v1/query
AUDITED ?= requirements.lock

audit: .audit/stamp  ## ask a list of advisories whether a pinned version has a known hole (needs a network)
	.audit/bin/pip-audit --disable-pip --require-hashes --progress-spinner off \
	  --vulnerability-service osv --osv-url '$(ADVISORIES)' -r '$(AUDITED)'

sbom: .audit/stamp  ## write sbom.cdx.json, the bill of materials in CycloneDX
	.audit/bin/cyclonedx-py requirements requirements.lock --output-reproducible -o sbom.cdx.json

.audit/stamp: requirements-audit.lock
	$(PYTHON) -m venv .audit
	.audit/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-audit.lock
	@touch $@

lock:  ## renew the lock files (needs uv); they hold names, versions and hashes only
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --group build pyproject.toml -o requirements.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --group build --group dev -c requirements.lock pyproject.toml -o requirements-dev.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --group audit -o requirements-audit.lock

clean:
	rm -rf .venv .audit sbom.cdx.json .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
