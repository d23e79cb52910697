import pytest
import torch
from curing_scripts import applies, blobs, cured, loader, mlp, script, trained_score

from whet.rng import drawing_globally


def in_order():
    x, y = blobs(720, spread=1.2)
    order = y.argsort(stable=True)
    return x[order], y[order]


@pytest.mark.parametrize("kind", ["loader", "list", "dict batches"])
def test_sorted_examples_are_mixed(kind):
    x, y = in_order()
    train = loader(x, y, shuffle=False)
    if kind == "list":
        train = list(train)
    model = mlp()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    setup = script(model, train, blobs(seed=1, spread=1.2), optimizer=optimizer)
    if kind == "dict batches":
        from dataclasses import replace

        setup = replace(
            setup,
            train=[{"x": a, "y": b} for a, b in train],
            valid=None,
            forward=lambda model, batch: (model(batch["x"]), batch["y"]),
        )
    changed = cured("shuffle", setup)
    with drawing_globally(0, "test"):
        first, second = ([b["y"] if isinstance(b, dict) else b[1] for b in changed.train] for _ in range(2))
    assert len(first[0].unique()) > 1
    assert not torch.equal(torch.cat(first), torch.cat(second))
    assert torch.equal(torch.cat(first).sort().values, y)
    if kind == "loader":
        assert trained_score(changed, epochs=2) > max(0.75, trained_score(setup, epochs=2) + 0.1)


def test_a_loader_that_shuffles_stays():
    assert not applies("shuffle", script(mlp(), blobs()))
