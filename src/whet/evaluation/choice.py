"""Which metric a target is judged by when the user names none, and why."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["choose_metric"]

FEW = 0.20  # a minority below this share makes always answering the majority look good


def choose_metric(target_kind: str, class_counts: Sequence[int] = ()) -> tuple[str, str]:
    """The registered name of the primary metric and one plain sentence that says why.

    Args:
        target_kind: "classes" or "number".
        class_counts: examples per class; not used for a number.

    >>> choose_metric("classes", (76, 24))
    ('accuracy', 'the rarer of the two classes has 24.0 % of the examples: accuracy is a fair summary')
    >>> choose_metric("classes", (95, 5))[0], choose_metric("classes", (500, 490, 10))[0], choose_metric("number")[0]
    ('roc_auc', 'macro_f1', 'rmse')
    """
    if target_kind == "number":
        return "rmse", "the target is a number: the root of the mean squared error is in its own units"
    num_classes, total = len(class_counts), sum(class_counts)
    if num_classes < 2 or total == 0:
        return "accuracy", "the share of right answers"
    rarest = min(class_counts) / total
    if num_classes == 2:
        rarer = f"the rarer of the two classes has {rarest:.1%} of the examples".replace("%", " %")
        if rarest < FEW:
            return "roc_auc", f"{rarer}: always answering the other one would look good by accuracy"
        return "accuracy", f"{rarer}: accuracy is a fair summary"
    # 0.1 / K: Datalab's line for an imbalanced class
    shares = f"the rarest of {num_classes} classes has {rarest:.2%} of the examples".replace("%", " %")
    if rarest < 0.1 / num_classes:
        return "macro_f1", f"{shares}, less than a tenth of an even share: F1 counts every class alike"
    return "accuracy", f"{shares}: accuracy is a fair summary"
