"""A watched training and its unwatched twin are the same, bit for bit, and nothing is left behind."""

import contextlib
import copy
import io
import random
from types import FunctionType

import numpy as np
import pytest
import torch
import torch.nn.functional as F
import watching_world as trainings
from torch import nn
from torch.optim import lr_scheduler

from whet.rng import drawing_globally
from whet.watching.recorder import Recorder


def everything(model, optimizer):
    """All that could differ."""
    state = {f"w {n}": t.clone() for n, t in model.state_dict().items()}
    state |= {f"g {n}": p.grad.to_dense() for n, p in model.named_parameters() if p.grad is not None}
    for i, kept in enumerate(optimizer.state_dict()["state"].values()):
        state |= {f"o {i} {k}": v for k, v in kept.items() if isinstance(v, torch.Tensor)}
    facts = {
        "modes": [m.training for m in model.modules()],
        "requires_grad": [p.requires_grad for p in model.parameters()],
        "torch": torch.get_rng_state().tolist(),
        "numpy": np.random.get_state()[1].tolist(),  # noqa: NPY002
        "random": random.getstate(),
    }
    return state, facts


def hooks(model, optimizer):
    own = [getattr(m, n) for m in model.modules() for n in vars(m) if n.endswith("_hooks")]
    return (
        sum(len(h) for h in own if h)
        + len(optimizer._optimizer_step_pre_hooks)
        + len(optimizer._optimizer_step_post_hooks)
    )


def patches():
    places = [torch._C._nn, torch, torch.autograd, torch.amp.GradScaler, nn.Module, nn.Sequential, nn.Linear]
    places += [c for c in vars(lr_scheduler).values() if isinstance(c, type)]
    places += [trainings.Functional, trainings.Recurrent, nn.CrossEntropyLoss]
    return [
        (p, n)
        for p in places
        for n, v in list(vars(p).items())
        if isinstance(v, FunctionType) and hasattr(v, "arounds")
    ]


def trained(name, watch):
    make, optimizer_of, train = trainings.ALL[name]
    with drawing_globally(3, "watching"):
        random.seed(5)
        model = make()
        optimizer = optimizer_of(model)
        block = Recorder(model, optimizer, whole=True) if watch else contextlib.nullcontext()
        with block:
            train(model, optimizer)
        seen = everything(model, optimizer)
    if watch:
        assert not block.trouble
        assert block.trace().steps
        assert hooks(model, optimizer) == 0
        assert not patches()
        assert not any("__call__" in vars(type(m)) for m in model.modules())
    return seen


@pytest.mark.parametrize("name", trainings.ALL)
def test_a_watched_training_is_its_unwatched_twin_bit_for_bit(name):
    (tensors, facts), (plain_tensors, plain_facts) = trained(name, True), trained(name, False)
    assert tensors.keys() == plain_tensors.keys()
    assert all(torch.equal(tensors[k], plain_tensors[k]) for k in tensors)
    assert facts == plain_facts


def frozen_backbone(watch):
    """Its fast path would be left at the sight of a hook or a mode."""
    with drawing_globally(0, "frozen"):
        body = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), 1).eval()
        body.requires_grad_(False)
        model = nn.Sequential(body, nn.Flatten(), nn.Linear(40, 3))
        opt = torch.optim.SGD(model[2].parameters(), lr=0.1)
        with Recorder(model, opt, whole=True) if watch else contextlib.nullcontext() as w:
            for _ in range(3):
                opt.zero_grad()
                out = model(torch.randn(8, 5, 8))
                F.cross_entropy(out, torch.randint(0, 3, (8,))).backward()
                opt.step()
        return out, model[2].weight.clone(), w


def test_a_frozen_transformer_keeps_its_fast_path():
    out, weight, recorder = frozen_backbone(True)
    plain, plain_weight, _ = frozen_backbone(False)
    assert torch.equal(out, plain)
    assert torch.equal(weight, plain_weight)
    assert not recorder.trouble
    assert recorder.trace().frozen


def test_a_model_that_is_itself_a_transformer_layer_evaluates_as_without_watching():
    with drawing_globally(0, "layer"):
        model = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True).eval()
        x = torch.randn(4, 5, 8)
    with torch.no_grad():
        plain = model(x)
        with Recorder(model, torch.optim.SGD(model.parameters(), lr=0.1)):
            assert torch.equal(model(x), plain)


def test_copies_and_saved_files_made_inside_carry_nothing():
    model = trainings.mlp()
    opt = trainings.adam(model)
    scheduler = lr_scheduler.StepLR(opt, 1)
    with Recorder(model, opt, scheduler=scheduler, whole=True):
        trainings.plain(model, opt)
        twin, twin_opt = copy.deepcopy((model, opt))
        file = io.BytesIO()
        torch.save([model, opt.state_dict(), scheduler.state_dict()], file)
        assert hooks(twin, twin_opt) == 0
        assert not [k for k, v in scheduler.state_dict().items() if callable(v)]
    assert b"whet" not in file.getvalue()


def test_an_exception_in_the_block_comes_out_and_everything_is_put_back():
    model = nn.Sequential(nn.Linear(6, 3), nn.ReLU())
    opt = trainings.sgd(model)
    recorder = Recorder(model, opt)

    def train():
        with recorder:
            model(torch.randn(8, 6)).sum().backward()
            opt.step()
            model(torch.randn(8, 7))

    with pytest.raises(RuntimeError, match="shapes"):
        train()
    assert hooks(model, opt) == 0
    assert not patches()
    assert len(recorder.trace().steps) == 1
    assert not recorder.trouble


def test_watches_nest_in_any_order_of_leaving():
    model = trainings.mlp()
    opt = trainings.sgd(model)
    first, second = Recorder(model, opt), Recorder(model, opt, whole=True)
    first.__enter__()
    second.__enter__()
    trainings.plain(model, opt)
    first.__exit__(None, None, None)
    trainings.plain(model, opt)
    second.__exit__(None, None, None)
    assert (len(first.trace().steps), len(second.trace().steps)) == (14, 28)
    assert not first.trouble + second.trouble
    assert hooks(model, opt) == 0
    assert not patches()


def test_another_thread_is_left_alone():
    import threading

    model, other = trainings.mlp(), trainings.mlp()
    opt, other_opt = trainings.sgd(model), trainings.sgd(other)
    with Recorder(model, opt) as recorder:
        thread = threading.Thread(target=lambda: trainings.plain(other, other_opt))
        thread.start()
        thread.join()
    assert recorder.trace().num_backward == 0


def test_our_own_errors_end_the_watching_and_not_the_training(monkeypatch):
    model = trainings.mlp()
    opt = trainings.sgd(model)
    monkeypatch.setattr("whet.watching.steps.total", lambda parts: 1 / 0)
    with pytest.warns(UserWarning, match="ZeroDivisionError"), Recorder(model, opt) as recorder:
        trainings.plain(model, opt)
    assert "ZeroDivisionError" in recorder.trouble
    assert hooks(model, opt) == 0
