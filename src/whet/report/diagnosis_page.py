"""The page of a diagnosis: the verdict first, its evidence, what to change and whether that was proved.

Plain values only, so that this room knows nothing of rules, cures or training. The page is one file; it loads nothing
and runs nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from whet.files import write_text
from whet.finding import Finding, Plot

__all__ = ["DiagnosisPage", "Layer", "Tried", "VerdictSection", "diagnosis_html", "write_diagnosis_page"]


@dataclass(frozen=True, kw_only=True)
class Tried:
    """A cure that was tried: the corrected training beside the unchanged one, equally long."""

    title: str
    advice: str
    metric_title: str
    unit: str  # of the metric: "fraction", "target" or "nats"
    before: float | None  # None: it could not be trained or scored
    after: float | None
    gain: float | None  # positive is better
    low: float | None  # of the gain, 95 %
    high: float | None
    has_worked: bool
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class VerdictSection:
    """One root cause with what it explains; titles are filled in."""

    root: Finding
    symptoms: tuple[Finding, ...] = ()
    tried: tuple[Tried, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Layer:
    """One module with its own parameters or activations, over the steps looked at; None where it does not apply."""

    name: str
    kind: str
    size: int | None  # parameters
    std: float | None  # of the output
    silent: float | None  # share of units at most 0 on a whole batch
    flat: float | None  # share of values in the flat part of a sigmoid or tanh
    gradient: float | None  # norm of the gradient over that of the weights
    update: float | None  # norm of the step over that of the weights
    is_named: bool = False  # a finding is about it


@dataclass(frozen=True, kw_only=True)
class DiagnosisPage:
    """Everything the page shows."""

    title: str  # the model
    facts: tuple[tuple[str, str], ...]  # what was diagnosed: loss, optimiser, data, length
    verdicts: tuple[VerdictSection, ...]  # the likeliest first
    num_rules: int  # that could judge
    checklist: tuple[tuple[str, str, str], ...]  # step, status, why
    curves: tuple[Plot, ...]  # of the training that was seen
    layers: tuple[Layer, ...]
    not_judged: tuple[tuple[str, str], ...]  # what was looked for, why it cannot be said
    clean: tuple[str, ...]  # what was looked for and not found
    timings: Mapping[str, float]  # seconds by step
    seconds: float
    seed: int
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All, the severest first, each once."""
        told: list[Finding] = []
        for finding in (f for verdict in self.verdicts for f in (verdict.root, *verdict.symptoms)):
            if finding not in told:  # a symptom of two causes is told under both
                told.append(finding)
        return tuple(sorted(told, key=lambda f: -f.severity))


def diagnosis_html(page: DiagnosisPage) -> str:
    """The whole document; every string passes through the template's escaping."""
    from whet.report import diagnosis_wording
    from whet.report.plots import evidence
    from whet.report.rendering import render
    from whet.report.visible import visible_strings

    clean: DiagnosisPage = visible_strings(page)
    return render(
        "diagnosis_page.html",
        version=clean.environment.get("whet", ""),
        styles=("audit.css", "diagnosis.css"),
        page=clean,
        words=diagnosis_wording,
        draw=evidence.draw,
    )


def write_diagnosis_page(page: DiagnosisPage, path: Path) -> None:
    """Write the page whole or not at all."""
    write_text(path, diagnosis_html(page))
