"""Cells that are empty: how many, and whether their emptiness says something.

Missing at random costs information. Missing in a way that tells the target (a test only ordered for the ill) is
information, and filling it in destroys it; where the emptiness has another cause at prediction time it is a leak.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from whet.auditing.check import checks
from whet.auditing.columns.cells import flag_cells
from whet.auditing.columns.missing_cells import is_missing, tells_target
from whet.auditing.inspection import Inspection
from whet.data.kinds import Modality
from whet.finding import Finding

__all__ = ["MissingValues"]

FEWEST = 20  # missing cells from which their pattern is tested


@dataclass(frozen=True, kw_only=True)
class MissingValues:
    """One finding for each column, or for columns that are empty together."""

    least_share: float = 0.005  # below, emptiness is nothing to speak of unless it tells the target
    moderate_share: float = 0.2
    alpha: float = 0.001  # of the tests for telling emptiness, over all columns together (Holm)
    least_distance: float = 0.1  # by how much the target differs where the column is empty, in [0, 1]

    title: str = "missing values"
    effort: int = 0

    def check(self, inspection: Inspection) -> Iterable[Finding]:
        """See ``Check.check``."""
        if inspection.modality is not Modality.TABLE:
            return
        empty = {name: is_missing(inspection, name) for name in inspection.data.columns}
        families = _families({name: m for name, m in empty.items() if m is not None and m.any()})
        tests = [self._tells(inspection, missing) for _, missing in families]
        telling = _holm([p for p, _ in tests], self.alpha)
        for (names, missing), (_, distance), is_sure in zip(families, tests, telling, strict=True):
            is_telling = is_sure and distance >= self.least_distance
            share = float(missing.mean())
            if is_telling or share >= self.least_share:
                yield self._finding(inspection, names, missing, distance if is_telling else None)

    def _tells(self, inspection: Inspection, missing: np.ndarray) -> tuple[float, float]:
        many = FEWEST <= missing.sum() <= len(missing) - FEWEST
        return tells_target(inspection, missing) if many else (1.0, 0.0)

    def _finding(
        self, inspection: Inspection, names: list[str], missing: np.ndarray, distance: float | None
    ) -> Finding:
        share, positions = float(missing.mean()), np.flatnonzero(missing)
        others = f" (and with it {', '.join(map(repr, names[1:4]))})" if len(names) > 1 else ""
        told = "" if distance is None else f" Where it is, the target differs by {distance:.2f}: emptiness tells it."
        return flag_cells(
            inspection,
            positions,
            symptom="missing_values",
            title=self.title,
            column=names[0],
            severity=self._severity(share, distance),
            statement=f"{names[0]!r}{others} is missing in {len(positions):,} of {len(missing):,} examples "
            f"({share:.2%}).{told}",
            evidence={
                "rule": "share missing" if distance is None else "emptiness tells the target",
                "value": share if distance is None else distance,
                "threshold": self.least_share if distance is None else self.least_distance,
                "columns": names,
            },
            advice="Keep a column that says which cells were empty."
            if distance is not None
            else "Find out why, or collect the values.",
            remedy="fills the cells in and adds a column that says which were empty",
            confidence=1.0,
            what=lambda _: f"{names[0]}: missing",
        )

    def _severity(self, share: float, distance: float | None) -> float:
        by_amount = 0.15 if share < self.moderate_share else min(0.6, 0.3 + 0.3 * share)
        return by_amount if distance is None else max(by_amount, min(0.65, 0.35 + distance / 2))


def _families(empty: dict[str, np.ndarray]) -> list[tuple[list[str], np.ndarray]]:
    """Columns that are empty in nearly the same examples (Jaccard at least 0.95), with those of the first."""
    families: list[tuple[list[str], np.ndarray]] = []
    for name, missing in empty.items():
        for names, known in families:
            if (missing & known).sum() >= 0.95 * (missing | known).sum():
                names.append(name)
                break
        else:
            families.append(([name], missing))
    return families


def _holm(values: list[float], alpha: float) -> list[bool]:
    """Which hypotheses fall at family-wise level ``alpha``. Source: Holm (1979)."""
    order = np.argsort(values, kind="stable")
    fallen = [False] * len(values)
    for step, line in enumerate(order.tolist()):
        if values[line] > alpha / (len(values) - step):
            break
        fallen[line] = True
    return fallen


checks.register("missing_values")(MissingValues())
