"""Rounds of trainings: every candidate once per round, so that all have the same repeats whenever time ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from whet.comparing.candidates import Candidate
from whet.comparing.measured import Measured, measure_repeat
from whet.improving.arena import Arena
from whet.improving.clock import Clock
from whet.improving.observer import Observer
from whet.improving.prepare import Prepared
from whet.training.fitted import FitSetting

__all__ = ["MOST_REPEATS", "limit_seconds", "run_rounds"]

MOST_REPEATS = 5
SAFETY = 1.1  # a further round is begun when the last one's seconds, times this, still fit


def limit_seconds(left_s: float, *, num_candidates: int, num_parts: int, repeats: int | None) -> float:
    """Seconds that any one training may take: the same for everyone.

    >>> limit_seconds(300.0, num_candidates=5, num_parts=5, repeats=None)
    12.0
    """
    return max(0.1, left_s / (num_candidates * num_parts * (repeats or 1)))


def run_rounds(
    chosen: Sequence[Candidate],
    prepared: Prepared,
    arena: Arena,
    *,
    clock: Clock,
    keep_s: float,
    limit_s: float,
    repeats: int | None,
    setting: FitSetting,
    seed: int,
    observer: Observer,
) -> list[Measured]:
    """Measure everyone; ``keep_s`` of the clock are left for what follows.

    Without ``repeats`` a first round is always run, and further ones as long as a whole round fits into what is left:
    candidates that end before their limit make room for them.
    """
    found = [Measured(candidate=c) for c in chosen]
    setting = replace(setting, on_progress=observer.progress)
    for repeat in range(repeats or MOST_REPEATS):
        before = clock.elapsed()
        for each in found:
            if each.cause is None:
                observer.doing(_doing(each.candidate, repeat))
                measure_repeat(each, prepared, arena, repeat=repeat, limit_s=limit_s, setting=setting, seed=seed)
                _say(each, prepared, arena, repeat, observer)
        round_s = clock.elapsed() - before
        if SAFETY * round_s > clock.left() - keep_s or all(each.cause for each in found):
            break
    return found


def _doing(candidate: Candidate, repeat: int) -> str:
    return f"{candidate.family}: {candidate.title}" + (f", repeat {repeat + 1}" if repeat else "")


def _say(each: Measured, prepared: Prepared, arena: Arena, repeat: int, observer: Observer) -> None:
    if each.cause is not None:
        observer.say(f"{each.candidate.family}: {each.candidate.title} failed: {each.cause}")
    elif repeat == 0:
        score = prepared.metric.compute(arena.truth, each.scores[0])
        observer.say(f"{each.candidate.family}: {each.candidate.title}: {prepared.metric.title} {score:.4g}")
