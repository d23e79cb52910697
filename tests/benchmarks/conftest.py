"""Benchmarks lie beside src; a bare ``pytest`` does not put them on the path."""

import sys
from pathlib import Path

ROOT = str(Path(__file__).parents[2])
if ROOT not in sys.path:
    sys.path.append(ROOT)
