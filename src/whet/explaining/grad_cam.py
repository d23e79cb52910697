"""Grad-CAM: where in a picture or series the last feature map speaks for the predicted class.

Helps: convolutional networks; one backward pass, so it costs next to nothing.
Hurts: fine detail, since the map is as coarse as the network's last one; evidence against the class is not shown.
Source: Selvaraju et al., "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization", ICCV 2017;
    for series, Wang et al., "Time series classification from scratch", IJCNN 2017 (CAM).
Differs: for a predicted number the number itself takes the place of the class's logit.
"""

from __future__ import annotations

import copy
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from whet.bundle.model import Model
from whet.data.inputs import Batch
from whet.data.kinds import Modality
from whet.explaining.layout import spread
from whet.explaining.members import averaged, batch_of
from whet.explaining.method import Example, Weights, methods
from whet.models.architecture import Architecture
from whet.training.fitted_network import FittedNetwork

__all__ = ["GradCAM", "class_activation_map"]


@methods.register("grad_cam")
class GradCAM:
    """For networks with ``feature_map(batch)``: (B, D, h, w) of pictures or (B, D, T) of series."""

    title: ClassVar[str] = "Grad-CAM"
    citation: ClassVar[str] = "Selvaraju et al., ICCV 2017"
    unit: ClassVar[str] = "largest is 1"
    is_signed: ClassVar[bool] = False

    def weigh(self, model: Model, example: Example) -> Weights | None:
        """Each network's map, brought to a maximum of 1, averaged."""
        data = example.alone
        if data.schema.modality not in (Modality.IMAGE, Modality.SERIES):
            return None

        def ask(fitted: FittedNetwork) -> np.ndarray | None:
            if not hasattr(fitted.model, "feature_map"):
                return None
            found = class_activation_map(fitted.model, batch_of(fitted, data), example.answer)[0]
            values = spread(fitted, data, found.cpu().numpy())
            return None if values is None else values / (values.max() or 1.0)

        return averaged(model, ask)


def class_activation_map(network: Architecture, batch: Batch, answer: int | None) -> Tensor:
    """(B, h, w) or (B, T), 0 or more: the map's channels weighted by the mean gradient of the logit over positions."""
    maps: list[Tensor] = []
    # A shallow copy shares every weight but has attributes of its own, so that recording changes nothing in the model.
    recording: Any = copy.copy(network)

    def feature_map(given: Batch) -> Tensor:
        maps.append(network.feature_map(given).detach().requires_grad_())  # type: ignore[operator]
        return maps[-1]

    recording.feature_map = feature_map
    with torch.enable_grad():
        outputs: Tensor = recording(batch)
        column = outputs[..., 0 if answer is None else answer]
        (slope,) = torch.autograd.grad(column.sum(), maps[-1])
    positions = tuple(range(2, slope.ndim))
    return torch.relu((slope.mean(dim=positions, keepdim=True) * maps[-1]).sum(dim=1)).detach()
