"""Model soups: the mean of the weights of several networks that were fine-tuned from one start.

Helps: fine-tunings of one pretrained body, which end in one valley: a soup costs no more at prediction than one
network. Hurts: networks that started apart; their mean is no network at all, which is why a soup is checked.
Source: Wortsman et al., "Model soups: averaging weights of multiple fine-tuned models improves accuracy without
increasing inference time", ICML 2022 (the greedy soup).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from whet.state import State

__all__ = ["are_alike", "averaged_state", "greedy_soup"]

PREPARED = "encoder."  # names of what was learnt about the inputs, which must be the same for all


def are_alike(states: Sequence[State]) -> bool:
    """Do all have arrays of the same names and shapes, and the very same preprocessing."""
    first = states[0]
    return all(_fits(first, other) for other in states[1:])


def averaged_state(states: Sequence[State]) -> State:
    """Every array of weights is the mean over ``states``; whole numbers, such as counters, are those of the first.

    >>> a, b = State({}, {"w": np.zeros(2, np.float32)}), State({}, {"w": np.ones(2, np.float32)})
    >>> averaged_state([a, b]).arrays["w"].tolist()
    [0.5, 0.5]
    """
    first = states[0]
    arrays = {
        name: _mean([s.arrays[name] for s in states]) if not name.startswith(PREPARED) else array
        for name, array in first.arrays.items()
    }
    return State(first.config, arrays, first.shared)


def greedy_soup(count: int, score: Callable[[tuple[int, ...]], float]) -> tuple[int, ...]:
    """The ingredients, by position, best first: each is kept if the soup is not worse with it.

    Args:
        count: how many there are, ordered by their own score, the best first.
        score: of the soup of some of them; larger is better.

    >>> greedy_soup(3, lambda kept: {(0,): 0.5, (0, 1): 0.4, (0, 2): 0.5}[kept])
    (0, 2)
    """
    kept: tuple[int, ...] = (0,)
    best = score(kept)
    for number in range(1, count):
        found = score((*kept, number))
        if found >= best:
            kept, best = (*kept, number), found
    return kept


def _fits(first: State, other: State) -> bool:
    if first.arrays.keys() != other.arrays.keys() or dict(first.config) != dict(other.config):
        return False
    if first.shared.keys() != other.shared.keys():
        return False
    return all(
        array.shape == other.arrays[name].shape
        and (not name.startswith(PREPARED) or np.array_equal(array, other.arrays[name]))
        for name, array in first.arrays.items()
    )


def _mean(arrays: list[np.ndarray]) -> np.ndarray:
    first = arrays[0]
    if not np.issubdtype(first.dtype, np.floating):
        return first
    return np.asarray(np.mean(np.stack([a.astype(np.float64) for a in arrays]), axis=0), dtype=first.dtype)
