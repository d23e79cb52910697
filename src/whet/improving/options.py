"""What the user asked for: one frozen value that the command line, Python and RUN/run.json share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Self

from whet.errors import ConfigError, did_you_mean
from whet.ledger.database import without_password

__all__ = ["Options"]


@dataclass(frozen=True, kw_only=True)
class Options:
    """Settings of one run; every field has a flag of the same name."""

    target: str | None = None
    test: str | None = None  # source with the sealed test; None: a part of the data is sealed
    budget_s: float | None = 300.0  # wall clock for the whole run; None only with epochs
    epochs: float | None = None  # length of every deep training; makes a run repeatable bit for bit on a CPU
    seed: int = 0
    task: str | None = None
    metric: str | None = None
    types: Mapping[str, str] = field(default_factory=dict)  # column -> kind
    group: str | None = None
    time: str | None = None
    image_size: int | None = None
    device: str = "cpu"
    model: str | None = None  # "package.module:factory" or "file.py:factory": a network of the user's own to improve
    backbone: str | None = None  # pretrained source to start from; see models/pretrained
    download: bool = False  # a source that is not on this machine may be fetched from its hub
    trust_code: bool = False  # the code of a PyTorch Hub repository may be run
    margin: float | None = None  # smallest gain worth adopting, in the metric's unit; None: the judge's default
    workers: int | str = 1  # trainings that run side by side, in processes of their own; "auto": one per core
    order: str = "planned"  # of what is tried: by expected gain per second, or "random", the control of benchmarks
    memory: int | None = None  # bytes that all processes of the run may hold together; None: no limit
    max_confirmations: int = 12
    # beside an ensemble, one fast model that it taught; None: where that takes little time; True: in any case
    fast_model: bool | None = None
    max_latency_s: float | None = None  # for one example, predicted alone on this machine; None: as slow as it is
    max_size_bytes: int | None = None  # of the saved model; None: as large as it is
    storage: str | None = None  # database URL in which the ledger is shared; None: it stays in the run folder alone
    strict: bool = False  # spend the error budget so that any dependence between rows is allowed

    def __post_init__(self) -> None:
        if self.budget_s is None and self.epochs is None:
            raise ConfigError("a run needs a budget: pass --budget 5m, or --epochs 10 for a run counted in epochs.")
        if self.budget_s is not None and self.budget_s < 5:
            raise ConfigError(f"budget must be at least 5s; got {self.budget_s:g}s. Most data want 1m or more.")
        if self.epochs is not None and self.epochs <= 0:
            raise ConfigError(f"epochs must be positive; got {self.epochs!r}.")
        is_count = isinstance(self.workers, int) and not isinstance(self.workers, bool) and self.workers >= 1
        if self.workers != "auto" and not is_count:
            raise ConfigError(f"workers must be a whole number of at least 1, or 'auto'; got {self.workers!r}.")
        if self.max_latency_s is not None and self.max_latency_s <= 0:
            raise ConfigError(
                f"max_latency_s must be positive; got {self.max_latency_s!r}. For example --max-latency 5ms."
            )
        if self.max_size_bytes is not None and self.max_size_bytes <= 0:
            raise ConfigError(
                f"max_size_bytes must be positive; got {self.max_size_bytes!r}. For example --max-size 5MB."
            )
        if self.order not in ("planned", "random"):
            raise ConfigError(f"order must be 'planned' or 'random'; got {self.order!r}.")
        if self.max_confirmations < 1:
            raise ConfigError(f"max_confirmations must be at least 1; got {self.max_confirmations!r}.")

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready, without the password of a storage."""
        return {**asdict(self), "storage": None if self.storage is None else without_password(self.storage)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what ``to_dict`` wrote."""
        names = [f.name for f in fields(cls)]
        for key in data:
            if key not in names:
                raise ConfigError(f"unknown option {key!r}. {did_you_mean(key, names)}")
        return cls(**data)
