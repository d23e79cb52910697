"""Trials: one recipe trained in one arena with one seed, kept on disk so that no finished work is done twice."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from whet.data.dataset import Dataset
from whet.engine.bench import Bench
from whet.engine.engine import Engine, ThisProcess
from whet.engine.job import Job, Result
from whet.engine.together import SeedsTogether
from whet.errors import TrainingFailedError
from whet.files import replace_folder, write_arrays, write_json, write_text
from whet.improving.arena import Arena
from whet.recipe import Recipe
from whet.stored_state import read_state, write_state
from whet.tasks.target import Target
from whet.training.fitted import CurvePoint, FitSetting, Fitted, Training
from whet.training.fitted_network import FittedNetwork
from whet.training.restore import restore

__all__ = ["Trial", "Trials", "Wanted", "Weighted"]


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What one training was worth. ``scores`` follow the arena's ``evaluated`` rows."""

    key: str
    title: str
    recipe: Recipe
    arena: str
    repeat: int
    scores: np.ndarray  # (N, K)
    score: float  # primary metric
    train_score: float | None
    seconds: float
    epochs: float  # mean over the parts
    num_parameters: int
    curve: tuple[CurvePoint, ...]  # of the first part
    speed: dict[str, Any]
    notes: tuple[str, ...]
    ingredients: int = 1  # trials whose weights were averaged into this one


@dataclass(frozen=True, kw_only=True)
class Weighted:
    """A trial's place in an ensemble."""

    trial: Trial
    weight: float = 1.0
    temperature: float = 1.0  # applied to its probabilities before the mean
    num_parts: int | None = None  # of a cross-validated trial, so many of its models; None: all


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A trial that is asked for."""

    recipe: Recipe
    title: str
    repeat: int = 0


@dataclass(frozen=True, kw_only=True)
class Batch:
    """The parts of one trial, as they come in."""

    key: str
    recipe: Recipe
    wanted: Wanted
    num_parts: int
    trainings: dict[str, Training] = field(default_factory=dict)  # by the job's name


class Trials:
    """Runs trials and remembers them under ``folder``; a trial that is there already is read, not run."""

    def __init__(
        self,
        folder: Path,
        data: Dataset,
        target: Target,
        *,
        measure: Callable[[np.ndarray, np.ndarray], float],
        setting: FitSetting,
        checkpoints: Path,
        seed: int,
        treating_s: float = 30.0,  # for judging the labels of one training part
        engine: Callable[[Bench], Engine] = ThisProcess,
    ) -> None:
        self.folder = folder
        self.data = data
        self.target = target
        self.measure = measure
        self.setting = setting
        self.seed = seed
        bench = Bench(target=target, setting=setting, checkpoints=checkpoints, seed=seed, treating_s=treating_s)
        self.bench = bench
        self.engine = engine(bench)
        self._fitted: dict[str, list[Fitted]] = {}
        self._failed: dict[str, TrainingFailedError] = {}  # by key, until ``run`` asks for it

    def run(self, arena: Arena, recipe: Recipe, *, title: str, repeat: int = 0) -> Trial:
        """Train ``recipe`` on every part of ``repeat``; the seed follows from run, recipe and repeat."""
        wanted = Wanted(recipe=recipe, title=title, repeat=repeat)
        self.run_ahead(arena, [wanted])
        key = self._seeded(arena, wanted)[1]
        if key in self._failed:
            raise self._failed.pop(key)
        return self._read(key)

    def run_ahead(self, arena: Arena, wanted: Sequence[Wanted]) -> None:
        """Train several side by side, so that ``run`` finds them done; a failure waits for the ``run`` that asks."""
        batches: dict[str, Batch] = {}
        for each in wanted:
            recipe, key = self._seeded(arena, each)
            if key not in self._failed and not (self.folder / key / "trial.json").is_file():
                parts = arena.parts_of(each.repeat)
                batches.setdefault(key, Batch(key=key, recipe=recipe, wanted=each, num_parts=len(parts)))
        jobs = [
            Job(name=f"{key}-{number}", recipe=batch.recipe, data=self.data, train=train, valid=valid, group=key)
            for key, batch in batches.items()
            for number, (train, valid) in enumerate(arena.parts_of(batch.wanted.repeat))
        ]

        def on_done(place: int, result: Result) -> None:
            batch = batches[jobs[place].group]
            if isinstance(result, TrainingFailedError):
                self._failed[batch.key] = result
                return
            batch.trainings[jobs[place].name] = result
            if len(batch.trainings) == batch.num_parts:
                self._keep(arena, batch)

        if jobs:
            self.engine.run(jobs, on_done=on_done)

    def run_taught(
        self, arena: Arena, recipe: Recipe, *, title: str, repeat: int, taught: Callable[[int], Dataset]
    ) -> Trial:
        """``run`` with the training examples that ``taught`` gives for each part, in this process."""
        wanted = Wanted(recipe=recipe, title=title, repeat=repeat)
        seeded, key = self._seeded(arena, wanted)
        if not (self.folder / key / "trial.json").is_file():
            parts = arena.parts_of(repeat)
            batch = Batch(key=key, recipe=seeded, wanted=wanted, num_parts=len(parts))
            for number, (_, valid) in enumerate(parts):
                name = f"{key}-{number}"
                batch.trainings[name] = self.bench.train(seeded, taught(number), self.data.take(valid), name=name)
            self._keep(arena, batch)
        return self._read(key)

    def may_share(self, wanted: Sequence[Wanted]) -> bool:
        """Whether these might be trained in one loop, so that running them ahead saves time."""
        engine, modality = self.engine, self.data.schema.modality
        return isinstance(engine, SeedsTogether) and all(engine.may_share(w.recipe, modality) for w in wanted)

    def rescored(self, arena: Arena, trial: Trial, recipe: Recipe, *, title: str) -> Trial:
        """The weights of ``trial`` with the inference settings of ``recipe``; nothing is trained."""
        seeded = replace(recipe, seed=trial.recipe.seed)
        key = _key(seeded, arena.name, trial.repeat, self.data.fingerprint)
        if (self.folder / key / "trial.json").is_file():
            return self._read(key)
        begin = time.monotonic()
        parts = [restore(seeded, self.target, part.state()) for part in self.fitted(trial)]
        scores = np.zeros_like(trial.scores)
        for part, (_, valid) in zip(parts, arena.parts_of(trial.repeat), strict=True):
            scores[np.searchsorted(arena.evaluated, valid)] = part.scores(self.data.take(valid))
        changed = replace(
            trial,
            key=key,
            title=title,
            recipe=seeded,
            scores=scores,
            score=float(self.measure(arena.truth, scores)),
            seconds=trial.seconds + time.monotonic() - begin,
        )
        self._fitted[key] = list(parts)
        replace_folder(self.folder / key, lambda fresh: self._write(changed, parts, fresh))
        return changed

    def refit(self, recipe: Recipe, data: Dataset, *, name: str, num_threads: int | None = None) -> Training:
        """Train on all of ``data``, without validation examples."""
        (result,) = self.engine.run(
            [Job(name=name, recipe=recipe, data=data, train=np.arange(len(data)), num_threads=num_threads)]
        )
        if isinstance(result, TrainingFailedError):
            raise result
        return result

    def further(self, recipe: Recipe, trial: Trial, data: Dataset) -> Training:
        """Train the trial's one network on all of ``data``, from the weights that it has, in this process."""
        (start,) = self.fitted(trial)
        assert isinstance(start, FittedNetwork)
        return self.bench.train(recipe, data, None, name=f"further-{trial.key}", start=start)

    def store(self, trial: Trial, parts: list[Fitted]) -> None:
        """Remember a trial that was made elsewhere, with its models."""
        self._fitted[trial.key] = parts
        replace_folder(self.folder / trial.key, lambda fresh: self._write(trial, parts, fresh))

    def fitted(self, trial: Trial) -> list[Fitted]:
        """The trained models of a trial, one per part."""
        if trial.key not in self._fitted:
            paths = sorted((self.folder / trial.key).glob("part-*.json"))
            self._fitted[trial.key] = [
                restore(trial.recipe, self.target, read_state(p.parent, p.stem, shared=self.folder)) for p in paths
            ]
        return self._fitted[trial.key]

    def _seeded(self, arena: Arena, wanted: Wanted) -> tuple[Recipe, str]:
        """The recipe as it is trained, and the key under which the trial is kept."""
        seed = self.seed * 1000 + wanted.recipe.seed * 100 + wanted.repeat
        seeded = replace(wanted.recipe, seed=seed)
        return seeded, _key(seeded, arena.name, wanted.repeat, self.data.fingerprint)

    def _keep(self, arena: Arena, batch: Batch) -> None:
        trainings = [batch.trainings[f"{batch.key}-{number}"] for number in range(batch.num_parts)]
        trial = self._summarise(batch.key, batch.wanted.title, batch.recipe, arena, batch.wanted.repeat, trainings)
        fitted = [t.fitted for t in trainings]
        self._fitted[batch.key] = fitted
        replace_folder(self.folder / batch.key, lambda fresh: self._write(trial, fitted, fresh))

    def _summarise(
        self, key: str, title: str, recipe: Recipe, arena: Arena, repeat: int, trainings: list[Training]
    ) -> Trial:
        scores = np.zeros((len(arena.evaluated), self.target.num_outputs))
        for training, (_, valid) in zip(trainings, arena.parts_of(repeat), strict=True):
            assert training.valid_scores is not None
            scores[np.searchsorted(arena.evaluated, valid)] = training.valid_scores
        train_scores = [t.train_score for t in trainings if t.train_score is not None]
        return Trial(
            key=key,
            title=title,
            recipe=recipe,
            arena=arena.name,
            repeat=repeat,
            scores=scores,
            score=float(self.measure(arena.truth, scores)),
            train_score=float(np.mean(train_scores)) if train_scores else None,
            seconds=sum(t.seconds for t in trainings),
            epochs=float(np.mean([t.epochs for t in trainings])),
            num_parameters=trainings[0].num_parameters,
            curve=trainings[0].curve,
            speed=dict(trainings[0].speed),
            notes=tuple(note for t in trainings for note in t.notes),
        )

    def _write(self, trial: Trial, parts: list[Fitted], folder: Path) -> None:
        for number, part in enumerate(parts):
            write_state(part.state(), folder, f"part-{number:02d}", shared=self.folder)
        write_arrays(folder / "scores.safetensors", {"scores": trial.scores})
        plain = {k: v for k, v in trial.__dict__.items() if k not in ("scores", "recipe", "curve")}
        plain |= {"recipe": trial.recipe.to_dict(), "curve": [asdict(p) for p in trial.curve]}
        write_text(folder / "recipe.yaml", trial.recipe.to_yaml())
        write_json(folder / "trial.json", plain)

    def _read(self, key: str) -> Trial:
        from safetensors.numpy import load_file

        plain = json.loads((self.folder / key / "trial.json").read_text(encoding="utf-8"))
        return Trial(
            **{
                **plain,
                "recipe": Recipe.from_dict(plain["recipe"]),
                "curve": tuple(CurvePoint(**p) for p in plain["curve"]),
                "notes": tuple(plain["notes"]),
                "scores": load_file(self.folder / key / "scores.safetensors")["scores"],
            }
        )


def _key(recipe: Recipe, arena: str, repeat: int, fingerprint: str) -> str:
    text = "/".join([recipe.digest(), arena, str(repeat), fingerprint])
    return hashlib.sha256(text.encode()).hexdigest()[:20]
