"""The contract of a task: what is predicted from what, its baselines and its default deep recipe. One file each."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, Literal

import numpy as np

from whet.data.kinds import Modality
from whet.data.schema import Schema
from whet.errors import ConfigError, DataError
from whet.recipe import Recipe
from whet.registry import Registry
from whet.tasks.classes import ClassTarget
from whet.tasks.facts import Facts
from whet.tasks.number import NumberTarget
from whet.tasks.target import Target

__all__ = ["Task", "check_trainable", "task_for", "task_for_facts", "tasks"]


class Task(ABC):
    """Everything that the loop needs to know about one kind of question."""

    name: ClassVar[str]
    modality: ClassVar[Modality]
    kind: ClassVar[Literal["classes", "number"]]

    @abstractmethod
    def baselines(self, facts: Facts) -> tuple[Recipe, ...]:
        """Simple models that are always shown, cheapest first; the first ignores the features."""

    def members(self, facts: Facts) -> tuple[Recipe, ...]:
        """Further fast models that often earn a place in the ensemble, most promising first."""
        return ()

    @abstractmethod
    def default(self, facts: Facts) -> Recipe:
        """The default deep recipe; its length is set by whoever runs it."""

    def alternatives(self, facts: Facts) -> tuple[Recipe, ...]:
        """Other deep recipes, worth a trial when time allows."""
        return ()

    def sized(self, recipe: Recipe, facts: Facts, *, seconds: float) -> Recipe:
        """The same recipe with the network's size fitted to a training of that many seconds."""
        return recipe

    def fit_target(self, values: np.ndarray) -> Target:
        """The target encoding, learnt from training targets."""
        return ClassTarget.fit(values) if self.kind == "classes" else NumberTarget.fit(values)


tasks: Registry[Task] = Registry("task")


def task_for(schema: Schema) -> Task:
    """The task that a schema describes.

    Raises:
        ConfigError: the examples are sounds, which no model here reads yet.
        DataError: no task predicts such a target from such examples.
    """
    check_trainable(schema)
    return _task(schema.modality, "number" if schema.target_is_number else "classes")


def check_trainable(schema: Schema) -> None:
    """Refuse examples that Whet reads and audits, but has no model for."""
    if schema.modality is Modality.AUDIO:
        raise ConfigError(
            "sound can be audited, but not trained on yet. Run whet audit on this source, or bring the sounds as "
            "columns of numbers or as series."
        )


def task_for_facts(facts: Facts) -> Task:
    """The task that facts were gathered for."""
    return _task(facts.modality, facts.target.kind)


def _task(modality: Modality, kind: str) -> Task:
    found = [task for _, task in tasks.items() if task.modality == modality and task.kind == kind]
    if not found:
        raise DataError(
            f"predicting a {kind} from {modality} examples is not something this Whet can do yet; "
            f"it knows: {', '.join(tasks)}. If the target is a class written as a number, pass --task classification."
        )
    return found[0]
