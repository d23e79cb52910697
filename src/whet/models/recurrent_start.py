"""The weights that a recurrent network starts from.

Helps: gradients neither die nor explode in the first steps back, and an LSTM remembers before it has learnt to.
Hurts: sequences in which only the last few steps count.
Source: Saxe et al., "Exact solutions to the nonlinear dynamics of learning in deep linear neural networks", ICLR 2014
(orthogonal); Jozefowicz et al., "An Empirical Exploration of Recurrent Network Architectures", ICML 2015 (forget bias);
Glorot & Bengio, AISTATS 2010 (inputs). Differs: each gate has an orthogonal matrix of its own.
"""

from __future__ import annotations

import torch
from torch import nn

__all__ = ["start_recurrent"]


def start_recurrent(rnn: nn.RNN | nn.LSTM | nn.GRU) -> None:
    """Orthogonal between steps, Glorot from the inputs, biases 0 except for an LSTM's forget gate, which is open.

    >>> lstm = nn.LSTM(2, 3)
    >>> start_recurrent(lstm)
    >>> (lstm.bias_ih_l0 + lstm.bias_hh_l0).tolist()
    [0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    """
    width = rnn.hidden_size
    with torch.no_grad():
        for name, weight in rnn.named_parameters():
            if "bias" in name:
                weight.zero_()
                if isinstance(rnn, nn.LSTM) and "bias_ih" in name:  # gates lie in the order input, forget, cell, output
                    weight[width : 2 * width] = 1.0
                continue
            start = nn.init.orthogonal_ if "weight_hh" in name else nn.init.xavier_uniform_
            for gate in torch.split(weight, width):
                start(gate)
