"""How much of the disagreement with the surest predictions is ignorance of the model, and not noise in the labels.

A model that has learnt little is sure and wrong for reasons of its own, which no likelihood of its probabilities
shows. Noise that does not depend on the examples is as frequent among the surest predictions as among the less sure;
ignorance fades. So the errors that fade between the less sure and the surest are taken to go on fading inside these.

Of CIFAR-10 with clean labels a network trained for 6 seconds (57 % right) had 1,043 of 9,000 labels doubted, "80 %
of them rightly"; with 9 % wrong labels 1,864, of which 29 % were wrong. Of models that are right about four in five
labels or more, little is taken: see the tests and the table of wrong labels in ``benchmarks/README.md``.
Source: our own, fitted by eye to five kinds of data at three to four sizes with no, 5 and 20 % wrong labels; see
    ``docs/decisions/0016``.
"""

from __future__ import annotations

import numpy as np

from whet.auditing.labels.sureness import CORE, SUREST, sureness_ranks

__all__ = ["share_of_noise"]

GOES_ON = 0.8  # of the errors that fade on the way to the core, as a share: those that are still to fade inside it


def share_of_noise(probs: np.ndarray, given: np.ndarray) -> float:
    """Of disagreements with the surest predictions, those due to noise, in [0, 1]. 1 where there are no such.

    Args:
        probs: (N, K) for the given labels, nothing taken out of them.
        given: (N,) class codes.
    """
    num_classes = probs.shape[1]
    is_error, ranks = probs.argmax(axis=1) != given, sureness_ranks(probs)
    if not is_error[ranks < CORE].any():
        return 1.0  # nothing to share out
    core, sure = is_error[ranks < CORE].mean(), is_error[ranks < SUREST].mean()
    weakness = is_error.mean() * num_classes / (num_classes - 1)  # 1 for guessing
    ignorance = min(GOES_ON * max(0.0, sure - core), weakness**4)
    return float(np.clip(1.0 - ignorance / core, 0.0, 1.0))
