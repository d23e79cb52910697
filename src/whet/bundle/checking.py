"""Is this a bundle, and the one that was saved? Imports nothing heavy, so that a mistyped path is refused at once."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from whet.errors import BundleError
from whet.files import recover_folder, sha256_of

__all__ = ["FORMATS", "bundle_folder", "digest_of", "verified"]

FORMATS = (1, 2)  # 2: the members are combined by a linear model; whatever older readers can read stays 1


def bundle_folder(path: Path) -> Path:
    """Where the bundle lies: ``path``, or its folder ``model``. Raises BundleError where it is in neither."""
    for candidate in (path, path / "model"):
        recover_folder(candidate)
        if (candidate / "bundle.json").is_file():
            return candidate
    raise BundleError(
        f"{path} is not a Whet model: there is no bundle.json in it. "
        "Pass the 'model' folder of a run, for example runs/mine/model."
    )


def verified(path: Path) -> dict[str, Any]:
    """The content of bundle.json. Raises BundleError where anything was altered, damaged or lost."""
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


def digest_of(content: dict[str, Any]) -> str:
    """sha256 over everything in bundle.json but the digest itself."""
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()
