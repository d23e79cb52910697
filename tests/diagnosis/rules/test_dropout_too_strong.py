import pytest
from during_scripts import Transformer, case_of, examples, findings, loader
from torch import nn
from torch.optim import Adam

from whet.diagnosis.probes import undone
from whet.diagnosis.probes.trials import Comparison
from whet.rng import drawing_globally

NAME = "dropout_too_strong"


def mlp(p):
    with drawing_globally(0, "dropout"):
        return nn.Sequential(
            nn.Linear(8, 64), nn.ReLU(), nn.Dropout(p), nn.Linear(64, 64), nn.ReLU(), nn.Dropout(p), nn.Linear(64, 3)
        )


def bag(p):
    with drawing_globally(0, "dropout"):
        return nn.Sequential(nn.EmbeddingBag(20, 16), nn.Dropout(p), nn.Linear(16, 3))


def transformer(p):
    with drawing_globally(0, "dropout"):
        return Transformer(dropout=p)


def case(build, kind, p):
    model = build(p)
    return case_of(model, Adam(model.parameters(), lr=3e-3), examples(kind), epochs=6)


@pytest.mark.parametrize(("build", "kind", "p"), [(mlp, "mlp", 0.93), (bag, "bag", 0.97), (transformer, "bag", 0.95)])
def test_dropout_through_which_little_passes_is_found(build, kind, p):
    (found,) = findings(case(build, kind, p), NAME)
    assert found.severity >= 0.5
    assert found.evidence["dropout"] == p
    assert found.cures == ("weaken_dropout",)


@pytest.mark.parametrize(("build", "kind", "p"), [(mlp, "mlp", 0.5), (bag, "bag", 0.6), (transformer, "bag", 0.1)])
def test_usual_dropout_is_silent(build, kind, p):
    assert not findings(case(build, kind, p), NAME)


def test_strong_dropout_on_few_examples_with_wrong_labels_is_silent():
    """What little dropout gains there is learnt by heart, in the short trial and in the long one."""
    model = mlp(0.65)
    train, valid = examples("mlp", 64, noise=0.25), examples("mlp", 256, seed=1)
    held = loader(*valid, batch_size=64, shuffle=False)
    assert not findings(case_of(model, Adam(model.parameters(), lr=3e-3), train, valid=held, epochs=20), NAME)


def test_trials_too_short_to_tell_are_followed_by_a_longer_one(monkeypatch):
    tried = Comparison(gain=0.0, noise=0.01, whole_gain=0.0, valid_gain=0.0, before=1.0, after=1.0, whole=1.0, steps=12)
    monkeypatch.setattr(undone, "compare", lambda made, change: tried)
    model = mlp(0.93)
    made = case_of(model, Adam(model.parameters(), lr=3e-3), examples("mlp"), epochs=20)
    (found,) = findings(made, NAME)
    assert found.evidence["dropout"] == 0.93
