"""The tables of the fault clinic, the real case and watching for benchmarks/README.md."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["TABLES"]


def clinic(result: Mapping[str, Any]) -> str:
    """Recall, precision, false alarms and cures, of scripts shown and held back."""
    scripts, figures = result["scripts"], result["figures"]
    lines = [
        f"{scripts['shown']['faulty']} faulty and {scripts['shown']['healthy']} healthy scripts that rules could be "
        f"tuned on, {scripts['held']['faulty']} and {scripts['held']['healthy']} held back.",
        "",
        "| what | goal | shown | held back |",
        "| --- | --- | --- | --- |",
        _row("recall: the first verdict names the cause", "0.90", figures, lambda f: f["faulty"]["recall"]),
        _row("the same among the first three verdicts", "", figures, lambda f: f["faulty"]["recall_first_three"]),
        _row("precision of first verdicts on faulty scripts", "0.90", figures, lambda f: f["faulty"]["precision"]),
        _row("the same, healthy runs included", "", figures, lambda f: f["precision_with_healthy"]),
        _row("severe false alarms on healthy scripts", "0.03", figures, lambda f: f["healthy"]["severe"]),
        _row("moderate or severe ones", "", figures, lambda f: f["healthy"]["moderate_or_severe"]),
    ]
    cures = result.get("cure_figures")
    if cures:
        lines += [
            _row("faults cured by the first-ranked cure", "0.80", cures, lambda f: f["cured"]),
            _row("the same, of those that a change of the script can mend", "", cures, lambda f: f["cured_of_curable"]),
            _row("cured by a random cure, same compute", "30 points less", cures, lambda f: f["cured_by_random"]),
        ]
    seconds = [
        f"{figures[p]['faulty']['seconds_median']:.1f} ({figures[p]['faulty']['seconds_max']:.0f})" for p in PARTS
    ]
    lines.append(f"| seconds to the verdict, median (most) | 20 (60) | {' | '.join(seconds)} |")
    missed = [row for row in result["by_fault"] if row["first"] < row["scripts"]]
    told = "; ".join(
        f"{row['fault']} ({row['scripts'] - row['first']} of {row['scripts']}"
        + (f": said {', '.join(row['instead'])})" if row["instead"] else ": nothing said first)")
        for row in missed
    )
    return "\n".join([*lines, "", f"Not named first: {told or 'none'}."])


PARTS = ("shown", "held")


def _row(what: str, goal: str, figures: Mapping[str, Any], pick: Callable[[Mapping[str, Any]], Any]) -> str:
    return f"| {what} | {goal} | {' | '.join(_share(pick(figures[part])) for part in PARTS)} |"


def _share(share: Mapping[str, Any]) -> str:
    if share["value"] is None:
        return "not run"
    return f"**{share['value']:.3f}** ({share['low']:.3f} to {share['high']:.3f}; n = {share['of']})"


def watch_overhead(result: Mapping[str, Any]) -> str:
    """Ratios of wall-clock time."""
    lines = [
        "| network | step | wall time watched / unwatched (goal 1.05) | own account |",
        "| --- | --- | --- | --- |",
    ]
    for name, row in result.items():
        if isinstance(row, Mapping) and "ratio" in row:
            lines.append(f"| {name} | {row['step_ms']:.1f} ms | {row['ratio']:.3f} | {row['own_share']:.1%} |")
    return "\n".join(lines)


def clinic_real_case(result: Mapping[str, Any]) -> str:
    """One line per planted flaw."""
    lines = [
        "| planted flaw | first verdict | its first cure | validation accuracy as it is | cured | right |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for row in result["rows"]:
        verdict = row["verdicts"][0][0] if row["verdicts"] else "nothing"
        cured = f"{row['cured']:.3f}" if "cured" in row else ""
        right = "yes" if row["verdict_right"] and row["cure_right"] else "**no**"
        flaw = row["flaw"].replace("_", " ")
        lines.append(f"| {flaw} | {verdict} | {row.get('cure') or ''} | {row['as_it_is']:.3f} | {cured} | {right} |")
    return "\n".join(lines)


TABLES: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "clinic": clinic,
    "clinic_real_case": clinic_real_case,
    "watch_overhead": watch_overhead,
}
