import pytest
import torch
from curing_scripts import applies, blobs, cnn, cured, mlp, pictures, script, trained_score

from whet.rng import make_generator


def mixed_up(share, seed=0):
    (x, y), generator = blobs(400, seed=seed), make_generator(5, "wrong")
    wrong = torch.rand(len(y), generator=generator) < share
    return x, torch.where(wrong, (y + 1 + torch.randint(2, y.shape, generator=generator)) % 3, y), wrong


@pytest.mark.parametrize("share", [0.15, 0.4])
def test_most_wrong_labels_are_left_out_and_few_right_ones(share):
    x, y, wrong = mixed_up(share)
    setup = script(mlp(), (x, y), blobs(seed=1))
    kept = torch.tensor(cured("drop_suspect_labels", setup).train.dataset.indices)
    is_kept = torch.zeros(len(y), dtype=torch.bool)
    is_kept[kept] = True
    assert (is_kept & wrong).sum() < 0.25 * wrong.sum()
    assert (~is_kept & ~wrong).sum() < 0.15 * (~wrong).sum()


def test_a_network_that_learns_by_heart_does_better():
    x, y, _ = mixed_up(0.4)
    setup = script(mlp(width=128), (x, y), blobs(seed=1))
    assert trained_score(cured("drop_suspect_labels", setup), epochs=25) > trained_score(setup, epochs=25) + 0.1


def test_right_labels_and_numbers_stay():
    assert not applies("drop_suspect_labels", script(mlp(), blobs(), blobs(seed=1)))
    assert not applies("drop_suspect_labels", script(cnn(), pictures(), pictures(seed=1)))
    batches = list(zip(*[t.split(16) for t in blobs()]))
    assert not applies("drop_suspect_labels", script(mlp(), batches, blobs(seed=1)))
