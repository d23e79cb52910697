"""Seeds together: jobs that differ in seed or rows alone share one loop where that saves time.

What each learns is what it would have learnt alone, up to rounding. Where training together does not pay or cannot be
done (``training.together_reasons``), the engine inside trains one after the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from whet.data.kinds import Modality
from whet.engine.engine import ThisProcess
from whet.engine.job import Job, OnDone, Result
from whet.recipe import Recipe
from whet.training.together import Job as Seeded
from whet.training.together import fit_together
from whet.training.together_reasons import why_apart

__all__ = ["SeedsTogether"]

MOST = 8  # trainings in one loop: beyond it the stacked arithmetic costs what the trainings would


class SeedsTogether:
    """See ``Engine``; around an engine that trains in this process."""

    num_workers = 1

    def __init__(self, engine: ThisProcess) -> None:
        self.engine = engine

    def may_share(self, recipe: Recipe, modality: Modality) -> bool:
        """Whether trainings of ``recipe`` might share a loop, as far as the recipe tells."""
        return not recipe.treatments and why_apart(recipe, modality, self.engine.bench.setting) is None

    def run(self, jobs: Sequence[Job], *, on_done: OnDone | None = None) -> list[Result]:
        """See ``Engine``."""
        done: dict[int, Result] = {}
        for places in self._groups(jobs):
            for place, result in zip(places, self._together([jobs[p] for p in places]), strict=False):
                done[place] = result
                if on_done is not None:
                    on_done(place, result)
        rest = [place for place in range(len(jobs)) if place not in done]

        def told(number: int, result: Result) -> None:
            if on_done is not None:
                on_done(rest[number], result)

        results = self.engine.run([jobs[place] for place in rest], on_done=told) if rest else []
        done |= dict(zip(rest, results, strict=True))
        return [done[place] for place in range(len(jobs))]

    def close(self) -> None:
        """See ``Engine``."""
        self.engine.close()

    def _groups(self, jobs: Sequence[Job]) -> Iterator[list[int]]:
        """Places of jobs that differ in seed or rows alone; a job that was stopped in the middle goes on alone."""
        alike: dict[tuple[str, int, bool, int | None], list[int]] = {}
        for place, job in enumerate(jobs):
            is_fresh = not (self.engine.bench.checkpoints / job.name).exists()
            if is_fresh and self.may_share(job.recipe, job.data.schema.modality):
                digest = replace(job.recipe, seed=0).digest()
                key = (digest, len(job.train), job.valid is None, job.num_threads)
                alike.setdefault(key, []).append(place)
        for places in alike.values():
            for start in range(0, len(places), MOST):
                if len(places[start : start + MOST]) > 1:
                    yield places[start : start + MOST]

    def _together(self, jobs: Sequence[Job]) -> Sequence[Result]:
        """One result per job; none where they are to be trained apart."""
        bench, first = self.engine.bench, jobs[0]
        setting = bench.setting if first.num_threads is None else replace(bench.setting, num_threads=first.num_threads)
        seeded = [
            Seeded(
                seed=job.recipe.seed,
                train=job.data.take(job.train),
                valid=None if job.valid is None else job.data.take(job.valid),
            )
            for job in jobs
        ]
        try:
            return fit_together(first.recipe, bench.target, seeded, setting=setting)
        except Exception:  # whatever stands against it is told by the training alone, in its own words
            return []
