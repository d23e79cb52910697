"""Let Whet improve a network of your own: this file holds both the network and the call.

python examples/your_own_network.py [FOLDER]
"""

import sys

from torch import Tensor, nn

import whet


def build(num_features: int, num_outputs: int, width: int = 16, dropout: float = 0.0) -> nn.Module:
    """Whet fills in the sizes; ``width`` and ``dropout`` are settings that its remedies may change."""
    return Mine(num_features, num_outputs, width, dropout)


class Mine(nn.Module):
    """(B, num_features) -> (B, num_outputs)."""

    def __init__(self, num_features: int, num_outputs: int, width: int, dropout: float) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(num_features, width), nn.Sigmoid(), nn.Dropout(dropout))
        self.out = nn.Linear(width, num_outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Logits."""
        logits: Tensor = self.out(self.body(x))
        return logits


if __name__ == "__main__":
    out = sys.argv[1] if len(sys.argv) > 1 else "runs/own"
    run = whet.improve("sklearn:wine", model=f"{__file__}:build", budget=None, epochs=2, out=out)
    print(run.ledger[["stage", "change", "before", "after", "verdict"]].to_string(index=False))
