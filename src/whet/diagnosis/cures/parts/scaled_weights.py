"""Initial weights that keep signals as large as they are through many layers, whatever the activation."""

from __future__ import annotations

import torch
from torch import nn

from whet.diagnosis.case import Case
from whet.diagnosis.cures.parts.interception import Call, Intercepting
from whet.diagnosis.cures.parts.output_activation import ACTIVATIONS
from whet.diagnosis.probes.batches import batches
from whet.diagnosis.probes.layers_seen import LayerUse, layers_used, weight_layers
from whet.diagnosis.setup import Setup
from whet.rng import drawing_globally

__all__ = ["DEEP", "scale_weights"]

DEEP = 4  # layers with weights, from which PyTorch's own draws, made for a gain of 0.58, let signals fade
GROWN = 10.0  # standard deviation of outputs, from which the new weights do more harm than good
LAYERS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)
SQUASHING = frozenset({"tanh", "sigmoid", "hardtanh", "hardsigmoid"})


def scale_weights(setup: Setup, case: Case) -> bool:
    """Draw hidden linear layers and convolutions of ``setup`` (a copy) anew where that is called for.

    He's draws before ReLU and its kin, Glorot's before tanh and sigmoid; biases 0; the last layer stays. Networks that
    normalise, or whose outputs would then grow (shortcuts add up), keep what they have.

    Returns:
        Whether anything was changed.
    """
    uses, activations = _seen(setup, case)
    layers = list({id(u.module): u for u in weight_layers(uses)}.values())
    chosen = [u.module for u in layers[:-1] if isinstance(u.module, LAYERS) and u.module.weight.requires_grad]
    if len(layers) < DEEP or not chosen or not activations or any(u.normalises for u in uses):
        return False
    kept = [(p, p.detach().clone()) for m in chosen for p in m.parameters(recurse=False)]
    with torch.no_grad(), drawing_globally(setup.seed, "scaled weights"):
        for module in chosen:
            _draw(module, is_squashed=activations <= SQUASHING)
    output = _seen(setup, case)[0][-1].output
    if output is not None and bool(output.isfinite().all()) and float(output.float().std()) < GROWN:
        return True
    with torch.no_grad():
        for parameter, old in kept:
            parameter.copy_(old)
    return False


def _seen(setup: Setup, case: Case) -> tuple[list[LayerUse], set[str]]:
    """Layers in order of use, and names of the activations that are called."""
    names: set[str] = set()

    def note(call: Call) -> object:
        names.add(call.name)
        return call.make()

    batch, drawing = case.ask(batches).first[0], drawing_globally(case.seed, "cure")
    with torch.no_grad(), drawing, layers_used(setup.model) as uses, Intercepting(ACTIVATIONS, note):
        setup.forward(setup.model, batch)
    return uses, names - {"softmax", "log_softmax"}


def _draw(module: nn.Module, *, is_squashed: bool) -> None:
    weight, bias = module.weight, module.bias
    assert isinstance(weight, torch.Tensor)
    if is_squashed:
        nn.init.xavier_uniform_(weight, gain=5 / 3)
    else:
        nn.init.kaiming_normal_(weight, nonlinearity="relu")
    if isinstance(bias, torch.Tensor):
        nn.init.zeros_(bias)
