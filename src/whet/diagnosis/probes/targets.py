"""The targets of the batches that were read, as the loader gives them."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from whet.diagnosis.case import Case
from whet.diagnosis.forwarding import OrdinaryForward
from whet.diagnosis.probes.batches import batches
from whet.diagnosis.probes.passes import first_pass
from whet.diagnosis.probes.tensors import tensors_in
from whet.errors import CannotJudgeError
from whet.rng import drawing_globally

__all__ = ["Targets", "target_of", "targets"]

MOST_S = 2.0  # where a model must run for them


@dataclass(frozen=True, kw_only=True)
class Targets:
    """One tensor per batch, from the first batch on. The loss gets them as they are."""

    values: tuple[Tensor, ...]
    is_whole: bool  # of a whole epoch


def targets(case: Case) -> Targets:
    """Without running the model where the batches are of a usual form, else for two seconds at most."""
    setup = case.setup
    if setup is None:
        raise CannotJudgeError("needs the model and its data")
    seen, given = case.ask(first_pass), case.ask(batches)
    if not isinstance(seen.targets, Tensor):
        raise CannotJudgeError("the targets are not one tensor")
    if seen.given and not _same(seen.given[0][1], seen.targets):
        raise CannotJudgeError("the loss changes the targets before it compares them")
    found = []
    copy = setup.copy()
    copy.model.eval()
    until = time.monotonic() + min(MOST_S, case.left_s() / 4)
    for batch in given.first:
        if isinstance(copy.forward, OrdinaryForward):
            found.extend(tensors_in(copy.forward.targets(batch))[:1])
            continue
        if found and time.monotonic() > until:
            break
        with torch.no_grad(), drawing_globally(case.seed, "targets"):
            found.extend(tensors_in(copy.forward(copy.model, batch)[1])[:1])
    values = tuple(t.detach().cpu() for t in found)
    return Targets(values=values, is_whole=given.is_whole and len(values) == len(given.first))


def _same(given: Tensor, targets: Tensor) -> bool:
    """Equal, apart from the shape and the type of number."""
    if given.numel() != targets.numel():
        return False
    return torch.allclose(given.detach().double().reshape(-1), targets.detach().double().reshape(-1), equal_nan=True)


def target_of(case: Case, batch: Any) -> Tensor | None:
    """What the loss is given for a batch, without running the model; None where that cannot be known."""
    setup, seen = case.setup, case.ask(first_pass)
    if setup is None or not isinstance(setup.forward, OrdinaryForward) or len(seen.given) != 1:
        return None
    given, own = seen.given[0][1], seen.targets
    if not isinstance(own, Tensor) or given.shape != own.shape or not _same(given, own):
        return None
    found = setup.forward.targets(batch)
    return found.to(given) if isinstance(found, Tensor) else None
