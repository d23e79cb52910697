"""What a worker process does: it trains the jobs that come down a pipe, until that is closed."""

from __future__ import annotations

import importlib
import os
import queue
import sys
import threading
from dataclasses import asdict, replace
from pathlib import Path
from typing import IO, Any

import numpy as np

import whet.augment
import whet.data.encoders
import whet.evaluation.metrics
import whet.models
import whet.models.estimators
import whet.tasks  # noqa: F401  (these six fill the registries)
from whet.data.dataset import Dataset
from whet.engine.bench import Bench
from whet.engine.lines import decode, encode
from whet.engine.messages import bench_from
from whet.engine.parcel import write_parcel
from whet.engine.shelf import open_dataset
from whet.errors import TrainingFailedError
from whet.recipe import Recipe
from whet.training.fitted import CurvePoint, Progress
from whet.training.interrupted import Interrupted
from whet.training.pruned import Pruned

__all__ = ["Worker"]


class Worker:
    """Reads jobs from ``orders`` and answers on ``answers``, one at a time."""

    def __init__(self, orders: IO[bytes], answers: IO[bytes]) -> None:
        self.orders, self.answers = orders, answers
        self.waiting: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self.is_stopping = threading.Event()
        self.given_up = 0  # number of the last job that nobody wants to see finished
        self._datasets: dict[str, Dataset] = {}

    def serve(self) -> None:
        """Until the pipe is closed."""
        threading.Thread(target=self._listen, daemon=True).start()
        opening = self.waiting.get()
        for name in opening["plugins"]:
            _import(name)
        bench, self._own = bench_from(opening), Path(opening["scratch"])
        self.say({"is": "ready"})
        while True:
            self._train(bench, self.waiting.get())

    def say(self, message: dict[str, Any]) -> None:
        """Send one answer."""
        self.answers.write(encode(message))
        self.answers.flush()

    def _listen(self) -> None:
        for line in self.orders:
            order = decode(line)
            if order["do"] == "stop":
                self.is_stopping.set()
            elif order["do"] == "give_up":
                self.given_up = order["job"]
            else:
                self.is_stopping.clear()  # it was meant for the job before
                self.waiting.put(order)
        os._exit(0)  # nobody is there any more: not even the current training matters

    def _train(self, bench: Bench, order: dict[str, Any]) -> None:
        number = order["job"]
        recipe, data = Recipe.from_dict(order["recipe"]), self._dataset(order["data"])
        train, valid = (None if order[name] is None else data.take(np.load(order[name])) for name in ("train", "valid"))
        assert train is not None
        setting = replace(
            bench.setting,
            num_threads=order["num_threads"],
            should_stop=lambda: self._is_stopped(number),
            on_progress=lambda progress: self._report(number, progress),
            on_point=(lambda point, fraction: self._tell(number, point, fraction)) if order["follow"] else None,
        )
        try:
            training = replace(bench, setting=setting).train(recipe, train, valid, name=order["name"])
            write_parcel(training, Path(order["parcel"]))
        except TrainingFailedError as fault:
            self.say({"is": "failed", "job": number, "message": str(fault), "cause": fault.cause})
        except Interrupted:
            self.say({"is": "interrupted", "job": number})
        except Pruned:
            self.say({"is": "given_up", "job": number})
        except Exception as fault:  # such as a full disk: it ends this training, not the worker
            cause = f"{type(fault).__name__}: {fault}"
            self.say({"is": "failed", "job": number, "message": f"a worker failed: {cause}", "cause": cause})
        else:
            self.say({"is": "done", "job": number})

    def _dataset(self, place: str) -> Dataset:
        if place not in self._datasets:
            self._datasets[place] = open_dataset(Path(place), derived=self._own / f"{Path(place).name}-derived")
        return self._datasets[place]

    def _report(self, number: int, progress: Progress) -> None:
        self.say({"is": "progress", "job": number, "progress": asdict(progress)})

    def _tell(self, number: int, point: CurvePoint, fraction: float) -> bool:
        """A point of the learning curve; what is thought of it is heard of by ``_is_stopped``, at some later step."""
        self.say({"is": "point", "job": number, "point": asdict(point), "fraction": fraction})
        return False

    def _is_stopped(self, number: int) -> bool:
        if self.given_up == number:
            raise Pruned
        return self.is_stopping.is_set()


def _import(name: str) -> None:
    """What cannot be imported is left to the log: a recipe that names its content will fail and say so."""
    try:
        importlib.import_module(name)
    except Exception as fault:
        sys.stderr.write(f"cannot import {name}: {type(fault).__name__}: {fault}\n")
