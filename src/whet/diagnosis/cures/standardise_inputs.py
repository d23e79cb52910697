"""Inputs with mean 0 and standard deviation 1, by feature or channel.

Helps: raw pixels of 0 to 255, columns of very different size. Hurts: nothing much; sparse inputs lose their zeros.
Source: LeCun et al., "Efficient BackProp", 1998, section 4.3.
"""

from __future__ import annotations

from dataclasses import dataclass

from whet.diagnosis.case import Case
from whet.diagnosis.cures.cure import cures
from whet.diagnosis.cures.parts.asking import is_so
from whet.diagnosis.cures.parts.input_hooks import Standardise
from whet.diagnosis.cures.parts.input_statistics import input_statistics, valid_input_statistics
from whet.diagnosis.cures.parts.opened import setup_of
from whet.diagnosis.setup import Setup
from whet.finding import Finding

__all__ = ["StandardiseInputs"]


@dataclass(frozen=True, kw_only=True)
class StandardiseInputs:
    """Statistics of the training batches, applied before the model's forward pass, in training and evaluation."""

    title: str = "standardise the inputs"
    most_mean: float = 0.2  # a feature whose mean is further from 0 has something to change
    least_std: float = 0.5
    most_std: float = 2.0

    def applies(self, case: Case) -> bool:
        """Where a feature is off centre or off scale."""
        return is_so(lambda: self._is_off(case))

    def advice(self, case: Case, finding: Finding | None) -> str:
        """The line, with the statistics."""
        found = case.ask(input_statistics)
        if case.ask(valid_input_statistics) is not None:
            return "apply the transform of the training examples to the validation examples too, with the same numbers"
        mean, std = next(iter(found.mean.values())).flatten(), next(iter(found.std.values())).flatten()
        if len(mean) == 1:
            return f"x = (x - {mean.item():.4g}) / {std.item():.4g}  # for training and validation alike"
        return (
            f"x = (x - mean) / std  # per feature, of the training examples: "
            f"means {mean.min():.3g} to {mean.max():.3g}, "
            f"standard deviations {std.min():.3g} to {std.max():.3g}; for training and validation alike"
        )

    def apply(self, case: Case, finding: Finding | None) -> Setup:
        """As a hook before the model."""
        found = case.ask(input_statistics)
        setup = setup_of(case).copy()
        valid = case.ask(valid_input_statistics)
        hook = Standardise(
            mean=found.mean,
            std=found.std,
            valid_mean=None if valid is None else valid.mean,
            valid_std=None if valid is None else valid.std,
        )
        setup.model.register_forward_pre_hook(hook, with_kwargs=True)
        return setup

    def _is_off(self, case: Case) -> bool:
        found = case.ask(input_statistics)
        if case.ask(valid_input_statistics) is not None:
            return True
        means = any(bool((m.abs() > self.most_mean).any()) for m in found.mean.values())
        return means or any(bool(((s < self.least_std) | (s > self.most_std)).any()) for s in found.std.values())


cures.register("standardise_inputs")(StandardiseInputs())
