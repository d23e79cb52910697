import torch
from curing_scripts import applies, blobs, cured, mlp, numbers, script, trained_score
from torch import nn


def test_momentum_near_1():
    model = mlp(6, 1)
    (x, y), (xv, yv) = numbers(), numbers(seed=1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.999)
    setup = script(model, (x, y[:, None]), (xv, yv[:, None]), loss=nn.MSELoss(), optimizer=optimizer)
    assert not trained_score(cured("lower_momentum", setup)) > 0.6 * trained_score(setup)


def test_betas_of_adam_and_the_usual():
    model = mlp()
    setup = script(model, blobs(), optimizer=torch.optim.Adam(model.parameters(), betas=(0.999, 0.9999)))
    assert cured("lower_momentum", setup).optimizer.param_groups[0]["betas"] == (0.9, 0.9999)
    assert not applies("lower_momentum", script(model, blobs()))
