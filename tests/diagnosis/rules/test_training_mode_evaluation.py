import torch
from during_scripts import build, examples, findings, loader, watched_loop
from torch.nn import functional as F
from torch.optim import SGD

NAME = "training_mode_evaluation"


def watch(kind, *, evaluates):
    model = build(kind)
    optimizer = SGD(model.parameters(), lr=0.01)

    def begin(epoch):
        model.train(not evaluates)
        with torch.no_grad():
            model(examples(kind)[0])
        model.train()

    def step(number, batch):
        optimizer.zero_grad()
        F.cross_entropy(model(batch[0]), batch[1]).backward()
        optimizer.step()

    return watched_loop(model, optimizer, loader(*examples(kind)), step, epochs=2, begin=begin)


def test_validation_in_training_mode_is_found_where_modes_matter():
    (found,) = findings(watch("cnn", evaluates=False), NAME)
    assert "model.eval()" in found.advice
    assert found.level == "moderate"


def test_validation_in_evaluation_mode_is_silent():
    assert not findings(watch("cnn", evaluates=True), NAME)


def test_a_model_without_modes_is_silent():
    assert not findings(watch("mlp", evaluates=False), NAME)
