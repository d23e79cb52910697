"""What ``whet tune`` is asked for, beside the options that every run has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, Self

import whet.search.fidelities
import whet.search.methods  # noqa: F401  (these two fill the registries)
from whet.errors import ConfigError, did_you_mean
from whet.search.fidelity import fidelities
from whet.search.method import methods
from whet.search.methods.bayesian import SAMPLERS
from whet.search.storage import without_password
from whet.search.study import PRUNERS

__all__ = ["KIND", "TuningOptions"]

KIND = "tuning"  # what run.json calls such a run


@dataclass(frozen=True, kw_only=True)
class TuningOptions:
    """Every field has a flag of the same name."""

    method: str = "bayesian"
    fidelity: str = "length"  # what the cheap looks of halving and Hyperband make less of
    # the file form; None: the default space of the recipe; "diagnosed": what the diagnosis of the start asks for
    space: Mapping[str, Any] | Literal["diagnosed"] | None = None
    trials: int | None = None  # configurations to look at; None: as many as the budget allows
    sampler: str = "tpe"  # of the Bayesian method
    pruner: str = "median"  # of methods with full trainings only; halving and Hyperband promote by rank instead
    storage: str | None = None  # database URL; None: a file in the run folder
    seeds: int = 3  # fresh ones, with which winner and start are compared at the end

    def __post_init__(self) -> None:
        known_names = {"method": list(methods), "fidelity": list(fidelities), "sampler": SAMPLERS, "pruner": PRUNERS}
        for name, known in known_names.items():
            value = getattr(self, name)
            if value not in known:
                raise ConfigError(f"unknown {name} {value!r}. {did_you_mean(value, known)}")
        if self.space == "diagnosed" and (self.method == "grid" or self.storage is not None):
            raise ConfigError(
                "space 'diagnosed' is known only after the start has been trained, which is too late for a grid and "
                "for a shared storage. Use another method, or write the space with --write-space."
            )
        if self.fidelity != "length" and methods[self.method].fidelities[0] == 1.0:
            raise ConfigError(
                f"fidelity {self.fidelity!r} has no effect with method {self.method!r}, which trains in full alone. "
                "Use --method halving or hyperband, or leave --fidelity out."
            )
        if self.trials is not None and self.trials < 1:
            raise ConfigError(f"trials must be at least 1; got {self.trials!r}.")
        if self.seeds < 1:
            raise ConfigError(f"seeds must be at least 1; got {self.seeds!r}.")

    @property
    def hides_password(self) -> bool:
        """Whether what is kept in the run folder is not enough to reach the storage again."""
        return self.storage is not None and without_password(self.storage) != self.storage

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready, without a password."""
        plain = asdict(self)
        return {**plain, "storage": None if self.storage is None else without_password(self.storage)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read what ``to_dict`` wrote."""
        names = [f.name for f in fields(cls)]
        for key in data:
            if key not in names:
                raise ConfigError(f"unknown option of a tuning {key!r}. {did_you_mean(key, names)}")
        return cls(**data)
