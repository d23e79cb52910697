"""Karpathy's recipe as a checklist: steps in order, each passed or failed by rules, stopping at the first to be mended.

A step fails where one of its rules found something severe; with milder findings it passes, and they are named. It is
not judged where none of its rules could look. After a failed step the rest is not looked at: what comes later cannot be
trusted before that is mended.
Source: Karpathy, "A Recipe for Training Neural Networks", 2019. Differs: "visualise everything" is the evidence of each
finding; ensembles are left out, they mend nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from whet.finding import MODERATE, SEVERE, Finding

__all__ = ["STEPS", "Step", "StepResult", "checklist"]

Status = Literal["passed", "failed", "not judged", "not reached"]


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of the recipe, and the rules that speak for it."""

    name: str
    title: str  # what is true when it is passed
    rules: frozenset[str]
    needs: frozenset[str] = frozenset()  # without one of these having looked, nothing can be said


@dataclass(frozen=True, kw_only=True)
class StepResult:
    """How a step came out."""

    name: str
    title: str
    status: Status
    because: str = ""  # the finding, the number seen, or why it was not judged
    findings: tuple[str, ...] = ()  # rules that spoke against it, the severest first


def _step(name: str, title: str, rules: str, needs: str = "") -> Step:
    return Step(name=name, title=title, rules=frozenset(rules.split()), needs=frozenset(needs.split()))


STEPS = (
    _step(
        "data",
        "the data are as they should be",
        "bad_labels input_scale shifted_targets augmentation_breaks_labels same_examples split_mismatch unshuffled",
        "bad_labels input_scale",
    ),
    _step(
        "skeleton",
        "model, loss and optimiser fit together",
        "double_softmax missing_log_softmax wrong_output_size squashed_outputs broadcast_loss batch_mixing "
        "optimizer_misses_parameters frozen_parameters unused_parameters no_gradient summed_loss",
        "optimizer_misses_parameters wrong_output_size double_softmax",
    ),
    _step(
        "initial_loss",
        "the loss at initialisation is right",
        "initial_loss symmetric_start weight_scale",
        "initial_loss",
    ),
    _step("baseline", "an input-independent baseline is worse", "input_unused shuffled_labels_learn", "input_unused"),
    _step("one_batch", "one batch can be memorised", "cannot_memorise", "cannot_memorise"),
    _step(
        "loss_falls",
        "the loss falls, and the training loop is sound",
        "non_finite exploding vanishing dead_units saturation learning_rate_too_high learning_rate_too_low flat_loss "
        "oscillation curve_oscillation gradients_not_zeroed discarded_gradients eval_mode_training scheduler_misused "
        "accumulation_not_averaged clipping_too_tight momentum_too_high repeated_batches",
        "flat_loss learning_rate_too_high non_finite",
    ),
    _step(
        "beats_baselines",
        "the trained model beats simple ones",
        "below_baseline underfitting weight_decay_too_strong dropout_too_strong",
        "below_baseline underfitting",
    ),
    _step(
        "generalises",
        "what was learnt holds on other examples",
        "overfitting normalisation_gap training_mode_evaluation random_in_evaluation shortcut",
        "overfitting",
    ),
    _step(
        "tuned",
        "regularised and tuned, which comes last",
        "stopped_early overconfidence imbalance label_noise weak_slice confused_classes seed_variance more_data "
        "slow_input slow_arithmetic",
        "stopped_early overconfidence more_data",
    ),
)


def checklist(
    findings: Iterable[Finding],
    *,
    clean: Collection[str],
    not_judged: Mapping[str, str],
    seen: Mapping[str, str] | None = None,
    steps: Sequence[Step] = STEPS,
) -> tuple[StepResult, ...]:
    """Every step with its result; after a failed one the others are not reached.

    Args:
        clean: rules that looked and found nothing.
        not_judged: rules that could not say, with the reason.
        seen: by step, a sentence with what was measured there, shown where it is passed.

    >>> step = Step(name="one_batch", title="one batch can be memorised", rules=frozenset({"cannot_memorise"}))
    >>> checklist([], clean=["cannot_memorise"], not_judged={}, steps=[step])[0].status
    'passed'
    """
    found = sorted(findings, key=lambda f: (-f.severity, f.symptom))
    results: list[StepResult] = []
    for step in steps:
        if any(r.status == "failed" for r in results):
            results.append(StepResult(name=step.name, title=step.title, status="not reached"))
        else:
            results.append(_result(step, found, clean, not_judged, (seen or {}).get(step.name, "")))
    return tuple(results)


def _result(
    step: Step, findings: Sequence[Finding], clean: Collection[str], not_judged: Mapping[str, str], seen: str
) -> StepResult:
    against = [f for f in findings if f.symptom in step.rules and f.severity >= MODERATE]
    names = tuple(dict.fromkeys(f.symptom for f in against))
    looked = {*clean, *(f.symptom for f in findings)} & (step.needs or step.rules)
    status: Status
    if against and against[0].severity >= SEVERE:
        status, because = "failed", against[0].statement
    elif not looked:
        reasons = (not_judged[name] for name in sorted(step.needs or step.rules) if name in not_judged)
        status, because = "not judged", next(reasons, "no rule looked at it")
    elif against:
        status, because = "passed", f"but: {against[0].statement}"
    else:
        status, because = "passed", seen
    return StepResult(name=step.name, title=step.title, status=status, because=because, findings=names)
