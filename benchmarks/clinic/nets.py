"""Small networks as practitioners write them. Shapes: B examples, T steps or tokens, C channels, K outputs."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import torch
from torch import Tensor, nn

Act = Callable[[], nn.Module]


def mlp(*widths: int, act: Act = nn.ReLU, bias: bool = True, norm: bool = False, dropout: float = 0.0) -> nn.Sequential:
    """(B, widths[0]) -> (B, widths[-1])."""
    layers: list[nn.Module] = []
    for i, (before, after) in enumerate(itertools.pairwise(widths)):
        layers.append(nn.Linear(before, after, bias=bias))
        if i < len(widths) - 2:
            layers += [nn.BatchNorm1d(after)] if norm else []
            layers.append(act())
            layers += [nn.Dropout(dropout)] if dropout else []
    return nn.Sequential(*layers)


class SmallCNN(nn.Module):
    """(B, C, H, W) -> (B, K)."""

    def __init__(
        self, channels: int, k: int, *, width: int = 16, act: Act = nn.ReLU, norm: bool = False, dropout: float = 0.0
    ) -> None:
        super().__init__()
        self.stem = nn.Conv2d(channels, width, 3, padding=1)
        self.norm1 = nn.BatchNorm2d(width) if norm else nn.Identity()
        self.conv = nn.Conv2d(width, 2 * width, 3, padding=1)
        self.norm2 = nn.BatchNorm2d(2 * width) if norm else nn.Identity()
        self.act = act()
        self.pool = nn.MaxPool2d(2)
        self.drop = nn.Dropout(dropout)
        self.head = nn.Linear(2 * width * 4, k)

    def features(self, x: Tensor) -> Tensor:
        x = self.pool(self.act(self.norm1(self.stem(x))))
        x = self.act(self.norm2(self.conv(x)))
        return self.drop(nn.functional.adaptive_avg_pool2d(x, 2).flatten(1))

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.features(x))


class WaveCNN(nn.Module):
    """1-d convolutions: (B, C, T) -> (B, K)."""

    def __init__(self, channels: int, k: int, *, width: int = 16, norm: bool = False) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv1d(channels, width, 5, padding=2),
            nn.BatchNorm1d(width) if norm else nn.Identity(),
            nn.ReLU(),
            nn.MaxPool1d(2),
            nn.Conv1d(width, 2 * width, 5, padding=2),
            nn.ReLU(),
            nn.AdaptiveAvgPool1d(1),
            nn.Flatten(),
        )
        self.head = nn.Linear(2 * width, k)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.body(x))


class Recurrent(nn.Module):
    """LSTM, GRU or plain RNN over (B, T, D): last state -> (B, K). With ``vocab`` it reads token ids (B, T)."""

    def __init__(
        self,
        d: int,
        k: int,
        *,
        hidden: int = 32,
        kind: type[nn.RNNBase] = nn.LSTM,
        vocab: int = 0,
        batch_first: bool = True,
    ) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab, d) if vocab else nn.Identity()
        self.rnn = kind(d, hidden, batch_first=batch_first)
        self.head = nn.Linear(hidden, k)

    def forward(self, x: Tensor) -> Tensor:
        states, _ = self.rnn(self.embedding(x))
        return self.head(states[:, -1])


class TextTransformer(nn.Module):
    """Token ids (B, T) -> (B, K), or (B, T, K) with ``per_token``."""

    def __init__(
        self,
        vocab: int,
        k: int,
        *,
        length: int,
        d: int = 32,
        layers: int = 2,
        dropout: float = 0.0,
        norm_first: bool = True,
        batch_first: bool = True,
        causal: bool = False,
        per_token: bool = False,
        activation: str = "gelu",
    ) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab, d)
        self.position = nn.Parameter(0.02 * torch.randn(length, d))
        block = nn.TransformerEncoderLayer(
            d, 4, 2 * d, dropout, activation, batch_first=batch_first, norm_first=norm_first
        )
        self.encoder = nn.TransformerEncoder(block, layers, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(d)
        self.head = nn.Linear(d, k)
        self.causal, self.per_token = causal, per_token

    def forward(self, ids: Tensor) -> Tensor:
        x = self.embedding(ids) + self.position[: ids.shape[1]]
        mask = None
        if self.causal:
            mask = nn.Transformer.generate_square_subsequent_mask(ids.shape[1])
        x = self.norm(self.encoder(x, mask=mask))
        return self.head(x) if self.per_token else self.head(x.mean(dim=1))


class TextBag(nn.Module):
    """Mean of embeddings: (B, T) ids -> (B, K)."""

    def __init__(self, vocab: int, k: int, *, d: int = 32, sparse: bool = False, mode: str = "mean") -> None:
        super().__init__()
        self.bag = nn.EmbeddingBag(vocab, d, sparse=sparse, mode=mode)
        self.hidden = nn.Linear(d, d)
        self.head = nn.Linear(d, k)

    def forward(self, ids: Tensor) -> Tensor:
        return self.head(torch.relu(self.hidden(self.bag(ids))))


class LanguageModel(nn.Module):
    """GRU over token ids (B, T) -> (B, K, T) scores of the next token, as cross_entropy takes them."""

    def __init__(self, vocab: int, *, d: int = 32, tied: bool = False) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab, d)
        self.rnn = nn.GRU(d, d, batch_first=True)
        self.head = nn.Linear(d, vocab)
        if tied:
            self.head.weight = self.embedding.weight

    def forward(self, ids: Tensor) -> Tensor:
        return self.head(self.rnn(self.embedding(ids))[0]).transpose(1, 2)


class TwoInputs(nn.Module):
    """Numbers (B, F) and a category id (B,) -> (B, K)."""

    def __init__(self, f: int, categories: int, k: int) -> None:
        super().__init__()
        self.category = nn.Embedding(categories, 8)
        self.body = mlp(f + 8, 64, k)

    def forward(self, numbers: Tensor, category: Tensor) -> Tensor:
        return self.body(torch.cat([numbers, self.category(category)], dim=1))


class PreNormBlock(nn.Module):
    """x + MLP(LayerNorm(x)): (B, D) -> (B, D)."""

    def __init__(self, d: int, *, act: Act = nn.GELU) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(d)
        self.body = nn.Sequential(nn.Linear(d, 2 * d), act(), nn.Linear(2 * d, d))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.body(self.norm(x))
