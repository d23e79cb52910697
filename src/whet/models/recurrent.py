"""Recurrent layers over sequences of different lengths: Elman's network, LSTM and GRU.

Helps: order and counting over tens to a few hundred steps, with few parameters.
Hurts: long sequences on a CPU, because the steps run one after the other; "rnn" beyond some ten steps, because its
gradient shrinks or grows by a factor with every step back (Bengio et al., IEEE TNN 1994).
Source: Elman, Cognitive Science 1990; Hochreiter & Schmidhuber, Neural Computation 1997; Cho et al., EMNLP 2014;
truncation after Williams & Peng, Neural Computation 1990. Differs: chunks of the sequence do not overlap, so that a
step's gradient reaches back to the beginning of its chunk.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from whet.models.recurrent_start import start_recurrent

__all__ = ["CELLS", "RecurrentLayers", "Run"]

CELLS: dict[str, type[nn.RNN | nn.LSTM | nn.GRU]] = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}

State = tuple[Tensor, ...]  # (hidden,), and the cells of an LSTM; each (layers * directions, B, W)


class Run(NamedTuple):
    """What came out of the upper layer."""

    outputs: Tensor  # (B, L, D), zero from the end of each sequence on
    final: Tensor  # (B, D): after the last step of each sequence, of the backward direction after the first


class RecurrentLayers(nn.Module):
    """A stack of recurrent layers that padding cannot influence.

    Shapes (B = batch, L = steps, W = ``width``, D = W, or 2 W in both directions):
        x: (B, L, ``num_inputs``), lengths: (B,) int64 in [0, L] -> outputs (B, L, D), final (B, D).
    Args:
        num_inputs: values per step, at least 1.
        width: W, units per layer and direction, at least 1.
        cell: one of "rnn", "lstm", "gru".
        layers: at least 1.
        bidirectional: read each sequence also from its end.
        dropout: probability of zeroing a unit between two layers, in [0, 1).
        truncate: steps after which the state is carried on without its gradient; None: never.

    >>> run = RecurrentLayers(3, 4, cell="gru", bidirectional=True)(torch.zeros(2, 7, 3), torch.tensor([7, 0]))
    >>> run.outputs.shape, run.final.shape
    (torch.Size([2, 7, 8]), torch.Size([2, 8]))
    """

    def __init__(
        self,
        num_inputs: int,
        width: int,
        *,
        cell: str = "lstm",
        layers: int = 1,
        bidirectional: bool = False,
        dropout: float = 0.0,
        truncate: int | None = None,
    ) -> None:
        super().__init__()
        self.rnn = CELLS[cell](
            num_inputs,
            width,
            num_layers=layers,
            batch_first=True,
            bidirectional=bidirectional,
            dropout=dropout if layers > 1 else 0.0,  # there is nothing between the layers of one
        )
        start_recurrent(self.rnn)
        self.truncate, self.num_features = truncate, width * (2 if bidirectional else 1)

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Run:
        """``lengths`` None: every sequence fills its row."""
        # Rounding to bfloat16 at every step would add up over hundreds of steps.
        with torch.autocast(x.device.type, enabled=False):
            x = x.to(self.rnn.all_weights[0][0].dtype)
            return self._at_once(x, lengths) if self.truncate is None else self._in_chunks(x, lengths, self.truncate)

    def layer_groups(self) -> list[list[nn.Parameter]]:
        """The parameters of each layer, both directions together, from the input up."""
        directions = 2 if self.rnn.bidirectional else 1
        cells = self.rnn.all_weights
        return [
            [weight for cell in cells[first : first + directions] for weight in cell]
            for first in range(0, len(cells), directions)
        ]

    def _at_once(self, x: Tensor, lengths: Tensor | None) -> Run:
        zeros = self._zeros(x)
        if lengths is None:
            outputs, state = self._run(x, None, zeros)
            return Run(outputs, self._top(state))
        # A packed sequence has at least one step; what it yields for an empty one is thrown away.
        outputs, state = self._run(x, lengths.clamp(min=1), zeros)
        is_real = (lengths > 0)[:, None]
        return Run(outputs * is_real[:, :, None], self._top(state) * is_real)

    def _in_chunks(self, x: Tensor, lengths: Tensor | None, steps: int) -> Run:
        if lengths is None:
            lengths = torch.full((len(x),), x.shape[1], device=x.device)
        state, pieces = self._zeros(x), []
        for start in range(0, x.shape[1], steps):
            chunk = x[:, start : start + steps]
            piece = x.new_zeros(*chunk.shape[:2], self.num_features)
            going_on = (lengths > start).nonzero().squeeze(1)
            if len(going_on):
                left = (lengths[going_on] - start).clamp(max=chunk.shape[1])
                carried = tuple(part[:, going_on].detach() for part in state)
                outputs, new = self._run(chunk[going_on], left, carried)
                piece = piece.index_copy(0, going_on, outputs)
                # The state of a sequence that has ended stays, with the gradient of its last chunk.
                state = tuple(old.index_copy(1, going_on, part) for old, part in zip(state, new, strict=True))
            pieces.append(piece)
        return Run(torch.cat(pieces, dim=1), self._top(state))

    def _run(self, x: Tensor, lengths: Tensor | None, state: State) -> tuple[Tensor, State]:
        given = state if isinstance(self.rnn, nn.LSTM) else state[0]
        if lengths is None:
            outputs, new = self.rnn(x, given)
        else:
            packed = pack_padded_sequence(x, lengths.cpu(), batch_first=True, enforce_sorted=False)
            packed, new = self.rnn(packed, given)
            outputs, _ = pad_packed_sequence(packed, batch_first=True, total_length=x.shape[1])
        return outputs, new if isinstance(new, tuple) else (new,)

    def _zeros(self, x: Tensor) -> State:
        directions = 2 if self.rnn.bidirectional else 1
        shape = (self.rnn.num_layers * directions, len(x), self.rnn.hidden_size)
        return tuple(x.new_zeros(shape) for _ in range(2 if isinstance(self.rnn, nn.LSTM) else 1))

    def _top(self, state: State) -> Tensor:
        directions = 2 if self.rnn.bidirectional else 1
        return torch.cat(list(state[0][-directions:]), dim=1)
