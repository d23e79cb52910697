"""What small regions of pictures tell of the target by themselves, and how much a model relies on one of them.

A forest is fitted to one region of half of the training examples, and judged on the other half and on validation
examples: a region that tells the target in the one and not in the other is marked in training only. What a model makes
of a region shows where it, or everything else, is dealt out anew among the examples.
Source: Fisher et al., "All Models are Wrong, but Many are Useful", JMLR 2019, for parts that are permuted; Zeiler and
Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014, for regions that are covered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from whet.diagnosis.case import Case
from whet.diagnosis.margins import errors_of, lead_of, skill_lost
from whet.diagnosis.probes.batches import batches
from whet.diagnosis.probes.dealt_pictures import DealtPictures, collected
from whet.diagnosis.probes.goal import goal
from whet.diagnosis.probes.passes import first_pass
from whet.diagnosis.probes.permuted import trivial_errors
from whet.diagnosis.probes.region_forest import RegionForest
from whet.diagnosis.probes.regions import Region, axes_of, bands, cross, frame
from whet.diagnosis.probes.rows import num_rows, take
from whet.diagnosis.probes.seen import trained
from whet.diagnosis.probes.tensors import tensors_in
from whet.errors import CannotJudgeError

__all__ = ["PictureRegions", "Reliance", "Telling", "picture_regions", "reliance", "sees_pictures", "skill_of"]

MOST, FEWEST = 512, 64  # examples of each part
TIED = 0.02  # of the skill, by which two bands do not differ
PROMISING = 0.5  # skill of a band, from which it is worth asking what the rest tells


@dataclass(frozen=True, kw_only=True)
class Telling:
    """What a region tells: shares of a constant answer's error that a forest on it alone is without, at most 1."""

    region: Region
    train: float  # on training examples that the forest was not fitted to
    valid: float


@dataclass(frozen=True, kw_only=True)
class PictureRegions:
    """Both parts, and what is known of each region."""

    train: DealtPictures
    valid: DealtPictures
    tellings: tuple[Telling, ...]  # the smallest first: a field where two bands cross, bands, the border
    forest: RegionForest


@dataclass(frozen=True, kw_only=True)
class Reliance:
    """Shares of the model's skill over a constant answer."""

    lost: float  # where the region comes from other examples
    lost_low: float  # the low end of the interval of that
    kept: float  # where everything but the region comes from other examples


def sees_pictures(case: Case) -> bool:
    """Whether the model is given one picture per example, of at least 8 by 8 pixels."""
    seen = case.ask(first_pass)
    given = tensors_in([list(seen.args), dict(seen.kwargs)])
    return len(given) == 1 and len(seen.args) == 1 and axes_of(tuple(given[0].shape)) is not None


def picture_regions(case: Case) -> PictureRegions:
    """Of the user's model where it came trained, else of the copy trained by us."""
    if case.setup is None:
        raise CannotJudgeError("needs the model and its data")
    kind, given = case.ask(goal), case.ask(batches)
    if kind.kind == "unknown" or not given.valid:
        raise CannotJudgeError("needs validation batches and one of PyTorch's loss functions")
    setup = case.setup.copy() if case.setup.was_trained else replace(trained(case).setup)
    parts = [collected(setup, kind, _some(part), seed=case.seed) for part in (given.first, given.valid)]
    train, valid = parts
    if min(len(p.truth) for p in parts) < FEWEST or train.pictures.shape[1:] != valid.pictures.shape[1:]:
        raise CannotJudgeError(f"needs {FEWEST} pictures of one size in both parts")
    forest = RegionForest(train, valid, seed=case.seed)
    return PictureRegions(train=train, valid=valid, tellings=_tellings(forest, train.size), forest=forest)


def _tellings(forest: RegionForest, size: tuple[int, int]) -> tuple[Telling, ...]:
    rows, columns = bands(*size)
    found = {r.name: _telling(forest, r) for r in (*rows, *columns, frame(*size))}
    fields = {}
    for part in (0, 1):  # a mark may be in training or validation pictures only
        field = cross(*(_best(forest, [found[r.name] for r in group], part) for group in (rows, columns)))
        fields[field.name] = field
    return (*(_telling(forest, f) for f in fields.values()), *found.values())


def _best(forest: RegionForest, group: list[Telling], part: int) -> Region:
    """The band that tells most; of those that tell as much the one without which the rest tells least."""
    values = [(t.train, t.valid)[part] for t in group]
    tied = [t.region for t, value in zip(group, values, strict=True) if value >= max(values) - TIED]
    if len(tied) == 1 or max(values) < PROMISING:
        return tied[0]
    return min(tied, key=lambda region: forest.skills(~region.mask)[part])


def _telling(forest: RegionForest, region: Region) -> Telling:
    train, valid = forest.skills(region.mask)
    return Telling(region=region, train=train, valid=valid)


def reliance(pictures: DealtPictures, region: Region) -> Reliance:
    """Two passes over the examples."""
    own, trivial = _errors(pictures, pictures.scores), trivial_errors(pictures.sort, pictures.truth)
    without = _errors(pictures, pictures.without(region.mask))
    alone = _errors(pictures, pictures.without(~region.mask))
    room = max(float((trivial - own).mean()), 1e-12)
    return Reliance(
        lost=lead_of(without, own)[0] / room,
        lost_low=skill_lost(without, own, trivial),
        kept=1 - lead_of(alone, own)[0] / room,
    )


def skill_of(pictures: DealtPictures) -> float:
    """Share of a constant answer's error that the model is without; 1 is perfect."""
    trivial = float(trivial_errors(pictures.sort, pictures.truth).mean())
    return 1 - float(_errors(pictures, pictures.scores).mean()) / max(trivial, 1e-12)


def _errors(pictures: DealtPictures, scores: np.ndarray) -> np.ndarray:
    """(N,) as ``margins.errors_of``."""
    return errors_of(pictures.sort, pictures.truth, scores)


def _some(given: Sequence[Any]) -> list[Any]:
    """Whole batches until there are so many examples, of the last one as many as are missing."""
    chosen: list[Any] = []
    left = MOST
    for batch in given:
        if left <= 0:
            break
        size = num_rows(batch)
        chosen.append(batch if size <= left else take(batch, range(left)))
        left -= size
    return chosen
