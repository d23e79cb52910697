import pytest
import torch
from during_scripts import Transformer, build, examples, findings, loader, watched_loop
from torch import nn
from torch.nn import functional as F
from torch.optim import SGD

from whet.rng import drawing_globally

NAME = "eval_mode_training"


def watch(model, kind, *, begin, epochs=3):
    optimizer = SGD([p for p in model.parameters() if p.requires_grad], lr=0.01)

    def step(number, batch):
        optimizer.zero_grad()
        F.cross_entropy(model(batch[0]), batch[1]).backward()
        optimizer.step()

    return watched_loop(model, optimizer, loader(*examples(kind)), step, epochs=epochs, begin=begin)


def evaluates_and_never_returns(model, kind):
    model.train()

    def begin(epoch):
        if epoch > 0:
            model.eval()
            with torch.no_grad():
                model(examples(kind)[0])

    return begin


def test_a_loop_that_stays_in_evaluation_mode_after_the_first_epoch_is_found():
    model = build("cnn")
    (found,) = findings(watch(model, "cnn", begin=evaluates_and_never_returns(model, "cnn")), NAME)
    assert found.evidence["value"] == pytest.approx(2 / 3, abs=0.05)
    assert found.level == "severe"
    assert "model.train()" in found.advice


def test_dropout_that_never_drops_is_found_but_weighs_less():
    model = Transformer(dropout=0.2)
    (found,) = findings(watch(model, "transformer", begin=lambda epoch: model.eval()), NAME)
    assert found.level == "moderate"


def test_a_model_without_modes_is_silent():
    model = build("mlp").eval()
    assert not findings(watch(model, "mlp", begin=None), NAME)


def test_training_mode_again_after_every_evaluation_is_silent():
    model = build("cnn")

    def begin(epoch):
        model.eval()
        with torch.no_grad():
            model(examples("cnn")[0])
        model.train()

    assert not findings(watch(model, "cnn", begin=begin), NAME)


def test_batch_norms_kept_in_evaluation_mode_on_purpose_are_silent():
    model = build("cnn").train()
    model[1].eval()
    assert not findings(watch(model, "cnn", begin=None), NAME)


def test_a_frozen_body_in_evaluation_mode_under_a_head_that_trains_is_silent():
    with drawing_globally(0, "body"):
        body = nn.Sequential(nn.Linear(8, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.1))
        model = nn.Sequential(body, nn.Linear(16, 3))
    for p in body.parameters():
        p.requires_grad = False
    model.eval()
    model[1].train()
    assert not findings(watch(model, "mlp", begin=None), NAME)
