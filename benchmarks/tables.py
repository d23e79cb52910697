"""Write the tables of benchmarks/README.md from the stored results: ``python -m benchmarks tables``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks import tables_audit, tables_clinic, tables_planning, tables_speed, tables_transfer
from benchmarks.storing import RESULTS

README = Path(__file__).parent / "README.md"
ROOT_README = Path(__file__).parents[1] / "README.md"
BEGIN, END = "<!-- {name}: begin -->", "<!-- {name}: end -->"


def main(arguments: list[str]) -> None:
    figures = _read("figures")
    if figures:
        table = figures_table(figures["rows"])
        replace_between(README, "figures", f"Measured {figures['date']} on {_machine(figures)}.\n\n{table}")
        replace_between(ROOT_README, "figures", table)
    for name, table_of in {
        **tables_transfer.TABLES,
        **tables_audit.TABLES,
        **tables_clinic.TABLES,
        **tables_planning.TABLES,
        **tables_speed.TABLES,
    }.items():
        result = _read(name)
        if result:
            replace_between(README, name, table_of(result))
    startup = _read("startup")
    if startup:
        lines = [f"| {name} | {seconds:.3f} s |" for name, seconds in startup["median_seconds"].items()]
        replace_between(README, "startup", "\n".join(["| command | median |", "| --- | --- |", *lines]))


def figures_table(rows: list[dict[str, Any]]) -> str:
    """One line per data set, also where the goal was missed."""
    lines = [
        "| data | budget | simple baseline | today's alternative | goal | Whet on the official test part | reached |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        if "error" in row:
            lines.append(f"| {row['name']} | | | | | failed | no |")
            continue
        show = (lambda v: f"{v:,.0f}") if row["metric"] == "rmse" else (lambda v: f"{v:.4f}")
        reached = "yes" if row["reached"] else "**no**"
        lines.append(
            f"| {row['name']} | {row['budget']} | {show(row['baseline']['test_score'])} (sealed) "
            f"| {row['alternative']} | {show(row['goal'])} "
            f"| **{show(row['score'])}** (n = {row['num_test']:,}) | {reached} |"
        )
    return "\n".join(lines)


def replace_between(path: Path, name: str, content: str) -> None:
    """Replace what stands between the two markers of ``name``."""
    text = path.read_text(encoding="utf-8")
    begin, end = BEGIN.format(name=name), END.format(name=name)
    head, rest = text.split(begin, 1)
    _, tail = rest.split(end, 1)
    path.write_text(f"{head}{begin}\n{content}\n{end}{tail}", encoding="utf-8")


def _read(name: str) -> dict[str, Any] | None:
    path = RESULTS / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def _machine(result: dict[str, Any]) -> str:
    e = result["environment"]
    return f"{e['cores']} cores ({e['processor']}), no GPU, torch {e['torch']}, Python {e['python']}"
