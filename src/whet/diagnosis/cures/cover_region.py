"""Training with a region of the pictures covered that gives the label away.

Helps: a mark, a border or a watermark that training pictures have and others will not.
Hurts: a region that the task is about; then it should stay, and this must not be done.
Source: DeVries and Taylor, "Improved Regularization of Convolutional Neural Networks with Cutout", 2017, arXiv
1708.04552. Differs: always the same region, and its mean picture instead of zeros.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from whet.diagnosis.case import Case
from whet.diagnosis.cures.cure import cures
from whet.diagnosis.cures.parts.asking import is_so, need
from whet.diagnosis.cures.parts.opened import setup_of
from whet.diagnosis.probes.picture_regions import PictureRegions, Telling, picture_regions
from whet.diagnosis.setup import Setup
from whet.finding import Finding

__all__ = ["CoverRegion"]


@dataclass(frozen=True, kw_only=True)
class CoverRegion:
    """The region shows the mean of the training pictures, in training and evaluation: it says nothing any more."""

    title: str = "cover the region that gives the label away"
    apart: float = 0.4  # by which a region alone tells more of training than of validation pictures, covered unnamed
    alike: float = 0.2  # by no more may all the rest do so

    def applies(self, case: Case) -> bool:
        """Where one region alone tells the label of training pictures, and not of validation pictures."""
        return is_so(lambda: bool(self._marked(case.ask(picture_regions))))

    def advice(self, case: Case, finding: Finding | None) -> str:
        """The change, with the region."""
        name = self._region(case.ask(picture_regions), finding)[0]
        return f"cover {name} with one value in every picture, of training and validation, before the model sees it"

    def apply(self, case: Case, finding: Finding | None) -> Setup:
        """As a hook before the model."""
        seen = case.ask(picture_regions)
        mask = self._region(seen, finding)[1]
        setup = setup_of(case).copy()
        shape = [1] * seen.train.pictures.ndim
        for axis, size in zip(seen.train.axes, mask.shape, strict=True):
            shape[axis] = size
        mean = seen.train.pictures.float().mean(dim=0, keepdim=True)
        setup.model.register_forward_pre_hook(_Covered(mask=mask.reshape(shape), mean=mean))
        return setup

    def _region(self, seen: PictureRegions, finding: Finding | None) -> tuple[str, Tensor]:
        named = [t for t in seen.tellings if finding is not None and t.region.name == finding.where]
        chosen = named or self._marked(seen)
        need(bool(chosen), "no region alone tells the label of training pictures only")
        return chosen[0].region.name, chosen[0].region.mask

    def _marked(self, seen: PictureRegions) -> list[Telling]:
        """The smallest such region, where there is one."""
        for told in seen.tellings:
            if told.train - told.valid >= self.apart:
                train, valid = seen.forest.skills(~told.region.mask)
                if train - valid <= self.alike:
                    return [told]
        return []


@dataclass(frozen=True, kw_only=True)
class _Covered:
    mask: Tensor  # (1, 1, H, W) or (1, H, W, 1)
    mean: Tensor  # (1, C, H, W) or (1, H, W, C)

    def __call__(self, module: nn.Module, args: tuple[Any, ...]) -> Any:
        first, *rest = args
        if not isinstance(first, Tensor) or first.shape[1:] != self.mean.shape[1:]:
            return args
        return torch.where(self.mask.to(first.device), self.mean.to(first), first), *rest


cures.register("cover_region")(CoverRegion())
