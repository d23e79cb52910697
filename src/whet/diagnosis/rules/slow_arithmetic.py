"""Slow arithmetic: threads or precision that cost time and bring nothing. Never severe.

Weights of 64 bits; half precision on a processor that computes it slowly; one thread where many processors are free and
steps are long; more threads than processors.
Source: PyTorch documentation, "Performance Tuning Guide" and "CPU threading".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch

from whet.diagnosis.case import Case
from whet.diagnosis.probes.seen import seen
from whet.diagnosis.rule import Stage, rules
from whet.errors import CannotJudgeError
from whet.finding import Finding
from whet.training.threads import available_cores
from whet.watching.trace import Trace

__all__ = ["SlowArithmetic"]


@dataclass(frozen=True, kw_only=True)
class SlowArithmetic:
    """Precision of the weights and threads of the processor."""

    processors: int = 4  # free ones, from which a single thread is a pity
    step_s: float = 0.03  # of computing in a step, from which threads pay

    title: str = "slow arithmetic"
    stage: Stage = "during"
    explains: frozenset[str] = frozenset({"slow_input"})

    def check(self, case: Case) -> Iterable[Finding]:
        """See ``Rule.check``."""
        if case.setup is not None and case.setup.device.type == "cpu":
            yield from self._precision(case)
        try:
            trace = seen(case)
        except CannotJudgeError:
            return
        on_cpu = case.setup is None or case.setup.device.type == "cpu"
        if on_cpu:
            yield from self._threads(trace)

    def _precision(self, case: Case) -> Iterable[Finding]:
        assert case.setup is not None
        kinds = {p.dtype for p in case.setup.model.parameters()}
        if torch.float64 in kinds:
            yield self._finding("The weights are float64: twice the memory and time of float32.", 64, 32, _DOUBLE)
        elif torch.float16 in kinds:
            yield self._finding("The weights are float16 on a processor, which computes in float32.", 16, 32, _HALF)

    def _threads(self, trace: Trace) -> Iterable[Finding]:
        free = available_cores()
        works = [s.compute_s for s in trace.steps if s.compute_s is not None]
        if trace.threads > 2 * free:
            text = f"PyTorch uses {trace.threads} threads on {free} processors: they wait for each other."
            yield self._finding(text, trace.threads, free, f"Call torch.set_num_threads({free}).")
        elif trace.threads == 1 and free >= self.processors and works and np.median(works) > self.step_s:
            text = (
                f"PyTorch uses one thread of {free} processors, and a step computes {1000 * np.median(works):.0f} ms."
            )
            yield self._finding(text, 1, free, f"Call torch.set_num_threads({free}), or unset OMP_NUM_THREADS.")

    def _finding(self, statement: str, value: int, threshold: int, advice: str) -> Finding:
        return Finding(
            symptom="slow_arithmetic",
            title=self.title,
            severity=0.25,
            confidence=0.7,
            statement=statement,
            evidence={"rule": "D20", "value": value, "threshold": threshold},
            advice=advice,
            source="PyTorch documentation, Performance Tuning Guide",
        )


_DOUBLE = "Call model.float() and give the model float32 inputs."
_HALF = "Call model.float(); use torch.autocast('cpu', dtype=torch.bfloat16) where the processor has it."

rules.register("slow_arithmetic")(SlowArithmetic())
