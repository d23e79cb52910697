"""A training loader without its random changes of examples: several ways are tried until two readings agree."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from torch.utils.data import DataLoader, Subset, default_collate

from whet.diagnosis.cures.parts.fingerprints import fingerprints
from whet.diagnosis.cures.parts.loaders import is_indexed, rebuilt
from whet.diagnosis.cures.parts.stored_examples import stored_examples
from whet.diagnosis.preserving import preserving
from whet.rng import drawing_globally

__all__ = ["plain_loader"]

TRANSFORMS = ("transform", "transforms", "augment", "augmentation", "aug")
SWITCHES = ("augment", "augmented", "train", "training", "is_train", "random")
RANDOM = ("random", "jitter", "autoaugment", "trivialaugment", "randaugment", "augmix", "erasing", "noise")
LOOKED_AT = 8  # examples that are read twice


def plain_loader(train: Any, valid: Any, *, seed: int) -> tuple[Any, str] | None:
    """The loader and the line to change; None where nothing is random or nothing helps."""
    if not is_indexed(train):
        return None
    with preserving(train, valid):
        if _is_plain(train, seed):
            return None
        for loader, advice in _ways(train, valid):
            try:
                if _is_plain(loader, seed) and _looks_alike(loader, train):
                    return loader, advice
            except Exception:  # without its transform the data set gives what the model cannot take
                continue
    return None


def _ways(train: Any, valid: Any) -> Iterator[tuple[Any, str]]:
    if isinstance(valid, DataLoader) and valid.collate_fn is not train.collate_fn:
        yield (
            rebuilt(train, collate=valid.collate_fn),
            "DataLoader(..., collate_fn=...)  # that of the validation loader",
        )
    for name in TRANSFORMS:
        for other, advice in _transforms(train, valid, name):
            yield rebuilt(train, dataset=_with(train.dataset, name, other)), advice
    for name in SWITCHES:
        if getattr(_inner(train.dataset), name, None) is True:
            yield rebuilt(train, dataset=_with(train.dataset, name, False)), f"{name}=False  # in the training data set"
    for name, value in vars(_inner(train.dataset)).items():  # whatever else the author calls it
        if callable(value) and name not in TRANSFORMS:
            changed = rebuilt(train, dataset=_with(train.dataset, name, _as_given))
            yield changed, f"leave {name} out  # of the training data set"
    found = None if isinstance(train.dataset, Subset) else stored_examples(train.dataset, seed=0)
    if found is not None:
        yield rebuilt(train, dataset=found[0]), f"return {found[1]} unchanged in the data set's __getitem__"
    if train.collate_fn is not default_collate:
        yield rebuilt(train, collate=default_collate), "leave out the collate_fn of the training loader"


def _transforms(train: Any, valid: Any, name: str) -> Iterator[tuple[Any, str]]:
    now = getattr(_inner(train.dataset), name, None)
    if not callable(now):
        return
    theirs = getattr(_inner(getattr(valid, "dataset", None)), name, None)
    if callable(theirs) and theirs is not now:
        yield theirs, f"{name}=...  # of the training data set: as for the validation examples"
    parts = getattr(now, "transforms", None)
    if isinstance(parts, list):
        kept = [p for p in parts if not any(word in type(p).__name__.lower() for word in RANDOM)]
        without = copy.copy(now)
        without.transforms = kept
        dropped = ", ".join(type(p).__name__ for p in parts if p not in kept)
        yield without, f"leave {dropped or 'the random parts'} out of the {name} of the training data set"
    yield None, f"{name}=None  # of the training data set"


def _as_given(*values: Any) -> Any:
    """In place of a change of one example, or of an example and its target."""
    return values[0] if len(values) == 1 else values


def _inner(dataset: Any) -> Any:
    """Through subsets, as ``random_split`` makes them."""
    while isinstance(dataset, Subset):
        dataset = dataset.dataset
    return dataset


def _with(dataset: Any, name: str, value: Any) -> Any:
    """A shallow copy whose innermost data set has one attribute changed; the user's own is left alone."""
    changed = copy.copy(dataset)
    if isinstance(dataset, Subset):
        changed.dataset = _with(dataset.dataset, name, value)
    else:
        setattr(changed, name, value)
    return changed


def _is_plain(loader: Any, seed: int) -> bool:
    """Whether the same examples come out twice under different draws."""
    rows = range(min(LOOKED_AT, len(loader.dataset)))
    readings = []
    for reading in ("first", "second"):
        with drawing_globally(seed, "plain examples", reading):
            readings.append(fingerprints(loader.collate_fn([loader.dataset[i] for i in rows])))
    return readings[0] == readings[1]


def _looks_alike(loader: Any, train: Any) -> bool:
    """Whether examples still have the structure that the model is given."""
    new, old = (x.collate_fn([x.dataset[0]]) for x in (loader, train))
    return bool(_shape(new) == _shape(old))


def _shape(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_shape(v) for v in value]
    if isinstance(value, dict):
        return {k: _shape(v) for k, v in value.items()}
    return tuple(value.shape), str(value.dtype)
