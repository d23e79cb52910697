"""How long a feature vector of a body is: found by asking it, because architectures need not say."""

from __future__ import annotations

import torch

from whet.data.inputs import Batch, InputSpec
from whet.data.kinds import Modality
from whet.models.architecture import Architecture

__all__ = ["example_batch", "feature_width"]


def feature_width(body: Architecture, spec: InputSpec) -> int:
    """D, axes after the first flattened; the body is left as it was."""
    was_training = body.training
    body.eval()
    try:
        device = next(body.parameters()).device
        with torch.inference_mode():
            return body.forward_features({n: t.to(device) for n, t in example_batch(spec).items()}).flatten(1).shape[1]
    finally:
        body.train(was_training)


def example_batch(spec: InputSpec) -> Batch:
    """One blank example of the sizes in ``spec``."""
    if spec.modality is Modality.IMAGE:
        return {"image": torch.zeros(1, spec.channels, spec.height, spec.width)}
    if spec.modality is Modality.SERIES:
        return {"series": torch.zeros(1, spec.channels, spec.length)}
    if spec.modality is Modality.TEXT:
        return {name: torch.ones(1, 2, dtype=torch.int64) for name in ("tokens", "ngrams")}
    categories = torch.zeros(1, len(spec.cardinalities), dtype=torch.int64)
    return {"numbers": torch.zeros(1, spec.num_numbers), "categories": categories}
