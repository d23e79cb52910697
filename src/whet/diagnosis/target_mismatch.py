"""Validation targets that mean something else than training targets: other codes, other units, unknown classes."""

from __future__ import annotations

import numpy as np

from whet.diagnosis.outcome import Outcome
from whet.diagnosis.probes.inputs import Inputs
from whet.finding import Finding

__all__ = ["other_codes", "other_units", "unseen_classes"]

SOURCE = "Rabanser et al., Failing Loudly, NeurIPS 2019"
PURE = 0.6  # share of a class's examples that get the same other class
FEWEST = 8  # validation examples of a class
RATIO, SHIFT = 3.0, 3.0  # of spreads; of means, in training spreads
UNSEEN = 0.03  # share of validation examples of classes that training never had


def other_codes(outcome: Outcome) -> Finding | None:
    """The model is wrong in a way that a relabelling explains: each class is consistently taken for another one."""
    if outcome.kind != "classes" or outcome.scores.shape[1] < 2:
        return None
    predicted, truth = outcome.scores.argmax(axis=1), outcome.truth
    classes = [k for k in np.unique(truth) if (truth == k).sum() >= FEWEST]
    taken = {int(k): int(np.bincount(predicted[truth == k]).argmax()) for k in classes}
    pure = [float((predicted[truth == k] == taken[int(k)]).mean()) for k in classes]
    moved = {k: v for k, v in taken.items() if k != v}
    one_to_one = len(set(taken.values())) == len(taken)
    learnt = outcome.train_score is not None and outcome.train_score > 0.5
    if len(classes) < 2 or min(pure) < PURE or not one_to_one or len(moved) < max(2, len(taken) / 3) or not learnt:
        return None
    shown = ", ".join(f"{k} is predicted as {v}" for k, v in list(moved.items())[:4])
    return Finding(
        symptom="split_mismatch",
        title="validation labels are coded otherwise",
        severity=0.9,
        confidence=0.9,
        statement=f"On validation examples {len(moved)} of {len(taken)} classes are each taken for another one, "
        f"consistently ({shown}), although the model has learnt its training labels.",
        evidence={"rule": "D31", "value": len(moved) / len(taken), "threshold": 1 / 3, "pure": min(pure)},
        where="targets of the validation loader",
        advice="Use one mapping from names to numbers for both parts: fit the label encoder on the training labels "
        "and save it; class folders must be the same set.",
        source=SOURCE,
    )


def other_units(given: Inputs) -> Finding | None:
    """Numbers on another scale."""
    train, valid = given.train_truth, given.valid_truth
    if min(len(train), len(valid)) < 20 or not (np.std(train) > 0 and np.std(valid) > 0):
        return None
    ratio = float(np.std(valid) / np.std(train))
    shift = float(abs(valid.mean() - train.mean()) / np.std(train))
    if max(ratio, 1 / ratio) < RATIO and shift < SHIFT:
        return None
    return Finding(
        symptom="split_mismatch",
        title="validation targets are on another scale",
        severity=0.85 if max(ratio, 1 / ratio) >= RATIO else 0.5,
        confidence=0.85,
        statement=f"Training targets have mean {train.mean():.4g} and standard deviation {np.std(train):.4g}, "
        f"validation targets {valid.mean():.4g} and {np.std(valid):.4g}.",
        evidence={"rule": "D31", "value": max(ratio, 1 / ratio), "threshold": RATIO, "shift": shift},
        where="targets of the validation loader",
        advice="Prepare both targets alike: the mean and standard deviation of the training targets for both, or "
        "neither; and turn predictions back into the target's unit before they are scored.",
        source=SOURCE,
    )


def unseen_classes(given: Inputs, *, is_whole: bool) -> Finding | None:
    """Classes that only validation has."""
    if not is_whole:
        return None  # only the first training batches were read
    known = np.unique(given.train_truth)
    strange = ~np.isin(given.valid_truth, known) & (given.valid_truth >= 0)
    share, names = float(strange.mean()), np.unique(given.valid_truth[strange])
    # of many rare classes a few are always missing from one part
    if share < UNSEEN or strange.sum() < FEWEST * len(names):
        return None
    return Finding(
        symptom="split_mismatch",
        title="classes that training never had",
        severity=float(min(0.85, 0.5 + share)),
        confidence=0.95,
        statement=f"{int(strange.sum())} of {len(strange)} validation examples ({share:.0%}) are of "
        f"{len(names)} classes that no training example has, such as {names[0]}.",
        evidence={"rule": "D31", "value": share, "threshold": UNSEEN},
        where="targets of the training loader",
        advice="Split after shuffling, with stratification: train_test_split(..., stratify=y).",
        source=SOURCE,
    )
