import pytest
import torch
from during_scripts import build, case_of, examples, findings, forward, loader, ordinary, watched_loop
from torch.nn import functional as F
from torch.optim import SGD, Adam
from torch.optim.lr_scheduler import LambdaLR, LinearLR

NAME = "learning_rate_too_low"


@pytest.mark.parametrize(
    ("kind", "optimizer"),
    [
        ("mlp", lambda p: Adam(p, lr=1e-6)),
        ("mlp", lambda p: SGD(p, lr=1e-4)),
        ("cnn", lambda p: Adam(p, lr=1e-6)),
        ("bag", lambda p: Adam(p, lr=1e-5)),
    ],
)
def test_a_rate_that_gets_nowhere_is_found_with_a_better_one(kind, optimizer):
    (found,) = findings(ordinary(kind, optimizer=optimizer, epochs=3), NAME)
    assert found.severity >= 0.7
    assert found.evidence["better_rate"] > 50 * found.evidence["rate"]
    assert found.evidence["loss_at_better_rate"] < found.evidence["loss_after_whole_training"]
    assert found.cures[0] == "raise_rate"


@pytest.mark.parametrize(("kind", "noise"), [("mlp", 0.0), ("cnn", 0.0), ("lstm", 1.0), ("bag", 1.0)])
def test_a_usual_rate_is_never_severe_also_where_nothing_can_be_learnt(kind, noise):
    assert all(f.severity < 0.7 for f in findings(ordinary(kind, noise=noise, epochs=6), NAME))


def test_a_warm_up_that_begins_with_tiny_rates_is_silent():
    model = build("mlp")
    optimizer = SGD(model.parameters(), lr=0.1)
    scheduler = LinearLR(optimizer, start_factor=1e-4, total_iters=30)
    case = case_of(model, optimizer, examples("mlp"), scheduler=scheduler, schedule_every="step", epochs=15)
    assert not findings(case, NAME)


def test_fine_tuning_a_trained_model_with_a_tiny_rate_is_silent():
    model = build("mlp")
    optimizer = Adam(model.parameters(), lr=3e-3)
    for _ in range(40):
        for batch in loader(*examples("mlp")):
            optimizer.zero_grad()
            F.cross_entropy(*forward(model, batch)).backward()
            optimizer.step()
    assert not findings(case_of(model, optimizer, examples("mlp"), was_trained=True), NAME)
    tiny = Adam(model.parameters(), lr=1e-5)
    assert not findings(case_of(model, tiny, examples("mlp"), was_trained=True), NAME)


@pytest.mark.parametrize(("lr", "is_found"), [(1e-7, True), (0.05, False), (1e-2, False)])
def test_a_watched_loop_alone_shows_that_nothing_moves(lr, is_found):
    model = build("mlp")
    optimizer = SGD(model.parameters(), lr=lr)

    def step(number, batch):
        optimizer.zero_grad()
        F.cross_entropy(model(batch[0]), batch[1]).backward()
        optimizer.step()

    case = watched_loop(model, optimizer, loader(*examples("mlp")), step, epochs=4)
    assert bool(findings(case, NAME)) == is_found


def test_the_users_parts_stay_as_they_were():
    model = build("mlp")
    optimizer = Adam(model.parameters(), lr=1e-6)
    before = {n: p.clone() for n, p in model.state_dict().items()}
    findings(case_of(model, optimizer, examples("mlp"), epochs=2), NAME)
    assert all(torch.equal(p, before[n]) for n, p in model.state_dict().items())
    assert optimizer.param_groups[0]["lr"] == 1e-6
    assert not optimizer.state


def grouped(kind, rates, *, train_first=0, epochs=4, scheduler=None):
    """The first layer in a group of its own; ``train_first`` epochs before that, with a new head after them."""
    model = build(kind)
    first, *_ = [m for m in model.modules() if list(m.parameters(recurse=False))]
    if train_first:
        optimizer = Adam(model.parameters(), lr=3e-3)
        for _ in range(train_first):
            for batch in loader(*examples(kind)):
                optimizer.zero_grad()
                F.cross_entropy(*forward(model, batch)).backward()
                optimizer.step()
        model[-1].reset_parameters()
    mine = {id(p) for p in first.parameters()}
    rest = [p for p in model.parameters() if id(p) not in mine]
    slow, fast = rates
    optimizer = Adam([{"params": first.parameters(), "lr": slow}, {"params": rest}], lr=fast)
    valid = loader(*examples(kind, seed=1), shuffle=False)
    return case_of(
        model, optimizer, examples(kind), epochs=epochs, valid=valid, scheduler=scheduler and scheduler(optimizer)
    )


@pytest.mark.parametrize(("kind", "rates"), [("mlp", (1e-7, 1e-2)), ("lstm", (3e-9, 1e-2)), ("bag", (1e-8, 1e-2))])
def test_a_fresh_layer_in_a_group_that_stands_still_is_found(kind, rates):
    case = grouped(kind, rates)
    (found,) = findings(case, NAME)
    first = next(n for n, p in case.setup.model.named_parameters())
    assert found.where.startswith(f"parameter {first!r}")
    assert found.evidence["value"] == pytest.approx(rates[0] / rates[1])
    assert found.evidence["groups"] == (0,)
    assert f"lr={rates[1]:.2g}" in found.advice
    if kind != "mlp":  # its random first layer serves nearly as well
        assert found.level == "severe"


@pytest.mark.parametrize(
    ("rates", "settings"),
    [
        ((1e-5, 1e-3), {"train_first": 8}),
        ((1e-8, 1e-2), {"train_first": 8}),
        ((3e-5, 1e-2), {}),
        ((1e-2, 1e-2), {"scheduler": lambda o: LambdaLR(o, [lambda k: 1e-6 if k < 1 else 1.0, lambda k: 1.0])}),
    ],
)
def test_trained_bodies_decay_by_layer_and_groups_that_begin_later_are_silent(rates, settings):
    assert not [f for f in findings(grouped("mlp", rates, **settings), NAME) if "groups" in f.evidence]


@pytest.mark.parametrize(("kind", "epochs", "lr"), [("mlp", 4, 1e-6), ("cnn", 2, 1e-6), ("bag", 6, 1e-5)])
def test_tuning_what_is_half_learnt_at_a_tiny_rate_is_never_severe(kind, epochs, lr):
    model = build(kind)
    optimizer = Adam(model.parameters(), lr=1e-2)
    for _ in range(epochs):
        for batch in loader(*examples(kind)):
            optimizer.zero_grad()
            F.cross_entropy(*forward(model, batch)).backward()
            optimizer.step()
    for was_trained in (True, False):  # a new optimiser does not know
        tuned = Adam(model.parameters(), lr=lr)
        found = findings(case_of(model, tuned, examples(kind), was_trained=was_trained, epochs=3), NAME)
        assert all(f.level != "severe" for f in found)
