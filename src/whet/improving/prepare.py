"""From a source to everything the loop compares on: task, target, metric, facts, splits and the sealed test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from whet.data.clusters import near_duplicate_clusters
from whet.data.dataset import Dataset
from whet.data.load import load, load_with_raw
from whet.data.raw import Raw
from whet.data.schema import Schema
from whet.data.splits import default_fractions, split
from whet.errors import ConfigError, did_you_mean
from whet.evaluation.choice import choose_metric
from whet.evaluation.metric import Metric, metrics
from whet.improving.bodies import backbone_facts
from whet.improving.clock import Clock
from whet.improving.folder import RunFolder
from whet.improving.options import Options
from whet.improving.own_model import check_own, own_recipe
from whet.ledger.records import Ledger
from whet.ledger.sealed import SealedTest
from whet.recipe import Recipe
from whet.tasks.facts import Facts
from whet.tasks.target import Target
from whet.tasks.task import Task, task_for
from whet.training.gathering import gather_facts

__all__ = ["Prepared", "prepare", "truth_of"]


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """What every later step reads. ``data`` never contains a sealed example."""

    task: Task
    target: Target
    metric: Metric
    metric_why: str
    facts: Facts
    data: Dataset
    raw: Raw  # the same examples as the source wrote them
    train: np.ndarray  # rows of ``data``
    valid: np.ndarray
    clusters: np.ndarray  # (len(data),)
    sealed: SealedTest
    test_clusters: np.ndarray  # (sealed.num,)
    own: str | None = None  # the user's own network, by the name of its factory

    @property
    def schema(self) -> Schema:
        """The schema of the data."""
        return self.data.schema

    def default_recipe(self) -> Recipe:
        """The network to improve: the user's own, or the task's default."""
        return self.task.default(self.facts) if self.own is None else own_recipe(self.own, self.task, self.facts)


def prepare(
    source: object,
    options: Options,
    folder: RunFolder,
    ledger: Ledger,
    clock: Clock,
    *,
    say: Callable[[str], None],
) -> Prepared:
    """Load, infer, cluster, split and seal; ``say`` is told what the user should know."""
    _check_device(options.device)
    with clock.step("reading and decoding"):
        raw, whole = load_with_raw(
            source,
            target=options.target,
            task=options.task,
            types=options.types,
            group=options.group,
            time=options.time,
            image_size=options.image_size,
            cache=folder.cache,
        )
    task = task_for(whole.schema)
    body = backbone_facts(options, whole.schema.modality, say=say)
    with clock.step("near-duplicates and splits"):
        clusters = near_duplicate_clusters(whole)
        valid_share, test_share = default_fractions(len(whole))
        if options.test is not None:
            test = load(options.test, schema=whole.schema, cache=folder.cache, require_target=True)
            parts = split(
                whole, clusters, test_fraction=0.0, valid_fraction=valid_share, seed=options.seed, stratify=True
            )
            sealed = SealedTest(test, np.arange(len(test)), ledger=ledger)
            test_clusters = near_duplicate_clusters(test)
        else:
            parts = split(
                whole, clusters, test_fraction=test_share, valid_fraction=valid_share, seed=options.seed, stratify=True
            )
            sealed = SealedTest(whole, parts.test, ledger=ledger)
            test_clusters = clusters[parts.test]
    kept = np.sort(np.concatenate([parts.train, parts.valid]))
    data = whole.take(kept)
    train, valid = np.searchsorted(kept, parts.train), np.searchsorted(kept, parts.valid)
    assert data.target is not None
    target = task.fit_target(data.target)
    metric, why = _metric(options, target, data)
    with clock.step("looking at the data"):
        facts = replace(gather_facts(task, target, metric.name, data.take(train), seed=options.seed), backbone=body)
    if options.model is not None:
        with clock.step("building your network"):
            check_own(own_recipe(options.model, task, facts), target, data.take(train))
    return Prepared(
        own=options.model,
        task=task,
        target=target,
        metric=metric,
        metric_why=why,
        facts=facts,
        data=data,
        raw=raw.only(data.rows),
        train=train,
        valid=valid,
        clusters=clusters[kept],
        sealed=sealed,
        test_clusters=test_clusters,
    )


def _check_device(name: str) -> None:
    """Refuse a device that is not there before anything is read."""
    import torch

    try:
        torch.zeros(1, device=name)
    except (RuntimeError, AssertionError) as fault:
        raise ConfigError(
            f"device {name!r} cannot be used here: {str(fault).splitlines()[0]} Pass --device cpu, or one that exists."
        ) from fault


def truth_of(target: Target, values: np.ndarray) -> np.ndarray:
    """What metrics compare with: class codes, or numbers in their own units."""
    return target.encode(values) if target.kind == "classes" else values.astype(np.float64)


def _metric(options: Options, target: Target, data: Dataset) -> tuple[Metric, str]:
    assert data.target is not None
    counts = tuple(np.bincount(target.encode(data.target)).tolist()) if target.kind == "classes" else ()
    if options.metric is None:
        name, why = choose_metric(target.kind, counts)
        return metrics[name], why
    metric = metrics[options.metric]
    if target.kind not in metric.kinds:
        fitting = [name for name, m in metrics.items() if target.kind in m.kinds]
        raise ConfigError(
            f"metric {options.metric!r} does not fit a target of kind {target.kind}. "
            f"{did_you_mean(options.metric, fitting)}"
        )
    return metric, "chosen by you"
