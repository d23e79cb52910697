import pytest
import torch
from curing_scripts import applies, blobs, cured, loader, mlp, script


@pytest.mark.parametrize("as_list", [False, True])
def test_validation_examples_are_dropped_from_training(as_list):
    (x, y), (xv, yv) = blobs(), blobs(60, seed=1)
    train = loader(torch.cat([x, xv[:40]]), torch.cat([y, yv[:40]]))
    changed = cured("keep_examples_apart", script(mlp(), list(train) if as_list else train, (xv, yv)))
    seen = torch.cat([a for a, _ in changed.train])
    assert len(seen) == 240
    assert not (seen[:, None] == xv[None]).all(dim=2).any()


def test_examples_that_are_apart_stay():
    assert not applies("keep_examples_apart", script(mlp(), blobs(), blobs(seed=1)))
    assert not applies("keep_examples_apart", script(mlp(), blobs()))
