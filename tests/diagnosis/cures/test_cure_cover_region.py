import pytest
import torch
from curing_scripts import applies, built, cured, finding, pictures, script, trained_score
from torch import nn

from whet.diagnosis.case import Case
from whet.diagnosis.cures.cure import cures


def marked(seed=0, num=400):
    """Lying and standing bars, with a corner that tells them apart."""
    x, y = pictures(num, seed=seed)
    x[:, 0, :2, :2] = 4.0 * y[:, None, None].float()
    return x, y


def small_cnn():
    return nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(512, 2))


@pytest.mark.parametrize("where", ["rows 0-1, columns 0-1", ""])
def test_a_covered_corner_says_nothing_and_the_rest_is_learnt(where):
    setup = script(built(small_cnn), marked(), pictures(seed=1), epochs=6)
    found = finding("shortcut", where=where) if where else None
    changed = cured("cover_region", setup, found)
    batch = next(iter(changed.train))[0]
    other = batch.clone()
    other[:, :, :2, :2] = 99.0
    changed.model.eval()
    assert torch.equal(changed.model(batch), changed.model(other))
    assert trained_score(changed) > trained_score(setup) + 0.1
    assert "rows 0-1, columns 0-1" in cures["cover_region"].advice(Case(setup=setup), found)


def test_no_region_gives_the_label_away():
    assert not applies("cover_region", script(built(small_cnn), pictures(), pictures(seed=1), epochs=2))
