"""The simulated ledgers live in benchmarks/, which a bare ``pytest`` does not put on the path."""

import sys
from pathlib import Path

ROOT = str(Path(__file__).parents[2])
if ROOT not in sys.path:
    sys.path.append(ROOT)
