"""Tables of the audit, from the stored results; what was not measured is not written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["TABLES"]


def planted_defects(result: Mapping[str, Any]) -> str:
    """By modality, then what was missed and what was said wrongly."""
    lines = [
        f"{result['kinds']} kinds of fault in {len(result['recall_by_modality'])} modalities, each at 1 % and 5 %: "
        f"{result['trials']} trials.",
        "",
        "| what | goal | measured |",
        "| --- | --- | --- |",
        f"| recall of kinds | 0.90 | **{interval(result['recall'])}** |",
        f"| precision of what is said beyond the clean twin | 0.90 | **{interval(result['precision'])}** |",
        f"| severe false alarms, over checks run on clean twins | 2 % | **{interval(result['severe_on_clean'])}** |",
        f"| rows, where the fault sits in rows: recall, precision | | {result['row_recall']:.3f}, "
        f"{result['row_precision']:.3f} |",
    ]
    for modality, recall in result["recall_by_modality"].items():
        lines.append(f"| recall, {modality} | | {interval(recall)} |")
    missed = [f"{r['modality']} {r['kind']} at {r['strength']:.0%}" for r in result["rows"] if not r["found"]]
    wrong: dict[str, int] = {}
    for row in result["rows"]:
        for name in row["wrong"]:
            wrong[name] = wrong.get(name, 0) + 1
    said = ", ".join(f"{name} ({n})" for name, n in sorted(wrong.items(), key=lambda p: -p[1]))
    return "\n".join([*lines, "", f"Missed: {', '.join(missed) or 'none'}. Said wrongly: {said or 'nothing'}."])


def label_errors_digits(result: Mapping[str, Any]) -> str:
    """The flagged set of Whet and of cleanlab on the same probabilities."""
    lines = ["| digits, 10 % flips | recall | precision | average precision |", "| --- | --- | --- | --- |"]
    for way, found in result["means"].items():
        shown = [f"{found[k]['mean']:.3f}" for k in ("recall", "precision", "average_precision")]
        lines.append(f"| {_way(way)} | {' | '.join(shown)} |")
    return "\n".join([*lines, "", f"Means of {len(result['draws'])} draws (goal: recall 0.80 at precision 0.85)."])


def label_errors_cifar10n(result: Mapping[str, Any]) -> str:
    """The ranking of human labels."""
    lines = [
        f"{result['wrong']:,} of 50,000 aggregate labels differ from the clean ones; the quick model agrees with "
        f"{result['quick']:.1%} of the given ones; {result['seconds'] / 60:.1f} minutes in all.",
        "",
        "| way | average precision | recall at precision 0.8 | flagged | recall | precision |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for way in ("whet", "cleanlab"):
        found = result[way]
        if found is not None:
            lines.append(
                f"| {_way(way)} | {found['average_precision']:.3f} | {found['recall_at_precision_0.8']:.3f} "
                f"| {found['flagged']:,} | {found['recall']:.3f} | {found['precision']:.3f} |"
            )
    return "\n".join(lines)


def doubted_labels(result: Mapping[str, Any]) -> str:
    """What is listed, and how much of it is wrong indeed; audits that list nothing are counted."""
    lines = [
        "| data | examples | wrong labels | the quick model agrees with | doubted | of these wrong | recall |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    silent = [row for row in result["rows"] if row["rightly"] is None]
    for row in result["rows"]:
        if row["rightly"] is not None:
            lines.append(
                f"| {row['data']} | {row['examples']:,} | {row['wrong']:.1%} | {row['quick']:.1%} | {row['doubted']:,} "
                f"| **{row['rightly']:.0%}** | {row['recall'] or 0.0:.2f} |"
            )
    clean = [row for row in result["rows"] if row["wrong"] == 0]
    kept = sum(row["rightly"] is None for row in clean)
    said = f"Nothing is doubted in {len(silent)} further audits, among them {kept} of the {len(clean)} of clean labels."
    return "\n".join([*lines, "", said])


def label_errors_noise(result: Mapping[str, Any]) -> str:
    """Accuracy on clean test examples after training on noisy labels."""
    lines = [
        "| data, 20 % wrong labels | clean | noisy | left out | put right | count less | loss recovered: left out "
        "| put right | count less |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name in [n for n in ("trec", "trec network", "sign_digits") if n in result]:
        rows, back = result[name]["rows"], result[name]["recovered"]
        ways = ("clean", "noisy", "drop_suspected_labels", "relabel_suspected_labels", "weaken_suspected_labels")
        means = [f"{sum(r[w] for r in rows) / len(rows):.3f}" if w in rows[0] else "not run" for w in ways]
        shares = [_share(back[w]) if w in back else "not run" for w in ways[2:]]
        lines.append(f"| {name} ({len(rows)} draws) | {' | '.join([*means, *shares])} |")
    return "\n".join(lines)


def split_leaks(result: Mapping[str, Any]) -> str:
    """Planted copies, then the speakers."""
    lines = ["| planted copies | examples | found (goal 95 %) | false pairs (goal 1 %) |", "| --- | --- | --- | --- |"]
    for name in ("pictures", "texts", "tables", "series", "sounds"):
        row = result[name]
        lines.append(f"| {name} | {row['examples']:,} | {row['found']:.1%} | {row['false']:.1%} |")
    return "\n".join(lines)


def audit_speed(result: Mapping[str, Any]) -> str:
    """Seconds and memory by size."""
    lines = ["| rows | seconds | peak memory |", "| --- | --- | --- |"]
    for size, row in result["rows"].items():
        lines.append(f"| {int(size):,} | {row['seconds']:.0f} | {row['peak_gb']:.2f} GB |")
    return "\n".join(lines)


def interval(share: Mapping[str, Any]) -> str:
    """A share with its 95 % interval."""
    return f"{share['value']:.3f} ({share['low']:.3f} to {share['high']:.3f}; n = {share['of']})"


def _share(found: Mapping[str, Any]) -> str:
    if found["low"] is None:
        return f"{found['mean']:.0%}"
    return f"{found['mean']:.0%} ({found['low']:.0%} to {found['high']:.0%})"


def _way(name: str) -> str:
    return {"whet": "Whet", "cleanlab": "cleanlab, same probabilities"}[name]


TABLES: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "planted_defects": planted_defects,
    "doubted_labels": doubted_labels,
    "label_errors_digits": label_errors_digits,
    "label_errors_cifar10n": label_errors_cifar10n,
    "label_errors_noise": label_errors_noise,
    "split_leaks": split_leaks,
    "audit_speed": audit_speed,
}
