# Every target first makes or updates the environment it needs. Nothing is installed again while
# pyproject.toml and the interpreter stay the same. Another interpreter: PYTHON=python3.13 make test

SHELL := bash
PYTEST_ARGS ?=
BENCH_ARGS ?=

.PHONY: help demo test check bench clean

help:
	@echo 'make demo    install and run the demonstration'
	@echo 'make test    install what the tests need and run all of them'
	@echo 'make check   the two-minute loop: format, lint, types, rings, file sizes, fast tests'
	@echo 'make bench   run treadle and its peers side by side and fill the table in README.md'
	@echo 'make clean   remove environments, caches and build results'
	@echo
	@echo 'PYTHON=python3.13 make test         another interpreter'
	@echo 'make test PYTEST_ARGS="-k delayed"  a part of the tests'

demo:
	@scripts/environment.sh .venv
	@.venv/bin/python examples/demo.py

test:
	@scripts/environment.sh .venv test
	@scripts/system-packages.sh
	.venv/bin/python -m pytest --doctest-modules $(PYTEST_ARGS) src tests

check:
	@scripts/environment.sh .venv check
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/python -m pytest --doctest-modules -m 'not processes' $(PYTEST_ARGS) tests/project src tests

bench:
	@scripts/environment.sh .venv-bench bench
	.venv-bench/bin/python benchmarks/run.py $(BENCH_ARGS)
	.venv-bench/bin/python scripts/quote_table.py benchmarks/results/table.md README.md

clean:
	rm -rf .venv .venv-bench .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist demo-output
	find src tests examples scripts docs -name __pycache__ -type d -prune -exec rm -rf {} +
