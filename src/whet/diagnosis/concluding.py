"""From what rules said to a diagnosis: verdicts, the checklist, the numbers seen, and the table of layers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from whet.diagnosis.case import Case
from whet.diagnosis.checklist import checklist
from whet.diagnosis.diagnosis import Diagnosis
from whet.diagnosis.judging import Judged
from whet.diagnosis.layers import curves_of, layers_of
from whet.diagnosis.rule import rules
from whet.diagnosis.verdict import join, weight_of
from whet.evaluation.metric import metrics
from whet.report.amounts import count, number, score
from whet.watching.trace import Trace

__all__ = ["conclude"]


def conclude(
    case: Case,
    judged: Judged,
    *,
    trace: Trace | None,
    model: str,
    seconds: float,
    proofs: tuple[Any, ...] = (),
    explains: Mapping[str, frozenset[str]] | None = None,
) -> Diagnosis:
    """Everything in one place; ``explains``: by rule, None takes that of the registered ones."""
    named = {name: rule.explains for name, rule in rules.items()} if explains is None else explains
    findings = tuple(sorted(judged.findings, key=lambda f: (-weight_of(f), f.symptom, f.where)))
    return Diagnosis(
        verdicts=tuple(join(findings, named)),
        findings=findings,
        not_judged=dict(judged.not_judged),
        clean=tuple(judged.clean),
        checklist=checklist(findings, clean=judged.clean, not_judged=judged.not_judged, seen=_numbers(case, trace)),
        proofs=proofs,
        model=model,
        facts=_facts(case, trace),
        curves=() if trace is None else curves_of(trace),
        layers=() if trace is None else layers_of(trace, findings),
        timings={name: round(s, 3) for name, s in judged.timings.items()},
        seconds=round(seconds, 2),
        seed=case.seed,
    )


def _facts(case: Case, trace: Trace | None) -> tuple[tuple[str, str], ...]:
    facts: list[tuple[str, str]] = []
    setup, outcome = case.setup, case.outcome
    if setup is not None:
        facts.append(("with", count(sum(p.numel() for p in setup.model.parameters()), "parameter")))
        loss = getattr(setup.loss, "__name__", type(setup.loss).__name__)
        facts.append(("loss", loss))
        rate = setup.optimizer.param_groups[0].get("lr")
        told = f" (lr {float(rate):g})" if rate is not None else ""
        ours = "; chosen by Whet" if setup.optimizer_is_ours else ""
        facts.append(("optimizer", f"{type(setup.optimizer).__name__}{told}{ours}"))
    if trace is not None:
        facts.append(("seen", count(len(trace.steps), "step")))
    if outcome is not None:
        metric = metrics[outcome.metric]
        facts.append((f"validation {metric.title}", score(outcome.valid_score, metric.unit)))
    return tuple(facts)


def _numbers(case: Case, trace: Trace | None) -> dict[str, str]:
    """By step of the recipe, what was measured there."""
    numbers: dict[str, str] = {}
    losses = [] if trace is None else [s.loss for s in trace.steps if s.loss is not None and math.isfinite(s.loss)]
    if len(losses) >= 10:
        end = sum(losses[-max(3, len(losses) // 10) :]) / max(3, len(losses) // 10)
        numbers["loss_falls"] = (
            f"the loss goes from {number(losses[0])} to {number(end)} in {count(len(losses), 'step')}"
        )
    outcome = case.outcome
    if outcome is not None:
        metric = metrics[outcome.metric]
        numbers["generalises"] = f"{metric.title} {score(outcome.valid_score, metric.unit)} on validation examples" + (
            "" if outcome.train_score is None else f", {score(outcome.train_score, metric.unit)} on training examples"
        )
        if outcome.baseline_score is not None:
            numbers["beats_baselines"] = (
                f"{metric.title} {score(outcome.valid_score, metric.unit)} against "
                f"{score(outcome.baseline_score, metric.unit)} of a simple model"
            )
    initial = _initial_loss(case)
    return numbers | ({"initial_loss": initial} if initial else {})


def _initial_loss(case: Case) -> str:
    from whet.diagnosis.probes.goal import goal
    from whet.diagnosis.probes.passes import first_pass

    if case.setup is None:
        return ""
    try:
        kind, loss = case.ask(goal), float(case.ask(first_pass).loss.detach())
    except Exception:  # the user's model or loss does not run: rules say why, this is a remark only
        return ""
    if kind.kind != "classes" or case.setup.was_trained:
        return f"the loss begins at {number(loss)}"
    return f"the loss begins at {number(loss)}; log {kind.num_outputs} is {number(math.log(kind.num_outputs))}"
