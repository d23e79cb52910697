"""Training examples whose label simple models contradict, each judged by models that did not see it.

Source: Northcutt et al., "Confident Learning", JAIR 2021: an example is suspect where another class is predicted with
    at least the mean confidence that examples labelled so have. Differs: bagged trees and a linear model on a table of
    what the network is given, for they are quick and the network itself may have learnt the wrong labels by heart.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from whet.diagnosis.case import Case
from whet.diagnosis.cures.parts.asking import need
from whet.diagnosis.cures.parts.loaders import is_indexed
from whet.diagnosis.cures.parts.opened import setup_of
from whet.diagnosis.preserving import preserving
from whet.diagnosis.probes.goal import goal
from whet.diagnosis.probes.inputs import inputs, table_of
from whet.diagnosis.probes.passes import run_batch

__all__ = ["Suspects", "suspects"]

MOST = 20_000  # examples; more take too long
MOST_CLASSES, MOST_COLUMNS = 60, 512
FOLDS = 3
HEAVY = 0.2  # share of suspects from which a label weighs little: models of the others then judge, threshold or not
CHUNK = 256  # examples read at a time


@dataclass(frozen=True, kw_only=True)
class Suspects:
    """Of the training data set, in its order."""

    rows: np.ndarray  # (S,) int64
    num: int  # examples in all
    helps: bool  # simple models without them are no worse on validation examples than with them

    @property
    def share(self) -> float:
        """Of all examples."""
        return len(self.rows) / self.num


def suspects(case: Case) -> Suspects:
    """Read the whole training data set once, fit simple models a few times: seconds."""
    loader: Any = setup_of(case).train
    need(is_indexed(loader), "the training loader has no data set with numbered examples")
    need(case.ask(goal).kind in ("classes", "binary"), "the targets are no classes")
    need(len(loader.dataset) <= MOST, f"the training data set has more than {MOST:,} examples")
    table, labels = _read(case, loader)
    counts = np.bincount(labels)
    need(int(np.count_nonzero(counts)) <= MOST_CLASSES, "there are too many classes for simple models")
    need(table.shape[1] <= MOST_COLUMNS, "the inputs are too large for simple models")
    need(int(counts[counts > 0].min()) >= 2 * FOLDS, "a class has too few examples to be judged by the others")
    is_suspect = _is_contradicted(_unseen(table, labels), labels)
    if is_suspect.mean() > HEAVY:
        is_suspect = _unseen(table, labels, ~is_suspect).argmax(axis=1) != labels
    rows = np.flatnonzero(is_suspect)
    return Suspects(rows=rows, num=len(labels), helps=_helps(case, table, labels, rows))


def _read(case: Case, loader: Any) -> tuple[np.ndarray, np.ndarray]:
    setup, kind = setup_of(case).copy(), case.ask(goal)
    setup.model.eval()
    tables, truths = [], []
    with preserving(loader), torch.no_grad():
        for first in range(0, len(loader.dataset), CHUNK):
            items = [loader.dataset[i] for i in range(first, min(first + CHUNK, len(loader.dataset)))]
            seen = run_batch(setup, loader.collate_fn(items), seed=case.seed)
            truth = kind.codes(seen.given[0][1] if seen.given else seen.targets)
            need(len(truth) == len(items) and bool((truth >= 0).all()), "there is not one class for each example")
            tables.append(table_of(seen, len(items)))
            truths.append(truth)
    return np.concatenate(tables), np.concatenate(truths).astype(np.int64)


def _models() -> tuple[Any, Any]:
    trees = ExtraTreesClassifier(60, min_samples_leaf=3, random_state=0, n_jobs=1)
    return trees, make_pipeline(StandardScaler(), LogisticRegression(max_iter=100, C=0.1))


def _fitted(table: np.ndarray, labels: np.ndarray, asked: np.ndarray, width: int) -> np.ndarray:
    """(N, width) mean probabilities of both models."""
    scores = np.zeros((len(asked), width))
    for model in _models():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # not quite done is good enough
            model.fit(table, labels)
        scores[:, model.classes_] += model.predict_proba(asked) / 2
    return scores


def _unseen(table: np.ndarray, labels: np.ndarray, trusted: np.ndarray | None = None) -> np.ndarray:
    scores = np.zeros((len(labels), int(labels.max()) + 1))
    for rows, asked in StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(table, labels):
        fit = rows if trusted is None else rows[trusted[rows]]
        scores[asked] = _fitted(table[fit], labels[fit], table[asked], scores.shape[1])
    return scores


def _is_contradicted(scores: np.ndarray, labels: np.ndarray) -> np.ndarray:
    usual = np.array([scores[labels == k, k].mean() if (labels == k).any() else 2.0 for k in range(scores.shape[1])])
    top = scores.argmax(axis=1)
    found: np.ndarray = (top != labels) & (scores.max(axis=1) >= usual[top])
    return found


def _helps(case: Case, table: np.ndarray, labels: np.ndarray, rows: np.ndarray) -> bool:
    """Whether a linear model and trees know as much of validation examples without them, or more."""
    given, width = case.ask(inputs), int(labels.max()) + 1
    kept = np.setdiff1d(np.arange(len(labels)), rows)
    if given.valid.shape[1] != table.shape[1] or len(np.unique(labels[kept])) < len(np.unique(labels)):
        return False
    right = [
        float((_fitted(table[chosen], labels[chosen], given.valid, width).argmax(axis=1) == given.valid_truth).mean())
        for chosen in (np.arange(len(labels)), kept)
    ]
    return right[1] >= right[0]
