"""The fault clinic: ``python -m benchmarks clinic [--only PATTERN] [--budget 30s] [--workers 2]``.

    --harm    train every faulty script and its clean twin, and list the scores
    --cures   train what the first-ranked cure of the first verdict makes of each faulty script, and random cures
    --twins   diagnose the clean twins of the faulty scripts too: a further set of healthy runs
    --prove   let the diagnosis try its cures too, which takes the rest of its budget
    --stored  print the figures of the stored rows again

Every row is stored as soon as it is there and replaces the one of the same script, so the clinic can be run in pieces.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
from typing import Any

from benchmarks.clinic.collecting import Entry, entries
from benchmarks.clinic.figures import all_figures, by_fault, cure_figures, healthy_figures, is_harmed, rank
from benchmarks.clinic.running import run
from benchmarks.storing import RESULTS, store

Row = dict[str, Any]


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks clinic")
    parser.add_argument("--only", nargs="*", default=["*"], help="patterns of names, families or rules")
    parser.add_argument("--part", choices=("shown", "held", "all"), default="all")
    parser.add_argument("--budget", default="30s")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seeds", type=int, default=2, help="of the twins, with --harm")
    parser.add_argument("--draws", type=int, default=3, help="random cures of each script, with --cures")
    for flag in ("--harm", "--cures", "--twins", "--prove", "--stored"):
        parser.add_argument(flag, action="store_true")
    options = parser.parse_args(arguments)
    known = entries()
    names = [e.name for e in known.values() if _wanted(e, options)]
    if not options.stored:
        task, key = _task(options)
        if key != "verdicts":
            names = [n for n in names if known[n].truth or key == "harm"]
        given = {
            "budget": options.budget,
            "seeds": options.seeds,
            "draws": options.draws,
            "twin": options.twins,
            "prove": options.prove,
        }

        def tell(row: Row) -> None:
            _tell(known[row["name"]], row, key)
            _keep(known, key, {**row, "budget": options.budget})

        run(task, names, given, workers=options.workers, tell=tell)
    stored = _stored(known)
    result = {**summarised(known, stored), **stored}
    store("clinic", result)
    _show(result)


def _keep(known: dict[str, Entry], key: str, row: Row) -> None:
    """Put one row among the stored ones at once, so that a run that is cut short loses nothing."""
    stored = _stored(known)
    others = [r for r in stored.get(key, []) if r["name"] != row["name"]]
    stored[key] = sorted([*others, row], key=lambda r: str(r["name"]))
    store("clinic", {**summarised(known, stored), **stored})


def _task(options: argparse.Namespace) -> tuple[str, str]:
    if options.harm:
        return "harm", "harm"
    if options.cures:
        return "cure", "cures"
    return "verdict", "twins" if options.twins else "verdicts"


def _wanted(entry: Entry, options: argparse.Namespace) -> bool:
    if options.part != "all" and entry.held != (options.part == "held"):
        return False
    words = (entry.name, entry.family, *entry.truth)
    return any(fnmatch.fnmatch(word, pattern) for word in words for pattern in options.only)


def _stored(known: dict[str, Entry]) -> dict[str, list[Row]]:
    path = RESULTS / "clinic.json"
    content = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    kinds = ("verdicts", "twins", "harm", "cures")
    return {kind: [r for r in content[kind] if r["name"] in known] for kind in kinds if kind in content}


def summarised(known: dict[str, Entry], stored: dict[str, list[Row]]) -> Row:
    """The figures of all stored rows."""
    summary: Row = {
        "scripts": {
            part: {"faulty": sum(bool(e.truth) for e in group), "healthy": sum(not e.truth for e in group)}
            for part, group in (
                ("shown", [e for e in known.values() if not e.held]),
                ("held", [e for e in known.values() if e.held]),
            )
        }
    }
    if stored.get("verdicts"):
        summary["figures"] = all_figures(known, stored["verdicts"])
        summary["by_fault"] = by_fault(known, stored["verdicts"])
    if stored.get("twins"):
        summary["twin_alarms"] = healthy_figures(stored["twins"])
    if stored.get("harm"):
        sick = [r for r in stored["harm"] if known[r["name"]].truth and not known[r["name"]].latent]
        summary["not_harmed"] = sorted(r["name"] for r in sick if not is_harmed(r))
    if stored.get("cures"):
        summary["cure_figures"] = {
            part: cure_figures(known, [r for r in stored["cures"] if known[r["name"]].held in held])
            for part, held in (("shown", [False]), ("held", [True]), ("all", [False, True]))
        }
    return summary


def _tell(entry: Entry, row: Row, key: str) -> None:
    """One line as soon as a script is done."""
    if "error" in row:
        said = "ERROR " + row["error"].strip().splitlines()[-1][:150]
    elif key == "harm":
        mark = "" if not entry.truth or entry.latent else ("harmed " if is_harmed(row) else "NOT HARMED ")
        said = f"{mark}faulty {row.get('faulty')} clean {row.get('clean')} seconds {row['seconds']}"
    elif key == "cures":
        said = (
            f"{row['faulty'][0]} -> {row['cured']} by {row['first']} (clean {row['clean'][0]}); random {row['random']}"
        )
    else:
        found = [f"{v['symptom']}({v['level'][:3]})" for v in row["verdicts"]]
        mark = (
            "" if not entry.truth or key == "twins" else {1: "RIGHT ", None: "MISSED "}.get(rank(entry, row), "later ")
        )
        said = f"{mark}{found} {row.get('refused', '')} {row['seconds']} s"
    print(
        f"{'held ' if entry.held else ''}{entry.name} [{'/'.join(sorted(entry.truth)) or 'healthy'}]: {said}",
        flush=True,
    )


def _show(result: Row) -> None:
    for part, figures in result.get("figures", {}).items():
        print(f"-- {part}")
        for group in ("faulty", "healthy"):
            print(f"   {group}: {figures[group]}")
        print(f"   precision, healthy runs included: {figures['precision_with_healthy']}")
    for line in result.get("by_fault", []):
        print(f"   {line['fault']:55} {line['first']}/{line['in_three']}/{line['scripts']} {line['instead'] or ''}")
    for key in ("twin_alarms", "not_harmed", "cure_figures"):
        if key in result:
            print(f"{key}: {result[key]}")
