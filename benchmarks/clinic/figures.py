"""Figures of the clinic from its rows: recall, precision, ranks, false alarms, cures, time."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Any

from benchmarks.clinic.collecting import Entry
from whet.evaluation.intervals import wilson

CURED = 0.9  # share of the way from the faulty to the clean score
LEAST_HARM = 0.02  # of the score, below which a script counts as not harmed
FIRST = 3  # verdicts among which the cause may stand for the milder figure

Row = dict[str, Any]


def share(part: int, whole: int) -> Row:
    """With Wilson's interval."""
    if not whole:
        return {"value": None, "low": None, "high": None, "of": 0}
    low, high = wilson(part / whole, whole)
    return {"value": round(part / whole, 4), "low": round(low, 4), "high": round(high, 4), "of": whole}


def rank(entry: Entry, row: Row) -> int | None:
    """1: the first verdict names the cause; None: no verdict does."""
    found = [i for i, v in enumerate(row.get("verdicts", []), start=1) if v["symptom"] in entry.truth]
    return found[0] if found else None


def says_something(row: Row) -> bool:
    """A verdict that is not slight: what a user would act on."""
    return any(v["level"] != "slight" for v in row.get("verdicts", []))


def faulty_figures(entries: dict[str, Entry], rows: Sequence[Row]) -> Row:
    """Recall: faults whose first verdict is right. Precision: right ones among the first verdicts given."""
    ranks = [rank(entries[r["name"]], r) for r in rows]
    spoken = [r for r in rows if r.get("verdicts")]
    first = sum(k == 1 for k in ranks)
    seconds = [r["seconds"] for r in rows if r.get("seconds")]
    return {
        "recall": share(first, len(rows)),
        "recall_first_three": share(sum(k is not None and k <= FIRST for k in ranks), len(rows)),
        "recall_any_finding": share(sum(_found(entries[r["name"]], r) for r in rows), len(rows)),
        "precision": share(first, len(spoken)),
        "rank_mean_where_found": round(sum(k for k in ranks if k) / max(1, sum(k is not None for k in ranks)), 2),
        "errors": sum("error" in r for r in rows),
        "seconds_median": median(seconds) if seconds else None,
        "seconds_max": max(seconds, default=None),
    }


def _found(entry: Entry, row: Row) -> bool:
    return any(f["symptom"] in entry.truth for f in row.get("findings", []))


def healthy_figures(rows: Sequence[Row]) -> Row:
    """False alarms: runs with a severe finding as the root of a verdict; ``spoken``: with one that is not slight."""
    severe = sum(any(v["level"] == "severe" for v in r.get("verdicts", [])) for r in rows)
    seconds = [r["seconds"] for r in rows if r.get("seconds")]
    return {
        "severe": share(severe, len(rows)),
        "moderate_or_severe": share(sum(says_something(r) for r in rows), len(rows)),
        "errors": sum("error" in r or "refused" in r for r in rows),
        "seconds_median": median(seconds) if seconds else None,
        "seconds_max": max(seconds, default=None),
    }


def all_figures(entries: dict[str, Entry], rows: Sequence[Row]) -> Row:
    """Shown and held back apart, and together; precision over all first verdicts, healthy runs included."""
    parts: Row = {}
    for part, belongs in (("shown", [False]), ("held", [True]), ("all", [False, True])):
        here = [r for r in rows if entries[r["name"]].held in belongs]
        sick = [r for r in here if entries[r["name"]].truth]
        well = [r for r in here if not entries[r["name"]].truth]
        right = sum(rank(entries[r["name"]], r) == 1 for r in sick)
        claims = sum(bool(r.get("verdicts")) for r in sick) + sum(says_something(r) for r in well)
        parts[part] = {
            "faulty": faulty_figures(entries, sick),
            "healthy": healthy_figures(well),
            "precision_with_healthy": share(right, claims),
        }
    return parts


def is_harmed(row: Row) -> bool:
    """The faulty twin does measurably worse: every seed of it below every seed of the clean one, by a margin."""
    if "faulty" not in row or "clean" not in row:
        return False
    return max(row["faulty"]) < min(row["clean"]) - LEAST_HARM


def cure_figures(entries: dict[str, Entry], rows: Sequence[Row]) -> Row:
    """Share of harmed scripts cured by the first-ranked cure, and by random ones with the same compute."""
    usable = [r for r in rows if "error" not in r and is_harmed(r) and not entries[r["name"]].latent]
    goal = {r["name"]: r["faulty"][0] + CURED * (r["clean"][0] - r["faulty"][0]) for r in usable}
    cured = sum(r["cured"] >= goal[r["name"]] for r in usable)
    draws = [(r["name"], value) for r in usable for _, value in r["random"]]
    curable = [r for r in usable if entries[r["name"]].curable]
    return {
        "cured": share(cured, len(usable)),
        "cured_of_curable": share(sum(r["cured"] >= goal[r["name"]] for r in curable), len(curable)),
        "cured_by_random": share(sum(value >= goal[name] for name, value in draws), len(draws)),
        "excluded": sorted(r["name"] for r in rows if r not in usable),
    }


def by_fault(entries: dict[str, Entry], rows: Sequence[Row]) -> list[Row]:
    """One line per set of right answers."""
    groups: dict[str, list[Row]] = {}
    for r in rows:
        if entries[r["name"]].truth:
            groups.setdefault(" or ".join(sorted(entries[r["name"]].truth)), []).append(r)
    return [
        {
            "fault": fault,
            "scripts": len(group),
            "first": sum(rank(entries[r["name"]], r) == 1 for r in group),
            "in_three": sum((rank(entries[r["name"]], r) or 99) <= FIRST for r in group),
            "instead": sorted(
                {r["verdicts"][0]["symptom"] for r in group if r.get("verdicts") and rank(entries[r["name"]], r) != 1}
            ),
        }
        for fault, group in sorted(groups.items())
    ]
