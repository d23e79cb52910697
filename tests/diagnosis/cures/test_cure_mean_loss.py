import pytest
import torch
from curing_scripts import applies, blobs, cured, mlp, script, trained_score
from torch import nn
from torch.nn import functional


@pytest.mark.parametrize(
    "loss",
    [
        nn.CrossEntropyLoss(reduction="sum"),
        lambda o, t: functional.cross_entropy(o, t, reduction="none").sum(),
        lambda o, t: -(functional.one_hot(t, 3) * o.log_softmax(1)).sum(),
    ],
)
def test_the_sum_becomes_a_mean(loss):
    model = mlp(depth=3)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.2, momentum=0.9)
    setup = script(model, blobs(), blobs(seed=1), loss=loss, optimizer=optimizer, batch_size=64)
    changed = cured("mean_loss", setup)
    x, y = blobs(32)
    with torch.no_grad():
        outputs = model(x)
        assert float(changed.loss(outputs, y)) == pytest.approx(float(functional.cross_entropy(outputs, y)), rel=1e-4)
    score = trained_score(changed)  # the last loss calls none of PyTorch's: its own value is the score
    assert score > 0.85 or score < 0.4


def test_a_mean_stays():
    assert not applies("mean_loss", script(mlp(), blobs()))
    assert not applies("mean_loss", script(mlp(), blobs(), loss=nn.CrossEntropyLoss(label_smoothing=0.1)))
