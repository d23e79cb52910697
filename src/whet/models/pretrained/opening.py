"""From the written name of a source to an opened backbone: the part before the colon chooses the kind of source."""

from __future__ import annotations

import os
from pathlib import Path

from whet.errors import BackboneError, did_you_mean
from whet.models.pretrained.backbone import Backbone, Finding, schemes

__all__ = ["open_backbone"]

FOLDERS = "folder"  # the scheme of sources that are written as a plain path


def open_backbone(source: str, *, finding: Finding) -> Backbone:
    """The source, found on this machine or, where ``finding`` allows it, fetched.

    Raises:
        BackboneError: unknown kind, not there, damaged, or needing a permission; the message says what to do.
        MissingExtraError: a package is needed that is not installed.

    >>> open_backbone("hff:bert-base", finding=Finding())
    Traceback (most recent call last):
    whet.errors.BackboneError: unknown pretrained source 'hff:bert-base'. Did you mean 'hf'?
    """
    prefix, colon, rest = source.partition(":")
    named = [name for name in schemes if name != FOLDERS]
    if prefix in named:
        return schemes[prefix].open(rest, finding=finding)
    if _looks_like_a_path(source) and not (colon and not Path(source).exists()):
        return schemes[FOLDERS].open(source, finding=finding)
    raise BackboneError(f"unknown pretrained source {source!r}. {did_you_mean(prefix, [*named, 'path/of/a/folder'])}")


def _looks_like_a_path(source: str) -> bool:
    return Path(source).exists() or os.sep in source or source.startswith((".", "~"))
