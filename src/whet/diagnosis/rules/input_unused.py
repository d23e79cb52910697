"""Input unused: what the model is given, or most of it, cannot reach its outputs.

Typical causes: a variable overwritten in ``forward``, an input forgotten in a concatenation, the first instead of the
last state of a recurrent network.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from whet.diagnosis.case import Case
from whet.diagnosis.probes.input_use import InputUse, input_use
from whet.diagnosis.rule import Stage, rules
from whet.diagnosis.symptoms import RESULT
from whet.finding import Finding

__all__ = ["InputUnused"]


@dataclass(frozen=True, kw_only=True)
class InputUnused:
    """Inputs, or parts along their second axis, that have no path to the outputs."""

    unused_share: float = 0.6  # of the parts of an input, from which it is worth a word
    least_parts: int = 4
    title: ClassVar[str] = "the model does not use its input"
    stage: ClassVar[Stage] = "before"
    explains: ClassVar[frozenset[str]] = RESULT | frozenset(
        {
            "cannot_memorise",
            "flat_loss",
            "underfitting",
            "below_baseline",
            "unused_parameters",
            "vanishing",
            "dead_units",
        }
    )

    def check(self, case: Case) -> Iterable[Finding]:
        """One finding per input concerned, the whole before parts."""
        if case.setup is None:
            return
        inputs = case.ask(input_use)
        unused = [i for i in inputs if not i.is_used]
        if unused and len(unused) == len(inputs):
            yield self._whole(unused, 0.95, "none of its inputs reaches the outputs")
        elif unused:
            floats = any(i.is_float for i in unused)  # ids of rows and types of tokens are often passed along unused
            yield self._whole(unused, 0.6 if floats else 0.35, "exchanging it between examples changes no output")
        for one in inputs:
            if one.is_used and len(one.used_parts) >= self.least_parts:
                share = 1 - sum(one.used_parts) / len(one.used_parts)
                if share >= self.unused_share:
                    yield self._part(one, share)

    def _whole(self, unused: list[InputUse], severity: float, how: str) -> Finding:
        names = ", ".join(repr(i.name) for i in unused)
        return Finding(
            symptom="input_unused",
            severity=severity,
            confidence=0.97,
            title=self.title,
            statement=f"The model does not use {names}: {how}, whatever the weights.",
            evidence={"rule": "D6", "value": 0.0, "threshold": 0.0, "inputs": [i.name for i in unused]},
            where=f"argument {names} of forward",
            cures=("let_input_through",),
            advice=f"Follow {names} through the model's forward: it is overwritten, forgotten in a torch.cat, or "
            "multiplied by 0.",
            source="Karpathy, A Recipe for Training Neural Networks, 2019 (input-independent baseline)",
        )

    def _part(self, one: InputUse, share: float) -> Finding:
        used = [i for i, is_used in enumerate(one.used_parts) if is_used]
        where = "only the first" if used == [0] else "only the last" if used == [len(one.used_parts) - 1] else "a few"
        return Finding(
            symptom="input_unused",
            severity=0.75 if where == "only the first" and len(one.shape) == 3 else 0.5,
            confidence=0.85,
            title="the model uses only a part of its input",
            statement=f"{share:.0%} of {one.name!r} along axis 1 reaches no output: {where} of {len(one.used_parts)} "
            "parts matter.",
            evidence={"rule": "D6", "value": share, "threshold": self.unused_share, "used": used},
            where=f"argument {one.name!r} of forward, shape {one.shape}",
            cures=("read_last_state",) if where == "only the first" else (),
            advice="A recurrent network's summary is its last state: out[:, -1] with batch_first=True, not out[:, 0]; "
            "otherwise check the slices in forward.",
            source="Karpathy, A Recipe for Training Neural Networks, 2019 (input-independent baseline)",
        )


rules.register("input_unused")(InputUnused())
