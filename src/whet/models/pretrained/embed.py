"""Feature vectors of a pretrained body for every example of a source, and the file they go into."""

from __future__ import annotations

import io
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from whet.data.dataset import Dataset
from whet.data.kinds import Modality
from whet.errors import BackboneError, ConfigError
from whet.files import write_bytes
from whet.models.architecture import build
from whet.models.pretrained.backbone import About, Backbone, Finding
from whet.models.pretrained.extractor import Extractor
from whet.models.pretrained.opening import open_backbone
from whet.spreadsheet import to_csv

__all__ = ["Embedded", "check_out", "embed", "write_vectors"]

FORMS = (".parquet", ".csv", ".npz")


@dataclass(frozen=True, kw_only=True)
class Embedded:
    """``vectors``: (N, D) float32, one per example of ``dataset``."""

    dataset: Dataset
    vectors: np.ndarray
    about: About
    seconds: float  # for the vectors alone, without reading and opening


def embed(
    source: object, *, backbone: str, target: str | None = None, image_size: int | None = None, finding: Finding
) -> Embedded:
    """Read ``source``, of which no target is needed, and run the body over every readable example.

    Raises:
        BackboneError: the body cannot be opened, or reads another kind of example.
        DataError: the source cannot be read.
    """
    opened = open_backbone(backbone, finding=finding)
    dataset = _read(source, opened.about.modality, target=target, image_size=image_size)
    if dataset.schema.modality != opened.about.modality:
        raise BackboneError(
            f"{backbone} reads {opened.about.modality} examples; {dataset.origin} holds {dataset.schema.modality}. "
            "Choose a backbone of that kind."
        )
    extractor = _extractor(opened, dataset)
    begin = time.perf_counter()
    vectors = extractor.vectors(dataset)
    return Embedded(dataset=dataset, vectors=vectors, about=opened.about, seconds=time.perf_counter() - begin)


def check_out(path: Path) -> None:
    """A ConfigError, before anything is computed, where ``path`` cannot be written."""
    if path.suffix not in FORMS:
        raise ConfigError(f"--out must end in {', '.join(FORMS[:-1])} or {FORMS[-1]}; got {str(path)!r}.")
    if not path.parent.is_dir():
        raise ConfigError(f"cannot write {path}: the folder {path.parent} does not exist. Create it or change --out.")


def write_vectors(embedded: Embedded, path: Path) -> None:
    """One line per example: ``row`` or ``file``, f0 ... float32, and ``target`` where it is known; whole or absent."""
    check_out(path)
    dataset, vectors = embedded.dataset, embedded.vectors
    name, places = ("row", dataset.rows) if dataset.files is None else ("file", dataset.files.astype(str))
    content = io.BytesIO()
    if path.suffix == ".npz":
        target = {} if dataset.target is None else {"target": _plain(dataset.target)}
        np.savez(content, **{name: places, "features": vectors, **target})  # type: ignore[arg-type]
    else:
        import pandas as pd

        columns = {name: places, **{f"f{i}": vectors[:, i] for i in range(vectors.shape[1])}}
        frame = pd.DataFrame(columns | ({} if dataset.target is None else {"target": _plain(dataset.target)}))
        if path.suffix == ".csv":
            content.write(to_csv(frame).encode())
        else:
            frame.to_parquet(content, index=False)
    try:
        write_bytes(path, content.getvalue())
    except OSError as fault:
        raise ConfigError(f"cannot write {path}: {fault.strerror or fault}. Choose another --out.") from fault


def _plain(target: np.ndarray) -> np.ndarray:
    """Labels as strings of a fixed width, which need no pickle; numbers as they are."""
    return target.astype(str) if target.dtype == object else target


def _read(source: object, modality: Modality, *, target: str | None, image_size: int | None) -> Dataset:
    """With the columns that the body reads, whatever else stands beside them."""
    from whet.data.load import load

    if target is None and modality is not Modality.TABLE:
        # The task only says which columns are wanted; without a target nothing is made of it.
        task = f"{modality}_classification"
        return load(source, task=task, image_size=image_size, require_target=False)
    dataset = load(source, target=target, image_size=image_size, require_target=False)
    if modality is Modality.TEXT and dataset.schema.modality is Modality.TABLE:
        task = "text_regression" if dataset.schema.target_is_number else "text_classification"
        return load(source, target=target, task=task, require_target=False)
    return dataset


def _extractor(backbone: Backbone, dataset: Dataset) -> Extractor:
    encoder = backbone.encoder(dataset, {}, seed=0)
    model = build(backbone.architecture, encoder.spec, 1, backbone.settings, seed=0)
    backbone.load_into(model)
    normalise = bool(encoder.spec.backbone.get("normalise", False))
    return Extractor(encoder=encoder, model=model.requires_grad_(False).eval(), normalise=normalise)
