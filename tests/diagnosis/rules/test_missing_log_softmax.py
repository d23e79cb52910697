"""Raw logits or probabilities before a loss of log-probabilities are found; log-probabilities are not."""

import pytest
import torch
from part_setups import NETS, K, case_of, found, loader, mlp, net_case, numbers, table
from torch import nn
from torch.nn import functional as F


@pytest.mark.parametrize("name", NETS)
def test_raw_logits_before_nll_are_found(name):
    (finding,) = found("missing_log_softmax", net_case(name, loss=nn.NLLLoss()))
    assert finding.level == "severe"
    assert finding.cures == ("log_softmax_outputs",)
    assert not found("missing_log_softmax", net_case(name, last=(nn.LogSoftmax(dim=1),), loss=nn.NLLLoss()))


def test_probabilities_before_nll_are_found():
    (finding,) = found("missing_log_softmax", net_case("cnn", last=(nn.Softmax(dim=1),), loss=nn.NLLLoss()))
    assert finding.evidence["probabilities"]


def test_log_probabilities_along_the_batch_are_found():
    (finding,) = found("missing_log_softmax", net_case("mlp", last=(nn.LogSoftmax(dim=0),), loss=nn.NLLLoss()))
    assert "axis 0" in finding.statement


def test_log_probabilities_in_half_precision_are_fine():
    class Half(nn.Module):
        def forward(self, x):
            return x.bfloat16().log_softmax(dim=1).float()

    assert not found("missing_log_softmax", net_case("mlp", last=(Half(),), loss=nn.NLLLoss()))


def test_a_divergence_of_probabilities_is_found():
    x, y = table()
    shares = F.one_hot(y, K).float() * 0.9 + 0.1 / K
    loss = nn.KLDivLoss(reduction="batchmean")
    assert found("missing_log_softmax", case_of(mlp(last=(nn.Softmax(dim=1),)), loader(x, shares), loss))
    assert not found("missing_log_softmax", case_of(mlp(last=(nn.LogSoftmax(dim=1),)), loader(x, shares), loss))


def test_outputs_that_happen_to_be_probabilities_are_found_before_bce():
    x, y = numbers()
    model = mlp(1)
    with torch.no_grad():
        model[4].weight.mul_(0.01)
        model[4].bias.fill_(0.5)
    (finding,) = found("missing_log_softmax", case_of(model, loader(x, (y > 0).float()), nn.BCELoss()))
    assert "BCEWithLogitsLoss" in finding.advice
    assert not found(
        "missing_log_softmax", case_of(mlp(1, last=(nn.Sigmoid(),)), loader(x, (y > 0).float()), nn.BCELoss())
    )
