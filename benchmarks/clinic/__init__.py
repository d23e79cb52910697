"""The fault clinic: faulty and healthy training scripts, what a diagnosis says of them, and whether its cure helps."""

from __future__ import annotations


def main(arguments: list[str]) -> None:
    """Run it: see benchmarks/clinic/main.py."""
    from benchmarks.clinic.main import main as run

    run(arguments)
