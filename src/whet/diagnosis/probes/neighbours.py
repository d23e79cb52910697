"""Whether inputs say more of a neighbour's target than of their own: a quick model for every distance between the two.

Two kinds of neighbours: rows of a dataset in its own order, and steps of a sequence.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, IterableDataset

from whet.diagnosis.case import Case
from whet.diagnosis.probes.batches import batches
from whet.diagnosis.probes.goal import Goal, goal
from whet.diagnosis.probes.pace import affordable
from whet.diagnosis.probes.passes import Pass, first_pass, run_batch
from whet.diagnosis.probes.redrawn import redraw
from whet.diagnosis.probes.short_runs import as_reason
from whet.diagnosis.probes.tensors import tensors_in
from whet.errors import CannotJudgeError
from whet.rng import drawing_globally, make_generator, make_numpy_generator

__all__ = ["LAGS", "Lagged", "copied_steps", "is_of_steps", "lagged_rows", "lagged_steps"]

LAGS = (-2, -1, 0, 1, 2)  # input at place t + lag, target at place t
MOST = 1024  # rows read
UNITS = 128  # random features of the quick model
COLUMNS = 256  # compared between neighbours, at most
ALIKE = 0.5  # correlation: windows reach 1; rows sorted by class may have some, and are judged all the same
FEW = 4  # classes: as many entries of an embedding may be chance
MOST_WEIGHT = 20.0  # of a rare class's step, beside 1 of one of a class of the mean size
FEATURES = 64  # of the inputs, at most; more are projected at random


@dataclass(frozen=True, kw_only=True)
class Lagged:
    """Skill of a quick model on held-out rows, by lag: accuracy, or share of variance explained.

    Of steps, accuracy is the mean over the classes: most steps of a text carry one and the same tag.
    """

    skill: dict[int, float]
    chance: float
    error: float  # standard error of a skill
    num: int  # rows held out
    both: float | None = None  # skill from the best input at another lag and from the own one together; None: not asked


def lagged_rows(case: Case) -> Lagged:
    """Rows of the training dataset in its own order.

    Raises:
        CannotJudgeError: not a dataset read by index, too small, or its rows follow each other in time.
    """
    inputs, targets, kind = _rows(case)
    features = _projected(inputs, case.seed)
    if _follow_each_other(inputs):
        raise CannotJudgeError("the rows of the dataset follow each other in time, so neighbours tell of each other")
    return _by_lag(features[:, None], targets[:, None], kind, case.seed)


def lagged_steps(case: Case) -> Lagged:
    """Steps of the sequences of the first batches."""
    inputs, targets, kind, _ = _steps(case)
    values = inputs
    if not inputs.is_floating_point():
        values = nn.functional.one_hot(inputs.long() % 256, 256).float()
    if values.ndim == 2:
        values = values[:, :, None]
    flat = _projected(values.reshape(-1, values.shape[-1]).double().numpy(), case.seed)
    features = flat.reshape(*values.shape[:2], -1)
    values_of = targets.double() if targets.is_floating_point() else targets  # NumPy has no bfloat16
    return _with_both(features, values_of.numpy(), kind, case.seed)


def copied_steps(case: Case) -> tuple[int, float, bool] | None:
    """(lag, share of steps, whether the model sees only the past) where targets are inputs some steps on; else None."""
    inputs, targets, kind, seen = _steps(case)
    if inputs.ndim != 2:
        inputs = inputs[..., 0] if inputs.shape[-1] == 1 else inputs[..., :0]
    if inputs.shape != targets.shape or len(set(inputs.flatten().tolist())) < 4:
        return None
    length, shares = inputs.shape[1], {}
    for lag in (-3, -2, -1, 0, 1, 2, 3):
        if length - abs(lag) < 2:
            continue
        of_input = inputs[:, max(0, lag) : length + min(0, lag)]
        of_target = targets[:, max(0, -lag) : length - max(0, lag)]
        counts = of_target >= 0 if kind.kind == "classes" else torch.ones_like(of_target, dtype=torch.bool)
        if int(counts.sum()) >= 100:
            shares[lag] = float((of_input == of_target)[counts].float().mean())
    if not shares:
        return None
    lag = max(shares, key=lambda k: shares[k])
    return (lag, shares[lag], _is_causal(case, seen)) if shares[lag] > 0.98 else None


def is_of_steps(case: Case) -> bool:
    """Whether targets are the steps of sequences: one class per step, or a next word out of the words that are read."""
    seen, kind = case.ask(first_pass), case.ask(goal)
    if kind.kind != "classes" or not seen.given or seen.given[0][1].is_floating_point():
        return False
    targets = seen.given[0][1]
    read = [t for t in tensors_in([seen.args, dict(seen.kwargs)]) if t.ndim > 1]
    if targets.ndim != 1:
        return targets.ndim == 2
    if any(t.shape[0] * t.shape[1] == targets.numel() > max(t.shape[:2]) for t in read):
        return True  # the script flattened them for the loss
    words = (
        {m.num_embeddings for m in case.setup.model.modules() if isinstance(m, nn.Embedding)} if case.setup else set()
    )
    return kind.num_outputs > FEW and kind.num_outputs in words and any(not t.is_floating_point() for t in read)


def _rows(case: Case) -> tuple[np.ndarray, np.ndarray, Goal]:
    loader, kind = getattr(case.setup, "train", None), case.ask(goal)
    if not isinstance(loader, DataLoader) or isinstance(loader.dataset, IterableDataset):
        raise CannotJudgeError("needs a DataLoader of a dataset that is read by index")
    assert case.setup is not None
    setup = case.setup.copy()
    setup.model.eval()
    collate, dataset = loader.collate_fn, loader.dataset
    num = min(MOST, len(dataset))  # type: ignore[arg-type]
    affordable(case, most=num // 64, fewest=num // 64, share=0.15, whole=True)
    inputs, targets = [], []
    with as_reason("reading the dataset"), torch.no_grad(), drawing_globally(case.seed, "neighbours"):
        for start in range(0, num, 64):
            seen = run_batch(setup, collate([dataset[i] for i in range(start, min(start + 64, num))]))
            target = _target(seen)
            if target.numel() != len(target) or kind.kind == "unknown":
                raise CannotJudgeError("needs one target per example")
            inputs.append(_flat_inputs(seen, len(target)))
            targets.append(target.flatten().double().cpu().numpy())
    if num < 200:
        raise CannotJudgeError(f"needs 200 training examples; there are {num}")
    return np.concatenate(inputs), np.concatenate(targets), kind


def _target(seen: Pass) -> Tensor:
    if not seen.given or not seen.given[0][1].ndim:
        raise CannotJudgeError("the targets are not understood")
    return seen.given[0][1]


def _flat_inputs(seen: Pass, size: int) -> np.ndarray:
    """(B, F): numbers as they are, ids as counts."""
    parts = []
    for t in tensors_in([seen.args, dict(seen.kwargs)]):
        if not t.ndim or len(t) != size:
            continue
        if t.is_floating_point():
            parts.append(t.reshape(size, -1).double().cpu().numpy())
        else:
            counts = nn.functional.one_hot(t.reshape(size, -1).long().cpu() % 256, 256).sum(dim=1)
            parts.append(counts.double().numpy())
    if not parts:
        raise CannotJudgeError("no input has one entry per example")
    whole: np.ndarray = np.nan_to_num(np.concatenate(parts, axis=1))
    return whole


def _steps(case: Case) -> tuple[Tensor, Tensor, Goal, Pass]:
    """(B, T) or (B, T, D) inputs, (B, T) targets."""
    if case.setup is None:
        raise CannotJudgeError("needs the model and its data")
    kind, setup = case.ask(goal), case.setup.copy()
    setup.model.eval()
    _sequences(case.ask(first_pass), kind)  # before any pass more is made
    num = affordable(case, most=8, fewest=2, share=0.1, whole=True)
    all_inputs: list[Tensor] = []
    all_targets: list[Tensor] = []
    with as_reason("a forward pass"), torch.no_grad():
        for batch in case.ask(batches).first[:num]:
            seen = run_batch(setup, batch)
            x, y = _sequences(seen, kind)
            if all_inputs and (x.shape[1:] != all_inputs[0].shape[1:]):
                break
            all_inputs.append(x)
            all_targets.append(y)
    return torch.cat(all_inputs), torch.cat(all_targets), kind, seen


def _sequences(seen: Pass, kind: Goal) -> tuple[Tensor, Tensor]:
    tensors = [t for t in tensors_in([seen.args, dict(seen.kwargs)]) if t.ndim in (2, 3)]
    targets = tensors_in(seen.targets)
    if not tensors or not targets or kind.kind not in ("classes", "numbers"):
        raise CannotJudgeError("needs sequences")
    x, y = tensors[0].detach().cpu(), targets[0].detach().cpu()
    y = y[..., 0] if y.ndim == 3 and y.shape[-1] == 1 else y
    if y.numel() and y.ndim == 1 and y.numel() == x.shape[0] * x.shape[1]:
        y = y.reshape(x.shape[:2])  # the script flattened them for the loss
    if y.ndim != 2 or x.shape[:2] != y.shape or y.shape[1] < 4:
        raise CannotJudgeError("needs one target per step of a sequence")
    return x, y


def _is_causal(case: Case, seen: Pass) -> bool:
    """Changing the last step changes the last output and no earlier one, whatever the weights."""
    assert case.setup is not None
    setup = case.setup.copy()
    redraw(setup.model, seed=case.seed)
    setup.model.eval()
    x = seen.args[0] if seen.args else None
    if not isinstance(x, Tensor) or x.ndim < 2 or x.shape[1] < 2:
        return False
    with as_reason("a forward pass"), torch.no_grad():
        first, second = (
            tensors_in(setup.model(t, *seen.args[1:], **seen.kwargs))[0] for t in (x, _other_last_step(x, case.seed))
        )
    length = x.shape[1]
    if first.shape[0] == x.shape[0] * length and length not in first.shape[1:]:
        first, second = (t.reshape(x.shape[0], length, -1) for t in (first, second))
    along = [(first.movedim(a, 0), second.movedim(a, 0)) for a in range(1, first.ndim) if first.shape[a] == length]
    return any(torch.equal(p[:-1], q[:-1]) and not torch.equal(p[-1], q[-1]) for p, q in along)


def _other_last_step(x: Tensor, seed: int) -> Tensor:
    """The last step with other values in every example, however constant it was."""
    changed = x.clone()
    if x.is_floating_point():
        spread = float(x.std(correction=0)) or 1.0
        noise = torch.randn(x[:, -1].shape, generator=make_generator(seed, "last step")).to(x)
        changed[:, -1] += spread * (noise + noise.sign())
    else:
        known = torch.unique(x)  # ids that the model has a place for
        changed[:, -1] = known[(torch.searchsorted(known, x[:, -1].contiguous()) + 1) % len(known)]
    return changed


def _projected(values: np.ndarray, seed: int) -> np.ndarray:
    """(N, F) standardised, at most 64 columns."""
    spread = values.std(axis=0)
    values = (values - values.mean(axis=0))[:, spread > 1e-9] / spread[spread > 1e-9]
    if values.shape[1] > FEATURES:
        generator = make_numpy_generator(seed, "projection")
        values = values @ generator.normal(size=(values.shape[1], FEATURES)) / np.sqrt(values.shape[1])
    if not values.shape[1]:
        raise CannotJudgeError("the inputs do not vary")
    return values


def _follow_each_other(features: np.ndarray) -> bool:
    """Some column of a row correlates with some column of the next rows, beyond chance: windows slide, levels drift."""
    varies = features[:, features.std(axis=0) > 1e-9][:, :COLUMNS]
    scaled = (varies - varies.mean(axis=0)) / varies.std(axis=0)
    for lag in (1, 2):
        across = scaled[lag:].T @ scaled[:-lag] / (len(scaled) - lag)  # (F, F)
        if np.abs(across).max() > max(ALIKE, 6 / np.sqrt(len(scaled))):
            return True
    return False


def _by_lag(
    features: np.ndarray, targets: np.ndarray, kind: Goal, seed: int, *, balanced: bool = False, own: bool = False
) -> Lagged:
    """(N, T, F) features and (N, T) targets; rows come as T = 1 and lag along N. ``own``: beside the own input."""
    axis = 0 if features.shape[1] == 1 else 1
    length = features.shape[axis]
    skill: dict[int, float] = {}
    chance = error = 0.0
    num = 0
    for lag in LAGS:
        place = np.arange(max(0, -lag), length - max(0, lag))
        x = np.take(features, place + lag, axis=axis)
        x = np.concatenate([x, np.take(features, place, axis=axis)], axis=-1) if own else x
        x = x.reshape(-1, x.shape[-1])
        y = np.take(targets, place, axis=axis).reshape(-1)
        keep = y >= 0 if kind.kind == "classes" else np.isfinite(y)
        skill[lag], chance, error, num = _skill(x[keep], y[keep], kind, seed, balanced=balanced)
    return Lagged(skill=skill, chance=chance, error=error, num=num)


def _with_both(features: np.ndarray, targets: np.ndarray, kind: Goal, seed: int) -> Lagged:
    """Steps; what the own input adds to a neighbour's tells a shift from steps that resemble each other."""
    alone = _by_lag(features, targets, kind, seed, balanced=True)
    lag = max(alone.skill, key=lambda k: alone.skill[k])
    if lag == 0:
        return alone
    return replace(alone, both=_by_lag(features, targets, kind, seed, balanced=True, own=True).skill[lag])


def _skill(
    x: np.ndarray, y: np.ndarray, kind: Goal, seed: int, *, balanced: bool = False
) -> tuple[float, float, float, int]:
    """Ridge regression on inputs and random ramps of them: the first half teaches, the second is held out."""
    x, y = x[:8192], y[:8192]
    half = len(x) // 2
    if half < 90:
        raise CannotJudgeError("needs 180 targets")
    generator = make_numpy_generator(seed, "ramps")
    ramps = np.maximum(
        0, x @ generator.normal(size=(x.shape[1], UNITS)) / np.sqrt(x.shape[1]) + generator.normal(size=UNITS)
    )
    design = np.concatenate([np.ones((len(x), 1)), x, ramps], axis=1)
    is_numbers = kind.kind == "numbers"
    codes = np.unique(y[:half])
    if not is_numbers and len(codes) > 200:
        raise CannotJudgeError("too many classes for a quick model")
    goal_values = (y - y[:half].mean())[:, None] if is_numbers else (y[:, None] == codes).astype(np.float64)
    penalty = 0.1 * half * np.eye(design.shape[1])
    shares = _shares(y, codes, half) if balanced and not is_numbers else np.ones(len(y))
    teach = design[:half]
    weighed = teach * shares[:half, None]
    weights = np.linalg.solve(weighed.T @ teach + penalty, weighed.T @ goal_values[:half])
    scores = design[half:] @ weights
    num = len(x) - half
    if is_numbers:
        left = float(np.mean((scores - goal_values[half:]) ** 2) / max(float(np.var(y[half:])), 1e-30))
        return 1 - left, 0.0, 1 / np.sqrt(num), num
    hits = codes[scores.argmax(axis=1)] == y[half:]
    if balanced:
        held = shares[half:]
        error = float(np.sqrt(0.25 * (held**2).sum()) / held.sum())
        return float((hits * held).sum() / held.sum()), 1 / max(2, len(codes)), error, num
    commonest = codes[np.argmax([(y[:half] == c).sum() for c in codes])]
    chance = float((y[half:] == commonest).mean())
    return float(hits.mean()), chance, float(np.sqrt(0.25 / num)), num


def _shares(y: np.ndarray, codes: np.ndarray, half: int) -> np.ndarray:
    """(N,) weights by which all classes count the same, but for those too rare to learn; their mean is about 1."""
    counts = np.array([(y[:half] == c).sum() for c in codes])
    weight = half / (len(codes) * np.maximum(counts, half / (MOST_WEIGHT * len(codes))))
    place = np.clip(np.searchsorted(codes, y), 0, len(codes) - 1)
    shares: np.ndarray = weight[place]
    return shares
