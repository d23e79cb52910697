"""Test examples that come from elsewhere than the training ones: the validation score will not be the test score.

A classifier tries to tell the halves apart by their inputs (no label is needed), and the shares of labels are compared.
Not every shift costs: the score of the quick model on the test part beside its validation score says what it did.
Source: Lopez-Paz & Oquab, "Revisiting classifier two-sample tests", ICLR 2017; Rabanser et al., "Failing loudly",
    NeurIPS 2019.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2_contingency, ks_2samp

from whet.auditing.check import checks
from whet.auditing.inspection import Inspection
from whet.auditing.leaks.split_scores import validation_flattery
from whet.auditing.leaks.two_sample import column_distance, separation, table_matrix
from whet.auditing.vectors import raw_vectors
from whet.data.dataset import Dataset
from whet.data.kinds import Modality
from whet.data.stack import stacked
from whet.errors import CannotJudgeError, TrainingFailedError
from whet.evaluation.intervals import Interval
from whet.finding import Cost, Finding
from whet.rng import make_numpy_generator

__all__ = ["SplitShift"]


@dataclass(frozen=True, kw_only=True)
class SplitShift:
    """Compares inputs and labels of the two halves."""

    severe: float = 0.8  # AUC from which the halves are plainly two sources
    least: float = 0.6  # lower end of the interval of the AUC from which a shift is told
    label_distance: float = 0.05  # total variation between label shares; KS distance of a number twice that
    p_value: float = 1e-3  # of the comparison of labels
    fewest: int = 50  # examples on each side
    most: int = 5_000  # examples of each side

    title: str = "training and test from different sources"
    effort: int = 2

    def check(self, inspection: Inspection) -> Iterable[Finding]:
        """See ``Check.check``."""
        if inspection.test is None:
            return
        train, test = inspection.data, inspection.test.data
        if min(len(train), len(test)) < self.fewest:
            raise CannotJudgeError(f"needs {self.fewest} examples on each side; there are {len(train)} and {len(test)}")
        found = [*self._inputs(inspection, train, test), *self._labels(inspection, train, test)]
        yield from found

    def _inputs(self, inspection: Inspection, train: Dataset, test: Dataset) -> Iterable[Finding]:
        generator = make_numpy_generator(inspection.seed, "sample", "shift")
        few = train.take(inspection.sample(self.most, "shift"))
        others = test.take(np.sort(generator.permutation(len(test))[: self.most]))
        both = stacked(few, others)
        is_table = inspection.modality is Modality.TABLE
        values = table_matrix(list(both.columns.values())) if is_table else raw_vectors(both)
        auc = separation(values, np.arange(len(both)) >= len(few))
        if auc.low < self.least:
            return
        cost, unknown = _cost(inspection)
        yield Finding(
            symptom="split_shift",
            title=self.title,
            severity=0.75 if auc.value >= self.severe else 0.45,
            statement=f"A classifier tells training from test inputs with an AUC of {auc.value:.2f} ({auc.low:.2f} to "
            f"{auc.high:.2f}; 0.5 if they were alike).{_driven(both, len(few), is_table)}{_told(cost, inspection)}",
            evidence={"rule": "two-sample AUC", "value": auc.value, "threshold": self.severe, "low": auc.low},
            part="test",
            count=len(test),
            total=len(test),
            confidence=0.95,
            cost=cost,
            cost_unknown=unknown,
            advice="Find out how the two were collected. Is the test what the model will meet? Train on the like.",
        )

    def _labels(self, inspection: Inspection, train: Dataset, test: Dataset) -> Iterable[Finding]:
        if train.target is None or test.target is None:
            return
        compare = _label_shares if inspection.is_classes else _number_ranges
        distance, p_value, what = compare(train.target, test.target)
        least = self.label_distance * (1 if inspection.is_classes else 2)
        if p_value >= self.p_value or distance < least:
            return
        yield Finding(
            symptom="split_shift",
            title="targets that are distributed otherwise in the test part",
            severity=0.5 if distance >= 2 * least else 0.35,
            statement=what,
            evidence={"rule": "label distance", "value": distance, "threshold": least, "p_value": p_value},
            part="test",
            column=str(inspection.data.schema.target),
            count=len(test),
            total=len(test),
            confidence=1 - p_value,
            cost_unknown="it depends on which classes are hard",
            advice="Draw the test as the training part was drawn, or say which of the two is like what will come.",
        )


def _label_shares(train: np.ndarray, test: np.ndarray) -> tuple[float, float, str]:
    names, codes = np.unique(np.concatenate([train, test]).astype(str), return_inverse=True)
    counts = np.stack([np.bincount(c, minlength=len(names)) for c in (codes[: len(train)], codes[len(train) :])])
    if len(names) < 2:
        return 0.0, 1.0, ""
    shares = counts / counts.sum(axis=1, keepdims=True)
    farthest = int(np.abs(shares[0] - shares[1]).argmax())
    before, after = shares[:, farthest]
    what = f"Label {str(names[farthest])!r} makes up {before:.1%} of the training and {after:.1%} of the test part."
    return float(np.abs(shares[0] - shares[1]).sum() / 2), float(chi2_contingency(counts).pvalue), what


def _number_ranges(train: np.ndarray, test: np.ndarray) -> tuple[float, float, str]:
    a, b = train.astype(np.float64), test.astype(np.float64)
    found = ks_2samp(a, b, method="asymp")
    what = f"The target is {np.median(a):.4g} by the median in training and {np.median(b):.4g} in the test part."
    return float(found.statistic), float(found.pvalue), what


def _driven(both: Dataset, num_first: int, is_table: bool) -> str:
    if not is_table:
        return ""
    distances = {name: column_distance(c, num_first) for name, c in both.columns.items()}
    best = [f"{n!r} ({d:.2f})" for n, d in sorted(distances.items(), key=lambda p: -p[1])[:3] if d >= 0.1]
    return f" Farthest apart: {', '.join(best)}." if best else ""


def _cost(inspection: Inspection) -> tuple[Cost | None, str]:
    try:
        return validation_flattery(inspection, inspection.split_scores), ""
    except (CannotJudgeError, TrainingFailedError) as reason:
        return None, str(reason)


def _told(cost: Cost | None, inspection: Inspection) -> str:
    if cost is None:
        return ""
    quick: Interval = inspection.quick.score
    sign = 1.0 if inspection.metric.higher_is_better else -1.0
    return f" The quick model scores {quick.value:.4g} in validation and {quick.value - sign * cost.value:.4g} there."


checks.register("split_shift")(SplitShift())
