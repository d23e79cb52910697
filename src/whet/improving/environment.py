"""What the run ran on, for the record."""

from __future__ import annotations

import importlib.metadata
import platform

from whet.training.threads import available_cores

__all__ = ["environment"]

PACKAGES = ("torch", "numpy", "scikit-learn", "lightgbm")


def environment(*, device: str, num_threads: int) -> dict[str, str]:
    """Versions, processor, device and threads."""
    versions = {name: importlib.metadata.version(name) for name in ("whet", *PACKAGES)}
    return {
        **versions,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": str(available_cores()),
        "device": device,
        "threads": str(num_threads),
    }


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    except OSError:
        return platform.processor()
    return names[0] if names else platform.processor()
