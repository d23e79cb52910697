"""What is handed over as a loader, judged before anything runs; and its first batch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor
from torch.utils.data import Dataset, IterableDataset

from whet.diagnosis.forwarding import shown
from whet.diagnosis.preserving import preserving
from whet.diagnosis.probes.batches import is_one_shot
from whet.errors import ConfigError, DataError

__all__ = ["check_loader", "first_batch"]


def check_loader(loader: Any, name: str) -> None:
    """Complain of what no epoch can be read from, without reading it.

    >>> check_loader([(1, 2)], "train")
    >>> check_loader(((x, x) for x in range(3)), "train")
    Traceback (most recent call last):
    whet.errors.DataError: reading train: it is a generator, which can be read only once...
    """
    if isinstance(loader, type):
        raise ConfigError(
            f"opening {name}: it is the class {loader.__name__}, not a loader. Pass {loader.__name__}(...)."
        )
    if isinstance(loader, Dataset) and not isinstance(loader, IterableDataset):
        shuffled = ", shuffle=True" if name == "train" else ""
        raise ConfigError(
            f"opening {name}: it is a dataset ({type(loader).__name__}), which gives single examples. "
            f"Pass the loader of your loop, as DataLoader({name}, batch_size=32{shuffled})."
        )
    if isinstance(loader, str | bytes | Tensor | Mapping) or hasattr(loader, "dtype") or hasattr(loader, "dtypes"):
        raise ConfigError(
            f"opening {name}: it is {shown(loader)}. Pass what gives batches: DataLoader(TensorDataset(x, y), "
            "batch_size=32), "
            "or a list of (inputs, targets)."
        )
    if isinstance(loader, tuple) and any(isinstance(part, Tensor) for part in loader):
        raise ConfigError(
            f"opening {name}: it is one batch, {shown(loader)}. Pass a list of batches: [(inputs, targets)]."
        )
    if is_one_shot(loader):
        raise DataError(
            f"reading {name}: it is a {type(loader).__name__}, which can be read only once, and reading it here would "
            "take "
            "batches from your training. Pass a DataLoader, list(...) of some batches, or an object whose __iter__ "
            "begins anew."
        )
    if not hasattr(loader, "__iter__") and not hasattr(loader, "__getitem__"):
        raise ConfigError(
            f"opening {name}: {type(loader).__name__} gives no batches. Pass a DataLoader or a list of batches."
        )


def first_batch(loader: Any, name: str) -> Any:
    """The first batch; all random states are as before."""
    try:
        with preserving(loader):
            for batch in loader:
                _must_be_a_batch(batch, name)
                return batch
    except DataError:
        raise
    except Exception as error:
        raise DataError(
            f"reading the first batch of {name} raised {type(error).__name__}: {_line(error)}. Mend the dataset or "
            "its collate_fn."
        ) from error
    raise DataError(
        f"reading {name}: it gives no batch. Is the dataset empty, or smaller than batch_size with drop_last=True?"
    )


def _must_be_a_batch(batch: Any, name: str) -> None:
    if isinstance(batch, list | tuple) and len(batch) > 1 and isinstance(batch[-1], int | float):
        raise DataError(
            f"reading {name}: it gives single examples, {shown(batch)}, not batches. "
            f"Pass DataLoader({name}, batch_size=32)."
        )


def _line(error: Exception) -> str:
    """The message of an error on one line, shortened."""
    text = " ".join(str(error).split())
    return text if len(text) <= 300 else text[:297] + "..."
