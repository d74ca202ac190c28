# `make demo` and `make test` need Python 3.11 or newer and the network, and put everything in .venv.
PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/installed
# on two cores
PYTEST := python -m pytest --numprocesses 2 --dist worksteal

.PHONY: demo test test-newest test-lowest stress fuzz check docs bench clean

demo: $(INSTALLED)
	rm -rf demo
	$(BIN)/pyannote-strf demo demo

test: $(INSTALLED)
	$(BIN)/$(PYTEST)

# a hundred kills at random moments; takes long
stress: $(INSTALLED)
	$(BIN)/python -m pytest -m stress

# every malformed input, with a table of what came of them
fuzz: $(INSTALLED)
	$(BIN)/python -m pytest -m fuzz tests/fuzz

# the newest and the lowest versions that setup.cfg allows, each in an environment of its own
test-newest: $(INSTALLED)
	$(PYTHON) -m venv .venv/newest
	.venv/newest/bin/python -m pip install --upgrade --upgrade-strategy eager --editable '.[test]'
	.venv/newest/bin/$(PYTEST)

test-lowest: $(INSTALLED)
	$(PYTHON) -m venv .venv/lowest
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/python -m uv pip install --python .venv/lowest --resolution lowest-direct --editable '.[test]'
	.venv/lowest/bin/$(PYTEST)

check: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# griffe reads docstrings from the source: nothing is imported, and nothing is downloaded
docs: $(INSTALLED)
	$(BIN)/python -m pip install --constraint constraints.txt --quiet --editable '.[docs]'
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

# apart from the rest: SpeechBrain 1.1 imports k2 as soon as hypothesis looks at its modules
bench: $(INSTALLED)
	$(BIN)/python -m pip install --target .venv/bench --no-deps --quiet speechbrain hyperpyyaml ruamel.yaml
	PYTHONPATH=.venv/bench $(BIN)/python benchmarks/layer.py
	$(BIN)/python benchmarks/model.py
	$(BIN)/python benchmarks/prediction.py
	$(BIN)/python benchmarks/figures.py

$(INSTALLED): setup.cfg pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --constraint constraints.txt --editable '.[test]'
	touch $@

clean:
	rm -rf .venv demo build site *.egg-info
