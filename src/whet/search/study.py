"""The study: every trial of a search in a database, written before and after it runs, so that a kill loses nothing.

A trial that was running when its process died is taken up again with its values. The copy has its place in the history,
so that methods, which see only the history, propose what they would have proposed without the kill.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from whet.errors import ConfigError, RunError
from whet.search.optuna_words import distribution_of, quiet, stored
from whet.search.space import Space
from whet.search.storage import open_storage, storage_faults
from whet.search.tried import Proposal, Tried

__all__ = ["PRUNERS", "Pruner", "Running", "Study"]

Pruner = Literal["median", "percentile", "none"]
PRUNERS = ("median", "percentile", "none")
STARTUP, WARMUP = 5, 20  # trials before any is pruned; percent of a training before it may be


class Running:
    """A trial that has been written down and is to be trained."""

    def __init__(self, study: Study, number: int, proposal: Proposal) -> None:
        self.proposal, self.number, self._study = proposal, number, study

    def report(self, score: float, fraction: float) -> bool:
        """A point of the learning curve at ``fraction`` of the training; True: the trial is not worth finishing.

        A database that does not answer just then costs the curve a point, and not the training.
        """
        try:
            with storage_faults(self._study.url):
                return math.isfinite(score) and self._study.report(self.number, score, step=round(100 * fraction))
        except RunError:
            return False

    def complete(self, score: float, *, seconds: float, trial: str) -> None:
        """It was trained to its end."""
        if not math.isfinite(score):
            self.fail(f"the score is {score}", seconds=seconds)
        else:
            self._study.tell(self.number, "COMPLETE", score, seconds=seconds, trial=trial)

    def prune(self, *, seconds: float) -> None:
        """It was given up on the way."""
        self._study.tell(self.number, "PRUNED", None, seconds=seconds)

    def fail(self, cause: str, *, seconds: float) -> None:
        """It diverged, ran out of memory or crashed."""
        self._study.tell(self.number, "FAIL", None, seconds=seconds, cause=cause[:500])


class Study:
    """One study of ``storage``, made on first use.

    Args:
        name: of the study; equal names in one storage are the same study.
        owner: who runs trials here; only what the owner left running is put in the queue again.
    Raises:
        RunError: the study of that name has other dimensions, or the storage fails.
    """

    def __init__(
        self, space: Space, url: str, *, name: str, higher_is_better: bool, owner: str, pruner: Pruner = "none"
    ) -> None:
        import optuna

        self.space, self.owner, self.url = space, owner, url
        direction = "MAXIMIZE" if higher_is_better else "MINIMIZE"
        self._storage = open_storage(url)
        with quiet():
            self._study = optuna.create_study(
                storage=self._storage,
                study_name=name,
                load_if_exists=True,
                direction=optuna.study.StudyDirection[direction],
                sampler=optuna.samplers.RandomSampler(seed=0),  # never asked: values are fixed before
                pruner=_pruner(pruner),
            )
        self._study_id = self._storage.get_study_id_from_name(name)
        if self._study.direction.name != direction:
            raise RunError(f"study {name!r} exists and would {self._study.direction.name.lower()} its score.")

    def history(self) -> list[Tried]:
        """Every trial in the order in which it was first proposed."""
        trials = self._trials()
        copied = {t.user_attrs["copy_of"]: t for t in trials if "copy_of" in t.user_attrs}
        known: list[Tried] = []
        for trial in trials:
            if "copy_of" in trial.user_attrs:
                continue
            last = trial
            while last.number in copied:
                last = copied[last.number]
            known.append(self._tried(last))
        return known

    def left_running(self) -> list[int]:
        """Numbers of the trials that this owner left running when it was killed; call it before the first ``begin``."""
        trials = [t for t in self._trials() if t.state.name == "RUNNING" and t.user_attrs.get("owner") == self.owner]
        copied = {t.user_attrs["copy_of"] for t in self._trials() if "copy_of" in t.user_attrs}
        for trial in trials:
            if trial.number in copied:  # killed between the two writes of ``again``
                self._fail(trial.number)
        return [t.number for t in trials if t.number not in copied]

    def again(self, number: int) -> Running:
        """Take up the values of a trial that was left running, as a copy that has its place in the history."""
        tried = self._tried(self._trials()[number])
        proposal = Proposal(values=tried.values, fidelity=tried.fidelity, note=tried.note)
        running = self._add(proposal, {**self._facts(proposal, tried.digest), "copy_of": number})
        self._fail(number)  # after the copy is there: killed in between, nothing is lost
        return running

    def begin(self, proposal: Proposal, digest: str) -> Running:
        """Write the proposal down and take it up."""
        return self._add(proposal, self._facts(proposal, digest))

    def claim(self, proposal: Proposal, digest: str) -> Running | None:
        """``begin``, unless another run has written the same recipe down first; then it counts as a duplicate.

        Runs that share a study look at its history and write into it at the same time, so two may choose alike; of
        those the one with the lower number trains.
        """
        running = self.begin(proposal, digest)
        for trial in self._trials()[: running.number] if digest else ():
            facts = trial.user_attrs
            if facts.get("digest") == digest and facts.get("owner") != self.owner and "duplicate_of" not in facts:
                self._storage.set_trial_user_attr(self._id(running.number), "duplicate_of", trial.number)
                running.fail("another run has taken it up", seconds=0.0)
                return None
        return running

    def repeat(self, proposal: Proposal, digest: str, earlier: Tried) -> None:
        """Record a proposal whose recipe was tried before: it takes the outcome that is known, and costs nothing."""
        state = {"complete": "COMPLETE", "pruned": "PRUNED"}.get(earlier.state, "FAIL")
        facts = {**self._facts(proposal, digest), "duplicate_of": earlier.number}
        self._add(
            proposal,
            {**facts, "outcome": {"cause": earlier.cause, "trial": earlier.trial}},
            state=state,
            score=earlier.score if state == "COMPLETE" else None,
            curve=earlier.curve,
        )

    def report(self, number: int, score: float, *, step: int) -> bool:
        """Write down a point of a learning curve; True when the pruner gives the trial up."""
        trial = self._trials()[number]
        if step not in trial.intermediate_values:
            self._storage.set_trial_intermediate_value(self._id(number), step, score)
        with quiet():
            return bool(self._study.pruner.prune(self._study, self._trials()[number]))

    def tell(self, number: int, state: str, score: float | None, **outcome: Any) -> None:
        """The outcome of a trial; from here on a kill cannot lose it."""
        self._storage.set_trial_user_attr(self._id(number), "outcome", outcome)
        with quiet():
            self._study.tell(number, score, state=_state(state))

    def _fail(self, number: int) -> None:
        with quiet():
            self._study.tell(number, state=_state("FAIL"))

    def _add(
        self,
        proposal: Proposal,
        facts: Mapping[str, Any],
        *,
        state: str = "RUNNING",
        score: float | None = None,
        curve: Mapping[int, float] | None = None,
    ) -> Running:
        """A trial in one transaction, so that a kill leaves all of it or nothing."""
        import optuna

        trial = optuna.create_trial(
            state=_state(state),
            value=score,
            params={n: stored(self.space.dimensions[n], v) for n, v in proposal.values.items()},
            distributions={n: distribution_of(self.space.dimensions[n]) for n in proposal.values},
            user_attrs=dict(facts),
            intermediate_values=dict(curve or {}),
        )
        trial_id = self._storage.create_new_trial(self._study_id, template_trial=trial)
        return Running(self, self._storage.get_trial_number_from_id(trial_id), proposal)

    def _id(self, number: int) -> int:
        return int(self._storage.get_trial_id_from_study_id_trial_number(self._study_id, number))

    def _facts(self, proposal: Proposal, digest: str) -> dict[str, Any]:
        note = dict(proposal.note)
        return {"fidelity": proposal.fidelity, "note": note, "digest": digest, "owner": self.owner}

    def _trials(self) -> Sequence[Any]:
        trials: Sequence[Any] = self._study.get_trials(deepcopy=False)
        return trials

    def _tried(self, trial: Any) -> Tried:
        facts: Mapping[str, Any] = trial.user_attrs
        outcome: Mapping[str, Any] = facts.get("outcome", {})
        states: dict[str, Any] = {"COMPLETE": "complete", "PRUNED": "pruned", "FAIL": "failed"}
        return Tried(
            number=trial.number,
            values=self._values(trial.params),
            state=states.get(trial.state.name, "running"),
            digest=str(facts.get("digest", "")),
            fidelity=float(facts.get("fidelity", 1.0)),
            note={str(k): int(v) for k, v in facts.get("note", {}).items()},
            score=None if trial.state.name != "COMPLETE" else float(trial.value),
            seconds=float(outcome.get("seconds", 0.0)),
            curve={int(k): float(v) for k, v in trial.intermediate_values.items()},
            duplicate_of=facts.get("duplicate_of"),
            cause=str(outcome.get("cause", "")),
            trial=str(outcome.get("trial", "")),
        )

    def _values(self, params: Mapping[str, Any]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for name in self.space.ordered:
            if name not in params:
                continue
            dimension = self.space.dimensions[name]
            choices = dimension.grid() if hasattr(dimension, "values") else ()
            found = [v for v in choices if stored(dimension, v) == params[name]]
            values[name] = found[0] if found else params[name]
        return values


def _state(name: str) -> Any:
    from optuna.trial import TrialState

    return TrialState[name]


def _pruner(name: str) -> Any:
    from optuna.pruners import MedianPruner, NopPruner, PercentilePruner

    if name == "median":
        return MedianPruner(n_startup_trials=STARTUP, n_warmup_steps=WARMUP)
    if name == "percentile":  # the worst quarter
        return PercentilePruner(75.0, n_startup_trials=STARTUP, n_warmup_steps=WARMUP)
    if name == "none":
        return NopPruner()
    raise ConfigError(f"unknown pruner {name!r}; it is one of {', '.join(PRUNERS)}.")
