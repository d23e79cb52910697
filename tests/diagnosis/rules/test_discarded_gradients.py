import pytest
import torch
from during_scripts import build, examples, findings, forward, loader, ordinary, watched_loop
from torch import nn
from torch.nn import functional as F
from torch.optim import SGD, Adam

NAME = "discarded_gradients"


def watch(kind, *, step_when, zero_when=lambda n: True, to_none=True, epochs=4, clip=None):
    """Twelve batches in an epoch."""
    model = build(kind)
    optimizer = Adam(model.parameters(), lr=3e-3)

    def step(number, batch):
        if zero_when(number):
            optimizer.zero_grad(set_to_none=to_none)
        F.cross_entropy(*forward(model, batch)).backward()
        if clip is not None:
            nn.utils.clip_grad_norm_(model.parameters(), clip)
        if step_when(number):
            optimizer.step()

    return watched_loop(model, optimizer, loader(*examples(kind)), step, epochs=epochs)


@pytest.mark.parametrize(("kind", "to_none"), [("mlp", True), ("mlp", False), ("lstm", True), ("bag", True)])
def test_a_step_outside_the_loop_over_batches_is_found(kind, to_none):
    (found,) = findings(watch(kind, step_when=lambda n: n % 12 == 11, to_none=to_none, clip=0.1), NAME)
    assert found.evidence["value"] == 11
    assert found.level == "severe"
    assert found.cures == ("ordinary_loop",)


def test_accumulation_that_zeroes_every_batch_is_found_and_is_not_severe():
    (found,) = findings(watch("cnn", step_when=lambda n: n % 4 == 3), NAME)
    assert found.evidence["value"] == 3
    assert found.level == "moderate"


@pytest.mark.parametrize("to_none", [True, False])
def test_accumulation_and_ordinary_steps_are_silent(to_none):
    ordinarily = watch("mlp", step_when=lambda n: True, to_none=to_none)
    adding = watch("mlp", step_when=lambda n: n % 12 == 11, zero_when=lambda n: n % 12 == 0, to_none=to_none)
    assert not findings(ordinarily, NAME)
    assert not findings(adding, NAME)


def test_a_step_that_is_skipped_now_and_then_is_silent():
    assert not findings(watch("mlp", step_when=lambda n: n % 7 != 0), NAME)


@pytest.mark.parametrize("watched_one", [True, False])
def test_two_players_that_step_in_turns_are_silent(watched_one):
    maker, judge = nn.Linear(4, 8), build("mlp")
    first, second = Adam(maker.parameters()), Adam(judge.parameters())
    optimizers = first if watched_one else [first, second]
    model = maker if watched_one else nn.ModuleList([maker, judge])

    def step(number, batch):
        for _ in range(5):
            second.zero_grad()
            real, made = judge(batch[0])[:, 0], judge(maker(torch.randn(16, 4)))[:, 0]
            (F.softplus(-real) + F.softplus(made)).mean().backward()
            second.step()
            first.zero_grad()
        F.softplus(-judge(maker(torch.randn(16, 4)))[:, 0]).mean().backward()
        first.step()

    assert not findings(watched_loop(model, optimizers, loader(*examples("mlp")), step, epochs=2), NAME)


def test_examples_made_harder_by_their_gradients_are_silent():
    model = build("mlp")
    optimizer = SGD(model.parameters(), lr=0.05)

    def step(number, batch):
        x, y = batch[0].clone(), batch[1]
        for _ in range(4):
            x = x.detach().requires_grad_(True)
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()
            x = x + 0.01 * x.grad.sign()
        optimizer.zero_grad()
        F.cross_entropy(model(x.detach()), y).backward()
        optimizer.step()

    assert not findings(watched_loop(model, optimizer, loader(*examples("mlp")), step), NAME)


def test_gradients_of_single_examples_put_together_by_hand_are_silent():
    model = build("mlp")
    optimizer = SGD(model.parameters(), lr=0.05)

    def step(number, batch):
        sums = [torch.zeros_like(p) for p in model.parameters()]
        for x, y in zip(batch[0][:5], batch[1][:5]):
            optimizer.zero_grad()
            F.cross_entropy(model(x[None]), y[None]).backward()
            sums = [s + p.grad / p.grad.norm().clamp(min=1.0) for s, p in zip(sums, model.parameters())]
        for s, p in zip(sums, model.parameters()):
            p.grad = s
        optimizer.step()

    assert not findings(watched_loop(model, optimizer, loader(*examples("mlp")), step), NAME)


def test_inner_updates_by_hand_are_silent():
    model = build("mlp")
    optimizer = SGD(model.parameters(), lr=0.05)

    def step(number, batch):
        for _ in range(4):
            optimizer.zero_grad()
            F.cross_entropy(*forward(model, batch)).backward()
            with torch.no_grad():
                for p in model.parameters():
                    p.sub_(0.01 * p.grad)
        optimizer.step()

    assert not findings(watched_loop(model, optimizer, loader(*examples("mlp")), step), NAME)


def test_our_own_loop_says_nothing_about_the_users():
    assert not findings(ordinary("mlp", epochs=1), NAME)
