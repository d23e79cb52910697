import pytest
from during_scripts import build, examples, findings, loader, ordinary, watched_loop
from torch.nn import functional as F
from torch.nn.utils import clip_grad_norm_, clip_grad_value_
from torch.optim import SGD, Adam

from whet.diagnosis.case import Case

NAME = "clipping_too_tight"


@pytest.mark.parametrize("kind", ["mlp", "bag"])
def test_clipping_to_next_to_nothing_is_found_by_doing_without(kind):
    case = ordinary(kind, optimizer=lambda p: SGD(p, lr=0.2), clip_norm=1e-4, epochs=4)
    (found,) = findings(case, NAME)
    assert found.severity >= 0.6
    assert found.evidence["clip_norm"] == 1e-4
    assert found.cures[0] == "drop_clipping"


@pytest.mark.parametrize(
    ("optimizer", "norm"), [(lambda p: Adam(p, lr=3e-3), 1e-4), (lambda p: SGD(p, lr=0.1, momentum=0.9), 1.0)]
)
def test_clipping_that_is_divided_away_or_mild_is_silent(optimizer, norm):
    assert not findings(ordinary("mlp", optimizer=optimizer, clip_norm=norm, epochs=4), NAME)


@pytest.mark.parametrize(
    ("optimizer", "norm", "is_found"),
    [
        (lambda p: SGD(p, lr=0.1), 1e-4, True),
        (lambda p: SGD(p, lr=0.1), 1.0, False),
        (lambda p: SGD(p, lr=10.0), 0.02, False),
        (lambda p: Adam(p, lr=3e-3), 1e-4, False),
    ],
)
def test_a_watched_loop_shows_norms_that_are_all_the_same(optimizer, norm, is_found):
    model = build("mlp")
    made = optimizer(model.parameters())

    def step(number, batch):
        made.zero_grad()
        F.cross_entropy(model(batch[0]), batch[1]).backward()
        clip_grad_norm_(model.parameters(), norm)
        made.step()

    case = watched_loop(model, made, loader(*examples("mlp")), step, epochs=3)
    assert bool(findings(case, NAME)) == is_found


@pytest.mark.parametrize("kind", ["mlp", "cnn", "lstm"])
@pytest.mark.parametrize(
    ("optimizer", "value", "is_found"),
    [
        (lambda p: SGD(p, lr=0.1), 1e-5, True),
        (lambda p: SGD(p, lr=0.1), 1.0, False),
        (lambda p: Adam(p, lr=3e-3), 1e-5, False),
    ],
)
def test_a_watched_loop_shows_values_that_are_all_clipped(kind, optimizer, value, is_found):
    model = build(kind)
    made = optimizer(model.parameters())

    def step(number, batch):
        made.zero_grad()
        F.cross_entropy(model(batch[0]), batch[1]).backward()
        clip_grad_value_(model.parameters(), value)
        made.step()

    case = watched_loop(model, made, loader(*examples(kind)), step, epochs=3)
    found = findings(case, NAME)
    assert bool(found) == is_found
    assert all(f.where == "clip_grad_value_" and abs(f.evidence["clip_value"] / value - 1) < 0.01 for f in found)


@pytest.mark.parametrize(("lr", "value", "is_found"), [(0.1, 1e-3, True), (100.0, 1e-3, False)])
def test_parts_beside_a_watched_loop_show_what_clipping_costs(lr, value, is_found):
    model = build("mlp")
    parts = ordinary("mlp", optimizer=lambda p: SGD(p, lr=0.1))
    made = SGD(model.parameters(), lr=lr)

    def step(number, batch):
        made.zero_grad()
        F.cross_entropy(model(batch[0]), batch[1]).backward()
        clip_grad_value_(model.parameters(), value)
        made.step()

    trace = watched_loop(model, made, loader(*examples("mlp")), step, epochs=20 if not is_found else 4).trace
    found = findings(Case(setup=parts.setup, trace=trace), NAME)
    assert bool(found) == is_found
