"""Read a bundle back, refusing one that is incomplete, altered or from another format."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from whet.bundle.model import Member, Model
from whet.bundle.save import FORMATS, digest_of
from whet.data.schema import Schema
from whet.errors import BundleError
from whet.evaluation.blend import Blend
from whet.files import recover_folder, sha256_of
from whet.recipe import Recipe
from whet.stored_state import read_state
from whet.tasks.target import target_from_dict

__all__ = ["load_model"]


def load_model(folder: str | Path) -> Model:
    """The model that was saved in ``folder``; a run folder is accepted for its ``model``."""
    path = _bundle_folder(Path(folder))
    content = _verified(path)
    from whet.training.restore import restore

    target = target_from_dict(content["target"])
    members = []
    for entry in content["members"]:
        recipe = Recipe.from_dict(entry["recipe"])
        fitted = restore(recipe, target, read_state(path, str(entry["file"])))
        members.append(Member(title=entry["title"], recipe=recipe, fitted=fitted))
    return Model(
        task=content["task"],
        schema=Schema.from_dict(content["schema"]),
        target=target,
        members=tuple(members),
        blend=Blend.from_dict(content["blend"]),
        metric=content["metric"],
        about=content["about"],
    )


def _bundle_folder(path: Path) -> Path:
    for candidate in (path, path / "model"):
        recover_folder(candidate)
        if (candidate / "bundle.json").is_file():
            return candidate
    raise BundleError(
        f"{path} is not a Whet model: there is no bundle.json in it. "
        "Pass the 'model' folder of a run, for example runs/mine/model."
    )


def _verified(path: Path) -> dict[str, Any]:
    try:
        content = json.loads((path / "bundle.json").read_text(encoding="utf-8"))
        version = content["format"]
        digest = content.pop("digest")
    except (ValueError, KeyError, TypeError) as fault:
        raise BundleError(f"{path / 'bundle.json'} is damaged ({fault}); restore it from a copy of the run.") from fault
    if version not in FORMATS:
        known = " and ".join(map(str, FORMATS))
        raise BundleError(
            f"{path} has bundle format {version!r}; only {known} are read here. Use the Whet that wrote it."
        )
    altered = [] if digest == digest_of(content) else ["bundle.json"]
    for name, expected in content["sha256"].items():
        if Path(name).name != name or not (path / name).is_file():
            raise BundleError(f"{path} is incomplete: {name} is missing. Copy the whole folder again.")
        if sha256_of(path / name) != expected:
            altered.append(name)
    if altered:
        raise BundleError(
            f"{path} was altered after it was saved: {', '.join(altered)} do not match the recorded sha256. "
            "It is not loaded; restore it from a copy of the run."
        )
    result: dict[str, Any] = content
    return result
