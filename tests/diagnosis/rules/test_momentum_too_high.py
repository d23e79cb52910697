import pytest
from during_scripts import findings, ordinary
from torch.optim import SGD, Adam

from whet.diagnosis.rule import rules
from whet.diagnosis.verdict import join

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


def test_a_rate_too_high_by_itself_is_no_matter_of_momentum():
    case = ordinary("mlp", optimizer=lambda p: SGD(p, lr=20.0, momentum=0.98), epochs=2)
    assert not findings(case, NAME)
    assert findings(case, "learning_rate_too_high")


def test_the_momentum_is_the_root_of_what_else_is_found():
    case = ordinary("mlp", optimizer=lambda p: SGD(p, lr=0.05, momentum=0.999), epochs=5)
    found = [
        f for n in (NAME, "learning_rate_too_high", "exploding", "weight_decay_too_strong") for f in findings(case, n)
    ]
    first, *_ = join(found, {n: rules[n].explains for n in rules})
    assert first.root.symptom == NAME
