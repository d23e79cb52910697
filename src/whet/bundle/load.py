"""Read a bundle back, refusing one that is incomplete, altered or from another format."""

from __future__ import annotations

from pathlib import Path

from whet.bundle.checking import bundle_folder, verified
from whet.bundle.model import Member, Model
from whet.data.schema import Schema
from whet.evaluation.blend import Blend
from whet.recipe import Recipe
from whet.stored_state import read_state
from whet.tasks.target import target_from_dict

__all__ = ["load_model"]


def load_model(folder: str | Path) -> Model:
    """The model that was saved in ``folder``; a run folder is accepted for its ``model``."""
    path = bundle_folder(Path(folder))
    content = verified(path)
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
