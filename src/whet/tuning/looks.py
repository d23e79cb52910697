"""What a cheap look is trained and scored on: the same for every configuration at one fidelity."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from whet.improving.arena import Arena, hold_out, thinned
from whet.improving.prepare import Prepared
from whet.planning.fidelity import Fidelity
from whet.search.fidelities.pictures import with_pictures_of
from whet.search.fidelity import Look, LowFidelity

__all__ = ["Looks"]


@dataclass(kw_only=True)
class Looks:
    """Looks of one kind at one tuning's data; smaller pictures are made once per size."""

    kind: LowFidelity
    prepared: Prepared
    seed: int
    _smaller: dict[tuple[int, int], Prepared] = field(default_factory=dict)

    def arena(self, arena: Arena, look: Look) -> Arena:
        """The same validation rows and, for a look at a part of the examples, a part of the training rows."""
        part = Fidelity(name="part of the examples", examples=look.examples)
        return arena if look.examples == 1 else thinned(arena, part, seed=self.seed, labels=self._codes())

    def prepared_for(self, look: Look) -> Prepared:
        """The data at the size of picture that the look has, validation rows as well."""
        if look.picture is None:
            return self.prepared
        if look.picture not in self._smaller:
            data = with_pictures_of(self.prepared.data, look.picture)
            self._smaller[look.picture] = replace(self.prepared, data=data)
        return self._smaller[look.picture]

    def rows(self, look: Look) -> np.ndarray:
        """(M,) rows of the training part that such a look trains on."""
        return np.asarray(self.arena(hold_out(self.prepared), look).parts_of(0)[0][0])

    def _codes(self) -> np.ndarray | None:
        """(N,) class codes; None where a number is predicted."""
        target, values = self.prepared.target, self.prepared.data.target
        return target.encode(values) if target.kind == "classes" and values is not None else None
