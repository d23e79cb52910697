"""How a model treats groups of people: score, selection rate, true and false positive rate of each group.

The rates come from fairlearn's MetricFrame; each group is then compared with all others, because the difference between
the best and the worst of many groups is above 0 by chance alone.
Source: Bird et al., "Fairlearn: a toolkit for assessing and improving fairness in AI", Microsoft 2020.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from sklearn.metrics import accuracy_score, mean_absolute_error

from whet.auditing.slices.group_gap import Gap, group_gap
from whet.evaluation.multiplicity import holm

__all__ = ["GroupGap", "frame_of", "group_gaps"]


@dataclass(frozen=True)
class GroupGap:
    """One rate of one group against all others; ``gap.p`` is two-sided and adjusted by Holm."""

    group: str
    rate: str
    gap: Gap

    @property
    def least(self) -> float:
        """The size of the gap that the interval leaves no doubt of; 0 where it spans 0."""
        return max(self.gap.low, -self.gap.high, 0.0)


def frame_of(truth: np.ndarray, told: np.ndarray, groups: np.ndarray, *, kind: str) -> pd.DataFrame:
    """One line per group: count and rates. ``kind``: "two" (1 is the positive class), "many" or "number"."""
    from fairlearn.metrics import MetricFrame, count

    metrics: dict[str, Callable[..., float]] = {"count": count}
    if kind == "number":
        metrics |= {"mean error": mean_absolute_error, "bias": lambda t, p: float(np.mean(p - t))}
    else:
        metrics["accuracy"] = accuracy_score
    if kind == "two":
        metrics |= _of_two_classes()
    frame = MetricFrame(metrics=metrics, y_true=truth, y_pred=told, sensitive_features=pd.Series(groups, name="group"))
    return pd.DataFrame(frame.by_group)


def _of_two_classes() -> Mapping[str, Callable[..., float]]:
    from fairlearn.metrics import false_positive_rate, selection_rate, true_positive_rate

    # a group may hold one class only; then a rate is NaN or 0, and is not compared
    return {
        "selection rate": selection_rate,
        "true positive rate": lambda t, p: float(true_positive_rate(t, p)) if (t == 1).any() else float("nan"),
        "false positive rate": lambda t, p: float(false_positive_rate(t, p)) if (t == 0).any() else float("nan"),
    }


def group_gaps(
    truth: np.ndarray, told: np.ndarray, groups: np.ndarray, clusters: np.ndarray, *, kind: str, fewest: int
) -> list[GroupGap]:
    """Each group of at least ``fewest`` examples (within the rate's own examples) against all others, every rate."""
    found = []
    for rate, (values, lines) in _per_example(truth, told, kind).items():
        for group in sorted(set(groups[lines].tolist())):
            members = groups[lines] == group
            if fewest <= members.sum() <= len(members) - fewest:
                found.append(GroupGap(group, rate, group_gap(values[lines], members, clusters[lines])))
    if not found:
        return []
    adjusted = holm(np.array([min(1.0, 2 * min(f.gap.p, 1 - f.gap.p)) for f in found])).tolist()
    return [replace(f, gap=replace(f.gap, p=p)) for f, p in zip(found, adjusted, strict=True)]


def _per_example(truth: np.ndarray, told: np.ndarray, kind: str) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """rate -> (values (N,) whose mean it is, (N,) bool: the examples it is a mean over)."""
    everyone = np.ones(len(truth), dtype=bool)
    if kind == "number":
        return {"mean error": (np.abs(told - truth), everyone), "bias": (told - truth, everyone)}
    rates = {"accuracy": ((told == truth).astype(np.float64), everyone)}
    if kind == "two":
        chosen = (told == 1).astype(np.float64)
        rates["selection rate"] = (chosen, everyone)
        rates["true positive rate"] = (chosen, truth == 1)
        rates["false positive rate"] = (chosen, truth == 0)
    return rates
