import pytest
from during_scripts import findings, ordinary
from torch.optim import SGD, Adam

NAME = "momentum_too_high"


@pytest.mark.parametrize(
    ("kind", "optimizer"),
    [
        ("mlp", lambda p: SGD(p, lr=0.05, momentum=0.999)),
        ("lstm", lambda p: SGD(p, lr=1.0, momentum=0.999)),
    ],
)
def test_momentum_that_overshoots_is_found(kind, optimizer):
    (found,) = findings(ordinary(kind, optimizer=optimizer, epochs=5), NAME)
    assert found.evidence["momentum"] > 0.99
    assert found.severity >= 0.5
    assert found.cures[0] == "lower_momentum"


@pytest.mark.parametrize(
    ("kind", "optimizer"),
    [
        ("mlp", lambda p: SGD(p, lr=2e-3, momentum=0.99)),
        ("mlp", lambda p: Adam(p, lr=3e-3)),
        ("cnn", lambda p: SGD(p, lr=0.01, momentum=0.95, nesterov=True)),
    ],
)
def test_momentum_with_a_rate_to_match_is_silent(kind, optimizer):
    assert not findings(ordinary(kind, optimizer=optimizer, epochs=5), NAME)
