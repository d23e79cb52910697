import torch
from curing_scripts import Recurrent, applies, blobs, cnn, cured, mlp, pictures, script, trained_score, waves
from torch import nn


def test_columns_of_very_different_size():
    size = torch.tensor([1e4, 1e-3, 1, 100, 1, 1, 1, 1e5])
    (x, y), (xv, yv) = blobs(), blobs(seed=1)
    model = mlp(activation=nn.Tanh)
    setup = script(model, (x * size + 3 * size, y), (xv * size + 3 * size, yv))
    changed = cured("standardise_inputs", setup)
    assert trained_score(changed) > max(0.85, trained_score(setup) + 0.2)


def test_pictures_of_0_to_255_are_standardised_by_channel():
    (x, y), (xv, yv) = pictures(), pictures(seed=1)
    model = cnn(norm=False)
    setup = script(
        model,
        (1000 + 80 * x, y),
        (1000 + 80 * xv, yv),
        optimizer=torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9),
    )
    assert trained_score(cured("standardise_inputs", setup), steps=90) > 0.85


def test_series_for_a_recurrent_network():
    (x, y), (xv, yv) = waves(), waves(seed=1)
    setup = script(Recurrent(), (500 + 100 * x, y), (500 + 100 * xv, yv), lr=2e-2)
    assert trained_score(cured("standardise_inputs", setup), steps=120) > max(
        0.8, trained_score(setup, steps=120) + 0.1
    )


def test_validation_inputs_that_lack_the_transform_get_their_own_statistics():
    (x, y), (xv, yv) = blobs(), blobs(seed=1)
    setup = script(mlp(), ((x - x.mean(0)) / x.std(0), y), (255 * xv + 2000, yv))
    changed = cured("standardise_inputs", setup)
    assert trained_score(changed) > max(0.85, trained_score(setup) + 0.2)


def test_constant_features_and_nan_are_no_trouble():
    (x, y), (xv, yv) = blobs(), blobs(seed=1)
    x[:, 0], xv[:, 0], x[3, 1] = 7.0, 7.0, float("nan")
    changed = cured("standardise_inputs", script(mlp(), (50 * x, y), (50 * xv, yv)))
    assert changed.model(50 * xv).isfinite().all()


def test_only_where_inputs_are_off():
    x, y = blobs()
    assert not applies("standardise_inputs", script(mlp(), ((x - x.mean(0)) / x.std(0), y)))
    tokens = torch.randint(0, 50, (64, 5))
    bag = nn.Sequential(nn.EmbeddingBag(50, 8), nn.Linear(8, 2))
    assert not applies("standardise_inputs", script(bag, (tokens, torch.randint(0, 2, (64,)))))
