from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from whet.training.batches import BatchOrder


@given(count=st.integers(1, 60), batch_size=st.integers(1, 20), seed=st.integers(0, 99))
def test_every_example_comes_once_per_epoch(count, batch_size, seed):
    order = BatchOrder(count, batch_size=batch_size, seed=seed)
    for epoch in range(2):
        steps = range(epoch * order.steps_per_epoch, (epoch + 1) * order.steps_per_epoch)
        seen = np.concatenate([order.batch(s) for s in steps])
        assert sorted(seen.tolist()) == list(range(count))


@given(count=st.integers(2, 60), batch_size=st.integers(2, 20))
def test_no_batch_holds_a_single_example(count, batch_size):
    order = BatchOrder(count, batch_size=batch_size, seed=0)
    assert all(len(order.batch(s)) >= 2 for s in range(order.steps_per_epoch))


def test_an_epochs_order_does_not_depend_on_what_was_asked_before():
    one, two = (BatchOrder(20, batch_size=6, seed=3) for _ in range(2))
    list(map(one.batch, range(9)))
    assert one.batch(9).tolist() == two.batch(9).tolist()


def test_epochs_and_seeds_differ():
    order = BatchOrder(50, batch_size=50, seed=0)
    assert order.batch(0).tolist() != order.batch(1).tolist()
    assert order.batch(0).tolist() != BatchOrder(50, batch_size=50, seed=1).batch(0).tolist()


@pytest.mark.parametrize("counts", [(90, 9, 1), (5, 5, 5), (40, 2)])
def test_balanced_sampling_gives_every_class_the_same_number_of_places(counts):
    classes = np.repeat(np.arange(len(counts)), counts)
    order = BatchOrder(len(classes), batch_size=len(classes), seed=0, classes=classes)
    shares = np.bincount(classes[order.batch(0)])
    assert shares.sum() == len(classes)
    assert shares.max() - shares.min() <= 1


def test_balanced_sampling_uses_the_examples_of_a_class_evenly():
    classes = np.repeat([0, 1], [12, 4])
    order = BatchOrder(16, batch_size=16, seed=0, classes=classes)
    uses = np.bincount(order.batch(0), minlength=16)
    assert uses[:12].max() == 1
    assert set(uses[12:]) == {2}


@given(count=st.integers(1, 200), batch_size=st.integers(1, 7), seed=st.integers(0, 9))
def test_bringing_lengths_together_still_takes_every_example_once(count, batch_size, seed):
    lengths = np.random.default_rng(seed).integers(1, 50, count)
    order = BatchOrder(count, batch_size=batch_size, seed=seed, lengths=lengths)
    seen = np.concatenate([order.batch(s) for s in range(order.steps_per_epoch)])
    assert sorted(seen.tolist()) == list(range(count))
    assert [len(order.batch(s)) for s in range(order.steps_per_epoch)] == [
        len(BatchOrder(count, batch_size=batch_size, seed=seed).batch(s)) for s in range(order.steps_per_epoch)
    ]


def test_bringing_lengths_together_saves_most_of_the_padding_and_keeps_the_order_of_lengths_random():
    lengths = np.random.default_rng(0).geometric(0.05, 2000)

    def padded(order):
        steps = [order.batch(s) for s in range(order.steps_per_epoch)]
        return sum(len(b) * lengths[b].max() for b in steps), [lengths[b].mean() for b in steps]

    plain, _ = padded(BatchOrder(2000, batch_size=32, seed=0))
    together, means = padded(BatchOrder(2000, batch_size=32, seed=0, lengths=lengths))
    assert together < 1.25 * lengths.sum()
    assert plain > 2 * lengths.sum()
    assert abs(np.corrcoef(np.arange(len(means)), means)[0, 1]) < 0.5


def test_an_example_comes_in_the_share_of_the_epochs_that_its_weight_says():
    weights = np.array([1.0, 1.0, 0.5, 0.25, 0.05] * 20)
    order = BatchOrder(100, batch_size=7, seed=0, weights=weights)
    steps = order.steps_per_epoch
    epochs = [np.concatenate([order.batch(e * steps + s) for s in range(steps)]) for e in range(400)]
    assert {len(epoch) for epoch in epochs} == {int(weights.sum())}
    assert max(np.bincount(epoch).max() for epoch in epochs) == 1  # nothing comes twice
    shares = np.bincount(np.concatenate(epochs), minlength=100) / len(epochs)
    assert np.abs(shares - weights).max() < 0.1
    assert abs(shares - weights).mean() < 0.03


def test_weights_of_one_leave_every_example_in_every_epoch():
    order = BatchOrder(9, batch_size=9, seed=0, weights=np.ones(9))
    assert sorted(order.batch(0).tolist()) == list(range(9))
