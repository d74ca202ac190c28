# `make demo` and `make test` need Python 3.10 or newer and the network, and put everything in .venv.
PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/installed

.PHONY: demo test check bench clean

demo: $(INSTALLED)
	rm -rf demo
	$(BIN)/pyannote-strf demo demo

test: $(INSTALLED)
	$(BIN)/python -m pytest

check: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

# apart from the rest: SpeechBrain 1.1 imports k2 as soon as hypothesis looks at its modules
bench: $(INSTALLED)
	$(BIN)/python -m pip install --target .venv/bench --no-deps --quiet speechbrain hyperpyyaml ruamel.yaml
	PYTHONPATH=.venv/bench $(BIN)/python benchmarks/layer.py
	$(BIN)/python benchmarks/model.py

$(INSTALLED): setup.cfg pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "Python 3.10 or newer is needed")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --constraint constraints.txt --editable '.[test]'
	touch $@

clean:
	rm -rf .venv demo build *.egg-info
