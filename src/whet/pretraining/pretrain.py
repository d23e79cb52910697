"""From examples to the folder of a backbone: read, choose, train, measure, write."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from whet.errors import DataError
from whet.pretraining.outcome import data_of, figures_of, title
from whet.pretraining.plan import Plan
from whet.pretraining.preparing import choose, prepare
from whet.pretraining.reading import read_all
from whet.pretraining.stacking import stacked
from whet.pretraining.training import learn
from whet.pretraining.writing import check_free, write_backbone
from whet.training.clock import TrainingClock
from whet.training.failure import naming_failures
from whet.training.fitted import FitSetting
from whet.training.interrupted import Interrupted

__all__ = ["pretrain"]

LEAST = 8  # examples below which held-out questions make no sense


def pretrain(
    sources: Sequence[object],
    plan: Plan,
    *,
    out: Path,
    setting: FitSetting | None = None,
    environment: Mapping[str, str] | None = None,
    say: Callable[[str], None] = lambda message: None,
) -> Path:
    """Write the backbone to ``out``, new or empty; interrupted, it leaves nothing there.

    Raises:
        DataError, ConfigError: the sources or the plan cannot be used.
        RunError: ``out`` cannot be used.
        TrainingFailedError: the training diverged twice, ran out of memory or crashed.
    """
    clock = TrainingClock(plan.length)
    check_free(out)
    try:
        with tempfile.TemporaryDirectory(prefix="whet-pretrain-") as scratch:
            _run(sources, plan, clock, Path(scratch), out, setting or FitSetting(), environment or {}, say)
    except Interrupted:
        raise Interrupted("stopped; no backbone was written.") from None
    return out


def _run(
    sources: Sequence[object],
    plan: Plan,
    clock: TrainingClock,
    scratch: Path,
    out: Path,
    setting: FitSetting,
    environment: Mapping[str, str],
    say: Callable[[str], None],
) -> None:
    parts = read_all(sources, plan.columns, cache=scratch)
    examples = stacked(parts)
    if len(examples) < LEAST:
        raise DataError(f"{examples.origin}: {len(examples)} examples teach nothing; pretrain on at least {LEAST}.")
    chosen = choose(examples, plan)
    recipe, modality = chosen.recipe, examples.schema.modality
    say(f"{len(examples):,} {modality} examples; {recipe.architecture} learns by: {chosen.objective}")
    with naming_failures(recipe.architecture):
        network, lesson = prepare(examples, chosen, scratch)
        learnt = learn(recipe, network, lesson, clock=clock, setting=setting)
    figures = figures_of(learnt)
    for line in figures["lines"]:
        say(line)
    about = {
        "architecture": recipe.architecture,
        "modality": str(modality),
        "objective": chosen.objective,
        "licence": "yours",
        "title": title(recipe.architecture, chosen.objectives, sources, len(examples)),
        "data": data_of(sources, parts, num_held_out=len(lesson.held)),
        **figures,
        "recipe": recipe.to_dict(),
        "seconds": round(clock.elapsed(), 2),
        "seed": plan.seed,
        "environment": dict(environment),
    }
    settings = recipe.to_dict()["settings"]
    write_backbone(out, learnt.network.body, lesson.encoder, settings=settings, about=about)
