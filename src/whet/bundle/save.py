"""Write a model as a folder of safetensors and JSON. No pickle, no code.

bundle.json              format, task, schema, target, blend, figures, members, sha256 of every other file
member-00.json           fitted preprocessing and settings of member 0
member-00.safetensors    its weights
shared-*.safetensors     what several members have in common, such as a frozen pretrained body
README.md                the model card
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from whet.bundle.card import model_card
from whet.bundle.checking import FORMATS, digest_of
from whet.bundle.model import Model
from whet.files import replace_folder, sha256_of, write_json, write_text
from whet.stored_state import write_state

__all__ = ["save"]


def save(model: Model, folder: Path) -> None:
    """Write ``model`` to ``folder``, replacing what was there in one step."""
    replace_folder(folder, lambda fresh: _fill(model, fresh))


def _fill(model: Model, folder: Path) -> None:
    members: list[dict[str, Any]] = []
    for number, member in enumerate(model.members):
        name = f"member-{number:02d}"
        write_state(member.fitted.state(), folder, name)
        members.append({"title": member.title, "file": name, "recipe": member.recipe.to_dict()})
    write_text(folder / "README.md", model_card(model))
    content: dict[str, Any] = {
        "format": FORMATS[model.blend.is_linear],
        "task": model.task,
        "metric": model.metric,
        "schema": model.schema.to_dict(),
        "target": model.target.to_dict(),
        "blend": model.blend.to_dict(),
        "members": members,
        "about": dict(model.about),
        "sha256": {p.name: sha256_of(p) for p in sorted(folder.iterdir())},
    }
    write_json(folder / "bundle.json", {**content, "digest": digest_of(content)})
