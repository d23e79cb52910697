import pytest
from curing_scripts import applies, blobs, cnn, cured, loader, mlp, pictures, script, trained_score


@pytest.mark.parametrize("as_list", [False, True])
def test_two_examples_per_batch_become_32(as_list):
    train = loader(*pictures(), batch_size=2)
    setup = script(cnn(), list(train) if as_list else train, pictures(seed=1), lr=1e-2)
    changed = cured("larger_batches", setup)
    sizes = [len(y) for _, y in changed.train]
    assert sizes[:-1] == [32] * 7
    assert sum(sizes) == 240
    assert trained_score(changed, epochs=12) > 0.8


def test_large_batches_stay():
    assert not applies("larger_batches", script(mlp(), blobs(), batch_size=128))
