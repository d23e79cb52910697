"""Healthy set-ups, odd but fine ones among them: none of the rules on parts, shapes and heads is heard."""

import pytest
import torch
from part_setups import (
    NETS,
    B,
    D,
    K,
    Recurrent,
    T,
    case_of,
    found,
    loader,
    loud,
    made,
    mlp,
    net_case,
    numbers,
    pictures,
    table,
    texts,
    waves,
)
from torch import nn
from torch.nn import functional as F

from whet.diagnosis.ordinary_loop import train_stretch
from whet.rng import make_generator

RULES = [
    "double_softmax",
    "missing_log_softmax",
    "wrong_output_size",
    "squashed_outputs",
    "broadcast_loss",
    "summed_loss",
    "bad_labels",
    "optimizer_misses_parameters",
    "frozen_parameters",
    "unused_parameters",
    "batch_mixing",
]


def sgd(model, lr=0.05):
    return torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9)


def thousands_of_classes():
    g = make_generator(0, "many")
    x, y = torch.randn(128, D, generator=g), torch.randint(2000, (128,), generator=g)
    return case_of(made(lambda: nn.Linear(D, 2000)), loader(x, y))


def large_numbers():
    x, y = numbers()
    return case_of(mlp(1), loader(x, 1e5 * y), nn.MSELoss())


def positive_numbers_after_softplus():
    x, y = numbers()
    return case_of(mlp(1, last=(nn.Softplus(),)), loader(x, y.exp()), nn.MSELoss())


def counts_after_relu():
    x, y = numbers()
    return case_of(mlp(1, last=(nn.ReLU(),)), loader(x, y.abs()), nn.L1Loss())


def shares_after_sigmoid():
    x, y = numbers()
    return case_of(mlp(1, last=(nn.Sigmoid(),)), loader(x, y.sigmoid()), nn.MSELoss())


def sigmoid_and_bce():
    x, y = numbers()
    return case_of(mlp(1, last=(nn.Sigmoid(),)), loader(x, (y > 0).float()), nn.BCELoss())


def logits_and_bce_squeezed():
    x, y = numbers()
    loss = nn.BCEWithLogitsLoss()
    return case_of(mlp(1), loader(x, (y[:, 0] > 0).float()), lambda o, t: loss(o.squeeze(1), t))


def several_labels():
    x, y = table()
    return case_of(mlp(3), loader(x, torch.stack([y > 0, y > 1, y > 2], 1).float()), nn.BCEWithLogitsLoss())


def log_softmax_and_nll():
    return net_case("cnn", last=(nn.LogSoftmax(dim=1),), loss=nn.NLLLoss())


def log_softmax_and_cross_entropy():
    return net_case("mlp", last=(nn.LogSoftmax(dim=1),))


def one_hot_targets():
    x, y = table()
    return case_of(mlp(), loader(x, F.one_hot(y, K).float()))


def smoothed_and_weighted():
    x, y = table()
    return case_of(mlp(), loader(x, y), nn.CrossEntropyLoss(weight=torch.arange(1.0, K + 1), label_smoothing=0.1))


def labels_from_one_with_a_spare_output():
    x, y = table()
    return case_of(mlp(K + 1), loader(x, y + 1))


def ignored_labels():
    x, y = table()
    y[::5] = -100
    return case_of(mlp(), loader(x, y))


def labels_of_tokens():
    g = make_generator(0, "tokens")
    x = torch.randint(30, (64, T), generator=g)
    model = made(lambda: nn.Sequential(nn.Embedding(30, 12), nn.Linear(12, 30)))
    return case_of(model, loader(x, x.roll(1, 1)), lambda o, t: F.cross_entropy(o.reshape(-1, 30), t.reshape(-1)))


def batches_of_one():
    x, y = table(40)
    model = mlp()
    return case_of(model, loader(x, y, batch_size=1), optimizer=sgd(model, 0.01))


def no_biases():
    model = made(
        lambda: nn.Sequential(nn.Linear(D, 16, bias=False), nn.GELU(), nn.LayerNorm(16), nn.Linear(16, K, bias=False))
    )
    return case_of(model, loader(*table()), optimizer=sgd(model))


def imbalanced_and_noisy():
    x, y = table(200)
    y[torch.rand(200, generator=make_generator(0, "rare")) < 0.8] = 0
    return case_of(mlp(), loader(x, y))


def binary_features_with_noise():
    g = make_generator(0, "bits")
    x = torch.randint(2, (96, D), generator=g).float()
    y = (x.sum(1) > D / 2).long()
    flip = torch.rand(96, generator=g) < 0.1
    return case_of(mlp(2), loader(x, torch.where(flip, 1 - y, y)))


def trained(model, data, **settings):
    case = case_of(model, loader(*data), **settings)
    copy = case.setup.copy()
    train_stretch(copy, epochs=6)
    model.load_state_dict(copy.model.state_dict())
    return model


def frozen_body_that_was_trained():
    x, y = pictures()
    model = trained(NETS["cnn"][0](), (x, y))
    for p in model[:7].parameters():
        p.requires_grad_(False)
    model[8] = made(lambda: nn.Linear(32, K), seed=2)
    return case_of(model, loader(x, y), optimizer=torch.optim.Adam(model[8].parameters()))


def frozen_stem_that_was_trained():
    x, y = table()
    model = trained(mlp(), (x, y), optimizer=None)
    model[0].requires_grad_(False)
    return case_of(model, loader(x, y), optimizer=torch.optim.Adam([p for p in model.parameters() if p.requires_grad]))


def already_trained():
    return case_of(trained(mlp(), table()), loader(*table()))


def zero_head():
    model = mlp()
    nn.init.zeros_(model[4].weight)
    return case_of(model, loader(*table()))


def groups_and_a_warm_up_from_zero():
    model = mlp()
    groups = [{"params": model[:2].parameters()}, {"params": model[2:].parameters(), "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=1e-3)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda s: min(1.0, s / 10))
    return case_of(model, loader(*table()), optimizer=optimizer, scheduler=scheduler, schedule_every="step")


def time_first_done_right():
    x, y = waves()
    model = made(lambda: Recurrent(batch_first=False, kind=nn.GRU))

    class Swapped(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = model

        def forward(self, x):
            return self.inner.head(self.inner.body(x.transpose(0, 1))[0][-1])

    return case_of(Swapped(), loader(x, y))


def time_first_batches_as_long_as_wide():
    x, y = waves()
    model = made(lambda: Recurrent(batch_first=False))
    batches = [(x[i : i + T].transpose(0, 1), y[i : i + T]) for i in range(0, 60, T)]  # (T, B, D) with T = B
    return case_of(model, batches, forward=lambda m, b: (m.head(m.body(b[0])[0][-1]), b[1]))


def sum_with_a_small_rate():
    model = mlp()
    return case_of(model, loader(*table()), nn.CrossEntropyLoss(reduction="sum"), optimizer=sgd(model, 0.05 / B))


def sum_with_adam():
    return net_case("mlp", loss=nn.CrossEntropyLoss(reduction="sum"))


def two_inputs():
    x, y = table()
    net = made(lambda: nn.Bilinear(4, 4, K))
    return case_of(net, loader((x[:, :4], x[:, 4:]), y))


def tied_weights():
    g = make_generator(0, "tied")
    model = made(
        lambda: nn.Sequential(nn.Embedding(20, 12), nn.Linear(12, 12), nn.Tanh(), nn.Linear(12, 20, bias=False))
    )
    model[3].weight = model[0].weight
    x = torch.randint(20, (64, T), generator=g)
    return case_of(model, loader(x, x), lambda o, t: F.cross_entropy(o.transpose(1, 2), t))


def sparse_embeddings():
    model = made(lambda: nn.Sequential(nn.EmbeddingBag(30, 12, sparse=True), nn.Linear(12, K)))
    return case_of(model, loader(*texts()), optimizer=torch.optim.SGD(model.parameters(), lr=0.1))


def nan_at_once():
    model = mlp()
    with torch.no_grad():
        model[2].weight[0, 0] = float("nan")
    return case_of(model, loader(*table()))


def a_last_batch_of_one_before_batch_norm():
    x, y = pictures(33)
    return case_of(NETS["cnn"][0](), loader(x, y, shuffle=False))


def weights_that_must_be_positive():
    class Noise(nn.Module):
        def __init__(self):
            super().__init__()
            self.body, self.width = mlp(), nn.Parameter(torch.ones(K))

        def forward(self, x):
            if bool((self.width <= 0).any()):
                raise ValueError("width must be positive")
            return self.body(x) / self.width

    return case_of(Noise(), loader(*table()))


def as_many_features_as_examples():
    x, y = table(features=B)
    return case_of(mlp(features=B), loader(x, y))


def packed_sequences():
    class Packed(nn.Module):
        def __init__(self):
            super().__init__()
            self.body, self.head = nn.LSTM(D, 12, batch_first=True), nn.Linear(12, K)

        def forward(self, packed):
            return self.head(self.body(packed)[1][0][-1])

    x, y = waves(4 * B)
    lengths = torch.arange(B) % T + 1
    pack = nn.utils.rnn.pack_padded_sequence
    batches = [
        (pack(x[i : i + B], lengths, batch_first=True, enforce_sorted=False), y[i : i + B]) for i in range(0, 4 * B, B)
    ]
    return case_of(made(Packed), batches)


def pairs_of_a_batch():
    """Each example against each, as contrastive losses have it."""

    class Towers(nn.Module):
        def __init__(self):
            super().__init__()
            self.left, self.right = nn.Linear(4, 6), nn.Linear(4, 6)

        def forward(self, a, b):
            return self.left(a) @ self.right(b).T

    x, _ = table()
    batches = [(x[i : i + B, :4], x[i : i + B, 4:], torch.arange(B)) for i in range(0, 96, B)]
    return case_of(made(Towers), batches)


HEALTHY = [
    *[pytest.param(lambda n=n: net_case(n), id=n) for n in NETS],
    *[
        pytest.param(build, id=build.__name__)
        for build in (
            thousands_of_classes,
            large_numbers,
            positive_numbers_after_softplus,
            counts_after_relu,
            shares_after_sigmoid,
            sigmoid_and_bce,
            logits_and_bce_squeezed,
            several_labels,
            log_softmax_and_nll,
            log_softmax_and_cross_entropy,
            one_hot_targets,
            smoothed_and_weighted,
            labels_from_one_with_a_spare_output,
            ignored_labels,
            labels_of_tokens,
            batches_of_one,
            no_biases,
            imbalanced_and_noisy,
            binary_features_with_noise,
            frozen_body_that_was_trained,
            frozen_stem_that_was_trained,
            already_trained,
            zero_head,
            groups_and_a_warm_up_from_zero,
            time_first_done_right,
            time_first_batches_as_long_as_wide,
            sum_with_a_small_rate,
            sum_with_adam,
            two_inputs,
            tied_weights,
            sparse_embeddings,
            nan_at_once,
            pairs_of_a_batch,
            packed_sequences,
            a_last_batch_of_one_before_batch_norm,
            weights_that_must_be_positive,
            as_many_features_as_examples,
        )
    ],
]


@pytest.mark.parametrize("build", HEALTHY)
def test_a_healthy_set_up_is_silent(build):
    case = build()
    assert not [(f.symptom, f.severity, f.statement) for name in RULES for f in loud(name, case)]


@pytest.mark.parametrize("name", RULES)
def test_without_a_set_up_a_rule_says_nothing(name):
    from whet.diagnosis.case import Case

    assert not found(name, Case())


def test_rules_leave_the_users_model_optimizer_and_random_state_as_they_are():
    x, y = pictures()
    model = NETS["cnn"][0]()
    optimizer, train = sgd(model), loader(x, y)
    before = {k: v.clone() for k, v in model.state_dict().items()}
    state, own = torch.get_rng_state(), train.generator.get_state()
    case = case_of(model, train, optimizer=optimizer)
    for name in RULES:
        found(name, case)
    assert all(torch.equal(before[k], v) for k, v in model.state_dict().items())
    assert torch.equal(state, torch.get_rng_state())
    assert torch.equal(own, train.generator.get_state())
    assert all(p.grad is None for p in model.parameters())
    assert not optimizer.state
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in model.modules())
