"""A page as text: a template filled in, with the style inside.

Every value passes through Jinja's autoescape; only plots, which hold no text of the data but in escaped attributes,
come as markup. A page loads nothing and runs nothing; its content security policy says so to the browser.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from whet.report import amounts

__all__ = ["render"]


def render(template: str, *, version: str, styles: Sequence[str] = (), **content: Any) -> str:
    """The whole document.

    ``version``: of the Whet that measured what the page shows, for its foot; ``styles``: sheets beside report.css.
    A template extends base.html. A name that it uses and nobody gave is an error, not an empty place.
    """
    environment = Environment(
        loader=PackageLoader("whet", "report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for name in ("duration", "number", "percent", "count", "p_value"):
        environment.filters[name] = getattr(amounts, name)
    folder = resources.files("whet.report")
    style = "".join(folder.joinpath(name).read_text(encoding="utf-8") for name in ("report.css", *styles))
    return environment.get_template(template).render(style=Markup(style), whet_version=version, **content)
