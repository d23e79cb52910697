import pytest
import torch
from curing_scripts import applies, blobs, cnn, cured, mlp, pictures, script, trained_score
from torch import nn


def test_raw_logits_given_to_nll_loss():
    setup = script(mlp(), blobs(), blobs(seed=1), loss=nn.NLLLoss())
    assert trained_score(cured("log_softmax_outputs", setup)) > 0.85


def test_softmax_in_place_of_log_softmax():
    setup = script(mlp(last=nn.Softmax(dim=1)), blobs(), blobs(seed=1), loss=nn.NLLLoss())
    changed = cured("log_softmax_outputs", setup)
    x, y = next(iter(changed.train))
    with torch.no_grad():
        mended = changed.loss(*changed.forward(changed.model, (x, y)))
        assert float(mended) == pytest.approx(float(nn.functional.cross_entropy(setup.model[:-1](x), y)))


def test_relu_in_place_of_sigmoid_before_bce():
    (x, y), (xv, yv) = pictures(), pictures(seed=1)
    model = cnn(1, last=nn.ReLU())
    setup = script(model, (x, y.float()[:, None]), (xv, yv.float()[:, None]), loss=nn.BCELoss())
    changed = cured("log_softmax_outputs", setup)
    assert trained_score(changed) > 0.8


def test_outputs_of_the_right_form_stay():
    assert not applies("log_softmax_outputs", script(mlp(last=nn.LogSoftmax(1)), blobs(), loss=nn.NLLLoss()))
    x, y = pictures()
    setup = script(cnn(1, last=nn.Sigmoid()), (x, y.float()[:, None]), loss=nn.BCELoss())
    assert not applies("log_softmax_outputs", setup)
    assert not applies("log_softmax_outputs", script(mlp(), blobs()))
