"""Faults of many kinds planted into clean data of five modalities: which does the audit find, what does it invent?

Recall: planted faults for which an expected check speaks. Precision: of the findings that the clean twin does not
have, how many name the fault, or something that is true because of it. Severe false alarms: checks that call the
clean twin severe, over all checks run on clean twins. Needs ``--data DIR`` with trec, sign_digits and fsdd.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.planting import pictures, series, sounds, tables, texts
from benchmarks.planting.planted import Bed, Kind, Planted
from benchmarks.storing import RESULTS, store
from whet.auditing.audit import Audit, run_checks
from whet.auditing.opening import open_inspection
from whet.auditing.stopwatch import Stopwatch
from whet.evaluation.intervals import wilson

STRENGTHS = (0.01, 0.05)
SEED = 20261121
MODALITIES = {"table": tables.KINDS, "text": texts.KINDS, "image": pictures.KINDS, "series": series.KINDS}
MODALITIES["audio"] = sounds.KINDS


def beds(modality: str, data: Path, rng: np.random.Generator) -> dict[str, Bed]:
    made = {
        "table": lambda: [tables.customers(3_000, rng), tables.prices(3_000, rng)],
        "text": lambda: [texts.questions(data, 3_000, rng)],
        "image": lambda: [pictures.hands(data, 900, rng)],
        "series": lambda: [series.waves(1_200, rng)],
        "audio": lambda: [sounds.digits(data, 1_000, rng)],
    }
    return {bed.name: bed for bed in made[modality]()}


@contextmanager
def on_disk(part: Any) -> Iterator[Any]:
    """Files are written into a folder; what is in memory stays there."""
    if not isinstance(part, list):
        yield part
        return
    with tempfile.TemporaryDirectory() as name:
        root = Path(name) / "examples"
        for path, content in part:
            file = root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        yield root


def audited(planted: Planted, bed: Bed, budget_s: float) -> Audit:
    with on_disk(planted.source) as source, on_disk(planted.test) as test:
        target = None if isinstance(planted.source, tuple) else bed.target
        inspection = open_inspection(
            source, target=target, test=test, stopwatch=Stopwatch(budget_s=budget_s), **planted.options
        )
        return run_checks(inspection, most_effort=2)


def clean_split(bed: Bed, rng: np.random.Generator) -> Planted:
    """The clean data as training and test part."""
    if isinstance(bed.source, list):
        order = rng.permutation(len(bed.source))
        cut = int(0.7 * len(order))
        return Planted(source=[bed.source[i] for i in order[:cut]], test=[bed.source[i] for i in order[cut:]])
    if isinstance(bed.source, tuple):
        cut = int(0.7 * len(bed.source[1]))
        return Planted(source=tuple(p[:cut] for p in bed.source), test=tuple(p[cut:] for p in bed.source))
    cut = int(0.7 * len(bed.source))
    return Planted(source=bed.source.iloc[:cut], test=bed.source.iloc[cut:].reset_index(drop=True))


def alarms(audit: Audit) -> Counter[str]:
    """Examples concerned by check; a finding about a column counts as one."""
    counts: Counter[str] = Counter()
    for finding in audit.findings:
        counts[finding.symptom] += max(1, finding.count)
    return counts


def hit_rows(audit: Audit, kind: Kind, planted: Planted) -> tuple[float, float] | None:
    """(recall, precision) of the rows, where the fault sits in rows and the source keeps their order."""
    if planted.rows is None or isinstance(planted.source, list):
        return None
    found = {row for f in audit.findings if f.symptom in kind.expects and f.part == "train" for row in f.rows}
    if not found:
        return None
    true = set(planted.rows.tolist())
    return len(found & true) / len(true), len(found & true) / len(found)


def try_kind(kind: Kind, bed: Bed, strength: float, known: Counter[str], budget_s: float) -> dict[str, Any]:
    # str.encode keeps the stream apart for each kind without Python's salted hash
    rng = np.random.default_rng([SEED, *f"{kind.modality}/{kind.name}/{strength}".encode()])
    planted = kind.plant(bed, strength, rng)
    start = time.monotonic()
    audit = audited(planted, bed, budget_s)
    counts = alarms(audit)
    grown = {name for name in kind.expects if counts[name] > known[name]}
    new = sorted((set(counts) - set(known)) | grown)
    rows = hit_rows(audit, kind, planted)
    right = [name for name in new if name in kind.expects | kind.allows]
    return {
        "modality": kind.modality,
        "kind": kind.name,
        "strength": strength,
        "found": bool(grown),
        "new": new,
        "wrong": [name for name in new if name not in right],
        "row_recall": None if rows is None else round(rows[0], 3),
        "row_precision": None if rows is None else round(rows[1], 3),
        "seconds": round(time.monotonic() - start, 1),
        "not_judged": sorted(audit.not_judged),
    }


def clean_twins(bed: Bed, rng: np.random.Generator, budget_s: float) -> tuple[Counter[str], dict[str, Any]]:
    """What is said about the clean data, whole and split: the most of both."""
    known: Counter[str] = Counter()
    severe, said, checks = [], [], 0
    for planted in (Planted(source=bed.source), clean_split(bed, rng)):
        audit = audited(planted, bed, budget_s)
        known |= alarms(audit)
        severe += [f"{f.symptom}: {f.statement}" for f in audit.findings if f.level == "severe"]
        said += [f"{f.level} {f.symptom}: {f.statement}" for f in audit.findings]
        checks += len(audit.clean) + len({f.symptom for f in audit.findings})
    return known, {"bed": bed.name, "checks": checks, "severe": severe, "said": said}


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks planted_defects")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--only", choices=sorted(MODALITIES), help="one modality; its result replaces the stored one")
    parser.add_argument("--kind", action="append")
    parser.add_argument("--budget", type=float, default=30.0, help="seconds for one audit")
    options = parser.parse_args(arguments)
    rows, twins = [], []
    for modality in [options.only] if options.only else MODALITIES:
        made = beds(modality, options.data, np.random.default_rng(SEED))
        known = {}
        for name, bed in made.items():
            known[name], twin = clean_twins(bed, np.random.default_rng(SEED), options.budget)
            twins.append(twin)
            print(f"clean {name}: {twin['checks']} checks; said: {twin['said'] or 'nothing'}", flush=True)
        for bed_name, kind in MODALITIES[modality]:
            if options.kind and kind.name not in options.kind:
                continue
            for strength in STRENGTHS:
                row = try_kind(kind, made[bed_name], strength, known[bed_name], options.budget)
                rows.append(row)
                mark = "found " if row["found"] else "MISSED"
                by_row = f"rows {row['row_recall']}/{row['row_precision']}"
                odd = f"wrong: {row['wrong'] or ''}  {row['not_judged'] or ''}"
                print(f"{modality:6} {kind.name:24} {strength:4.0%} {mark} {by_row} {row['seconds']:5.1f} s  {odd}")
    if not options.kind:
        rows, twins = with_stored(rows, twins)
        store("planted_defects", summarised(rows, twins))
    print({k: v for k, v in summarised(rows, twins).items() if k not in ("rows", "twins")})


def with_stored(
    rows: list[dict[str, Any]], twins: list[dict[str, Any]]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """These results, and the stored ones of other modalities."""
    path = RESULTS / "planted_defects.json"
    if not path.is_file():
        return rows, twins
    stored = json.loads(path.read_text(encoding="utf-8"))
    fresh, beds_here = {r["modality"] for r in rows}, {t["bed"] for t in twins}
    others = [r for r in stored["rows"] if r["modality"] not in fresh]
    return others + rows, [t for t in stored["twins"] if t["bed"] not in beds_here] + twins


def summarised(rows: list[dict[str, Any]], twins: list[dict[str, Any]]) -> dict[str, Any]:
    found, wrong = sum(r["found"] for r in rows), sum(len(r["wrong"]) for r in rows)
    right = sum(len(r["new"]) - len(r["wrong"]) for r in rows)
    checks, severe = sum(t["checks"] for t in twins), sum(len(t["severe"]) for t in twins)
    by_rows = [r for r in rows if r["row_recall"] is not None]
    return {
        "kinds": len({(r["modality"], r["kind"]) for r in rows}),
        "trials": len(rows),
        "recall": _share(found, len(rows)),
        "recall_by_modality": {
            m: _share(sum(r["found"] for r in rows if r["modality"] == m), sum(r["modality"] == m for r in rows))
            for m in sorted({r["modality"] for r in rows})
        },
        "precision": _share(right, right + wrong),
        "severe_on_clean": _share(severe, checks),
        "row_recall": round(float(np.mean([r["row_recall"] for r in by_rows])), 3) if by_rows else None,
        "row_precision": round(float(np.mean([r["row_precision"] for r in by_rows])), 3) if by_rows else None,
        "twins": twins,
        "rows": rows,
    }


def _share(part: int, whole: int) -> dict[str, Any]:
    low, high = wilson(part / max(whole, 1), max(whole, 1))
    return {"value": round(part / max(whole, 1), 4), "low": round(low, 4), "high": round(high, 4), "of": whole}
