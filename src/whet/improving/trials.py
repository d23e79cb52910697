"""Trials: one recipe trained in one arena with one seed, kept on disk so that no finished work is done twice."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from whet.auditing.treating import treat
from whet.data.dataset import Dataset
from whet.errors import TrainingFailedError
from whet.files import replace_folder, write_arrays, write_json, write_text
from whet.improving.arena import Arena
from whet.recipe import Recipe
from whet.stored_state import read_state, write_state
from whet.tasks.target import Target
from whet.training.fit import fit
from whet.training.fitted import CurvePoint, FitSetting, Fitted, Training
from whet.training.restore import restore

__all__ = ["Trial", "Trials", "Weighted"]


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


@dataclass(frozen=True, kw_only=True)
class Weighted:
    """A trial's place in an ensemble."""

    trial: Trial
    weight: float = 1.0
    temperature: float = 1.0  # applied to its probabilities before the mean


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
    ) -> None:
        self.folder = folder
        self.data = data
        self.target = target
        self.measure = measure
        self.setting = setting
        self.checkpoints = checkpoints
        self.seed = seed
        self.treating_s = treating_s
        self._fitted: dict[str, list[Fitted]] = {}
        self._judged: dict[str, Any] = {}  # what treatments found out about a training part, for seeds and remedies

    def run(self, arena: Arena, recipe: Recipe, *, title: str, repeat: int = 0) -> Trial:
        """Train ``recipe`` on every part of ``repeat``; the seed follows from run, recipe and repeat."""
        seeded = replace(recipe, seed=self.seed * 1000 + recipe.seed * 100 + repeat)
        key = _key(seeded, arena.name, repeat, self.data.fingerprint)
        if (self.folder / key / "trial.json").is_file():
            return self._read(key)
        trainings = [
            self._fit(seeded, train, valid, f"{key}-{number}")
            for number, (train, valid) in enumerate(arena.parts_of(repeat))
        ]
        trial = self._summarise(key, title, seeded, arena, repeat, trainings)
        self._fitted[key] = [t.fitted for t in trainings]
        replace_folder(self.folder / key, lambda fresh: self._write(trial, [t.fitted for t in trainings], fresh))
        return trial

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

    def refit(self, recipe: Recipe, data: Dataset, *, name: str) -> Training:
        """Train on all of ``data``, without validation examples."""
        return self._guarded(recipe, data, None, name)

    def fitted(self, trial: Trial) -> list[Fitted]:
        """The trained models of a trial, one per part."""
        if trial.key not in self._fitted:
            paths = sorted((self.folder / trial.key).glob("part-*.json"))
            self._fitted[trial.key] = [
                restore(trial.recipe, self.target, read_state(p.parent, p.stem, shared=self.folder)) for p in paths
            ]
        return self._fitted[trial.key]

    def _fit(self, recipe: Recipe, train: np.ndarray, valid: np.ndarray, name: str) -> Training:
        return self._guarded(recipe, self.data.take(train), self.data.take(valid), name)

    def _guarded(self, recipe: Recipe, train: Dataset, valid: Dataset | None, name: str) -> Training:
        setting = replace(self.setting, checkpoint=self.checkpoints / name)
        try:
            return fit(recipe, self.target, self._treated(recipe, train), valid, setting=setting)
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
            memory=self._judged,
            seconds=self.treating_s,
        )

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
