"""Label noise: the model is sure of one class and the label says another, however sure the model gets.

Looks at validation examples, which the model has not seen, and at training examples, where disagreement in spite of
training counts all the more. Mistakes that fade as the model gets surer are hard examples and no finding, and so are
those that its probabilities announce; see ``probes.sure_mistakes``. Silent for a model that knows little, or that has
learnt its training labels by heart (what it then says of other examples repeats their errors), and for targets that are
the steps of a sequence: what comes next is a draw, and a label that the model did not expect no mistake. Where that
says nothing simple models are asked whether unseen training labels are far harder to predict than validation labels.
Severe only where a third of the labels is wrong: models can carry fewer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from whet.diagnosis.case import Case
from whet.diagnosis.outcome import Outcome
from whet.diagnosis.probes.consistency import Consistency, consistency
from whet.diagnosis.probes.neighbours import is_of_steps
from whet.diagnosis.probes.sure_mistakes import SureMistakes, sure_mistakes
from whet.diagnosis.rule import Stage, rules
from whet.diagnosis.symptoms import RESULT
from whet.errors import CannotJudgeError
from whet.finding import Finding, Line, Plot

__all__ = ["LabelNoise"]

SOURCE = "Northcutt et al., Confident Learning, JAIR 2021, arXiv 1911.00068"


@dataclass(frozen=True, kw_only=True)
class LabelNoise:
    """Mistakes among the surest predictions, and whether they fade."""

    least: float = 0.02  # share of wrong labels, at the low end of its interval
    fewest: int = 120  # examples of the part
    mistakes: int = 8  # among the surest
    fade: float = 1.5  # times as many mistakes in the second or third quarter: above it they fade
    surprise: float = 2.0  # times as many mistakes among the surest as the model itself expects
    level: float = 1.25  # times as many mistakes that it expects in the third quarter: its doubts have levelled off
    knows: float = 0.4  # mistakes among the surest: with more its doubts may be level because it has learnt little yet
    errors: float = 1.64  # standard errors by which mistakes grow less than the model expects
    times: float = 4.0  # as many mistakes among the surest in training as in validation: that alone is enough
    skill: float = 0.4  # of the surest predictions
    harder: float = 0.12  # error rate by which unseen training labels are harder to predict than validation labels
    nothing: float = 0.9  # of a constant answer's error: no better than that
    much: float = 0.6  # of it, within the validation examples
    ratio: float = 1.8  # times that error rate, besides
    sure: float = 4.0  # standard errors of that difference
    gap: float = 0.05  # between training and validation accuracy: beyond it validation mistakes may be over-fitting
    learnt: float = 0.98  # accuracy on training examples from which they are known by heart

    title: str = "wrong labels"
    stage: Stage = "after"
    explains: frozenset[str] = RESULT | frozenset({"underfitting", "overfitting", "overconfidence"})

    def check(self, case: Case) -> Iterable[Finding]:
        """See ``Rule.check``."""
        outcome = case.outcome
        if outcome is None:
            return
        if outcome.kind != "classes":
            yield from self._by_other_models(case) if case.setup is not None else ()
            return
        if case.setup is not None and case.ask(is_of_steps):
            return
        parts = dict(self._parts(outcome))
        overfits = self._overfits(outcome)
        found = {
            part: seen
            for part, seen in parts.items()
            if self._is_noise(seen, only_slow=overfits and part == "validation")
        }
        if not found and self._differ(outcome, parts):
            found = {"training": parts["training"]}
        told = list(self._by_other_models(case)) if case.setup is not None else []
        if found:
            part = max(found, key=lambda name: found[name].low)
            told.append(self._told(part, found[part], both=len(found) > 1))
        yield from sorted(told, key=lambda f: -f.severity)[:1]

    def _by_other_models(self, case: Case) -> Iterable[Finding]:
        """Validation labels are plain to simple models, training labels that they did not see are not."""
        try:
            seen = case.ask(consistency)
        except CannotJudgeError:  # what the outcome itself says stands
            return
        told = self._all_wrong(seen) or self._some_wrong(seen)
        if not told:
            return
        statement, value, severity = told
        yield Finding(
            symptom="label_noise",
            title=self.title,
            severity=severity,
            confidence=0.85,
            statement=statement,
            evidence={"rule": "D25", "value": value, "threshold": self.harder, "part": "training"},
            where="training labels",
            cures=("drop_suspect_labels", "regularise"),
            advice="Trace how the training labels were made (a join, a sort, a shuffle of one of two arrays); "
            "whet audit lists the rows that look wrong.",
            source=SOURCE,
        )

    def _all_wrong(self, seen: Consistency) -> tuple[str, float, float] | None:
        """Nothing can be learnt from the training examples, and much from as many validation examples."""
        if seen.training < self.nothing or seen.validation < self.nothing or seen.within > self.much:
            return None
        return (
            "From the training examples simple models learn nothing that holds on other examples (error "
            f"{100 * seen.training:.0f} % of a constant answer's), from the validation examples alone they do "
            f"({100 * seen.within:.0f} %): training labels and inputs do not belong together.",
            seen.training - seen.within,
            0.9,
        )

    def _some_wrong(self, seen: Consistency) -> tuple[str, float, float] | None:
        more = seen.rates[0] - seen.rates[1]
        if seen.is_number or more <= max(self.harder, self.sure * seen.error):
            return None
        if seen.rates[0] <= self.ratio * seen.rates[1]:
            return None
        return (
            f"A simple model is wrong in {100 * seen.rates[1]:.0f} % of the validation examples, and in "
            f"{100 * seen.rates[0]:.0f} % of training examples that it was not fitted to: about "
            f"{100 * more:.0f} % of the training labels are wrong.",
            more,
            float(min(0.85, 0.35 + 1.2 * more)),
        )

    def _parts(self, outcome: Outcome) -> Iterable[tuple[str, SureMistakes]]:
        truth, scores = outcome.train_truth, outcome.train_scores
        by_heart = False
        if truth is not None and scores is not None and len(truth) >= self.fewest:
            yield "training", sure_mistakes(truth, scores)
            by_heart = float((scores.argmax(axis=1) == truth).mean()) >= self.learnt
        if len(outcome.truth) >= self.fewest and not by_heart:
            yield "validation", sure_mistakes(outcome.truth, outcome.scores)

    def _overfits(self, outcome: Outcome) -> bool:
        """Whether validation mistakes may be those of a model that is too sure of everything."""
        if outcome.train_truth is None or outcome.train_scores is None:
            return False
        learnt = float((outcome.train_scores.argmax(axis=1) == outcome.train_truth).mean())
        known = float((outcome.scores.argmax(axis=1) == outcome.truth).mean())
        return learnt - known > self.gap

    def _is_noise(self, seen: SureMistakes, *, only_slow: bool) -> bool:
        num = seen.top * seen.num / 4
        return (
            not seen.is_tied
            and seen.low > self.least
            and num >= self.mistakes
            and seen.spread >= 2
            and seen.skill >= self.skill
            and max(seen.following, seen.late) <= self.fade * seen.top
            and self._is_unforeseen(seen, only_slow=only_slow)
        )

    def _is_unforeseen(self, seen: SureMistakes, *, only_slow: bool) -> bool:
        """Whether the model's own doubts do not account for it: honest ones grow as its mistakes do."""
        is_level = seen.top <= self.knows and seen.claimed_late <= self.level * seen.claimed
        if not only_slow and (is_level or seen.low > self.surprise * seen.claimed):
            return True
        grows_less = seen.late - seen.top + self.errors * seen.error < seen.claimed_late - seen.claimed
        return seen.top <= self.knows and grows_less

    def _differ(self, outcome: Outcome, parts: dict[str, SureMistakes]) -> bool:
        """Whether the surest predictions are wrong in training, where they were learnt, and right in validation."""
        seen, other = parts.get("training"), parts.get("validation")
        if seen is None or other is None or outcome.train_score is None or outcome.train_score >= outcome.valid_score:
            return False
        error = np.sqrt(sum(p.half * (1 - p.half) * 2 / p.num + (2 / p.num) ** 2 for p in (seen, other)))
        return bool(
            seen.half > self.least
            and seen.half > self.times * other.half
            and seen.half - other.half > 3 * error
            and seen.skill >= self.skill
            and seen.spread >= 2
        )

    def _told(self, part: str, seen: SureMistakes, *, both: bool) -> Finding:
        return Finding(
            symptom="label_noise",
            title=self.title,
            severity=float(np.clip(0.25 + 1.2 * seen.low, 0.3, 0.6)),
            confidence=0.85 if both else 0.7,
            statement=f"Of the quarter of {part} examples that the model is surest of, {100 * seen.top:.1f} % are "
            f"labelled otherwise ({100 * seen.low:.1f} to {100 * seen.high:.1f} %; of the next quarter "
            f"{100 * seen.following:.1f} %): at least about that share of the labels is wrong.",
            evidence={
                "rule": "D25",
                "value": seen.top,
                "threshold": self.least,
                "low": seen.low,
                "half": seen.half,
                "part": part,
            },
            total=seen.num,
            where=f"{part} labels",
            cures=("drop_suspect_labels", "regularise"),
            advice="Look through the examples that the model contradicts most surely and put their labels right "
            "(whet audit lists them); until then train with label_smoothing=0.1 and stop at the best validation score.",
            source=SOURCE,
            plot=Plot(
                title="share of labels that contradict the prediction",
                x="tenth of the examples, the surest first",
                y="share",
                lines=(Line(name=part, x=tuple(range(1, len(seen.bands) + 1)), y=seen.bands),),
                threshold=self.least,
            ),
        )


rules.register("label_noise")(LabelNoise())
