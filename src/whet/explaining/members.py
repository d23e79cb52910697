"""Ask the networks of an ensemble one by one and average their answers by their weight."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from whet.bundle.model import Model
from whet.data.dataset import Dataset
from whet.data.inputs import Batch
from whet.explaining.method import Weights
from whet.training.fitted_network import FittedNetwork

__all__ = ["averaged", "batch_of"]


def averaged(model: Model, ask: Callable[[FittedNetwork], np.ndarray | None]) -> Weights | None:
    """The mean of what ``ask`` finds in each network; members without an answer are left out and the scope says so."""
    found: list[tuple[float, np.ndarray]] = []
    for member, weight in zip(model.members, model.blend.weights, strict=True):
        values = _asked(member.fitted, ask) if weight > 0 and isinstance(member.fitted, FittedNetwork) else None
        if values is not None:
            found.append((weight, values))
    if not found:
        return None
    asked = sum(weight for weight, _ in found)
    mean = sum((weight / asked * values for weight, values in found), np.zeros_like(found[0][1]))
    share = asked / sum(model.blend.weights)
    return Weights(values=mean, share=share, scope=_scope(len(found), len(model.members), share))


def _asked(fitted: FittedNetwork, ask: Callable[[FittedNetwork], np.ndarray | None]) -> np.ndarray | None:
    """The mean over the networks of a snapshot ensemble; that of the only one where there is one."""
    each = [ask(replace(fitted, model=network, earlier=())) for network in fitted.networks]
    known = [values for values in each if values is not None]
    return np.mean(known, axis=0) if known else None


def batch_of(fitted: FittedNetwork, data: Dataset) -> Batch:
    """What the network reads of the first example, on its device, as a batch of one."""
    inputs = fitted.encoder.encode(data).only(fitted.model.parts)
    return {name: part.to(fitted.device) for name, part in inputs.batch(np.array([0])).items()}


def _scope(asked: int, total: int, share: float) -> str:
    if asked == total:
        return "the whole model" if total == 1 else f"the mean of all {total} members"
    return f"{asked} of {total} members, with {share:.0%} of the weight"
