"""What every training of a run has in common, and the training of one job with it, in this process."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from whet.auditing.treating import treat
from whet.data.dataset import Dataset
from whet.errors import TrainingFailedError
from whet.recipe import Recipe
from whet.tasks.target import Target
from whet.training.fit import fit
from whet.training.fitted import FitSetting, Training
from whet.training.fitted_network import FittedNetwork

__all__ = ["Bench"]


@dataclass(frozen=True, kw_only=True)
class Bench:
    """A place to train at."""

    target: Target
    setting: FitSetting
    checkpoints: Path  # one folder per training that was stopped in the middle
    seed: int  # of the run
    treating_s: float = 30.0  # for judging the labels of one training part
    judged: dict[str, Any] = field(default_factory=dict)  # what treatments found out, for seeds and remedies

    def train(
        self, recipe: Recipe, train: Dataset, valid: Dataset | None, *, name: str, start: FittedNetwork | None = None
    ) -> Training:
        """Treat the training examples as the recipe says, and fit, from the weights of ``start`` on where there is one.

        Raises:
            TrainingFailedError: whatever went wrong, so that it ends this training and not the run.
            Interrupted: the setting's ``should_stop`` said so; the checkpoint ``name`` has been written.
        """
        setting = replace(self.setting, checkpoint=self.checkpoints / name)
        try:
            return fit(recipe, self.target, self._treated(recipe, train), valid, setting=setting, start=start)
        except TrainingFailedError:
            raise
        except MemoryError as fault:
            raise TrainingFailedError("ran out of memory", cause=f"out of memory: {fault}") from fault
        except Exception as fault:  # whatever a library raises inside one trial must not end the run
            cause = f"{type(fault).__name__}: {fault}"
            raise TrainingFailedError(f"training {recipe.architecture} crashed: {cause}", cause=cause) from fault

    def _treated(self, recipe: Recipe, train: Dataset) -> Dataset:
        """Training examples as the recipe's treatments leave them; the same for every seed of one training part."""
        if not recipe.treatments:
            return train
        return treat(
            train,
            recipe.treatments,
            target=self.target,
            metric=self.setting.metric,
            seed=self.seed,
            memory=self.judged,
            seconds=self.treating_s,
        )
