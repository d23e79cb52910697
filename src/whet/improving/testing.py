"""Open the sealed test, once, and say what the handed-over model and the baseline are worth on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from whet.data.dataset import Dataset
from whet.evaluation.intervals import gain_interval, score_interval
from whet.evaluation.metric import metrics
from whet.files import write_arrays
from whet.improving.prepare import truth_of
from whet.improving.selecting import Selected
from whet.improving.session import Session
from whet.improving.trials import Trial, Weighted
from whet.ledger.entry import Decision, Plan, Stage, Verdict
from whet.report.data import ScoreLine

__all__ = ["TestResult", "open_test", "validation_result"]


@dataclass(frozen=True, kw_only=True)
class TestResult:
    """What the sealed test says."""

    data: Dataset
    truth: np.ndarray
    scores: np.ndarray  # (N, K) of what is handed over
    before: ScoreLine
    default: ScoreLine | None
    after: ScoreLine
    gain: tuple[float, float, float] | None
    openings: int
    fast: ScoreLine | None = None  # the fast model, in the same opening
    fast_cost: tuple[float, float, float] | None = None  # its score minus that of what is handed over; negative: worse
    tables: dict[str, dict[str, float]]  # "before" / "after" -> metric -> value


def open_test(session: Session, selected: Selected) -> TestResult:
    """Score baseline, default recipe and the handed-over model on the sealed examples."""
    prepared, handover = session.prepared, selected.handover
    session.observer.doing("opening the sealed test")
    data = prepared.sealed.open("the result of the run")
    openings = prepared.sealed.num_openings
    confidence = 1 - prepared.sealed.alpha
    assert data.target is not None
    truth = truth_of(prepared.target, data.target)

    def line(name: str, scores: np.ndarray) -> ScoreLine:
        score, low, high = score_interval(
            prepared.metric,
            truth,
            scores,
            clusters=prepared.test_clusters,
            confidence=confidence,
            seed=session.options.seed,
        )
        return ScoreLine(name=name, score=score, low=low, high=high, n=len(truth))

    after = session.model_of(handover.members, handover.blend).scores(data)
    decided = handover.blend.decide(after)
    first = session.baseline or session.best
    assert first is not None
    before = session.model_of([Weighted(trial=first)]).scores(data)
    default = session.model_of([Weighted(trial=session.default)]).scores(data) if session.default else None
    gain = gain_interval(
        prepared.metric,
        truth,
        decided,
        before,
        clusters=prepared.test_clusters,
        confidence=confidence,
        seed=session.options.seed,
    )
    fast, fast_cost = _fast(session, selected, data, truth, decided, line, confidence)
    result = TestResult(
        data=data,
        truth=truth,
        scores=after,
        fast=fast,
        fast_cost=fast_cost,
        before=line(f"baseline: {first.title}", before),
        default=line(session.default.title, default) if session.default and default is not None else None,
        after=line("what was handed over", decided),
        gain=gain,
        openings=openings,
        tables={"before": _table(session, truth, before, before), "after": _table(session, truth, after, decided)},
    )
    write_arrays(session.folder.path / "test.safetensors", {"truth": truth, "scores": after})
    _record(session, result)
    return result


def _fast(
    session: Session,
    selected: Selected,
    data: Dataset,
    truth: np.ndarray,
    decided: np.ndarray,
    line: Callable[[str, np.ndarray], ScoreLine],
    confidence: float,
) -> tuple[ScoreLine | None, tuple[float, float, float] | None]:
    """The fast model's score, and what it loses against the ensemble on the same examples."""
    if selected.fast is None:
        return None, None
    scores = selected.fast.model.scores(data)
    cost = gain_interval(
        session.prepared.metric,
        truth,
        scores,
        decided,
        clusters=session.prepared.test_clusters,
        confidence=confidence,
        seed=session.options.seed,
    )
    return line(f"fast model: {selected.fast.trial.title}", scores), cost


def validation_result(session: Session) -> TestResult | None:
    """What is known of a run that was stopped: scores on validation examples; the sealed test stays sealed."""
    best, first = session.best, session.baseline or session.best
    if best is None or first is None:
        return None
    metric, truth, clusters = session.prepared.metric, session.arena.truth, session.arena.clusters

    def line(trial: Trial) -> ScoreLine:
        score, low, high = score_interval(metric, truth, trial.scores, clusters=clusters, seed=session.options.seed)
        return ScoreLine(name=trial.title, score=score, low=low, high=high, n=len(truth), part="valid")

    return TestResult(
        data=session.prepared.data.take(session.arena.evaluated),
        truth=truth,
        scores=best.scores,
        before=line(first),
        default=line(session.default) if session.default else None,
        after=line(best),
        gain=None,
        openings=0,
        tables={
            "before": _table(session, truth, first.scores, first.scores),
            "after": _table(session, truth, best.scores, best.scores),
        },
    )


def _table(session: Session, truth: np.ndarray, scores: np.ndarray, decided: np.ndarray) -> dict[str, float]:
    """Every metric that fits; those of decisions see the decision weights, those of probabilities do not."""
    table = {}
    for name, metric in metrics.items():
        if session.prepared.target.kind in metric.kinds:
            uses_probabilities = name in ("log_loss", "calibration_error", "roc_auc")
            value = float(metric.compute(truth, scores if uses_probabilities else decided))
            if np.isfinite(value):  # ROC-AUC and R2 have no value where the truth is constant
                table[name] = value
    return table


def _record(session: Session, result: TestResult) -> None:
    handed_over = Plan(
        stage=Stage.TEST,
        remedy="sealed test",
        change=f"opening {result.openings}",
        because="only this figure is quoted as the result",
    )
    reason = "handed-over model against the best simple baseline on examples that nothing had read"
    _measured(session, handed_over, reason, result.before, result.after, result.gain)
    if result.fast is None:
        return
    fast = Plan(
        stage=Stage.DISTIL,
        remedy="distillation",
        change=f"{result.fast.name}, on the sealed test",
        because="what the fast model costs is quoted from the same opening",
    )
    reason = "the fast model against what is handed over, on examples that nothing had read"
    _measured(session, fast, reason, result.after, result.fast, result.fast_cost)


def _measured(
    session: Session,
    plan: Plan,
    reason: str,
    before: ScoreLine,
    after: ScoreLine,
    gain: tuple[float, float, float] | None,
) -> None:
    """A row that judges nothing: two scores on the sealed test and what lies between them."""
    middle, low, high = gain or (None, None, None)
    session.book.row(
        plan,
        lambda: Decision(
            verdict=Verdict.MEASURED,
            reason=reason,
            before=before.score,
            after=after.score,
            gain=middle,
            low=low,
            high=high,
            num_examples=after.n,
        ),
    )
