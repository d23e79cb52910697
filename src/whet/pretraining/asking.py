"""What the network knows: every task's questions about held-out examples, the same ones each time."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from whet.data.inputs import Inputs
from whet.pretraining.answers import Answers, Measured, measured
from whet.pretraining.network import PretrainingNetwork
from whet.rng import make_generator, make_numpy_generator
from whet.training.feed import placed

__all__ = ["ask", "held_out"]

SHARE, MOST, LEAST = 0.05, 2_000, 32  # of the examples; in examples


def held_out(count: int, *, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Positions to learn from and positions to ask about: 5 %, but 32 where a quarter of the examples are so many.

    >>> [len(part) for part in held_out(1000, seed=0)]
    [950, 50]
    """
    num = min(MOST, max(round(SHARE * count), min(LEAST, count // 4)))
    order = make_numpy_generator(seed, "pretraining held out").permutation(count)
    return np.sort(order[num:]), np.sort(order[:num])


def ask(
    network: PretrainingNetwork,
    inputs: Inputs,
    targets: Tensor,
    *,
    batch_size: int,
    seed: int,
    device: torch.device,
) -> Mapping[str, Measured]:
    """By task; nothing is learnt, and what is hidden or changed is the same in every call."""
    was_training = network.training
    network.eval()
    found: dict[str, list[Answers]] = {name: [] for name in network.tasks}
    try:
        with torch.inference_mode():
            for start in range(0, len(inputs), batch_size):
                index = np.arange(start, min(start + batch_size, len(inputs)))
                batch = placed(inputs.batch(index), device, channels_last=True)
                known = targets[torch.from_numpy(index)].to(device)
                for name, answers in found.items():
                    generator = make_generator(seed, "pretraining questions", name, str(start))
                    answers.append(network.answers(name, batch, known, generator=generator))
    finally:
        network.train(was_training)
    return {name: measured(answers) for name, answers in found.items()}
