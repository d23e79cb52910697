"""Something that should not matter tells the class: light, a mark in a corner, the file, a constant phrase, loudness.

A model learns it instead of what is meant, and fails where it is missing. Two signs: plain properties alone reach a
large part of what the quick model reaches; or nearly all examples with one mark are of one class.
Helps: classes that come from different cameras, sites, authors or devices. Hurts: natural relations exist (ships lie
on blue water), so all but marks, constant phrases and file headers are at most moderate: a person has to look.
Tables are left to the check for columns that give the target away.
Source: Geirhos et al., "Shortcut learning in deep neural networks", Nature Machine Intelligence 2020.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from whet.auditing.check import checks
from whet.auditing.inspection import Inspection
from whet.auditing.shortcuts.example_property import Property
from whet.auditing.shortcuts.file_properties import file_properties
from whet.auditing.shortcuts.properties import properties_of
from whet.auditing.shortcuts.property_skill import Skill, skill_from_properties, skill_from_told
from whet.auditing.shortcuts.pure_pockets import Pocket, property_pockets
from whet.auditing.shortcuts.text_marks import text_pockets
from whet.auditing.slices.slices_found import halves
from whet.data.kinds import Modality
from whet.data.texts import joined_texts
from whet.errors import CannotJudgeError, ConfigError
from whet.finding import Example, Finding
from whet.rng import make_numpy_generator
from whet.tasks.classes import ClassTarget

__all__ = ["Shortcut"]

MOST = 5_000  # examples looked at: seconds
MOST_EXAMPLES = 24
PHRASES = ("word", "phrase at the start", "phrase at the end")
MOSTLY = 0.5  # share of a class
MARKS = ("corner mark", "file")  # kinds of property in which pockets are looked for


@dataclass(frozen=True, kw_only=True)
class Shortcut:
    """Looks at properties of pictures, texts, series and sounds."""

    part: float = 0.5  # of the quick model's skill, reached by one kind of property alone
    alone: float = 0.6  # skill of a single property
    floor: float = 0.3  # skill below which nothing is said: natural relations reach 0.2
    purity: float = 0.97  # share of one class among the examples with a mark
    phrase: float = 0.1  # share of its class that has a word or phrase; rarer ones are language ("what does X mean ?")
    fewest: int = 100

    title: str = "shortcuts: what should not matter tells the class"
    effort: int = 2

    def __post_init__(self) -> None:
        for name in ("part", "alone", "floor", "purity", "phrase"):
            if not 0.0 < getattr(self, name) <= 1.0:
                raise ConfigError(f"Shortcut.{name} must be in (0, 1]; got {getattr(self, name)!r}.")

    def check(self, inspection: Inspection) -> Iterable[Finding]:
        """See ``Check.check``."""
        if not isinstance(inspection.target, ClassTarget) or inspection.modality is Modality.TABLE:
            return
        if inspection.target.num_outputs < 2:
            return
        if len(inspection.data) < self.fewest:
            raise CannotJudgeError(f"needs {self.fewest} examples; there are {len(inspection.data)}")
        lines = _lines(inspection)
        positions, truth = inspection.quick.positions[lines], inspection.quick.truth[lines]
        properties = properties_of(inspection, positions)
        if inspection.modality is Modality.IMAGE:
            properties = [*properties, *file_properties(inspection.train, positions)]
        pockets = self._pockets(inspection, lines, properties)
        yield from (_told_pocket(inspection, p, positions, truth) for p in pockets[:3])
        yield from self._by_skill(inspection, lines, properties, {p.kind for p in pockets})

    def _pockets(self, inspection: Inspection, lines: np.ndarray, properties: Sequence[Property]) -> list[Pocket]:
        quick = inspection.quick
        positions, truth = quick.positions[lines], quick.truth[lines]
        finding = halves(quick.clusters[lines], seed=inspection.seed)
        fewest = max(8, len(lines) // 400)  # of each half: a mark on half a percent of the examples
        if inspection.modality is Modality.TEXT:
            found = text_pockets(
                joined_texts(inspection.data, positions), truth, finding, fewest=fewest, purity=self.purity
            )
        else:
            marks = [p for p in properties if p.kind in MARKS]
            found = property_pockets(marks, truth, finding, fewest=fewest, purity=self.purity)
        sure = [p for p in found if p.p < 1e-4 and (p.kind not in PHRASES or _covered(p, truth) >= self.phrase)]
        return _apart(sure)

    def _by_skill(
        self, inspection: Inspection, lines: np.ndarray, properties: Sequence[Property], told: set[str]
    ) -> Iterable[Finding]:
        quick = inspection.quick
        truth, fold = quick.truth[lines], quick.fold[lines]
        whole = skill_from_told(quick.truth, quick.scores.argmax(axis=1))
        for kind in dict.fromkeys(p.kind for p in properties):
            mine = [p for p in properties if p.kind == kind]
            table = np.stack([p.values for p in mine], axis=1)
            skill, answers = skill_from_properties(table, truth, fold, seed=inspection.seed)
            if skill.low < self.floor or kind in told:
                continue
            singles = [
                skill_from_properties(table[:, [i]], truth, fold, seed=inspection.seed)[0] for i in range(len(mine))
            ]
            best = max(range(len(mine)), key=lambda i: singles[i].value)
            if skill.value >= self.part * whole.value or singles[best].low >= self.alone:
                yield self._told(inspection, lines, kind, mine[best], singles[best], skill, whole, answers)

    def _told(
        self,
        inspection: Inspection,
        lines: np.ndarray,
        kind: str,
        best: Property,
        single: Skill,
        skill: Skill,
        whole: Skill,
        answers: np.ndarray,
    ) -> Finding:
        quick = inspection.quick
        truth = quick.truth[lines]
        right = np.flatnonzero(answers == truth)
        decides = kind == "file" and skill.low >= 0.8
        means = _by_class(inspection, best, truth)
        return Finding(
            symptom="shortcut",
            title=self.title,
            severity=0.75 if decides else float(min(0.55, 0.3 + 0.3 * (skill.low - self.floor))),
            statement=f"The {kind} alone tells the class with skill {skill.value:.2f} ({skill.low:.2f} to "
            f"{skill.high:.2f}; 0 is chance, 1 is always right); the quick model, which sees everything, has "
            f"{whole.value:.2f}. Most telling is {best.name} ({single.value:.2f}): {means}.",
            evidence={
                "rule": f"skill of {kind} alone",
                "value": skill.value,
                "threshold": max(self.floor, self.part * whole.value),
                "low": skill.low,
                "quick": whole.value,
                "property": best.name,
                "property_skill": single.value,
            },
            count=len(right),
            total=len(lines),
            confidence=0.95 if decides else 0.7,
            rows=tuple(inspection.data.rows[quick.positions[lines[right]]].tolist()),
            examples=_extremes(inspection, lines, best),
            cost_unknown="how the model does without it only examples without it would tell",
            advice="Look at the examples: if this belongs to what is meant, all is well; if not, even it out over the "
            "classes (crop, normalise, record again) or vary it at random while training.",
        )


def _covered(pocket: Pocket, truth: np.ndarray) -> float:
    """The share of the pocket's class that carries its mark."""
    of_class = truth == pocket.code
    return float((pocket.members & of_class).sum() / max(int(of_class.sum()), 1))


def _lines(inspection: Inspection) -> np.ndarray:
    """Lines of the quick model's examples that are looked at."""
    total = len(inspection.quick.positions)
    if total <= MOST:
        return np.arange(total)
    return np.sort(make_numpy_generator(inspection.seed, "sample", "shortcut").choice(total, MOST, replace=False))


def _apart(pockets: Sequence[Pocket]) -> list[Pocket]:
    """Without those whose examples mostly carry a surer mark."""
    kept: list[Pocket] = []
    for each in pockets:
        if all((each.members & k.members).sum() <= 0.5 * each.members.sum() for k in kept):
            kept.append(each)
    return kept


def _told_pocket(inspection: Inspection, pocket: Pocket, positions: np.ndarray, truth: np.ndarray) -> Finding:
    assert isinstance(inspection.target, ClassTarget)
    label = inspection.target.labels[pocket.code]
    lines = np.flatnonzero(pocket.members)
    lines = lines[np.argsort(truth[lines] != pocket.code, kind="stable")]
    rows = inspection.data.rows[positions[lines]].tolist()
    base = float((truth == pocket.code).mean())
    what = f"{pocket.kind} {pocket.name!r}" if inspection.modality is Modality.TEXT else pocket.name
    # words may be language after all, unless most of a class has them; a mark in the pixels or a header is none
    spoken = pocket.kind in PHRASES and _covered(pocket, truth) < MOSTLY
    severity = 0.45 if spoken or base > 0.8 else 0.75
    return Finding(
        symptom="shortcut",
        title="marks that give the class away",
        severity=severity,
        statement=f"Of {len(lines):,} examples told apart by the {what}, {100 * pocket.purity:.1f} % are of class "
        f"{label!r} (of all examples {100 * base:.1f} %), measured on {pocket.support:,} that did not find it.",
        evidence={"rule": "share of one class", "value": pocket.purity, "threshold": base, "mark": pocket.name},
        count=len(lines),
        total=len(truth),
        confidence=pocket.purity,
        rows=tuple(rows),
        examples=tuple(
            Example(where=where, row=row, what=f"carries it; is {inspection.target.labels[truth[line]]!r}")
            for where, row, line in zip(
                inspection.train.where(positions[lines[:MOST_EXAMPLES]]), rows, lines.tolist(), strict=False
            )
        ),
        cost_unknown="how the model does without it only examples without it would tell",
        advice="Look at them. If the mark is no part of what is meant, remove it from the examples of all classes.",
    )


def _by_class(inspection: Inspection, each: Property, truth: np.ndarray) -> str:
    """Lowest and highest class mean of a property."""
    assert isinstance(inspection.target, ClassTarget)
    means = {code: float(np.nanmean(each.values[truth == code])) for code in np.unique(truth).tolist()}
    low, high = min(means, key=lambda c: means[c]), max(means, key=lambda c: means[c])
    labels = inspection.target.labels
    return f"{means[low]:.3g} on average for {labels[low]!r}, {means[high]:.3g} for {labels[high]!r}"


def _extremes(inspection: Inspection, lines: np.ndarray, best: Property) -> tuple[Example, ...]:
    """The examples with the smallest and the largest values."""
    assert isinstance(inspection.target, ClassTarget)
    quick = inspection.quick
    order = np.argsort(best.values, kind="stable")
    order = order[np.isfinite(best.values[order])]
    some = np.unique(np.concatenate([order[: MOST_EXAMPLES // 2], order[-MOST_EXAMPLES // 2 :]]))
    some = some[np.argsort(best.values[some], kind="stable")]
    positions = quick.positions[lines[some]]
    labels = inspection.target.labels
    return tuple(
        Example(where=w, row=r, what=f"{best.name} {best.values[line]:.3g}; is {labels[quick.truth[lines[line]]]!r}")
        for w, r, line in zip(
            inspection.train.where(positions), inspection.data.rows[positions].tolist(), some.tolist(), strict=True
        )
    )


checks.register("shortcut")(Shortcut())
