"""How the time of a tuning is shared out: the length of one training, how many fit, and what is kept for the end."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from whet.errors import ConfigError
from whet.improving.arena import Arena
from whet.recipe import Length, Recipe
from whet.report.amounts import duration
from whet.search.method import Method, Setup
from whet.tuning.pace import Pace

__all__ = ["TuningPlan", "plan_by_epochs", "plan_by_time"]

FEWEST = 16  # trials that a search by time is given room for, at least
MOST_SHORTENED = 0.5  # of what a training needs; a grid that leaves each less is refused
PER_PART_S = 0.05  # beside the training itself: weights and scores are written
SLACK = 1.05  # on what the end is expected to take


@dataclass(frozen=True, kw_only=True)
class TuningPlan:
    """Lengths in seconds of wall clock; None where the run is counted in epochs."""

    length: Length  # of one training of one part, at full fidelity
    trial_s: float | None  # limit of one full trial, all parts together
    num_trials: int | None
    finish_s: float  # kept for the sealed test and the report
    seeds: int
    fixed_s: float = 0.0  # of one training, before its first step
    # fidelity -> time of such a look as a share of a full training's, beyond ``fixed_s``; absent: the fidelity itself
    look_costs: Mapping[float, float] = field(default_factory=dict)
    num_workers: int = 1  # trainings side by side
    num_parts: int = 1  # of a trial, which are trained side by side where nothing is being searched

    def comparing_s(self, *, has_winner: bool) -> float:
        """Kept free by the search for both sides of the comparison at the end.

        While nothing is better than the start, there is nothing to compare; a late winner gets one pair of seeds.
        """
        seeds = self.seeds if has_winner else 1
        return 0.0 if self.trial_s is None else SLACK * self.together(2 * seeds) * self.trial_s

    def together(self, num_trials: int) -> float:
        """How many times ``trial_s`` so many full trials take when all their parts are trained side by side.

        >>> TuningPlan(length=Length(), trial_s=1.0, num_trials=9, finish_s=1.0, seeds=3, num_workers=2).together(3)
        2.0
        """
        return _together(num_trials, self.num_parts, self.num_workers)

    def cost_s(self, fidelity: float, num_parts: int) -> float:
        """Limit of a trial at a share of the full length."""
        return self._part_of(self.trial_s or 0.0, fidelity, num_parts * self.fixed_s)

    def recipe(self, recipe: Recipe) -> Recipe:
        """The recipe at full length. Epochs are the recipe's own, which may be searched; seconds are the plan's."""
        if self.length.seconds is None:
            return recipe
        return replace(recipe, length=replace(recipe.length, seconds=self.length.seconds))

    def limited(self, recipe: Recipe, fidelity: float) -> Recipe:
        """The recipe with the seconds that a look at ``fidelity`` may take; as it is where nothing is timed."""
        seconds = recipe.length.seconds
        if seconds is None or fidelity == 1.0:
            return recipe
        limit = round(self._part_of(seconds, fidelity, self.fixed_s), 3)
        return replace(recipe, length=replace(recipe.length, seconds=limit))

    def _part_of(self, seconds: float, fidelity: float, fixed_s: float) -> float:
        fixed = min(fixed_s, seconds)
        return fixed + self.look_costs.get(fidelity, fidelity) * (seconds - fixed)


def plan_by_epochs(method: Method, setup: Setup, *, epochs: float, seeds: int) -> TuningPlan:
    """Nothing depends on the clock.

    Raises:
        ConfigError: the method would never end.
    """
    if setup.num_trials is None and method.full_trainings(setup) is None:
        raise ConfigError(f"{method.title} counted in epochs needs an end: pass --trials N, or a --budget.")
    return TuningPlan(
        length=Length(seconds=None, epochs=epochs), trial_s=None, num_trials=setup.num_trials, finish_s=0.0, seeds=seeds
    )


def plan_by_time(
    method: Method,
    setup: Setup,
    recipe: Recipe,
    arenas: Sequence[Arena],
    pace: Pace,
    *,
    left_s: float,
    finish_s: float,
    seeds: int,
    num_workers: int = 1,
    look_costs: Mapping[float, float] | None = None,
) -> tuple[Arena, TuningPlan]:
    """The first of ``arenas`` that leaves each training the time it needs, else the last, and the plan for it.

    ``left_s``: what is left of the budget, and ``finish_s`` of that for the sealed test and the report. ``pace``: of
    ``num_workers`` trainings side by side. In the search each of them is a trial, whose parts come one after the other.
    ``look_costs``: see ``TuningPlan``.

    Raises:
        ConfigError: the grid does not fit into the time; the message says how many trials it has and how many fit.
    """
    room = max(1.0, left_s - finish_s)
    # the start, and the comparison at the end
    ends = [
        _together(1, a.num_parts, num_workers) + SLACK * _together(2 * seeds, a.num_parts, num_workers) for a in arenas
    ]
    wanted = _wanted(method, setup)
    rounds = wanted / num_workers
    epochs = recipe.length.epochs or 20.0
    costs = [a.num_parts * (PER_PART_S + pace.needed_s(epochs, a.num_train)) for a in arenas]
    chosen = next((i for i, cost in enumerate(costs) if cost <= room / (rounds + ends[i])), len(arenas) - 1)
    arena, needed, end = arenas[chosen], costs[chosen], ends[chosen]
    least = arena.num_parts * (PER_PART_S + 1.5 * pace.fixed_s)
    trial_s = max(least, min(needed, room / (rounds + end)))
    if setup.num_trials is None and method.fidelities[0] == 1.0 and wanted > FEWEST:
        _refuse_impossible(method, wanted, trial_s, needed, room, end, num_workers)
    num_trials = setup.num_trials
    if num_trials is None:
        share = min(1.0, arena.num_parts * pace.fixed_s / trial_s)
        idle = (num_workers - 1) * sum(method.fidelities) if method.fidelities[0] < 1.0 else 0.0  # at the end of a rung
        num_trials = _num_trials(
            method, setup, 0.9 * num_workers * (room / trial_s - end) - idle, share, look_costs or {}
        )
    return arena, TuningPlan(
        length=Length(seconds=round(trial_s / arena.num_parts, 3), epochs=epochs),
        trial_s=trial_s,
        num_trials=num_trials,
        finish_s=finish_s,
        seeds=seeds,
        fixed_s=pace.fixed_s,
        look_costs=look_costs or {},
        num_workers=num_workers,
        num_parts=arena.num_parts,
    )


def _together(num_trials: int, num_parts: int, num_workers: int) -> float:
    return math.ceil(num_trials * num_parts / num_workers) / num_parts


def _num_trials(
    method: Method, setup: Setup, full_trainings: float, fixed_share: float, look_costs: Mapping[float, float]
) -> int | None:
    """Configurations that fit; every training, however short, costs ``fixed_share`` of a full one."""
    number = method.num_trials_for(full_trainings)
    if number is None:
        return None
    # each rung of a bracket costs as much as any other where a look costs its fidelity; so the mean over rungs counts
    dearer = sum(look_costs.get(f, f) / f for f in method.fidelities) / len(method.fidelities)

    def cost(size: int) -> float:
        short = dearer * (method.full_trainings(replace(setup, num_trials=size)) or 0.0)
        return fixed_share * 1.5 * size + (1 - fixed_share) * short  # 1 + 1/3 + 1/9 trainings per configuration

    while number > 1 and cost(number) > full_trainings:
        number -= 1
    return number


def _wanted(method: Method, setup: Setup) -> float:
    """Full trainings that the search should have room for."""
    if method.fidelities[0] < 1.0:  # a bracket of 27
        return 9.0 if setup.num_trials is None else min(20.0, max(3.0, method.full_trainings(setup) or 0.0))
    own = method.full_trainings(setup)
    if setup.num_trials is not None:
        return float(min(setup.num_trials, 40))
    return float(FEWEST if own is None else own)


def _refuse_impossible(
    method: Method, count: float, trial_s: float, needed: float, room: float, end: float, num_workers: int
) -> None:
    if trial_s >= MOST_SHORTENED * needed and trial_s * (count / num_workers + end) <= 1.02 * room:
        return
    fit = max(0, int(num_workers * (room / (MOST_SHORTENED * needed) - end)))
    together = duration(count * needed / num_workers)
    raise ConfigError(
        f"this {method.title} has {count:,.0f} trials of about {duration(needed)}, {together} together; the budget "
        f"leaves room for about {fit:,}, even at half the length. Give ranges fewer points, "
        "search fewer fields, raise --budget, or use --method random or bayesian."
    )
