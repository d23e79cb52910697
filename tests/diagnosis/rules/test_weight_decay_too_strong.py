import pytest
from during_scripts import findings, ordinary
from torch.optim import SGD, Adam, AdamW

NAME = "weight_decay_too_strong"


@pytest.mark.parametrize(
    ("kind", "optimizer"),
    [
        ("mlp", lambda p: Adam(p, lr=3e-3, weight_decay=1.0)),
        ("bag", lambda p: SGD(p, lr=0.5, weight_decay=0.5)),
        ("lstm", lambda p: AdamW(p, lr=3e-3, weight_decay=100)),
    ],
)
def test_decay_that_keeps_weights_at_zero_is_found(kind, optimizer):
    (found,) = findings(ordinary(kind, optimizer=optimizer, epochs=4), NAME)
    assert found.severity >= 0.7
    assert found.evidence["value"] > found.evidence["threshold"]
    assert found.cures == ("weaken_weight_decay",)


@pytest.mark.parametrize(
    ("kind", "optimizer"),
    [
        ("mlp", lambda p: AdamW(p, lr=3e-3, weight_decay=0.1)),
        ("bag", lambda p: SGD(p, lr=0.5, weight_decay=1e-3)),
        ("cnn", lambda p: Adam(p, lr=3e-3, weight_decay=5e-3)),
    ],
)
def test_decay_as_people_use_it_is_silent(kind, optimizer):
    assert not findings(ordinary(kind, optimizer=optimizer, noise=0.3, epochs=4), NAME)
