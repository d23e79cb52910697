"""What table networks share: a row's numbers and categories become one vector, then plain layers."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

from whet.data.inputs import Batch, InputSpec
from whet.errors import ConfigError
from whet.models.number_embeddings import PeriodicNumbers, PiecewiseNumbers

__all__ = ["Embedding", "TableStem", "check_table_settings", "relu_layers"]

Embedding = Literal["none", "piecewise", "periodic"]


class TableStem(nn.Module):
    """Numbers (B, F) and category ids (B, G) -> (B, ``width``).

    Every category column has its own ids in one shared matrix. Id 0 (missing or unknown) starts at zero, so that a
    value that training never saw says nothing.
    """

    offsets: Tensor

    def __init__(self, spec: InputSpec, *, embedding: Embedding, dim: int, bins: int, category_dim: int) -> None:
        super().__init__()
        self.numbers: PiecewiseNumbers | PeriodicNumbers | None = None
        if embedding != "none" and spec.num_numbers:
            self.numbers = (
                PiecewiseNumbers(spec.num_numbers, dim=dim, bins=bins)
                if embedding == "piecewise"
                else PeriodicNumbers(spec.num_numbers, dim=dim, waves=bins)
            )
        sizes = torch.tensor([0, *spec.cardinalities], dtype=torch.int64)
        self.register_buffer("offsets", sizes.cumsum(0)[:-1], persistent=False)  # (G,)
        self.categories = nn.Embedding(int(sizes.sum()), category_dim) if spec.cardinalities else None
        if self.categories is not None:
            with torch.no_grad():
                self.categories.weight[self.offsets] = 0.0
        per_number = dim if self.numbers is not None else 1
        self.width = spec.num_numbers * per_number + len(spec.cardinalities) * category_dim

    def initialise(self, sample: Batch) -> None:
        """Place the bins of piecewise embeddings at the quantiles of the sample."""
        if isinstance(self.numbers, PiecewiseNumbers):
            self.numbers.place_bins(sample["numbers"])

    def forward(self, batch: Batch) -> Tensor:
        """(B, width)."""
        numbers = batch["numbers"]
        parts = [numbers if self.numbers is None else self.numbers(numbers).flatten(1)]
        if self.categories is not None:
            parts.append(self.categories(batch["categories"] + self.offsets).flatten(1))
        return torch.cat(parts, dim=1)


def relu_layers(num_inputs: int, width: int, *, depth: int, dropout: float) -> list[nn.Module]:
    """Linear, ReLU, dropout, ``depth`` times."""
    layers: list[nn.Module] = []
    for layer in range(depth):
        layers += [nn.Linear(width if layer else num_inputs, width), nn.ReLU()]
        layers += [nn.Dropout(dropout)] if dropout else []
    return layers


def check_table_settings(owner: str, **settings: object) -> None:
    """One ConfigError for every setting that is out of its range."""
    least = {"members": 1, "depth": 1, "width": 1, "embedding_dim": 1, "category_dim": 1, "bins": 2}
    faults = []
    for name, value in settings.items():
        if name in least and not (isinstance(value, int) and value >= least[name]):
            faults.append(f"{owner}.{name} must be a whole number of at least {least[name]}; got {value!r}.")
    dropout = settings["dropout"]
    if not (isinstance(dropout, int | float) and 0 <= dropout < 1):
        faults.append(f"{owner}.dropout must be in [0, 1); got {dropout!r}.")
    if settings["embedding"] not in ("none", "piecewise", "periodic"):
        faults.append(f"{owner}.embedding must be 'none', 'piecewise' or 'periodic'; got {settings['embedding']!r}.")
    if faults:
        raise ConfigError(" ".join(faults))
