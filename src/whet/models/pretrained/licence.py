"""The licence that a model card states, read from the front matter of its README."""

from __future__ import annotations

from pathlib import Path

__all__ = ["stated_licence"]

NOT_STATED = "not stated"


def stated_licence(folder: Path) -> str:
    """What ``license:`` (with ``license_name:`` where that says "other") holds in README.md, or "not stated"."""
    card = folder / "README.md"
    if not card.is_file():
        return NOT_STATED
    matter = _front_matter(card.read_text(encoding="utf-8", errors="replace"))
    stated = matter.get("license")
    if stated == "other":
        stated = matter.get("license_name", stated)
    if isinstance(stated, list):
        stated = ", ".join(str(item) for item in stated)
    return str(stated) if stated else NOT_STATED


def _front_matter(text: str) -> dict[str, object]:
    """The YAML between two lines of three dashes at the top; empty where there is none.

    >>> _front_matter("---\\nlicense: mit\\n---\\n# Title")
    {'license': 'mit'}
    """
    import yaml

    lines = text.splitlines()
    if not lines or lines[0].strip() != "---" or "---" not in (line.strip() for line in lines[1:]):
        return {}
    end = next(i for i, line in enumerate(lines[1:], start=1) if line.strip() == "---")
    try:
        matter = yaml.safe_load("\n".join(lines[1:end]))
    except yaml.YAMLError:
        return {}  # a card that cannot be read states nothing
    return matter if isinstance(matter, dict) else {}
