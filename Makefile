# make serve   a gateway with demo keys on http://127.0.0.1:8000      make test   every quick test
# Both set themselves up (Python 3.11+ and make are all they need). PYTHON=… names the interpreter.
SHELL := /bin/sh
VENV ?= .venv
BIN := $(VENV)/bin
ARGS ?=
export VENV
export PYTHONDONTWRITEBYTECODE ?= 1

# What pytest makes of the tests is kept from run to run.
test test-long: export PYTHONDONTWRITEBYTECODE =

.DEFAULT_GOAL := help
.PHONY: file-quality help serve test test-long check console console-dev console-or-small console-built openapi bench bench-usage guardrail-quality cache-quality forecast stress compatibility docs gen clean setup-serve setup-test

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

setup-serve:
	@scripts/setup.sh serve

setup-test:
	@scripts/setup.sh test

console-or-small: setup-serve
	@$(BIN)/python scripts/console.py build --or-small

console-built: setup-test
	@$(BIN)/python scripts/console.py build

console: setup-serve  ## build the console, check its types, run its unit tests
	@$(BIN)/python scripts/console.py build
	@$(BIN)/python scripts/console.py check

console-dev: setup-serve  ## the console with hot reload, in front of a `make serve` in another terminal
	@$(BIN)/python scripts/console.py dev

openapi: setup-test  ## write the console's API client anew from the control plane's routes
	@$(BIN)/python scripts/openapi.py

serve: setup-serve console-or-small  ## run the gateway with demo keys, in the foreground (ARGS="--port 8080")
	@exec $(BIN)/torana serve --demo --dev $(ARGS)

test: setup-test console-built  ## every quick test, in parallel (ARGS="tests/line -k hold")
	@$(BIN)/python -m pytest $(ARGS)

test-long: setup-test console-built  ## the long ones: matrices, stress, soak; and properties with many examples
	@$(BIN)/python -m pytest -m "long or hypothesis" --hypothesis-profile thorough -n 1 $(ARGS)

check: setup-test  ## lint, format, types, floors and the laws of the house
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/python scripts/console.py check
	@$(BIN)/python -m pytest tests/architecture $(ARGS)

stress: setup-test  ## 100,000 requests under kills: every cap, every sum (ARGS="--requests 5000")
	@$(BIN)/python -m tests.stress.run $(ARGS)

bench: setup-test  ## CPU, memory and latency beside nginx and a bare proxy
	@$(BIN)/python -m tests.bench $(ARGS)

bench-usage: setup-test  ## 10 million usage rows on PostgreSQL, 2 million on SQLite: loading, dashboards, retention
	@$(BIN)/python -m tests.bench.usage --engine postgres $(ARGS)
	@$(BIN)/python -m tests.bench.usage --engine sqlite $(if $(ARGS),$(ARGS),--rows 2000000)

guardrail-quality: setup-test  ## what guardrails find and miss; writes docs/guardrail-quality.md (ARGS="FOLDER")
	@$(BIN)/python scripts/guardrail_quality.py $(ARGS)

file-quality: setup-test  ## what is found in pictures of documents: the table of docs/file-quality.md (ARGS="--pages 10")
	@$(BIN)/python scripts/file_quality.py $(ARGS)

cache-quality: setup-test  ## what the semantic cache answers in other words, and must not; writes docs/cache-quality.md
	@$(BIN)/python scripts/cache_quality.py

forecast: setup-test  ## back-tests the forecast of a month; writes docs/forecast.md
	@$(BIN)/python scripts/forecast.py --write

compatibility: setup-test  ## every SDK against every provider's protocol; writes docs/compatibility.md
	@$(BIN)/python -m tests.e2e.compatibility

docs: setup-test  ## check the documents and run the examples in them
	@$(BIN)/python -m pytest tests/architecture/test_docs.py tests/docs $(ARGS)

gen: setup-test  ## write what is generated: lock files, configuration reference, provider list
	@$(BIN)/python -m pip install --quiet uv==0.13.8
	@UV=$(BIN)/uv scripts/lock.sh $(ARGS)
	@$(BIN)/torana config reference > docs/configuration.md.new && mv docs/configuration.md.new docs/configuration.md
	@$(BIN)/python scripts/providers_page.py
	@$(BIN)/python scripts/packs_page.py
	@$(BIN)/python scripts/openapi.py

clean:  ## remove what the targets made, the data folder excepted
	rm -rf $(VENV) $(VENV).setting-up .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache build dist console/node_modules src/torana/edge/console_build
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +
