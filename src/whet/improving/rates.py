"""Ask the learning-rate range test once, on the training rows, before remedies are planned."""

from __future__ import annotations

from dataclasses import replace

from whet.errors import TrainingFailedError
from whet.improving.session import Session
from whet.training.lr_range import suggest_lr

__all__ = ["note_suggested_lr"]

MOST_S, SHARE = 20.0, 0.03  # what the sweep may take: seconds, and of the exploring time


def note_suggested_lr(session: Session, *, exploring_s: float) -> None:
    """Write the suggestion into the facts, where the remedy reads it; a sweep that cannot tell leaves them alone."""
    train, _ = session.arena.parts_of(0)[0]
    seconds = min(MOST_S, SHARE * exploring_s)
    session.observer.doing("learning-rate range test")

    def measure() -> float | None:
        try:
            return suggest_lr(
                session.incumbent[0].recipe,
                session.prepared.target,
                session.prepared.data.take(train),
                setting=session.trials.setting,
                seconds=seconds,
            )
        except (TrainingFailedError, RuntimeError) as fault:  # a hint is not worth a run
            session.observer.say(f"the learning-rate range test failed: {fault}")
            return None

    suggested = session.folder.remember("suggested_lr", measure)
    session.prepared = replace(session.prepared, facts=replace(session.prepared.facts, suggested_lr=suggested))
