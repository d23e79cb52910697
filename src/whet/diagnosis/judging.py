"""Asks rules about a case, in order and within its time; what could not be judged is kept with its reason."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

from whet.diagnosis.case import Case
from whet.diagnosis.evidence_plot import with_plot
from whet.diagnosis.probes.alarm import USED_UP, limited
from whet.diagnosis.rule import Rule, Stage, rules
from whet.errors import CannotJudgeError, ConfigError, did_you_mean
from whet.finding import Finding

__all__ = ["COSTLY", "FIRST", "USED_UP", "Judged", "chosen_rules", "judge"]

# Rules that run the model often, the cheapest first; they come after the others of their stage and only while time is
# left. For a small network all of them take a few seconds.
COSTLY = (
    "dead_units",
    "unshuffled",
    "input_unused",
    "cannot_memorise",
    "augmentation_breaks_labels",
    "split_mismatch",
    "shortcut",
    "shuffled_labels_learn",
    "more_data",
    "seed_variance",
)
# Rules that undo one setting where it is far from usual, which costs nothing where it is not. They come first: what a
# plainly odd setting costs is to be known before the time goes into trials of ordinary ones.
FIRST = ("clipping_too_tight", "dropout_too_strong", "momentum_too_high", "weight_decay_too_strong")
# Of the time left in its stage, that one rule may take: the rules after it must get their turn.
SHARES = {"before": 0.35, "during": 0.8, "after": 0.6}


@dataclass(kw_only=True)
class Judged:
    """What came of the rules asked so far."""

    strict: bool = False  # True: a rule that crashes is raised; for tests
    findings: list[Finding] = field(default_factory=list)
    not_judged: dict[str, str] = field(default_factory=dict)  # rule -> why
    clean: list[str] = field(default_factory=list)  # rules that looked and found nothing
    timings: dict[str, float] = field(default_factory=dict)  # seconds by rule


def chosen_rules(
    only: Sequence[str] | None = None, settings: Mapping[str, Mapping[str, Any]] | None = None
) -> dict[str, Rule]:
    """Rules by name, those that cost least first, with the settings wished for.

    Raises:
        ConfigError: a rule or a setting is not known.
    """
    names = list(rules if only is None else only)
    for name in settings or {}:
        if name not in names:
            raise ConfigError(f"there are settings for rule {name!r}, which does not run. {did_you_mean(name, names)}")
    names.sort(key=lambda name: (-2 if name in FIRST else COSTLY.index(name) if name in COSTLY else -1, name))
    return {name: _configured(name, rules[name], (settings or {}).get(name, {})) for name in names}


def judge(case: Case, wanted: Mapping[str, Rule], stage: Stage, judged: Judged, *, nothing_seen: str = "") -> None:
    """Ask the rules of one stage.

    Args:
        nothing_seen: why the case lacks what this stage looks at; a rule that then finds nothing has judged nothing.
    """
    for name, rule in wanted.items():
        if rule.stage != stage:
            continue
        if name in COSTLY and case.left_s() <= 0:
            judged.not_judged[name] = USED_UP
            continue
        start = time.perf_counter()
        try:
            with limited(case, SHARES[stage]):
                found = [with_plot(finding) for finding in rule.check(case)]
        except CannotJudgeError as reason:
            judged.not_judged[name] = str(reason)
        except Exception as fault:  # a rule must not end a diagnosis; what it met is told
            if judged.strict:
                raise
            judged.not_judged[name] = f"the rule itself failed: {type(fault).__name__}: {_first_line(fault)}"
        else:
            judged.findings += found
            if not found and nothing_seen:
                judged.not_judged[name] = nothing_seen
            elif not found:
                judged.clean.append(name)
        judged.timings[name] = time.perf_counter() - start


def _configured(name: str, rule: Any, settings: Mapping[str, Any]) -> Rule:
    known = [f.name for f in fields(rule)]
    for key in settings:
        if key not in known:
            raise ConfigError(f"rule {name!r} has no setting {key!r}. {did_you_mean(key, known)}")
    configured: Rule = replace(rule, **settings) if settings else rule
    return configured


def _first_line(fault: Exception) -> str:
    return next(iter(str(fault).splitlines()), "")[:300]
