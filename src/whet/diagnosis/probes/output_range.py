"""What values the loss can be given at all: outputs of copies of the model with other weights, drawn larger and larger.

A network that ends in a softmax gives rows that sum to one whatever its weights are; one that ends in a sigmoid
stays within (0, 1). A network with free outputs leaves such a range after one or two draws, so few forward passes
are needed.
"""

from __future__ import annotations

import math
import time
import warnings
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from whet.diagnosis.case import Case
from whet.diagnosis.probes.alarm import USED_UP
from whet.diagnosis.probes.pace import light
from whet.diagnosis.probes.passes import run_batch
from whet.errors import CannotJudgeError
from whet.rng import make_generator

__all__ = ["OutputRange", "output_range"]

SCALES = (0.0, 1.0, 1.0, 3.0, 3.0, 10.0, 10.0, 100.0, 1.0, 3.0, 100.0, 100.0)  # of the weights drawn; 0: as they are
BATCHES = 3
SHARE = 0.2  # of the time left, that all draws may take
SURE = 5  # draws after which sums that are always 1 are no accident
SLACK = 2e-3  # of sums that should be 1
LOG_SLACK = 0.05  # of log-sums that should be 0; half precision rounds log-probabilities of 6 to 0.03


@dataclass(kw_only=True)
class OutputRange:
    """Over all draws, of the tensor that the loss compares with the targets."""

    lowest: float = math.inf
    highest: float = -math.inf
    zeros: float = 0.0  # share of values that are exactly 0
    sums_to_one: dict[int, bool] = field(default_factory=dict)  # by axis: non-negative, and sums along it are 1
    log_sums_to_one: dict[int, bool] = field(default_factory=dict)  # by axis: the exponentials sum to 1
    shape: tuple[int, ...] = ()
    draws: int = 0
    producer: str = ""  # "layer 'head.1' (Softmax)", where one module's output is what the loss gets

    @property
    def is_free(self) -> bool:
        """Nothing binds the values."""
        bound = any(self.sums_to_one.values()) or any(self.log_sums_to_one.values())
        return self.lowest < -1.0 and self.highest > 1.0 and not bound


def output_range(case: Case) -> OutputRange:
    """Draw until the outputs are free, or all draws are made."""
    setup = case.setup
    if setup is None:
        raise CannotJudgeError("needs the model and its data")
    given = case.ask(light)[:BATCHES]
    until = time.monotonic() + SHARE * case.left_s()
    found = OutputRange()
    for index, scale in enumerate(SCALES):
        copy = setup.copy()
        copy.model.eval()
        draw_weights(copy.model, scale, make_generator(case.seed, "outputs", str(index)))
        last = _LastModule(copy.model) if index == 0 else None
        try:
            with torch.no_grad(), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                seen = run_batch(copy, given[index % len(given)], seed=case.seed)
        except (RuntimeError, ValueError, ArithmeticError) as error:
            if "between 0 and 1" not in str(error):
                if not index:
                    raise CannotJudgeError(f"the first batch does not run: {error}") from error
                continue  # a model may not take such weights
            found.lowest, found.highest = -math.inf, math.inf  # the loss of probabilities was given others
            break
        outputs = seen.given[0][0] if seen.given else seen.outputs
        if not isinstance(outputs, Tensor) or not outputs.is_floating_point() or outputs.ndim == 0:
            raise CannotJudgeError("the outputs are not one tensor of numbers")
        if last is not None:
            found.producer = last.of(outputs)
        _note(found, outputs.detach().float())
        if (index and found.is_free) or (found.draws >= SURE and any(found.sums_to_one.values())):
            break
        if time.monotonic() > until:
            raise CannotJudgeError(USED_UP)
    return found


def draw_weights(model: nn.Module, scale: float, generator: torch.Generator) -> None:
    """Normal weights of both signs, ``scale`` times as large as they were; 0 leaves them."""
    if not scale:
        return
    with torch.no_grad():
        for p in model.parameters():
            if p.is_floating_point():
                size = float(p.float().square().mean().sqrt()) if p.numel() else 0.0
                fresh = torch.randn(p.shape, generator=generator)
                fan_in = math.prod(p.shape[1:]) if p.ndim > 1 else 1
                p.copy_(fresh * scale * (size if 0 < size < math.inf else 1 / math.sqrt(fan_in)))


def _note(found: OutputRange, outputs: Tensor) -> None:
    finite = outputs[outputs.isfinite()]
    if not len(finite):
        return
    found.lowest, found.highest = min(found.lowest, float(finite.min())), max(found.highest, float(finite.max()))
    found.zeros = (found.zeros * found.draws + float((finite == 0).float().mean())) / (found.draws + 1)
    found.shape, found.draws = found.shape or tuple(outputs.shape), found.draws + 1
    if len(finite) < outputs.numel():
        return
    for axis in range(outputs.ndim):
        if outputs.shape[axis] < 2:
            continue
        off = float((outputs.sum(dim=axis) - 1).abs().max())
        ones = off < SLACK and bool((outputs >= 0).all())
        logs = float(outputs.logsumexp(dim=axis).abs().max()) < LOG_SLACK
        found.sums_to_one[axis] = found.sums_to_one.get(axis, True) and ones
        found.log_sums_to_one[axis] = found.log_sums_to_one.get(axis, True) and logs


class _LastModule:
    """Which leaf module made a tensor; made before the forward pass, asked after it."""

    def __init__(self, model: nn.Module) -> None:
        self._made: dict[int, tuple[str, Tensor]] = {}  # the tensor is kept, so that its address stays its own
        for name, module in model.named_modules():
            if name and not list(module.children()):
                module.register_forward_hook(self._hook(f"layer {name!r} ({type(module).__name__})"))

    def _hook(self, words: str):  # type: ignore[no-untyped-def]
        def note(module: nn.Module, args: object, output: object) -> None:
            if isinstance(output, Tensor):
                self._made[output.data_ptr()] = (words, output)

        return note

    def of(self, outputs: Tensor) -> str:
        words, made = self._made.get(outputs.data_ptr(), ("", outputs))
        return words if made.numel() == outputs.numel() else ""
