"""Every column of a table row as one vector, with a class token before them.

Source: Gorishniy et al., NeurIPS 2021, section 3.3 (feature tokenizer); numbers may also be embedded as in
``number_embeddings`` (Gorishniy et al., NeurIPS 2022). Differs: the class token stands first.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

from whet.data.inputs import Batch, InputSpec
from whet.models.number_embeddings import PeriodicNumbers, PiecewiseNumbers

__all__ = ["TOKEN_EMBEDDINGS", "FeatureTokens", "TokenEmbedding"]

TokenEmbedding = Literal["linear", "piecewise", "periodic"]
TOKEN_EMBEDDINGS = ("linear", "piecewise", "periodic")


class FeatureTokens(nn.Module):
    """Numbers (B, F) and category ids (B, G) -> (B, 1 + F + G, ``width``): class token, numbers, categories.

    Args:
        embedding: of numbers: "linear" is a direction and an origin per column; the others bend.
        bins: quantile bins of "piecewise", or waves of "periodic", per number.
    """

    offsets: Tensor
    origins: nn.Parameter | None

    def __init__(self, spec: InputSpec, width: int, *, embedding: TokenEmbedding, bins: int) -> None:
        super().__init__()
        bound = width**-0.5

        def uniform(*shape: int) -> nn.Parameter:
            return nn.Parameter(torch.empty(*shape).uniform_(-bound, bound))

        self.class_token = uniform(1, 1, width)
        self.numbers = _number_tokens(spec.num_numbers, width, embedding, bins) if spec.num_numbers else None
        sizes = torch.tensor([0, *spec.cardinalities], dtype=torch.int64)
        self.register_buffer("offsets", sizes.cumsum(0)[:-1], persistent=False)  # (G,)
        self.categories = nn.Embedding(int(sizes.sum()), width) if spec.cardinalities else None
        if self.categories is not None:
            nn.init.uniform_(self.categories.weight, -bound, bound)
            with torch.no_grad():
                self.categories.weight[self.offsets] = 0.0  # what training never saw says nothing
        self.register_parameter("origins", uniform(len(spec.cardinalities), width) if spec.cardinalities else None)

    def place_bins(self, sample: Batch) -> None:
        """Put the bins of piecewise embeddings at the quantiles of the sample."""
        if isinstance(self.numbers, PiecewiseNumbers):
            self.numbers.place_bins(sample["numbers"])

    def forward(self, batch: Batch) -> Tensor:
        """(B, 1 + F + G, width)."""
        tokens = [self.class_token.expand(len(batch["numbers"]), -1, -1)]
        if self.numbers is not None:
            tokens.append(self.numbers(batch["numbers"]))
        if self.categories is not None and self.origins is not None:
            tokens.append(self.categories(batch["categories"] + self.offsets) + self.origins)
        return torch.cat(tokens, dim=1)


class LinearNumbers(nn.Module):
    """(B, F) -> (B, F, D): each number times its column's direction, plus the column's origin."""

    def __init__(self, num_numbers: int, *, dim: int) -> None:
        super().__init__()
        bound = dim**-0.5
        self.weight = nn.Parameter(torch.empty(num_numbers, dim).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(num_numbers, dim).uniform_(-bound, bound))

    def forward(self, numbers: Tensor) -> Tensor:
        """See the class."""
        return torch.addcmul(self.bias, numbers.unsqueeze(-1), self.weight)


def _number_tokens(
    num_numbers: int, width: int, embedding: TokenEmbedding, bins: int
) -> LinearNumbers | PiecewiseNumbers | PeriodicNumbers:
    match embedding:
        case "piecewise":
            return PiecewiseNumbers(num_numbers, dim=width, bins=bins)
        case "periodic":
            return PeriodicNumbers(num_numbers, dim=width, waves=bins)
        case _:
            return LinearNumbers(num_numbers, dim=width)
