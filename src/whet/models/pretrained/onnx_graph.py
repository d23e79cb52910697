"""An ONNX graph as a module without parameters; the file's bytes are a buffer, so that saved models hold all of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor, nn

from whet.errors import BackboneError
from whet.models.pretrained.extras import import_extra
from whet.models.pretrained.onnx_count import count_weights

__all__ = ["OnnxGraph", "OnnxInput"]

TRY_SIDE, TRY_LENGTH = 64, 64  # of a first run, where the file leaves the size open


class OnnxGraph(nn.Module):
    """(B, C, H, W) or (B, C, T) float32 -> (B, D): the first output, averaged over whatever axes lie between.

    With a batch of a fixed size 1 the examples are run one by one. ``num_bytes``: size of the file.
    """

    content: Tensor

    def __init__(self, num_bytes: int, *, channels_last: bool) -> None:
        super().__init__()
        self.register_buffer("content", torch.zeros(num_bytes, dtype=torch.uint8))
        self._channels_last = channels_last
        self._session: Any = None
        hook: Any = self.register_load_state_dict_post_hook  # without annotations
        hook(lambda module, keys: self.forget())

    def forget(self) -> None:
        """The bytes have changed: open them anew when they are needed."""
        self._session = None

    @torch.no_grad()
    def forward(self, x: Tensor) -> Tensor:
        """Runs on the CPU; the result is where ``x`` is."""
        if self._session is None:
            self._session = open_session(self.content.cpu().numpy().tobytes())
        values = x.movedim(1, -1) if self._channels_last else x
        given = values.float().cpu().contiguous().numpy()
        return torch.from_numpy(run(self._session, given, channels_last=self._channels_last)).to(x.device)

    def __deepcopy__(self, memo: dict[int, Any]) -> OnnxGraph:
        """A session cannot be copied, and does not have to be."""
        twin = OnnxGraph(len(self.content), channels_last=self._channels_last)
        twin.content.copy_(self.content)
        memo[id(self)] = twin
        return twin.train(self.training)


def open_session(content: bytes) -> Any:
    """On the CPU, with the threads PyTorch has."""
    library = import_extra("onnxruntime", extra="onnx", why="an ONNX model")
    options = library.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.log_severity_level = 3
    return library.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def run(session: Any, values: np.ndarray, *, channels_last: bool) -> np.ndarray:
    """(B, D) float32."""
    given = session.get_inputs()[0]
    one_by_one = isinstance(given.shape[0], int) and given.shape[0] == 1
    parts = np.split(values, len(values)) if one_by_one and len(values) > 1 else [values]
    outputs = np.concatenate([session.run(None, {given.name: part})[0] for part in parts])
    return pooled(outputs, channels_last=channels_last)


def pooled(outputs: np.ndarray, *, channels_last: bool) -> np.ndarray:
    """(B, D), (B, D, H, W), with channels last (B, H, W, D), or (B, L, D) of tokens -> (B, D) float32."""
    if outputs.ndim == 4:
        outputs = outputs.mean(axis=(1, 2) if channels_last else (2, 3))
    elif outputs.ndim == 3:
        outputs = outputs.mean(axis=1)
    return np.ascontiguousarray(outputs.reshape(len(outputs), -1), dtype=np.float32)


@dataclass(frozen=True, kw_only=True)
class OnnxInput:
    """What the file says about its one input, and what a first run shows about its output."""

    num_axes: int
    channels: int
    channels_last: bool
    size: int  # side in pixels or length in steps; 0: any
    dim: int
    num_parameters: int

    @classmethod
    def of(cls, content: bytes, *, source: str, folder: Path) -> Self:
        """Read the file and run it once on zeros.

        Raises:
            BackboneError: damaged, or with inputs that cannot be given.
        """
        try:
            session = open_session(content)
        except Exception as fault:  # the library raises a class of its own per status
            if isinstance(fault, ImportError):
                raise
            raise BackboneError(f"{source} cannot be opened: {str(fault)[:200]}. Export the network again.") from fault
        inputs = session.get_inputs()
        if len(inputs) != 1 or inputs[0].type != "tensor(float)" or len(inputs[0].shape) not in (3, 4):
            raise BackboneError(f"{source} {_wanted(inputs)}")
        shape = list(inputs[0].shape)
        if isinstance(shape[0], int) and shape[0] != 1:
            raise BackboneError(
                f"{source} reads batches of exactly {shape[0]} examples. Export it with a dynamic batch, or of 1."
            )
        last = len(shape) == 4 and shape[3] in (1, 3) and shape[1] not in (1, 3)
        channels, sizes = (shape[3], shape[1:3]) if last else (shape[1], shape[2:])
        fixed = {n for n in sizes if isinstance(n, int)}
        if not isinstance(channels, int) or len(fixed) > 1:
            raise BackboneError(
                f"{source} reads an input of shape {shape}; a fixed number of channels and, for pictures, a square are "
                "needed. Export it as (batch, channels, side, side) or (batch, channels, steps)."
            )
        size = fixed.pop() if fixed else 0
        side = size or (TRY_SIDE if len(shape) == 4 else TRY_LENGTH)
        trial = np.zeros([1, *([side] * len(sizes)), channels] if last else [1, channels, *([side] * len(sizes))])
        try:
            dim = run(session, trial.astype(np.float32), channels_last=last).shape[1]
        except Exception as fault:
            raise BackboneError(f"{source} fails on an input of {trial.shape}: {str(fault)[:200]}") from fault
        return cls(
            num_axes=len(shape),
            channels=channels,
            channels_last=last,
            size=size,
            dim=dim,
            num_parameters=count_weights(content),
        )


def _wanted(inputs: list[Any]) -> str:
    listed = ", ".join(f"{i.name} {i.type}{list(i.shape)}" for i in inputs)
    return (
        f"has the inputs {listed}; one float input is supported: pictures (batch, channels, side, side) or series "
        "(batch, channels, steps). Token ids and tables are not; for texts take hf:org/name."
    )
