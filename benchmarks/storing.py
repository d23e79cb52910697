"""Keep a result beside the environment it was measured in."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import torch

from whet.improving.environment import environment

RESULTS = Path(__file__).parent / "results"


def store(name: str, result: dict[str, Any]) -> Path:
    """Write benchmarks/results/NAME.json."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    content = {
        "benchmark": name,
        "date": time.strftime("%Y-%m-%d"),
        "environment": environment(device="cpu", num_threads=torch.get_num_threads()),
        **result,
    }
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    return path
