"""What short trial trainings share: their batches, where they are measured, how long they are, and what counts as much.

Trials are compared with each other over the same batches, so that the noise of batches cancels.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import nn

from whet.diagnosis.case import Case
from whet.diagnosis.ordinary_loop import train_stretch
from whet.diagnosis.probes.batches import Batches, batches
from whet.diagnosis.probes.goal import Goal, goal
from whet.diagnosis.probes.pace import STEP, pass_seconds
from whet.diagnosis.probes.passes import first_pass, run_batch
from whet.diagnosis.probes.rows import num_rows, take
from whet.diagnosis.probes.targets import target_of
from whet.diagnosis.probes.tensors import tensors_in
from whet.diagnosis.setup import Setup
from whet.errors import CannotJudgeError
from whet.rng import drawing_globally

__all__ = ["Ground", "attempt", "ground", "losses_of"]

MOST_STEPS, FEWEST_STEPS = 100, 12  # of a trial
TRIAL_S = 1.0  # seconds of one trial
SHARE = 0.04  # of the time left, for one trial
SLOW_SHARE = 0.25  # the same for a slow model, for which fewer experiments are tried
MOST_SHRUNK = 32  # by how much at most
SLOW_BATCHES = 16  # of whose examples smaller ones are made
LEAST_ROWS = 4  # that must stay in a batch
EXAMPLES = 256  # that losses are measured on, where there are so many


@dataclass(frozen=True, kw_only=True)
class Ground:
    """Where every trial begins and what it is measured by."""

    setup: Setup  # trials copy it; without a scheduler
    measured: tuple[Any, ...]  # batches that losses are measured on
    valid: tuple[Any, ...]  # not trained on: of the validation loader, else training batches kept apart; perhaps empty
    start_valid: np.ndarray  # (batches,) losses of these before any step
    start: np.ndarray  # (batches,) losses before any step
    reference: float  # what a difference of losses is compared with: the loss at the start, or of a constant output
    steps: int  # of a trial
    step_s: float  # seconds of one
    shrunk: int = (
        1  # by how much batches are smaller than the user's, as the model is slow; rates are lower by its root
    )
    is_slow: bool = False  # a trial takes longer than it usually may
    chance: float | None = None  # loss of the best constant answer, where that is known
    began_anew: bool  # the weights were drawn again: what they had become could not be trained any more


def ground(case: Case) -> Ground:
    """Measure the start and the speed."""
    if case.setup is None:
        raise CannotJudgeError("needs the model and its data")
    given = case.ask(batches)
    trained_on, apart = _kept_apart(given)
    is_slow = _is_slow(case)
    shrunk, trained_on, apart = _smaller(case, trained_on, apart) if is_slow else (1, trained_on, apart)
    measured, valid = (_enough(p, 1 if is_slow else EXAMPLES) for p in (trained_on, apart))
    setup = replace(case.setup.copy(), train=trained_on, valid=None, scheduler=None)
    for group in setup.optimizer.param_groups if shrunk > 1 else ():
        if "lr" in group:
            group["lr"] = group["lr"] / math.sqrt(shrunk)
    start, chance = losses_of(setup.copy(), measured), _chance(case)
    spoiled = not np.isfinite(start).all() or (chance is not None and float(start.mean()) > 0.95 * chance)
    began_anew = setup.was_trained and spoiled
    if began_anew:
        _begin_anew(setup)
        start = losses_of(setup.copy(), measured)
    level = float(start.mean())
    if not np.isfinite(level):
        raise CannotJudgeError("the loss is not finite before the first step, so nothing can be tried from there")
    if level <= 0:
        raise CannotJudgeError("the loss is not positive, so shares of it mean nothing")
    reference = level if chance is None else min(level, chance)
    steps, step_s = _affordable(case, setup, is_slow=is_slow)
    return Ground(
        setup=setup,
        measured=measured,
        valid=valid,
        start=start,
        start_valid=losses_of(setup.copy(), valid),
        reference=reference,
        chance=chance,
        steps=steps,
        step_s=step_s,
        began_anew=began_anew,
        shrunk=shrunk,
        is_slow=is_slow,
    )


def losses_of(setup: Setup, given: Iterable[Any]) -> np.ndarray:
    """(batches,) loss of each batch without draws: evaluation mode, but batch norms use the batch. Infinite for NaN.

    Moves the running means of the batch norms: hand over a copy.
    """
    setup.model.eval()
    for module in setup.model.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            module.train()
    with torch.no_grad():
        losses = [float(run_batch(setup, batch, seed=setup.seed).loss.detach()) for batch in given]
    found = np.array(losses, dtype=np.float64)
    return np.where(np.isfinite(found), found, np.inf)


def attempt(setup: Setup, *, steps: int, seconds: float) -> int:
    """Train ``setup`` for so many steps at most; how many it made."""
    try:
        stretch = train_stretch(setup, steps=steps, until=time.monotonic() + seconds)
    except (RuntimeError, TypeError, ValueError, IndexError) as error:
        raise CannotJudgeError(f"a trial training stopped: {str(error).splitlines()[0]}") from error
    return len(stretch.losses)


def _kept_apart(given: Batches) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Batches to train on, and batches that tell learning from learning by heart."""
    if given.valid:
        return given.first, given.valid
    apart = min(8, len(given.first) // 4) if len(given.first) >= 8 else 0
    return given.first[: len(given.first) - apart], given.first[len(given.first) - apart :]


def _is_slow(case: Case) -> bool:
    trial_s, left = STEP * case.ask(pass_seconds) * FEWEST_STEPS, case.left_s()
    return not math.isinf(left) and trial_s > min(TRIAL_S, SHARE * left)


def _smaller(case: Case, *parts: tuple[Any, ...]) -> tuple[int, tuple[Any, ...], tuple[Any, ...]]:
    """Parts of the batches, as a step of whole ones takes too long; by how much they are smaller.

    Rates are lowered by the root of it, so that one that is right for whole batches is not too high for their parts
    (Krizhevsky 2014).
    """
    trained_on, apart = parts[0][:SLOW_BATCHES], parts[1][:SLOW_BATCHES]
    parts = (trained_on, apart)
    trial_s, left = STEP * case.ask(pass_seconds) * FEWEST_STEPS, max(case.left_s(), 0.1)
    try:
        size = num_rows(trained_on[0])
        shrunk = min(MOST_SHRUNK, size // LEAST_ROWS, math.ceil(2 * trial_s / (SLOW_SHARE * left)))
        if shrunk < 2:
            return 1, trained_on, apart
        smaller = [tuple(take(b, range(max(1, num_rows(b) // shrunk))) for b in part) for part in parts]
    except CannotJudgeError:  # batches that cannot be divided
        return 1, trained_on, apart
    return shrunk, smaller[0], smaller[1]


def _affordable(case: Case, setup: Setup, *, is_slow: bool) -> tuple[int, float]:
    seconds = SLOW_SHARE * case.left_s() if is_slow else min(TRIAL_S, SHARE * case.left_s())
    probe = setup.copy()
    attempt(probe, steps=1, seconds=seconds)  # the first step prepares memory
    began = time.monotonic()
    made = attempt(probe, steps=1 if is_slow else 3, seconds=seconds)
    each = (time.monotonic() - began) / made
    steps = min(MOST_STEPS, int(seconds / each))
    if math.isinf(case.left_s()):
        steps = max(FEWEST_STEPS, steps)
    if steps < FEWEST_STEPS:
        raise CannotJudgeError(f"a step takes {1000 * each:.0f} ms: too long to try other settings in the time left")
    return steps, each


def _enough(given: tuple[Any, ...], most: int = EXAMPLES) -> tuple[Any, ...]:
    kept, count = [], 0
    for batch in given:
        kept.append(batch)
        found = tensors_in(batch)
        count += len(found[0]) if found and found[0].ndim else 1
        if count >= most and len(kept) >= 4:
            break
    return tuple(kept)


def _chance(case: Case) -> float | None:
    """Loss of the best constant output over the batches; None where the loss is not one of the usual means."""
    aim, first = case.ask(goal), case.ask(first_pass)
    if not first.calls or first.calls[0].reduction != "mean" or len(first.calls) > 1:
        return None
    if not np.isclose(first.calls[0].value, float(first.loss.detach()), rtol=0.2):
        return None
    codes = [_codes(case, aim, batch) for batch in _enough(case.ask(batches).first)]  # often without a pass
    return _constant_loss(aim, np.concatenate(codes))


def _codes(case: Case, aim: Goal, batch: Any) -> np.ndarray:
    assert case.setup is not None
    known = target_of(case, batch)
    if known is not None:
        return aim.codes(known)
    with torch.no_grad():
        seen = run_batch(case.setup.copy(), batch)
    return aim.codes(seen.given[0][1] if seen.given else seen.targets)


def _constant_loss(aim: Goal, codes: np.ndarray) -> float | None:
    if aim.function == "mse_loss":
        return float(np.var(codes)) or None
    if aim.function == "l1_loss":
        return float(np.abs(codes - np.median(codes)).mean()) or None
    if aim.kind in ("classes", "binary"):
        codes = codes[codes >= 0]  # -100 and the like are ignored by the loss
        shares = np.bincount(codes) / max(1, len(codes))
        shares = shares[shares > 0]
        return float(-(shares * np.log(shares)).sum()) or None
    return None


def _begin_anew(setup: Setup) -> None:
    with drawing_globally(setup.seed, "begin anew"), torch.no_grad():
        for module in setup.model.modules():
            reset = getattr(module, "reset_parameters", None) or getattr(module, "_reset_parameters", None)
            if callable(reset):
                reset()
        for parameter in setup.model.parameters():
            if not bool(parameter.isfinite().all()):
                parameter.normal_(std=0.02)
    setup.optimizer.state.clear()
