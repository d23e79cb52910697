"""Bayesian optimisation: the next trial is where a model of the earlier ones expects the most.

Helps: five to fifty trials over a handful of dimensions. Hurts: scores whose noise is larger than what settings change.
Source: "tpe": Bergstra et al., "Algorithms for Hyper-Parameter Optimization", NeurIPS 2011, as in Optuna (Akiba et al.,
    KDD 2019); "gp": Gaussian process with log expected improvement, Optuna's. Differs: the sampler is built anew from
    the history for every proposal, with a seed from its number, so that a resumed study proposes the same; the first
    trials are the recipe that the search starts from and random ones.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from whet.errors import ConfigError, did_you_mean
from whet.rng import stream_seed
from whet.search.method import Setup, draw_fresh, methods
from whet.search.optuna_words import distribution_of, quiet, stored, suggest
from whet.search.tried import Proposal, Tried

__all__ = ["SAMPLERS", "BayesianSearch"]

SAMPLERS = ("tpe", "gp")
ATTEMPTS = 5  # proposals that were tried already before a random one takes their place


@dataclass(frozen=True, kw_only=True)
class BayesianSearch:
    """``num_random`` first trials are drawn as by random search."""

    num_random: int = 8

    title: str = "Bayesian optimisation"
    fidelities: tuple[float, ...] = (1.0,)

    def propose(self, setup: Setup, history: Sequence[Tried]) -> Proposal | None:
        """See ``Method``."""
        if setup.sampler not in SAMPLERS:
            raise ConfigError(f"unknown sampler {setup.sampler!r}. {did_you_mean(setup.sampler, SAMPLERS)}")
        if setup.num_trials is not None and len(history) >= setup.num_trials:
            return None
        if not history and setup.start is not None:
            return Proposal(values=setup.start)
        values = None if len(history) < self.num_random else self._modelled(setup, history)
        values = draw_fresh(setup, history) if values is None else values
        return None if values is None else Proposal(values=values)

    def full_trainings(self, setup: Setup) -> float | None:
        """See ``Method``."""
        return setup.num_trials

    def num_trials_for(self, full_trainings: float) -> int | None:
        """See ``Method``."""
        return None

    def _modelled(self, setup: Setup, history: Sequence[Tried]) -> dict[str, Any] | None:
        """What the sampler suggests; None when it keeps suggesting what was tried."""
        known = {setup.space.key(t.values) for t in history}
        with quiet():
            study = _study(setup, history)
            for attempt in range(ATTEMPTS):
                seed = stream_seed(setup.seed, setup.sampler, str(len(history)), str(attempt)) % 2**31
                values = _ask(study, setup, _sampler(setup.sampler, seed))
                if setup.space.key(values) not in known:
                    return values
        return None


def _sampler(name: str, seed: int) -> Any:
    from optuna.samplers import GPSampler, TPESampler

    if name == "gp":
        return GPSampler(seed=seed, n_startup_trials=1, warn_independent_sampling=False)
    return TPESampler(seed=seed, n_startup_trials=1)


def _study(setup: Setup, history: Sequence[Tried]) -> Any:
    """The history as a study in memory. Failures are left out: they say nothing about scores.

    Of trials that run side by side the samplers know the values, and look elsewhere: TPE counts them among the worse
    (its ``constant_liar``), the Gaussian process takes the expected improvement over what they may bring.
    """
    import optuna
    from optuna.trial import TrialState

    study = optuna.create_study(direction="maximize" if setup.higher_is_better else "minimize")
    states = {"complete": TrialState.COMPLETE, "pruned": TrialState.PRUNED, "running": TrialState.RUNNING}
    for each in history:
        is_running = each.state == "running" and each.number not in setup.running  # elsewhere, or never to end
        if each.state not in states or is_running or (each.state == "pruned" and not each.curve):
            continue
        held = {n: v for n, v in each.values.items() if n in setup.space.dimensions}
        trial = optuna.create_trial(
            state=states[each.state],
            value=each.score,
            params={n: stored(setup.space.dimensions[n], v) for n, v in held.items()},
            distributions={n: distribution_of(setup.space.dimensions[n]) for n in held},
            intermediate_values=dict(each.curve),
        )
        study.add_trial(trial)
    return study


def _ask(study: Any, setup: Setup, sampler: Any) -> dict[str, Any]:
    study.sampler = sampler
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a process that fits constant scores badly is no news for the user
        trial = study.ask()
        values: dict[str, Any] = {}
        for name in setup.space.ordered:
            if setup.space.is_active(name, values):
                values[name] = suggest(trial, name, setup.space.dimensions[name])
    return values


methods.register("bayesian")(BayesianSearch())
