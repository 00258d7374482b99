# Each target sets up .venv itself, and again when pyproject.toml changes.
# PROCESSES is how many run the tests; 0: this one.
# PIP_ARGS goes to pip, for example an index of CPU builds of torch, which spares some gigabytes.

PIP_ARGS ?=
PROCESSES ?= 0
BENCHMARKS := replies index_quality index_speed index_scale index_start sticker_quality scene_quality media_quality serving engine order_queue typing_trace feedback keys faults ope_coverage ranking_speed ranker tracing drawing generator_tuning generator_algorithms generator_throughput trials scaling rivals_serving
PYTHON := .venv/bin/python
PIP_INSTALL = $(PYTHON) -m pip install --disable-pip-version-check $(PIP_ARGS)

.DEFAULT_GOAL := help
.PHONY: serve test test-cluster check bench audiocraft rivals lint format clean help

serve: .venv/.serve  ## start the server on http://127.0.0.1:8000
	.venv/bin/gramoji serve

test: .venv/.dev  ## run all tests; with PROCESSES=2 in less time, where there are 24 GB of memory
	$(PYTHON) -m pytest --numprocesses $(PROCESSES)

test-cluster: .venv/.dev  ## try the cluster's configuration on Ray's real autoscaler: minutes, on a machine that does nothing else
	$(PYTHON) -m pytest -m autoscaler

check: lint  ## lint, and check the types
	.venv/bin/mypy

bench: .venv/.dev .venv-rivals/.done  ## run every benchmark in turn
	@set -e; for name in $(BENCHMARKS); do echo "== $$name"; $(PYTHON) -m benchmarks.$$name; done

audiocraft: .venv-audiocraft/.done  ## make the environment that MusicGen and AudioGen run in

rivals: .venv-rivals/.done  ## make the environment of the servers that ours is compared with

lint: .venv/.dev  ## check style and formatting
	.venv/bin/ruff check
	.venv/bin/ruff format --check

format: .venv/.dev  ## format the code and fix what can be fixed
	.venv/bin/ruff check --fix
	.venv/bin/ruff format

clean:  ## remove caches and build leftovers; keeps .venv and var
	rm -rf build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.venv/.serve: pyproject.toml | $(PYTHON)
	$(PIP_INSTALL) -e .
	@touch $@

.venv/.dev: pyproject.toml | $(PYTHON)
	$(PIP_INSTALL) -e '.[dev]'
	@touch $@ .venv/.serve

# An environment that sees the packages of $(PYTHON), torch among them, and holds only what they lack.
define environment_beside
	rm -rf $(@D)
	$(PYTHON) -m venv $(@D)
	$(PYTHON) -c 'import sysconfig; print("import site; site.addsitedir(%r)" % sysconfig.get_path("purelib"))' \
		> $(@D)/lib/python3.11/site-packages/project.pth
endef

# The compiled part of torchaudio goes: it needs CUDA, and audiocraft uses none of it.
.venv-audiocraft/.done: configs/audiocraft.txt | $(PYTHON)
	$(environment_beside)
	$(@D)/bin/python -m pip install --disable-pip-version-check --quiet --no-deps $(PIP_ARGS) \
		audiocraft==1.3.0 torchaudio==2.11.0 xformers==0.0.35
	$(@D)/bin/python -m pip install --disable-pip-version-check --quiet --no-warn-conflicts $(PIP_ARGS) --requirement $<
	rm -f $(@D)/lib/python3.11/site-packages/torchaudio/lib/*.so
	@touch $@

# BentoML wants another OpenTelemetry than Ray has.
.venv-rivals/.done: benchmarks/rivals.txt | .venv/.serve
	$(environment_beside)
	$(@D)/bin/python -m pip install --disable-pip-version-check --quiet --no-warn-conflicts $(PIP_ARGS) --requirement $<
	@touch $@

$(PYTHON):
	@for python in python3.11 python3; do \
		if $$python -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then \
			$$python -m venv .venv || { rm -rf .venv; exit 1; }; \
			exit 0; \
		fi; \
	done; \
	echo "Gramoji needs Python 3.11, and neither python3.11 nor python3 is that." >&2; exit 1
