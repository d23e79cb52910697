"""The code of a PyTorch Hub repository: found in the cache or fetched, permitted by digest, and run."""

from __future__ import annotations

import hashlib
import json
import tempfile
import urllib.error
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import torch
from torch import nn

from whet.errors import BackboneError, HubError
from whet.files import write_json
from whet.models.pretrained.backbone import Finding

__all__ = ["Repository", "built", "without_classifier"]

ARCHIVE = "https://github.com/{name}/archive/{ref}.zip"
PERMITTED = "permitted.json"  # in the cache: by repository, the digests of the code that may run


@dataclass(frozen=True, kw_only=True)
class Repository:
    """A copy of the code in the cache, under torchhub/owner_repo_ref."""

    name: str  # owner/repo
    ref: str  # branch or tag; empty: the repository's default
    folder: Path

    @classmethod
    def find(cls, name: str, ref: str | None, *, finding: Finding) -> Self:
        """In the cache, otherwise fetched where that is allowed."""
        place = finding.cache / "torchhub"
        folder = place / "_".join([*name.split("/"), ref or "main"]).replace("/", "_")
        if not folder.is_dir():
            if not finding.may_download:
                raise BackboneError(
                    f"torchhub:{name} is not in the cache ({folder}), and nothing is downloaded without being asked. "
                    "Pass --download (Finding(may_download=True)), or put a clone of the repository there."
                )
            _fetch(name, ref, folder)
        if not (folder / "hubconf.py").is_file():
            raise BackboneError(f"torchhub:{name} has no hubconf.py in {folder}, so it offers no models.")
        return cls(name=name, ref=ref or "", folder=folder)

    @property
    def digest(self) -> str:
        """sha256 over all files of the code."""
        whole = hashlib.sha256()
        for path in sorted(p for p in self.folder.rglob("*") if p.is_file()):
            inside = path.relative_to(self.folder)
            if "__pycache__" not in inside.parts and ".git" not in inside.parts:
                whole.update(f"{inside.as_posix()}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
        return whole.hexdigest()

    def permit(self, finding: Finding, *, entry: str) -> None:
        """Write the permission down where it is given; a BackboneError where it is neither given nor written down."""
        path = finding.cache / "torchhub" / PERMITTED
        known: dict[str, list[str]] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        key, digest = f"{self.name}:{self.ref}", self.digest
        if digest in known.get(key, []):
            return
        if not finding.may_run_code:
            raise BackboneError(
                f"torchhub:{self.name}:{entry} runs the code of that repository with all your rights. Read "
                f"{self.folder}, and pass --trust-code (Finding(may_run_code=True)) if you trust it."
            )
        write_json(path, {**known, key: [*known.get(key, []), digest]})


def built(repository: Repository, entry: str, *, pretrained: bool, cache: Path) -> nn.Module:
    """What the function ``entry`` returns; downloads that it makes itself go to the cache."""
    load: Callable[..., Any] = torch.hub.load
    with _weights_in(cache / "torchhub"):
        try:
            model = load(str(repository.folder), entry, source="local", trust_repo=True, pretrained=pretrained)
        except Exception as fault:  # the repository's code may raise anything
            raise BackboneError(
                f"torchhub:{repository.name}:{entry} could not be built: {type(fault).__name__}: {str(fault)[:200]}"
            ) from fault
    if not isinstance(model, nn.Module):
        raise BackboneError(f"torchhub:{repository.name}:{entry} returns {type(model).__name__}, not a network.")
    return model.float()


def without_classifier(network: nn.Module) -> nn.Module:
    """The last linear layer, where it is a direct child called as classifiers are, lets features pass."""
    for name in ("fc", "classifier", "head", "heads"):
        layer = getattr(network, name, None)
        if isinstance(layer, nn.Linear):
            setattr(network, name, nn.Identity())
            return network
        if isinstance(layer, nn.Sequential) and len(layer) and isinstance(layer[-1], nn.Linear):
            layer[-1] = nn.Identity()
            return network
    return network


@contextmanager
def _weights_in(folder: Path) -> Iterator[None]:
    former = torch.hub.get_dir()
    torch.hub.set_dir(str(folder))
    try:
        yield
    finally:
        torch.hub.set_dir(former)


def _fetch(name: str, ref: str | None, folder: Path) -> None:
    """The repository's archive, unpacked whole or not at all, without running any of it."""
    url = ARCHIVE.format(name=name, ref=ref or "HEAD")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as place:
        archive = Path(place) / "code.zip"
        try:
            torch.hub.download_url_to_file(url, str(archive), progress=False)
        except urllib.error.HTTPError as fault:
            raise BackboneError(f"{url} answers {fault.code}. Check the repository and the ref of torchhub.") from fault
        except OSError as fault:
            raise HubError(
                f"torchhub:{name} is not in the cache, and GitHub does not answer ({type(fault).__name__}: {fault}). "
                f"Try again later, or put a clone of the repository into {folder}."
            ) from fault
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(place)  # names that point outside are made harmless by the library
        inside = next(p for p in Path(place).iterdir() if p.is_dir())  # the archive holds one folder
        inside.rename(folder)
