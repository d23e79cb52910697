"""Which checks run, in which order, with which settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from whet.auditing.check import Check
from whet.errors import ConfigError, did_you_mean
from whet.registry import Registry

__all__ = ["chosen_checks"]


def chosen_checks(
    known: Registry[Check],
    only: Sequence[str | Check] | None,
    also: Sequence[Check],
    settings: Mapping[str, Mapping[str, Any]],
) -> list[tuple[str, Check]]:
    """(name, check) pairs, the least effort first."""
    wanted = [*(known if only is None else only), *also]
    named = dict(_named(known, each) for each in wanted)
    for name in settings:
        if name not in named:
            raise ConfigError(f"there are settings for check {name!r}, which does not run. {did_you_mean(name, named)}")
    configured = [(name, _configured(name, check, settings.get(name, {}))) for name, check in named.items()]
    return sorted(configured, key=lambda pair: (pair[1].effort, pair[0]))


def _named(known: Registry[Check], each: str | Check) -> tuple[str, Check]:
    """A check that is given as an object is named after its class."""
    return (each, known[each]) if isinstance(each, str) else (type(each).__name__, each)


def _configured(name: str, check: Any, settings: Mapping[str, Any]) -> Check:
    names = [f.name for f in fields(check)]
    for key in settings:
        if key not in names:
            raise ConfigError(f"check {name!r} has no setting {key!r}. {did_you_mean(key, names)}")
    configured: Check = replace(check, **settings)
    return configured
