"""How the time of a tuning is shared out: the length of one training, how many fit, and what is kept for the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

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

    def comparing_s(self, *, has_winner: bool) -> float:
        """Kept free by the search for both sides of the comparison at the end.

        While nothing is better than the start, there is nothing to compare; a late winner gets one pair of seeds.
        """
        seeds = self.seeds if has_winner else 1
        return 0.0 if self.trial_s is None else SLACK * 2 * seeds * self.trial_s

    def cost_s(self, fidelity: float, num_parts: int) -> float:
        """Limit of a trial at a share of the full length."""
        fixed = min(self.trial_s or 0.0, num_parts * self.fixed_s)
        return fixed + fidelity * ((self.trial_s or 0.0) - fixed)

    def recipe(self, recipe: Recipe) -> Recipe:
        """The recipe at full length. Epochs are the recipe's own, which may be searched; seconds are the plan's."""
        if self.length.seconds is None:
            return recipe
        return replace(recipe, length=replace(recipe.length, seconds=self.length.seconds))


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
) -> tuple[Arena, TuningPlan]:
    """The first of ``arenas`` that leaves each training the time it needs, else the last, and the plan for it.

    ``left_s``: what is left of the budget, and ``finish_s`` of that for the sealed test and the report.

    Raises:
        ConfigError: the grid does not fit into the time; the message says how many trials it has and how many fit.
    """
    room = max(1.0, left_s - finish_s)
    ends = 1 + 2 * seeds * SLACK  # the start, and the comparison at the end
    wanted = _wanted(method, setup)
    epochs = recipe.length.epochs or 20.0
    costs = [a.num_parts * (PER_PART_S + pace.needed_s(epochs, a.num_train)) for a in arenas]
    chosen = next((i for i, cost in enumerate(costs) if cost <= room / (wanted + ends)), len(arenas) - 1)
    arena, needed = arenas[chosen], costs[chosen]
    least = arena.num_parts * (PER_PART_S + 1.5 * pace.fixed_s)
    trial_s = max(least, min(needed, room / (wanted + ends)))
    if setup.num_trials is None and method.fidelities[0] == 1.0 and wanted > FEWEST:
        _refuse_impossible(method, wanted, trial_s, needed, room, ends)
    num_trials = setup.num_trials
    if num_trials is None:
        share = min(1.0, arena.num_parts * pace.fixed_s / trial_s)
        num_trials = _num_trials(method, setup, 0.9 * (room / trial_s - ends), share)
    return arena, TuningPlan(
        length=Length(seconds=round(trial_s / arena.num_parts, 3), epochs=epochs),
        trial_s=trial_s,
        num_trials=num_trials,
        finish_s=finish_s,
        seeds=seeds,
        fixed_s=pace.fixed_s,
    )


def _num_trials(method: Method, setup: Setup, full_trainings: float, fixed_share: float) -> int | None:
    """Configurations that fit; every training, however short, costs ``fixed_share`` of a full one."""
    number = method.num_trials_for(full_trainings)
    if number is None:
        return None

    def cost(size: int) -> float:
        short = method.full_trainings(replace(setup, num_trials=size)) or 0.0
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


def _refuse_impossible(method: Method, count: float, trial_s: float, needed: float, room: float, ends: float) -> None:
    if trial_s >= MOST_SHORTENED * needed and trial_s * (count + ends) <= 1.02 * room:
        return
    fit = max(0, int(room / (MOST_SHORTENED * needed) - ends))
    raise ConfigError(
        f"this {method.title} has {count:,.0f} trials of about {duration(needed)}, {duration(count * needed)} "
        f"together; the budget leaves room for about {fit:,}, even at half the length. Give ranges fewer points, "
        "search fewer fields, raise --budget, or use --method random or bayesian."
    )
