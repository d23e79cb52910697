"""Kinds of model side by side on real data, through the command line, and the tables of docs/choosing-a-model.md.

    python -m benchmarks compare_families --data DIR [--only NAME] [--seed 0]
    python -m benchmarks compare_families --tables

DIR holds the data as for ``figures``. Without ``--data`` only the tables are written, from the stored results.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.storing import RESULTS, store

PAGE = Path(__file__).parents[1] / "docs" / "choosing-a-model.md"


@dataclass(frozen=True)
class Case:
    """One data set."""

    name: str
    path: str
    budget: str
    target: str | None = None


CASES = (
    Case("sst2", "sst2/train.csv", "3m", "label"),
    Case("trec", "trec/train.csv", "150s", "label"),
    Case("ItalyPowerDemand", "ucr/ItalyPowerDemand/ItalyPowerDemand_TRAIN.ts", "90s"),
    Case("sign_digits", "sign_digits", "3m"),
)


def measure(case: Case, data: Path, *, seed: int) -> dict[str, Any]:
    """The content of comparison.json, and the pages' folder thrown away."""
    with tempfile.TemporaryDirectory(prefix=f"whet-{case.name}-") as scratch:
        command = [sys.executable, "-m", "whet", "compare", str(data / case.path), "--budget", case.budget]
        command += ["--out", str(Path(scratch) / "out"), "--seed", str(seed), "--metric", "accuracy", "--json"]
        command += ["--target", case.target] if case.target else []
        finished = subprocess.run(command, capture_output=True, text=True)
    if finished.returncode:
        return {"name": case.name, "error": finished.stderr[-2000:]}
    found = json.loads(finished.stdout)
    for key in ("out", "command"):
        found.pop(key, None)
    return {"name": case.name, "budget": case.budget, **found, "title": case.name}


def table(result: dict[str, Any]) -> str:
    """A comparison as Markdown, failures included."""
    lines = [
        f"{result['metric_title']} on {result['scored_on']}, {result['num_scored']:,} examples, "
        f"{result['num_repeats']} repeat{'s' if result['num_repeats'] != 1 else ''}, budget {result['budget']}:",
        "",
        "| family | model | score | 95 % interval | told apart from the best | seconds to train | parameters "
        "| ms, one at a time | ms, 64 at once | peak MB |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    lines += [_line(row) for row in result["rows"]]
    return "\n".join(lines)


def _line(row: dict[str, Any]) -> str:
    head = f"| {row['family']} | {row['title']}{' (cut short by the clock)' if row['ended_by_clock'] else ''} |"
    if row["cause"] is not None:
        return f"{head} failed: {row['cause']} | | | | | | | |".replace("\n", " ")
    apart = "best" if row["is_best"] else f"{'yes' if row['is_apart'] else 'no'} (p {row['p']:.2g})"
    cells = [
        f"{row['score']:.3f}",
        f"{row['low']:.3f} to {row['high']:.3f}",
        apart,
        f"{row['train_s']:.2f}",
        f"{row['num_parameters']:,}",
        f"{row['predict_ms']['1']:.2f}",
        f"{row['predict_ms']['64']:.3f}",
        "–" if row["memory_mb"] is None else f"{row['memory_mb']:,.0f}",
    ]
    return f"{head} {' | '.join(cells)} |"


def write_tables(rows: list[dict[str, Any]], page: Path = PAGE) -> None:
    """Put each table after its mark ``<!-- table:compare-NAME -->``, up to ``<!-- end -->``."""
    text = page.read_text(encoding="utf-8")
    for row in rows:
        mark, end = f"<!-- table:compare-{row['name']} -->", "<!-- end -->"
        if "error" in row or mark not in text:
            continue
        before, after = text.split(mark, 1)
        text = f"{before}{mark}\n{table(row)}\n{end}{after.split(end, 1)[1]}"
    page.write_text(text, encoding="utf-8")


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks compare_families")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--tables", action="store_true", help="only write the tables from the stored results")
    options = parser.parse_args(arguments)
    path = RESULTS / "compare_families.json"
    rows = {r["name"]: r for r in json.loads(path.read_text())["rows"]} if path.is_file() else {}
    if options.data is None and not options.tables:
        print("skipped: pass --data DIR with the data sets (benchmarks/README.md says which and where from)")
        return
    for case in CASES:
        if options.data is None or (options.only and case.name not in options.only):
            continue
        rows[case.name] = measure(case, options.data, seed=options.seed)
        print(f"{case.name}: {rows[case.name].get('advice', rows[case.name].get('error'))}", flush=True)
        store("compare_families", {"rows": [rows[c.name] for c in CASES if c.name in rows]})
    write_tables(list(rows.values()))
