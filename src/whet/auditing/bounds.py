"""Thresholds of checks must be numbers within reason; a setting that is not is reported with its bounds."""

from __future__ import annotations

from whet.errors import ConfigError

__all__ = ["require_bounds"]


def require_bounds(owner: object, **bounds: tuple[float, float]) -> None:
    """Raise unless each named field of ``owner`` is a number within its (least, most), both included.

    Raises:
        ConfigError: naming check, field, value and bounds.
    """
    for name, (least, most) in bounds.items():
        value = getattr(owner, name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            raise ConfigError(
                f"{type(owner).__name__}.{name} must be a number from {least:g} to {most:g}; got {value!r}. "
                "Leave it out for the default."
            )
