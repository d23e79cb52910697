"""Advice before any training: what the data are like, which kinds of model fit them, and what each would cost here."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from whet.comparing.candidates import Candidate, candidates
from whet.comparing.compare import prepared_data
from whet.comparing.looking import Look, look_at
from whet.comparing.pace import Pace, pace_of
from whet.comparing.verdicts import FITS, POSSIBLE, Verdict, pretrained_advice, verdict
from whet.improving.clock import Clock
from whet.improving.observer import Observer
from whet.improving.options import Options
from whet.improving.prepare import Prepared

__all__ = ["Advice", "Option", "run_advice"]

PACE_S = 0.5  # for timing the steps of one network


@dataclass(frozen=True, kw_only=True)
class Option:
    """One model of a family, and what it costs here; None: not measured, because only networks are timed."""

    family: str
    architecture: str
    title: str
    pace: Pace | None


@dataclass(frozen=True, kw_only=True)
class Advice:
    """Nothing in it was found out by training a network; ``whet compare`` does that."""

    title: str
    task: str
    look: Look
    verdicts: tuple[Verdict, ...]
    options: tuple[Option, ...]
    pretrained: str
    sentences: tuple[str, ...]
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        costs = [{**o.__dict__, "pace": None if o.pace is None else o.pace.to_dict()} for o in self.options]
        return {
            "version": 1,
            **self.__dict__,
            "look": self.look.to_dict(),
            "verdicts": [v.to_dict() for v in self.verdicts],
            "options": costs,
            "sentences": list(self.sentences),
        }


def run_advice(source: object, options: Options, *, observer: Observer) -> Advice:
    """Read, look, time a few steps of each network, and judge each family by the rules."""
    begin = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="whet-advise-") as folder:
        with prepared_data(source, options, Path(folder) / "look", Clock(None), observer) as (prepared, _):
            observer.doing("a linear model on parts of the data")
            look = look_at(prepared, seed=options.seed)
            chosen = candidates(prepared.task, prepared.facts)
            costs = tuple(_option(c, prepared, observer, seed=options.seed) for c in chosen)
        families = tuple(dict.fromkeys(c.family for c in chosen))
        verdicts = tuple(verdict(family, look) for family in families)
        return Advice(
            title=prepared.data.origin,
            task=prepared.task.name,
            look=look,
            verdicts=verdicts,
            options=costs,
            pretrained=pretrained_advice(look, families),
            sentences=tuple(_sentences(look, verdicts)),
            seconds=time.monotonic() - begin,
        )


def _option(candidate: Candidate, prepared: Prepared, observer: Observer, *, seed: int) -> Option:
    pace = None
    if not candidate.is_estimator:
        observer.doing(f"timing a few steps of {candidate.title}")
        pace = pace_of(candidate.recipe, prepared, seconds=PACE_S, seed=seed)
    return Option(family=candidate.family, architecture=candidate.architecture, title=candidate.title, pace=pace)


def _sentences(look: Look, verdicts: Iterable[Verdict]) -> list[str]:
    """What to do first."""
    by_level = {level: [v.family for v in verdicts if v.verdict == level] for level in (FITS, POSSIBLE)}
    first = [family for family in by_level[FITS] if family != "majority"]
    said = [f"Try first: {', '.join(first)}." if first else "No family has as many examples as it likes."]
    if by_level[POSSIBLE]:
        said.append(f"Worth a try beside them: {', '.join(by_level[POSSIBLE])}.")
    transformer = next((v for v in verdicts if v.family == "transformer"), None)
    if transformer is not None and transformer.threshold_fits is not None:
        said.append(_on_transformers(look, transformer))
    said += _on_curve(look)
    said.append("These are rules of thumb; what holds on these data is measured by: whet compare.")
    return said


def _on_transformers(look: Look, transformer: Verdict) -> str:
    if transformer.verdict == FITS:
        return f"A transformer from scratch has enough data: {look.num_train:,} training examples."
    return (
        f"A transformer from scratch likes {transformer.threshold_fits:,} training examples and may be tried from "
        f"{transformer.threshold_possible:,} on; here are {look.num_train:,}."
    )


def _on_curve(look: Look) -> list[str]:
    """Did the linear model still gain from its last doubling, beyond what its intervals leave open."""
    if len(look.curve) < 2:
        return []
    before, last = look.curve[-2], look.curve[-1]
    shown = f"{look.metric_title} {before.score:.4g} with {before.num_train:,} examples, {last.score:.4g} with "
    shown += f"{last.num_train:,}"
    if before.high < last.low or last.high < before.low:
        return [f"The {look.baseline} still changes clearly with more examples ({shown}): more data would pay."]
    return [f"The {look.baseline}: {shown}; the intervals overlap, so whether more data would pay is open."]
