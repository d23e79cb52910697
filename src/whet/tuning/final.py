"""The end of a tuning: is the winner really better, or only the luckiest of many?

The best of many validation scores is too good by construction. So winner and start are trained again with seeds that
the search has not used, the judge compares the pairs, and the sealed test is opened once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from whet.bundle.save import save
from whet.evaluation.intervals import gain_interval, score_interval
from whet.files import write_arrays
from whet.improving.prepare import truth_of
from whet.improving.trials import Trial, Trials, Wanted
from whet.ledger.entry import Decision, Plan, Stage, Verdict
from whet.ledger.judge import judge
from whet.ledger.noise import NoiseFloor
from whet.ledger.spending import Spending
from whet.report.data import ScoreLine
from whet.search.tried import Tried, by_rank
from whet.tuning.session import TuningSession

__all__ = ["Compared", "TunedTest", "compare", "open_sealed", "winner_of"]


@dataclass(frozen=True, kw_only=True)
class Compared:
    """Winner against start on fresh seeds. ``verdict`` is None where the search found nothing better, or no time."""

    winner: Tried | None
    verdict: Verdict | None
    reason: str
    chosen: Trial  # what is handed over
    is_start: bool
    gain: tuple[float, float, float] | None = None  # with its 95 % interval, on validation
    p: float | None = None
    num_seeds: int = 0
    fresh: tuple[float, ...] = ()  # the winner's scores on fresh seeds
    fresh_start: tuple[float, ...] = ()


@dataclass(frozen=True, kw_only=True)
class TunedTest:
    """What the sealed test says; ``gain`` of the handed-over model over the start, None where they are the same."""

    before: ScoreLine
    after: ScoreLine
    gain: tuple[float, float, float] | None
    openings: int


def winner_of(session: TuningSession) -> Tried | None:
    """The best full trial, if its validation score is better than that of the start."""
    assert session.start is not None
    ranked = by_rank(
        [t for t in session.study.history() if t.fidelity == 1.0 and t.duplicate_of is None],
        higher_is_better=session.prepared.metric.higher_is_better,
    )
    if not ranked or ranked[0].score is None or not session.better(ranked[0].score, session.start.score):
        return None
    return ranked[0]


def compare(session: TuningSession) -> Compared:
    """Pairs of fresh seeds, as many as the time allows, and the judge's verdict on them."""
    start, winner = session.start, winner_of(session)
    assert start is not None
    if winner is None:
        return _unchanged(start, "no trial scored better than the recipe that the search started from")
    pairs: list[tuple[Trial, Trial]] = []

    def work() -> Decision:
        pairs.extend(_pairs(session, winner))
        return _weigh(session, pairs)

    row = Plan(
        stage=Stage.CONFIRM,
        remedy="tuning",
        change=f"trial {winner.number + 1} of {session.method.title}",
        because="the best of many scores is too good by construction",
        alpha=_alpha(session),
        seeds=session.plan.seeds,
        recipe=winner.digest,
        incumbent=session.base.digest(),
    )
    decision = session.book.row(row, work)
    if not pairs and decision.num_seeds:  # a resumed run: read back
        pairs.extend(_pairs(session, winner, most=decision.num_seeds))
    return _compared(session, winner, decision, pairs)


def open_sealed(session: TuningSession, compared: Compared) -> TunedTest:
    """Score the start and what is handed over on the sealed examples, once."""
    prepared, start = session.prepared, session.start
    assert start is not None
    session.observer.doing("opening the sealed test")
    data = prepared.sealed.open("the result of the tuning")
    confidence = 1 - prepared.sealed.alpha
    assert data.target is not None
    truth = truth_of(prepared.target, data.target)
    before = session.model(start).scores(data)
    after = before if compared.is_start else session.model(compared.chosen).scores(data)
    around: dict[str, Any] = {
        "clusters": prepared.test_clusters,
        "confidence": confidence,
        "seed": session.options.seed,
    }

    def line(name: str, scores: np.ndarray) -> ScoreLine:
        score, low, high = score_interval(prepared.metric, truth, scores, **around)
        return ScoreLine(name=name, score=score, low=low, high=high, n=len(truth))

    gain = None if compared.is_start else gain_interval(prepared.metric, truth, after, before, **around)
    write_arrays(session.folder.path / "test.safetensors", {"truth": truth, "scores": after})
    result = TunedTest(
        before=line("start", before), after=line("handed over", after), gain=gain, openings=prepared.sealed.num_openings
    )
    _record(session, result)
    return result


def _pairs(session: TuningSession, winner: Tried, *, most: int | None = None) -> list[tuple[Trial, Trial]]:
    """(winner, start) per fresh seed; repeat 0 was the search's. As many seeds at once as there are workers for."""
    recipe = session.recipe_of(dict(winner.values))
    trials, found = session.trials(), list[tuple[Trial, Trial]]()
    last, size = most or session.plan.seeds, max(1, session.num_workers // 2)
    for first in range(1, 1 + last, size):
        repeats = range(first, min(first + size, 1 + last))
        if most is None and not session.fits_together(2 * len(repeats), keep_s=session.finish_s()):
            break
        session.observer.doing(f"winner and start with fresh seed {', '.join(map(str, repeats))}")
        pairs = [
            (
                Wanted(recipe=recipe, title="winner", repeat=repeat),
                Wanted(recipe=session.base, title="start", repeat=repeat),
            )
            for repeat in repeats
        ]
        if session.num_workers > 1:
            trials.run_ahead(session.arena, [wanted for pair in pairs for wanted in pair])
        found += [(_run(session, trials, winner), _run(session, trials, start)) for winner, start in pairs]
    return found


def _run(session: TuningSession, trials: Trials, wanted: Wanted) -> Trial:
    return trials.run(session.arena, wanted.recipe, title=wanted.title, repeat=wanted.repeat)


def _alpha(session: TuningSession) -> float:
    return Spending(max_rows=1, total=0.05, strict=session.options.strict).alpha(tried=0, adopted=0)


def _weigh(session: TuningSession, pairs: list[tuple[Trial, Trial]]) -> Decision:
    if not pairs:
        return Decision(verdict=Verdict.NOT_VISIBLE, reason="no time was left to compare with fresh seeds")
    arena, metric = session.arena, session.prepared.metric
    folds = arena.fold_ids(1 + len(pairs))
    judgement = judge(
        metric,
        arena.truth,
        session.stacked([a for a, _ in pairs]),
        session.stacked([b for _, b in pairs]),
        noise=NoiseFloor().with_seeds([b.score for _, b in pairs]),
        alpha=_alpha(session),
        margin=session.options.margin or 0.0,
        clusters=arena.clusters,
        slices={"class": arena.truth} if session.prepared.target.kind == "classes" else None,
        folds=None if folds is None else folds[1:],
        seed=session.options.seed,
    )
    return judgement.decision(seconds=sum(a.seconds + b.seconds for a, b in pairs))


def _compared(session: TuningSession, winner: Tried, decision: Decision, pairs: list[tuple[Trial, Trial]]) -> Compared:
    start = session.start
    assert start is not None
    if decision.verdict is Verdict.FAILED:
        return replace(_unchanged(start, f"the winner failed with a fresh seed: {decision.cause}"), winner=winner)
    fresh, fresh_start = [a.score for a, _ in pairs], [b.score for _, b in pairs]
    keeps = not pairs or session.better(float(np.mean(fresh)), float(np.mean(fresh_start)))
    chosen = _chosen(session, winner, pairs) if keeps else start
    save(session.model(chosen), session.folder.model)
    gain = decision.gain, decision.low, decision.high
    return Compared(
        winner=winner,
        verdict=decision.verdict if pairs else None,
        reason=decision.reason,
        chosen=chosen,
        is_start=chosen is start,
        gain=None if None in gain else gain,  # type: ignore[arg-type]  # all three or none
        p=decision.p,
        num_seeds=len(pairs),
        fresh=tuple(fresh),
        fresh_start=tuple(fresh_start),
    )


def _chosen(session: TuningSession, winner: Tried, pairs: list[tuple[Trial, Trial]]) -> Trial:
    """The search's own training of the winner; where another machine made that, one of the fresh ones."""
    here = winner.trial and (session.folder.trials / winner.trial / "trial.json").is_file()
    if here or not pairs:
        recipe = session.recipe_of(dict(winner.values))
        return session.trials().run(session.arena, recipe, title=f"trial {winner.number + 1}")
    return pairs[0][0]


def _unchanged(start: Trial, why: str) -> Compared:
    return Compared(winner=None, verdict=None, reason=why, chosen=start, is_start=True)


def _record(session: TuningSession, result: TunedTest) -> None:
    gain: tuple[Any, Any, Any] = result.gain or (None, None, None)
    row = Plan(
        stage=Stage.TEST,
        remedy="sealed test",
        change=f"opening {result.openings}",
        because="only this figure is quoted as the result",
    )
    decision = Decision(
        verdict=Verdict.MEASURED,
        reason="what is handed over against the recipe of the start, on examples that nothing had read",
        before=result.before.score,
        after=result.after.score,
        gain=gain[0],
        low=gain[1],
        high=gain[2],
        num_examples=result.after.n,
    )
    session.book.row(row, lambda: decision)
