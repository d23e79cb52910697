import pytest
from during_scripts import Transformer, case_of, examples, findings
from torch import nn
from torch.optim import Adam

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
