"""How long an audit of a large table takes, and how much memory: 20 columns, up to a million rows.

The table is made here: nine columns of numbers, five of categories, two of dates, one of codes, two of texts, and the
target; no data are needed. Each size is audited in a process of its own, so that peak memory is that size's own. The
mark: a million rows within 3 minutes and 3 GB, and seconds per row that do not grow with the rows.

    python -m benchmarks audit_speed [--quick] [--only CHECK,CHECK]
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.storing import store

SIZES = (125_000, 250_000, 500_000, 1_000_000)
MOST_S, MOST_GB = 180.0, 3.0
BLOCK = 125_000  # rows made at a time
WORDS = np.array(
    [
        "the",
        "a",
        "service",
        "delivery",
        "phone",
        "was",
        "is",
        "not",
        "very",
        "quick",
        "slow",
        "good",
        "bad",
        "order",
        "customer",
        "support",
        "price",
        "fair",
        "high",
        "again",
        "problem",
        "solved",
        "answered",
        "came",
        "late",
        "early",
        "box",
        "broken",
        "returned",
        "refund",
        "happy",
        "never",
        "always",
        "today",
    ]
)


def run(sizes: tuple[int, ...], only: str = "") -> dict[str, Any]:
    """Seconds, peak memory in GB and seconds by step for each number of rows."""
    results = {}
    for rows in sizes:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "table.csv"
            write_table(path, rows)
            command = [sys.executable, "-m", "benchmarks.audit_speed", str(path), only]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
        results[str(rows)] = json.loads(done.stdout.splitlines()[-1])
        print(rows, {k: v for k, v in results[str(rows)].items() if k != "timings"}, flush=True)
    first, last = results[str(sizes[0])], results[str(sizes[-1])]
    growth = (last["seconds"] / sizes[-1]) / (first["seconds"] / sizes[0])
    return {
        "most_seconds": MOST_S,
        "most_gb": MOST_GB,
        "passed": last["seconds"] <= MOST_S and last["peak_gb"] < MOST_GB and growth <= 1.2,
        "growth_per_row": round(growth, 3),
        "rows": results,
    }


def write_table(path: Path, rows: int) -> None:
    """A sound table, in blocks, so that making it takes little memory."""
    for start in range(0, rows, BLOCK):
        block = make_block(min(BLOCK, rows - start), seed=start)
        block.to_csv(path, mode="a" if start else "w", header=start == 0, index=False)


def make_block(rows: int, seed: int) -> pd.DataFrame:
    """Numbers of several shapes, categories of 2 to 1,000 values, ordered dates, texts of 5 to 30 words."""
    draws = np.random.default_rng(seed)
    table = pd.DataFrame({f"normal_{i}": draws.normal(size=rows).round(4) for i in range(4)})
    table["age"] = draws.integers(18, 90, rows)
    table["income"] = draws.lognormal(10, 0.6, rows).round(2)
    table["visits"] = draws.poisson(4, rows)
    table["height"] = draws.normal(170, 9, rows).round(1)
    table["share"] = draws.beta(2, 5, rows).round(5)
    for num in (2, 5, 20, 100, 1_000):
        table[f"group_{num}"] = np.array([f"kind {chr(97 + i % 26)}{i}" for i in range(num)])[
            draws.integers(0, num, rows)
        ]
    begin = pd.Timestamp("2015-01-01") + pd.to_timedelta(draws.integers(0, 2_500, rows), "D")
    table["begin"] = begin.strftime("%Y-%m-%d")
    table["end"] = (begin + pd.to_timedelta(draws.integers(1, 900, rows), "D")).strftime("%Y-%m-%d")
    table["zip"] = draws.integers(10_000, 12_000, rows)
    for name, longest in (("title", 8), ("review", 30)):
        ends = np.cumsum(draws.integers(5, longest, rows))
        words = WORDS[draws.integers(0, len(WORDS), ends[-1])]
        table[name] = [" ".join(part) for part in np.split(words, ends[:-1])]
    score = table["normal_0"] + table["age"] / 40 + (table["group_2"] == "kind a0") + draws.normal(0, 0.7, rows)
    table["bought"] = np.where(score > 2.0, "yes", "no")
    return table


def measure(path: str, only: str) -> dict[str, Any]:
    """Audit one file in this process."""
    from whet.auditing.audit import run_checks
    from whet.auditing.opening import open_inspection

    audit = run_checks(open_inspection(path, target="bought"), only=only.split(",") if only else None)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "seconds": audit.seconds,
        "cpu_seconds": round(usage.ru_utime + usage.ru_stime, 2),  # other work on the machine disturbs it least
        "peak_gb": round(usage.ru_maxrss / 2**20, 3),
        "findings": [[f.symptom, f.column, f.severity] for f in audit.findings],
        "not_judged": dict(audit.not_judged),
        "timings": dict(audit.timings),
    }


def main(arguments: list[str]) -> None:
    """``--quick``: the two smallest sizes, and nothing is stored. ``--only``: these checks, and nothing is stored."""
    only = arguments[arguments.index("--only") + 1] if "--only" in arguments else ""
    results = run(SIZES[:2] if "--quick" in arguments else SIZES, only)
    print(json.dumps(results, indent=2))
    if not only and "--quick" not in arguments:
        store("audit_speed", results)


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], sys.argv[2])))
