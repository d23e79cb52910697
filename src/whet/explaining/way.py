"""The straight way from an empty example to a real one, through numbers and through what embedding tables give.

Ids cannot be halved, but their embeddings can: an id's embedding grows from zero to its full length. What a network
looks up for other reasons, such as places, stays as it is; two passes with other ids tell the two apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from whet.data.inputs import Batch
from whet.explaining.evidence import evidence_of_outputs
from whet.explaining.lookups import RecordingLookups, ReplacingLookups
from whet.models.architecture import Architecture
from whet.tasks.target import Target

__all__ = ["DENSE", "LOOKED_UP", "Way"]

DENSE = ("image", "series", "numbers")
LOOKED_UP = {"tokens": 1, "categories": 0}  # part -> the id that stands for unknown


@dataclass(frozen=True)
class Way:
    """Of a batch of one. At 0 of the way dense parts and embeddings are zero, at 1 they are the real ones."""

    network: Architecture
    batch: Batch
    lookups: list[Tensor | None]  # what changes; None for a lookup that the example's ids do not matter to, as places
    kept: list[Tensor | None]  # for those that change: what stays where the ids do not matter

    @classmethod
    def of(cls, network: Architecture, batch: Batch) -> Way:
        """Two passes tell which lookups depend on the example."""
        empty = {n: _unknown(n, part) for n, part in batch.items()}
        real, other = _lookups(network, batch), _lookups(network, empty)
        moved = [(a != b).any(dim=-1, keepdim=True) for a, b in zip(real, other, strict=True)]
        changing = [torch.where(m, a, 0.0) if m.any() else None for m, a in zip(moved, real, strict=True)]
        kept = [torch.where(m, 0.0, a) if m.any() else None for m, a in zip(moved, real, strict=True)]
        return cls(network, batch, changing, kept)

    @property
    def moving(self) -> list[Tensor]:
        """The full length of the way: dense parts by name in the order of the batch, then lookups."""
        dense = [part for name, part in self.batch.items() if name in DENSE]
        return [*dense, *(found for found in self.lookups if found is not None)]

    def evidence(self, target: Target, answer: int | None, fractions: Tensor) -> Tensor:
        """(n,) float64 at these fractions of the way."""
        with torch.no_grad():
            return evidence_of_outputs(target, self._run(self._points(fractions), len(fractions)), answer)

    def slopes(self, target: Target, answer: int | None, fractions: Tensor) -> tuple[Tensor, list[Tensor]]:
        """(n,) evidence, and for each of ``moving`` (n, ...) the slope times the length of the whole way."""
        points = [point.requires_grad_() for point in self._points(fractions)]
        evidence = evidence_of_outputs(target, self._run(points, len(fractions)), answer)
        found = torch.autograd.grad(evidence.sum(), points, allow_unused=True)
        slopes = [
            torch.zeros_like(point, dtype=torch.float64) if slope is None else slope.double() * length
            for point, slope, length in zip(points, found, self.moving, strict=True)
        ]
        return evidence.detach(), slopes

    def named(self, weights: list[Tensor]) -> dict[str, Tensor] | None:
        """Weights of ``moving`` -> by part of the batch; embedding axes are summed."""
        dense = [name for name in self.batch if name in DENSE]
        found = {name: part[0] for name, part in zip(dense, weights)}
        ids = [(name, part.shape[1]) for name, part in self.batch.items() if name in LOOKED_UP and part.shape[1]]
        looked_up = [part.sum(dim=-1).flatten() for part in weights[len(dense) :]]
        if not looked_up or not ids:
            return {**found, **{name: torch.zeros(size, dtype=torch.float64) for name, size in ids}}
        (name, size), *others = ids
        if others:
            return None
        if all(len(part) == size for part in looked_up):  # several tables read the same ids
            return {**found, name: torch.stack(looked_up).sum(dim=0)}
        whole = torch.cat(looked_up)  # one table per column
        return {**found, name: whole} if len(whole) == size else None

    def _points(self, fractions: Tensor) -> list[Tensor]:
        scale: list[Tensor] = [
            fractions.to(part.device, part.dtype).view(-1, *[1] * (part.ndim - 1)) for part in self.moving
        ]
        return [torch.mul(s, part) for s, part in zip(scale, self.moving, strict=True)]

    def _run(self, points: list[Tensor], count: int) -> Tensor:
        rest = iter(points)
        batch = {
            name: next(rest) if name in DENSE else part.expand(count, *part.shape[1:])
            for name, part in self.batch.items()
        }
        given = [None if kept is None else next(rest) + kept for kept in self.kept]
        with ReplacingLookups(given):
            outputs: Tensor = self.network(batch)
        return outputs


def _unknown(name: str, part: Tensor) -> Tensor:
    """The same shape and padding, with every id the one that stands for unknown."""
    if name not in LOOKED_UP:
        return part
    unknown = torch.full_like(part, LOOKED_UP[name])
    return torch.where(part != 0, unknown, 0) if name == "tokens" else unknown


def _lookups(network: Architecture, batch: Batch) -> list[Tensor]:
    with torch.no_grad(), RecordingLookups() as recording:
        network(batch)
    found: list[Tensor] = recording.found
    return found
