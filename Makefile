# make demo    install what is missing, then draw a figure from a sentence
# make test    install what is missing, then run the tests
#
# TORCH is handed to pip as it stands, so options can go with it:  make demo TORCH="torch==2.11.0"

SHELL := /bin/bash
PYTHON ?= python3
TORCH ?= torch==2.13.0
VENV := .venv
BIN := $(VENV)/bin
SENTENCE ?= Draw a right triangle with legs 3 and 4 and label its vertices A, B and C.

.PHONY: demo test bench lint format wheel bundled-model clean programs
.DEFAULT_GOAL := demo

demo: programs $(VENV)/.base
	$(BIN)/asygrammar generate "$(SENTENCE)" -o demo.svg

test: programs $(VENV)/.dev
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses 2 --dist loadfile

bench: programs $(VENV)/.dev
	$(BIN)/python -m pytest -m slow
	$(BIN)/asygrammar bench ladder
	$(BIN)/asygrammar bench soundness --programs 2000

lint: $(VENV)/.dev $(VENV)/.typing
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	cd $(VENV)/typing && ../bin/mypy --config-file ../../pyproject.toml -p asygrammar

format: $(VENV)/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# The wheel, installed where nothing of this checkout is, draws a figure from another folder.
wheel: programs
	./.ci/wheel "$(PYTHON)" "$(TORCH)"

# Trains the model that ships in the repository, on a GPU where there is one; resumes when cut.
bundled-model: programs $(VENV)/.dev
	test -f runs/data/train.jsonl || $(BIN)/asygrammar data build --size 100000 --out runs/data
	$(BIN)/python -m asygrammar.train nano --data runs/data --out runs/nano
	$(BIN)/python -m asygrammar.train publish --run runs/nano --data runs/data \
	  --model decoding/models/phi3-asy-nano

clean:
	rm -rf $(VENV) build dist *.egg-info demo.svg

# ------------------------------------------------------------------- what the above stands on

programs:
	@./.ci/programs

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.base: $(VENV)/bin/python pyproject.toml constraints.txt
	$(BIN)/pip install --quiet $(TORCH)
	$(BIN)/pip install --quiet -c constraints.txt -e .
	touch $@

# Without what it depends on: xgrammar asks for triton, which only a GPU has a use for.
$(VENV)/.dev: $(VENV)/.base
	$(BIN)/pip install --quiet -c constraints.txt -e ".[train,eval,dev]"
	$(BIN)/pip install --quiet -c constraints.txt --no-deps xgrammar apache-tvm-ffi
	touch $@

# Type checkers do not follow setuptools' package-dir: links that mirror the import names do it.
$(VENV)/.typing: $(VENV)/.base $(wildcard asygrammar/* asygrammar/*/)
	rm -rf $(VENV)/typing && mkdir -p $(VENV)/typing/asygrammar
	cd $(VENV)/typing/asygrammar && ln -s ../../../asygrammar/* . && rm -rf __pycache__ \
	  && ln -s ../../../decoding ../../../eval ../../../train ../../../grammars .
	touch $@
