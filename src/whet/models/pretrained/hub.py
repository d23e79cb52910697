"""Models of the Hugging Face hub, ``hf:org/name`` or ``hf:org/name@revision``: offline first, pinned to a commit.

What was downloaded once is used again without asking the hub; the commit is part of the source's name, so that a run
that is repeated reads the same weights.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from whet.errors import BackboneError, HubError
from whet.models.pretrained.backbone import Backbone, Finding, schemes
from whet.models.pretrained.extras import import_extra
from whet.models.pretrained.saved_transformers import open_saved

__all__ = ["HubScheme", "hub_folder"]

# Never a pickle, never code.
WANTED = ("*.json", "*.safetensors", "*.txt", "README.md")


class HubScheme:
    """See ``Scheme``."""

    def open(self, rest: str, *, finding: Finding) -> Backbone:
        """The model ``org/name`` or ``org/name@revision``; without a revision the newest that is in the cache."""
        name, _, revision = rest.partition("@")
        if name.count("/") > 1 or not all(name.split("/")):
            raise BackboneError(f"hf:{rest} does not name a model. Write hf:org/name, or hf:org/name@revision.")
        folder = hub_folder(name, revision or None, finding=finding, written=f"hf:{name}")
        return open_saved(folder, source=f"hf:{name}@{folder.name}", name=name)


def hub_folder(name: str, revision: str | None, *, finding: Finding, written: str) -> Path:
    """Where the repository ``name`` lies, in a folder called like its commit; ``written``: the source, for errors."""
    return _Wanted(name, revision, finding, written).folder()


@dataclass(frozen=True)
class _Wanted:
    name: str
    revision: str | None
    finding: Finding
    written: str

    def folder(self) -> Path:
        """Where the files are, in a folder that is called like the commit."""
        known = self._snapshot(is_local=True)
        if known is not None:
            return known
        if not self.finding.may_download:
            raise BackboneError(
                f"{self.written} is not in the cache ({self.finding.cache}), and nothing is downloaded without being "
                "asked. Pass --download (Finding(may_download=True)), or a folder with a copy of the model."
            )
        fetched = self._snapshot(is_local=False)
        assert fetched is not None
        return fetched

    def _snapshot(self, *, is_local: bool) -> Path | None:
        hub = import_extra("huggingface_hub", extra="hf", why=f"the pretrained source {self.written}")
        try:
            found = hub.snapshot_download(
                self.name,
                revision=self.revision,
                cache_dir=self.finding.cache / "hub",
                local_files_only=is_local,
                allow_patterns=list(WANTED),
                endpoint=os.environ.get("HF_ENDPOINT"),
            )
        except Exception as fault:  # the client raises its own errors and those of two HTTP libraries
            if is_local:
                return None
            raise self._named(fault, hub.errors) from fault
        folder = Path(found)
        return folder if not is_local or _is_whole(folder) else None

    def _named(self, fault: Exception, errors: Any) -> BackboneError:
        if isinstance(fault, errors.GatedRepoError):
            return BackboneError(
                f"{self.written} is gated: accept its terms on huggingface.co/{self.name}, then log in with hf auth "
                "login and try again."
            )
        if isinstance(fault, errors.RevisionNotFoundError):
            return BackboneError(f"{self.written} has no revision {self.revision!r}. Check it on the model's page.")
        if isinstance(fault, errors.RepositoryNotFoundError | errors.HFValidationError):
            return BackboneError(f"the hub has no model {self.name!r}, or it is private. Check the name, or log in.")
        reason = str(fault).strip().splitlines()
        return HubError(
            f"{self.written} is not in the cache, and the hub does not answer "
            f"({type(fault).__name__}: {reason[0][:160] if reason else 'no reason given'}). Try again later, or pass a "
            "folder with a copy of the model."
        )


def _is_whole(folder: Path) -> bool:
    """A download that was broken off leaves a folder without weights, or with names that point nowhere."""
    files = list(folder.rglob("*"))
    return (folder / "config.json").is_file() and all(p.exists() for p in files) and _has_weights(files)


def _has_weights(files: list[Path]) -> bool:
    return any(p.suffix in (".safetensors", ".bin") for p in files)


schemes.register("hf")(HubScheme())
