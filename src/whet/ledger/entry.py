"""The words of the ledger: what a row says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

__all__ = ["Decision", "Plan", "Stage", "Verdict"]


class Stage(StrEnum):
    """Where in the loop a row belongs."""

    BASELINE = "baseline"  # majority, linear, boosted trees
    DEFAULT = "default"  # the task's default deep recipe
    SCREEN = "screen"  # cheap look on an inner split of train: makes no claim
    CONFIRM = "confirm"  # judged against the incumbent
    ENSEMBLE = "ensemble"
    CALIBRATE = "calibrate"
    DISTIL = "distil"  # one fast model that the ensemble taught
    TEST = "test"


class Verdict(StrEnum):
    """What a row was worth."""

    ADOPTED = "adopted"
    NO_EVIDENCE = "no evidence"
    HARMFUL = "harmful"
    FAILED = "failed"
    NOT_VISIBLE = "not visible here"
    MEASURED = "measured"  # baselines, defaults and screens: a figure, no claim


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is written BEFORE a row runs."""

    stage: Stage
    remedy: str  # registered name, or the baseline's or architecture's
    change: str  # what changes, in a few words
    because: str = ""  # the finding it answers
    why_now: str = ""  # its place in the order, and what put it there
    expected_gain: float | None = None  # in the metric's unit, positive is better
    visible_gain: float | None = None  # smallest gain this confirmation can show (minimum detectable effect)
    alpha: float | None = None  # share of the error budget spent on this row
    seeds: int = 1
    recipe: str = ""  # digest
    incumbent: str = ""  # digest of what it is compared with
    expected_seconds: float | None = None


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What is written after it ran; a row has exactly one."""

    verdict: Verdict
    reason: str = ""  # plain words: which gate held or failed
    before: float | None = None  # incumbent's score
    after: float | None = None  # candidate's score
    gain: float | None = None  # oriented so that positive is better
    low: float | None = None  # 95 % interval of the gain
    high: float | None = None
    p: float | None = None
    num_examples: int = 0
    num_seeds: int = 0
    seconds: float = 0.0
    cause: str = ""  # of a failure
    details: Mapping[str, Any] = field(default_factory=dict)
