"""What a diagnosis came to: verdicts with evidence, what to change, what was tried, what could not be judged."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from whet.diagnosis.checklist import StepResult
from whet.diagnosis.verdict import Verdict
from whet.errors import RunError
from whet.files import write_text
from whet.finding import MODERATE, SEVERE, Finding, Plot

__all__ = ["FILES", "Diagnosis"]

FILES = ("diagnosis.json", "diagnosis.html")  # what ``save_in`` writes


@dataclass(frozen=True, kw_only=True, repr=False)
class Diagnosis:
    """Why a model does badly. ``print`` it, open its page, or read its findings.

    >>> from whet.diagnosis.verdict import join
    >>> finding = Finding(symptom="flat_loss", severity=0.9, statement="The loss does not fall.", title="flat loss")
    >>> report = Diagnosis(verdicts=tuple(join([finding], {})), findings=(finding,))
    >>> report.verdict.root.symptom, report.is_healthy
    ('flat_loss', False)
    """

    verdicts: tuple[Verdict, ...] = ()  # the likeliest root first
    findings: tuple[Finding, ...] = ()  # of all rules, the severest first
    not_judged: Mapping[str, str] = field(default_factory=dict)  # rule or step -> why
    clean: tuple[str, ...] = ()  # rules that looked and found nothing
    checklist: tuple[StepResult, ...] = ()  # Karpathy's recipe, in order
    proofs: tuple[Any, ...] = ()  # diagnosis.proving.Proof: what cures did
    model: str = ""  # class name of the model
    facts: tuple[tuple[str, str], ...] = ()  # what was diagnosed: (name, value)
    curves: tuple[Plot, ...] = ()  # of the training that was seen
    layers: tuple[Any, ...] = ()  # report.diagnosis_page.Layer
    timings: Mapping[str, float] = field(default_factory=dict)  # seconds by step
    seconds: float = 0.0
    seed: int = 0

    @property
    def verdict(self) -> Verdict | None:
        """The likeliest root cause with what it explains; None where nothing was found."""
        return self.verdicts[0] if self.verdicts else None

    @property
    def is_healthy(self) -> bool:
        """Nothing was found that is worth mending; slight findings do not count."""
        return all(f.severity < MODERATE for f in self.findings)

    @property
    def is_severe(self) -> bool:
        """Something was found that spoils the training."""
        return any(f.severity >= SEVERE for f in self.findings)

    @cached_property
    def html(self) -> str:
        """The page, as one document that loads and runs nothing; drawn when first asked for."""
        from whet.diagnosis.paging import page_of
        from whet.report.diagnosis_page import diagnosis_html

        return diagnosis_html(page_of(self))

    def save(self, path: str | Path) -> Path:
        """Write the page to ``path``: a file, or a folder that then holds diagnosis.html and diagnosis.json.

        Raises:
            RunError: the file or folder cannot be written.
        """
        place = Path(path)
        try:
            if place.suffix.lower() in (".html", ".htm"):
                place.parent.mkdir(parents=True, exist_ok=True)
                write_text(place, self.html)
                return place
            place.mkdir(parents=True, exist_ok=True)
            write_text(place / "diagnosis.json", self.to_json() + "\n")
            write_text(place / "diagnosis.html", self.html)
        except OSError as fault:
            raise RunError(f"the diagnosis cannot be written to {place}: {fault}. Choose another place.") from None
        return place / "diagnosis.html"

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON; see ``to_json``."""
        from whet.diagnosis.plain import as_plain

        places = {id(f): i for i, f in enumerate(self.findings)}
        verdicts = [
            {"root": places[id(v.root)], "symptoms": [places[id(f)] for f in v.symptoms], "weight": v.weight}
            for v in self.verdicts
        ]
        told: dict[str, Any] = as_plain(
            {
                "version": 1,
                "model": self.model,
                "facts": dict(self.facts),
                "healthy": self.is_healthy,
                "severe": self.is_severe,
                "verdicts": verdicts,
                "findings": [_told(f) for f in self.findings],
                "proofs": self.proofs,
                "checklist": self.checklist,
                "clean": self.clean,
                "not_judged": self.not_judged,
                "layers": self.layers,
                "timings": self.timings,
                "seconds": self.seconds,
                "seed": self.seed,
            }
        )
        return told

    def to_json(self) -> str:
        """One JSON document, version 1; a number that is NaN or infinite is null.

        Fields: ``model``; ``facts`` (name -> value); ``healthy``, ``severe``; ``verdicts`` (``root`` and ``symptoms``
        are places in ``findings``, ``weight`` ranks them); ``findings`` (rule, title, level, severity, confidence,
        statement, where, evidence with rule, value and threshold, advice, cures, source, plot or null); ``proofs``
        (cure, metric, before, after, low and high of the gain, worked, seconds); ``checklist`` (name, title, status,
        because, findings); ``clean``, ``not_judged`` (rule -> reason); ``layers``; ``timings`` (seconds by step),
        ``seconds``, ``seed``.
        """
        return json.dumps(self.to_dict(), indent=2, ensure_ascii=False, allow_nan=False)

    def __str__(self) -> str:
        """What a reader at a terminal wants, in some forty lines."""
        from whet.diagnosis.telling import told

        return told(self)

    def __repr__(self) -> str:
        root = "healthy" if self.verdict is None else self.verdict.root.symptom
        return f"<Diagnosis of {self.model or 'a training'}: {root}, {len(self.findings)} findings>"


def _told(finding: Finding) -> dict[str, Any]:
    """The fields of a finding that a diagnosis fills."""
    names = ("title", "level", "severity", "confidence", "statement", "where", "evidence", "advice", "cures", "source")
    return {"rule": finding.symptom, **{name: getattr(finding, name) for name in names}, "plot": finding.plot}
