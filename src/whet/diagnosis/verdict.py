"""Joins findings into verdicts: several symptoms of one cause become one, with the likely root named first.

Every rule says which other rules' findings it would bring about (``explains``). A finding that another finding explains
is a symptom of it; what remains are roots, ranked by severity times confidence and by how much they explain. A chain
leads only over what was found: where A would explain B and B would explain C, A without B says nothing about C.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from whet.finding import MODERATE, Finding

__all__ = ["Verdict", "join", "weight_of"]

PER_SYMPTOM = 0.05  # what each explained rule adds to the rank of its root
LEAST_SHARE = 0.4  # of a finding's weight that whatever explains it must have: a whisper does not explain a cry
MOST_ADDED = 0.2  # of those together: many small symptoms do not make a grave cause

Graph = Mapping[str, frozenset[str]]  # rule -> rules


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """One root cause and the findings that it explains."""

    root: Finding
    symptoms: tuple[Finding, ...] = ()  # the heaviest first; further findings of the root's own rule among them

    @property
    def weight(self) -> float:
        """By which verdicts are ranked."""
        others = {f.symptom for f in self.symptoms} - {self.root.symptom}
        return round(weight_of(self.root) + min(MOST_ADDED, PER_SYMPTOM * len(others)), 9)  # ties stay ties

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The root and its symptoms."""
        return (self.root, *self.symptoms)


def join(findings: Sequence[Finding], explains: Graph) -> list[Verdict]:
    """Verdicts, the likeliest root first. Every finding is in at least one of them; the order given does not matter.

    Findings of one rule (two dead layers) belong together. A slight finding explains slight ones only, and none
    explains one that is far heavier than itself: what hardly matters does not spoil a training.

    Args:
        findings: of all rules.
        explains: by rule, the rules whose findings it would bring about. Where rules explain each other around a
            circle, the heaviest finding of the circle is the root, unless something outside explains them all.
    """
    by_rule: dict[str, list[Finding]] = {}
    for finding in sorted(findings, key=_rank):
        by_rule.setdefault(finding.symptom, []).append(finding)
    brings = {name: _brings(found, by_rule, explains.get(name, frozenset())) for name, found in by_rule.items()}
    reached = {name: _reached(name, brings) for name in by_rule}
    verdicts = []
    for name in _roots(by_rule, reached):  # dicts keep the order: the heaviest first
        root, *further = by_rule[name]
        explained = [f for other in reached[name] - {name} for f in by_rule[other]]
        verdicts.append(Verdict(root=root, symptoms=(*further, *sorted(explained, key=_rank))))
    return sorted(verdicts, key=lambda v: (-v.weight, _rank(v.root)))


def weight_of(finding: Finding) -> float:
    """Severity times confidence."""
    return finding.severity * (1.0 if finding.confidence is None else finding.confidence)


def _rank(finding: Finding) -> tuple[float, float, str, str, str]:
    """The heaviest first; names decide ties, so that the order given does not matter."""
    return (-weight_of(finding), -finding.severity, finding.symptom, finding.where, finding.statement)


def _brings(
    found: Sequence[Finding], by_rule: Mapping[str, Sequence[Finding]], named: frozenset[str]
) -> frozenset[str]:
    """The rules found that findings of one rule would directly bring about."""
    can_spoil, weight = max(f.severity for f in found) >= MODERATE, max(map(weight_of, found))
    others = {other: by_rule[other] for other in named & by_rule.keys()}
    return frozenset(
        other
        for other, symptoms in others.items()
        if (can_spoil or max(f.severity for f in symptoms) < MODERATE)
        and weight >= LEAST_SHARE * max(map(weight_of, symptoms))
    )


def _reached(name: str, brings: Graph) -> frozenset[str]:
    """Along any number of steps; includes ``name`` itself where it is on a circle."""
    seen, waiting = set[str](), [name]
    while waiting:
        for other in brings[waiting.pop()] - seen:
            seen.add(other)
            waiting.append(other)
    return frozenset(seen)


def _roots(names: Mapping[str, object], reached: Graph) -> list[str]:
    """Rules that nothing explains but what they explain themselves; of a circle the first named."""
    roots: list[str] = []
    for name in names:
        outside = [other for other in names if name in reached[other] and other not in reached[name] and other != name]
        circle = [other for other in roots if name in reached[other] and other in reached[name]]
        if not outside and not circle:
            roots.append(name)
    return roots
