"""What the columns are and why we think so: inferred once, printed, stored, and obeyed at prediction time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from whet.data.kinds import Kind, Modality
from whet.errors import ConfigError

__all__ = ["Column", "Schema"]


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of the source."""

    name: str
    kind: Kind
    why: str = ""  # "98 % of 1,000 values parse as numbers"
    labels: tuple[str, ...] = ()  # category only: the known values, sorted
    image_size: tuple[int, int, int] = (0, 0, 0)  # image only: height, width, channels after decoding
    series_shape: tuple[int, int] = (0, 0)  # series only: channels, longest length in steps
    date_format: str = ""  # date read from strings only: the format found, so that prediction reads 03/04 the same way


@dataclass(frozen=True, kw_only=True)
class Schema:
    """The feature columns in source order, the target, and the columns that steer the split."""

    modality: Modality
    features: tuple[Column, ...]
    target: str | None = None
    target_is_number: bool = False  # regression; False: classification
    target_why: str = ""
    group: str | None = None
    time: str | None = None
    ignored: tuple[Column, ...] = ()

    def of_kind(self, *kinds: Kind) -> tuple[Column, ...]:
        """The feature columns of these kinds, in source order."""
        return tuple(c for c in self.features if c.kind in kinds)

    def with_column(self, column: Column) -> Schema:
        """The same schema with the column of that name replaced."""
        return replace(self, features=tuple(column if c.name == column.name else c for c in self.features))

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready; ``from_dict`` gives an equal schema back."""
        return {"version": 1, **asdict(self)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Schema:
        """Read what ``to_dict`` wrote."""
        fields = dict(data)
        version = fields.pop("version", None)
        if version != 1:
            raise ConfigError(f"schema version {version!r} is not known here; this Whet reads version 1.")
        for key in ("features", "ignored"):
            fields[key] = tuple(_column(c) for c in fields[key])
        return cls(**{**fields, "modality": Modality(fields["modality"])})


def _column(data: Mapping[str, Any]) -> Column:
    lists: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in data.items()}
    return Column(**{**lists, "kind": Kind(data["kind"])})
