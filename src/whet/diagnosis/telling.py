"""A diagnosis on a terminal: the verdict first, what to change, what it explains; about forty lines at most."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from whet.diagnosis.judging import USED_UP
from whet.diagnosis.rule import rules
from whet.diagnosis.verdict import Verdict
from whet.finding import Finding
from whet.report.amounts import count, duration
from whet.report.visible import visible

if TYPE_CHECKING:
    from whet.diagnosis.checklist import StepResult
    from whet.diagnosis.diagnosis import Diagnosis

__all__ = ["title_of", "told"]

WIDTH = 100  # characters of a line
MOST_OTHERS, MOST_SYMPTOMS, MOST_PROOFS, MOST_REASONS = 4, 4, 2, 3
MOST_LINES_OF = 5  # lines of one text


def told(report: Diagnosis) -> str:
    """The whole text."""
    lines = [*_opening(report), *_first(report), *_others(report), *_checklist(report.checklist), *_open(report)]
    return "\n".join(lines)


def title_of(finding: Finding) -> str:
    """The title of a finding, or of its rule, with a capital.

    >>> title_of(Finding(symptom="no_such_rule", severity=0.5, statement=""))
    'No such rule'
    """
    registered = rules[finding.symptom].title if finding.symptom in rules else finding.symptom.replace("_", " ")
    title = finding.title or registered
    return title[:1].upper() + title[1:]


def _opening(report: Diagnosis) -> list[str]:
    facts = ", ".join(f"{name} {value}" for name, value in report.facts)
    return [*_wrapped("", f"{report.model or 'Training'}{f': {facts}' if facts else ''}"), ""]


def _first(report: Diagnosis) -> Iterator[str]:
    verdict = report.verdict
    looked = len(report.clean) + len({f.symptom for f in report.findings})
    if verdict is None:
        late = sum(why == USED_UP for why in report.not_judged.values())
        limit = f"; {count(late, 'rule')} had no time left to look" if late else ""
        seen = f"nothing is wrong with this training, as far as {count(looked, 'rule')} can see{limit}."
        yield from _wrapped("VERDICT: ", seen)
        return
    root = verdict.root
    if report.is_healthy:
        yield "VERDICT: nothing that matters is wrong with this training. Worth knowing:"
    yield from _wrapped("" if report.is_healthy else "VERDICT: ", f"{title_of(root)} ({_how_sure(root)}).")
    yield from _wrapped("  ", root.statement)
    if root.where:
        yield from _wrapped("  where:    ", root.where)
    yield from _wrapped("  evidence: ", _evidence(root), most=2)
    yield from _wrapped("  change:   ", root.advice)
    yield from _proofs(report, root)
    yield from _symptoms(verdict)


def _proofs(report: Diagnosis, root: Finding) -> Iterator[str]:
    from whet.diagnosis.paging import tried_of
    from whet.report.diagnosis_wording import worth

    for proof in [p for p in report.proofs if p.symptom == root.symptom][:MOST_PROOFS]:
        one = tried_of(proof)
        yield from _wrapped(
            "  tried:    ", f"{one.title}: {worth(one)}{'; it worked' if one.has_worked else '; no proof'}"
        )


def _symptoms(verdict: Verdict) -> Iterator[str]:
    for i, symptom in enumerate(verdict.symptoms[:MOST_SYMPTOMS]):
        place = f" ({symptom.where})" if symptom.where else ""
        yield from _wrapped("  explains: " if i == 0 else " " * 12, f"{title_of(symptom)}{place}", most=1)
    if len(verdict.symptoms) > MOST_SYMPTOMS:
        yield f"{'':12}and {len(verdict.symptoms) - MOST_SYMPTOMS} more"


def _others(report: Diagnosis) -> Iterator[str]:
    others = report.verdicts[1:]
    if others:
        yield from ("", "Also found:")
    for verdict in others[:MOST_OTHERS]:
        root = verdict.root
        yield from _wrapped(f"  {root.level:9} ", f"{title_of(root)}: {root.statement}", most=2)
        yield from _wrapped(" " * 12, root.advice, most=1)
    if len(others) > MOST_OTHERS:
        yield f"{'':12}and {len(others) - MOST_OTHERS} more; they are in report.findings"


def _checklist(steps: Sequence[StepResult]) -> Iterator[str]:
    if not steps:
        return
    num_passed = sum(s.status == "passed" for s in steps)
    failed = next((s for s in steps if s.status == "failed"), None)
    yield ""
    if failed is not None:
        place = [s.name for s in steps].index(failed.name) + 1
        yield from _wrapped("Checklist: ", f"step {place} of {len(steps)} fails: {failed.title}.")
    else:
        unknown = [s.title for s in steps if s.status == "not judged"]
        rest = f"; not judged: {'; '.join(unknown)}" if unknown else ""
        yield from _wrapped("Checklist: ", f"{num_passed} of {len(steps)} steps passed{rest}.", most=3)


def _open(report: Diagnosis) -> Iterator[str]:
    reasons: dict[str, list[str]] = {}
    for name, why in report.not_judged.items():
        reasons.setdefault(why, []).append(name)
    for why, names in list(reasons.items())[:MOST_REASONS]:
        which = ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
        yield from _wrapped("Not judged: ", f"{which}: {why}", most=2)
    if len(reasons) > MOST_REASONS:
        num = sum(len(names) for names in list(reasons.values())[MOST_REASONS:])
        yield f"Not judged: {num} more; see report.not_judged"
    yield f"({duration(report.seconds)}; report.save('diagnosis.html') writes the page with plots)"


def _how_sure(finding: Finding) -> str:
    from whet.report.audit_wording import certainty

    return ", ".join(part for part in (finding.level, certainty(finding)) if part)


def _evidence(finding: Finding) -> str:
    from whet.report.audit_wording import evidence

    return evidence(finding)


def _wrapped(start: str, text: str, *, most: int = MOST_LINES_OF) -> Iterable[str]:
    """Lines of a text that begin with ``start`` and go on below it; what does not fit ends in an ellipsis."""
    plain = visible(" ".join(text.split()))
    if not plain:
        return []
    return textwrap.wrap(
        plain,
        width=WIDTH,
        initial_indent=start,
        subsequent_indent=" " * len(start),
        max_lines=most,
        placeholder=" …",
        break_on_hyphens=False,
    )
