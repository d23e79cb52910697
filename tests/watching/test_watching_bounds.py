"""Time and memory of the watching are bounded; taps come off in any order."""

import itertools
import types

import torch

from whet.watching.keeping import Keeper
from whet.watching.pacing import FIRST, MOST_AFTER_BREAKS, OwnWork, Pacing
from whet.watching.taps import Taps
from whet.watching.trace import LayerSeen, Step

LAYER = LayerSeen(kind="ReLU", mean=0.0, std=1.0, most=1.0, broken=0.0, silent=0.0)


def test_looks_cost_no_more_than_their_share_and_cover_the_whole_run():
    pacing, spent, looked = Pacing(share=0.03, whole=False), 0.0, []
    for i in range(10_000):  # steps of 1 ms, looks of 0.5 ms
        if pacing.looks(i, spent_s=spent, elapsed_s=i * 1e-3):
            looked.append(i)
            spent += 0.5e-3
    assert spent <= 0.031 * 10
    assert looked[:FIRST] == list(range(FIRST))
    assert max(b - a for a, b in itertools.pairwise(looked)) < 200
    assert looked[-1] > 9_800


def test_steps_after_a_break_are_looked_at_but_not_without_end():
    pacing, looked = Pacing(share=0.0, whole=False), []
    for i in range(2, 500):
        pacing.something_broke()
        looked += [i] if pacing.looks(i, spent_s=1.0, elapsed_s=1.0) else []
    assert MOST_AFTER_BREAKS <= len(looked) <= MOST_AFTER_BREAKS + FIRST + 10


def test_own_work_swallows_its_own_errors_but_no_interrupt():
    own = OwnWork()
    with own:
        raise ValueError("ours")
    assert own.trouble == "ValueError: ours"
    try:
        with own:
            raise KeyboardInterrupt
    except KeyboardInterrupt:
        pass
    else:
        raise AssertionError("an interrupt must come through")


def test_records_are_thinned_evenly_and_the_first_and_last_stay():
    keeper = Keeper(most_steps=200, most_details=10**9)
    for i in range(5000):
        keeper.add(Step(index=i, seconds=0.0))
    kept = [s.index for s in keeper.steps]
    assert len(kept) <= 200
    assert kept[:10] == list(range(10))
    assert kept[-1] == 4999
    assert max(b - a for a, b in itertools.pairwise(kept)) < 200


def test_details_are_thinned_too_even_where_every_step_has_them():
    keeper = Keeper(most_steps=1000, most_details=500)
    for i in range(3000):
        keeper.add(Step(index=i, seconds=0.0, layers={str(k): LAYER for k in range(5)}))
    detailed = [s.index for s in keeper.steps if s.layers]
    assert len(keeper.steps) <= 1000
    assert 40 <= len(detailed) <= 110
    assert detailed[:10] == list(range(10))
    assert detailed[-1] == 2999
    assert any(1000 < i < 2000 for i in detailed)


def test_taps_come_off_in_any_order_and_leave_inherited_functions_inherited():
    class Upper:
        def speak(self):
            return "a"

    class Lower(Upper):
        pass

    first, second = Taps(), Taps()
    first.place(Lower, "speak", lambda proceed, args, kwargs: proceed(*args) + "1")
    second.place(Lower, "speak", lambda proceed, args, kwargs: proceed(*args) + "2")
    assert Lower().speak() == "a12"
    first.remove()
    assert Lower().speak() == "a2"
    second.remove()
    assert "speak" not in vars(Lower)
    assert Lower().speak() == "a"


def test_what_somebody_else_put_over_a_tap_stays():
    place = types.SimpleNamespace(double=lambda x: 2 * x)
    taps = Taps()
    taps.place(place, "double", lambda proceed, args, kwargs: proceed(*args) + 1)
    ours = place.double
    place.double = lambda x: ours(x) + 100
    taps.remove()
    assert place.double(4) == 108


def test_losses_read_late_find_their_steps():
    keeper = Keeper()
    for i in range(10):
        keeper.add(Step(index=i, seconds=0.0))
    keeper.fill({7: 0.5, 9: float(torch.tensor(2.0))})
    assert [s.loss for s in keeper.steps][6:] == [None, 0.5, None, 2.0]
