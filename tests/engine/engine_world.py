"""A tiny table, and an estimator that does what its settings ask for: sleep, fail, or take its process with it.

Worker processes import this module too, because the estimator is registered here.
"""

import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

import whet.data.encoders
import whet.evaluation.metrics
import whet.models
import whet.models.estimators  # noqa: F401  (these fill the registries)
from whet.data.kinds import Modality
from whet.data.load import load
from whet.engine.bench import Bench
from whet.engine.job import Job
from whet.models.estimators.estimator import estimators
from whet.recipe import Length, Recipe
from whet.state import State
from whet.tasks.classes import ClassTarget
from whet.training.fitted import FitSetting

NAME = "test_engine_obedient"


@estimators.register(NAME)
@dataclass(frozen=True)
class Obedient:
    """Class frequencies; ``settings``: sleep_s, die (a signal), exit, fail."""

    modalities = frozenset({Modality.TABLE})
    kinds = frozenset({"classes"})

    row: np.ndarray

    @classmethod
    def fit(cls, train, target, settings, *, valid, seed, seconds, num_threads):
        time.sleep(settings.get("sleep_s", 0.0))
        if "die" in settings:
            os.kill(os.getpid(), getattr(signal, settings["die"]))
        if settings.get("exit"):
            print("out of luck", file=sys.stderr, flush=True)
            os._exit(3)
        if settings.get("fail"):
            raise ValueError("as asked for")
        print("noise on standard output")
        counts = np.bincount(target.encode(train.target), minlength=target.num_outputs)
        return cls(counts / counts.sum())

    def scores(self, dataset):
        return np.tile(self.row, (len(dataset), 1))

    def state(self):
        return State({}, {"row": self.row})

    @classmethod
    def from_state(cls, state):
        return cls(np.array(state.arrays["row"]))


def table(num, seed=0):
    """Two numbers, a category and an answer that follows from them."""
    rng = np.random.default_rng(seed)
    a, b, colour = rng.normal(size=num), rng.normal(size=num), rng.choice(["red", "green"], size=num)
    return pd.DataFrame({"a": a, "b": b, "colour": colour, "answer": np.where(a + b > 0.1, "yes", "no")})


def world(folder: Path):
    """(dataset on disk, a bench)."""
    table(120).to_csv(folder / "train.csv", index=False)
    data = load(folder / "train.csv", target="answer", cache=folder / "cache")
    setting = FitSetting(num_threads=1, scratch=folder / "scratch")
    return data, Bench(target=ClassTarget.fit(data.target), setting=setting, checkpoints=folder / "ckpt", seed=0)


def job(data, name, *, recipe=None, group="", **settings):
    """Of the obedient estimator unless a recipe is given."""
    recipe = recipe or Recipe(architecture=NAME, settings=settings, length=Length(epochs=1.0))
    return Job(name=name, recipe=recipe, data=data, train=np.arange(80), valid=np.arange(80, 120), group=group)


def network(seed=0, epochs=2.0):
    """A small network."""
    return Recipe(architecture="mlp", length=Length(epochs=epochs), batch_size=32, seed=seed)
