"""Whether layers that run have no say at all: other weights in them change neither the outputs nor the loss."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from whet.diagnosis.case import Case
from whet.diagnosis.probes.flow import flow
from whet.diagnosis.probes.pace import light
from whet.diagnosis.probes.passes import run_batch
from whet.diagnosis.probes.short_runs import as_reason
from whet.diagnosis.probes.tensors import tensors_in
from whet.errors import CannotJudgeError
from whet.rng import make_generator

__all__ = ["is_discarded"]


def is_discarded(case: Case) -> bool:
    """Of the layers that run and get no gradient, taken together.

    A teacher without gradients changes the loss, and an auxiliary head that is returned changes an output: not meant.
    """
    if case.setup is None:
        raise CannotJudgeError("needs the model and its data")
    names = {p.name for p in case.ask(flow).parameters if p.trains and p.called and p.gradient == "none"}
    first, second = _results(case, frozenset()), _results(case, frozenset(names))
    return len(first) == len(second) and all(torch.equal(a.nan_to_num(), b.nan_to_num()) for a, b in zip(first, second))


def _results(case: Case, moved: frozenset[str]) -> list[Tensor]:
    """What the model returns for the first batch, and the loss, with noise in the parameters ``moved``."""
    assert case.setup is not None
    copy = case.setup.copy()
    copy.model.train()
    generator, returned = make_generator(case.seed, "discarded"), list[Any]()
    copy.model.register_forward_hook(lambda module, args, outputs: returned.append(_plain(outputs)))
    with as_reason("a forward pass"), torch.no_grad():
        for name, parameter in copy.model.named_parameters():
            if name in moved and parameter.is_floating_point():
                parameter.add_(torch.randn(parameter.shape, generator=generator).to(parameter))
        seen = run_batch(copy, case.ask(light)[0], seed=case.seed)
    return [*tensors_in(returned), seen.loss]


def _plain(outputs: Any) -> Any:
    """Objects of a class of the user's own as what they hold."""
    return outputs if tensors_in(outputs) else dict(getattr(outputs, "__dict__", {}))
