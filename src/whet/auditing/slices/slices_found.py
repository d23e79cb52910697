"""Groups in which the model errs more, found on one half of the examples and measured on the other.

The half that finds a group flatters it, so the gap, its interval and Holm's correction over all groups carried over
come from the half that was not looked at. Copies and declared groups stay in one half.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from whet.auditing.slices.group_gap import Gap, group_gap
from whet.evaluation.multiplicity import holm
from whet.rng import make_numpy_generator

__all__ = ["Candidate", "Found", "halves", "weak_groups"]

CARRIED = 8  # groups carried over to the measuring half
OVERLAP = 0.5  # of the smaller of two groups: above, the weaker finding is dropped


@dataclass(frozen=True)
class Candidate:
    """(N,) bool members; ``name`` is asked only of groups that are reported."""

    members: np.ndarray
    name: Callable[[], str]


@dataclass(frozen=True)
class Found:
    """A group whose gap holds on examples that did not choose it; ``gap.p`` is adjusted by Holm."""

    candidate: Candidate
    gap: Gap


def halves(clusters: np.ndarray, *, seed: int) -> np.ndarray:
    """(N,) bool: the half that finds; whole clusters, drawn at random."""
    _, codes = np.unique(clusters, return_inverse=True)
    return np.asarray(make_numpy_generator(seed, "slice halves").permutation(codes.max() + 1)[codes] % 2 == 0)


def weak_groups(
    candidates: Sequence[Candidate],
    loss: np.ndarray,
    finding: np.ndarray,
    clusters: np.ndarray,
    *,
    least: float,
    fewest: int,
    alpha: float,
) -> list[Found]:
    """Those whose mean ``loss`` (N,) is above that of the others by ``least``, the surest first."""
    promising: list[tuple[float, float, int, Candidate]] = []
    for each in candidates:
        here, there = each.members[finding], each.members[~finding]
        if min(here.sum(), there.sum()) < fewest or min((~here).sum(), (~there).sum()) < fewest:
            continue
        gap = group_gap(loss[finding], here, clusters[finding])
        if gap.value >= 0.6 * least:  # what falls a little short here may still be above on the other half
            promising.append((gap.p, -gap.value, len(promising), each))
    carried = [each for *_, each in sorted(promising, key=lambda p: p[:3])[:CARRIED]]
    if not carried:
        return []
    gaps = [group_gap(loss[~finding], c.members[~finding], clusters[~finding]) for c in carried]
    adjusted = holm(np.array([g.p for g in gaps]))
    pairs = zip(carried, gaps, adjusted.tolist(), strict=True)
    sure = [Found(c, replace(g, p=p)) for c, g, p in pairs if p < alpha and g.low > 0 and g.value >= least]
    return _apart(sorted(sure, key=lambda f: (f.gap.p, -f.gap.value)))


def _apart(found: Sequence[Found]) -> list[Found]:
    """Without those that mostly repeat a surer one."""
    kept: list[Found] = []
    for each in found:
        mine = each.candidate.members
        shared = [(mine & k.candidate.members).sum() / min(mine.sum(), k.candidate.members.sum()) for k in kept]
        if all(s <= OVERLAP for s in shared):
            kept.append(each)
    return kept
