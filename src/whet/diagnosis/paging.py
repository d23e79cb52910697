"""A diagnosis becomes its page: rules and cures by their titles, proofs with the units of their metric."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import whet
import whet.evaluation.metrics
from whet.diagnosis.rule import rules
from whet.diagnosis.telling import title_of
from whet.diagnosis.verdict import Verdict
from whet.evaluation.metric import metrics
from whet.finding import Finding
from whet.report.diagnosis_page import DiagnosisPage, Tried, VerdictSection

if TYPE_CHECKING:
    from whet.diagnosis.diagnosis import Diagnosis
    from whet.diagnosis.proving import Proof

__all__ = ["page_of", "tried_of"]


def page_of(report: Diagnosis) -> DiagnosisPage:
    """Everything the page shows."""
    return DiagnosisPage(
        title=report.model or "a training",
        facts=report.facts,
        verdicts=tuple(_section(v, report.proofs) for v in report.verdicts),
        num_rules=len({*report.clean, *(f.symptom for f in report.findings)}),
        checklist=tuple((s.title, s.status, s.because) for s in report.checklist),
        curves=report.curves,
        layers=report.layers,
        not_judged=tuple((_rule_title(name), why) for name, why in report.not_judged.items()),
        clean=tuple(map(_rule_title, report.clean)),
        timings=dict(report.timings),
        seconds=report.seconds,
        seed=report.seed,
        environment=_environment(),
    )


def tried_of(proof: Proof) -> Tried:
    """A proof in the words and units of its metric."""
    metric = dict(metrics.items()).get(proof.metric)  # "loss" is none of the registered ones
    place = "" if proof.on == "validation" else f"on {proof.on} examples"
    return Tried(
        title=proof.title,
        advice=proof.advice,
        metric_title=proof.metric.replace("_", " ") if metric is None else metric.title,
        unit="nats" if metric is None else metric.unit,
        before=proof.before,
        after=proof.after,
        gain=proof.gain,
        low=proof.low,
        high=proof.high,
        has_worked=proof.worked,
        note="; ".join(filter(None, (place, proof.note))),
    )


def _section(verdict: Verdict, proofs: Sequence[Proof]) -> VerdictSection:
    root = verdict.root
    return VerdictSection(
        root=_titled(root),
        symptoms=tuple(map(_titled, verdict.symptoms)),
        tried=tuple(tried_of(p) for p in proofs if p.symptom == root.symptom),
    )


def _titled(finding: Finding) -> Finding:
    return replace(finding, title=title_of(finding), evidence=dict(finding.evidence))


def _rule_title(name: str) -> str:
    return rules[name].title if name in rules else name.replace("_", " ")


def _environment() -> dict[str, str]:
    import platform

    import torch

    return {
        "whet": whet.__version__,
        "torch": str(torch.__version__),
        "python": platform.python_version(),
        "threads": str(torch.get_num_threads()),
    }
