"""Rules about outcomes on small networks trained in ordinary loops: faults are found, fine ones left alone."""

from dataclasses import replace

import pytest
import torch
from outcomes_made import trained
from small_setups import Attending, Bag, Recurrent, blobs, cnn, found, loader, mlp, pictures, sequences, words
from torch import nn
from torch.utils.data import DataLoader, Dataset, TensorDataset, WeightedRandomSampler

from whet.diagnosis.case import Case
from whet.diagnosis.ending import has_ended
from whet.diagnosis.probes.training import training
from whet.diagnosis.rule import rules
from whet.errors import CannotJudgeError
from whet.rng import make_generator

AFTER = {name: rule for name, rule in rules.items() if rule.stage == "after"}


def adam(lr):
    return lambda parameters: torch.optim.Adam(parameters, lr=lr)


def told(case, *names):
    """(rule, level) of what is found that is more than slight."""
    findings = [f for name in names or AFTER for f in found(AFTER[name], case)]
    return {(f.symptom, f.level) for f in findings if f.level != "slight"}


def split(make, num=384, num_valid=256, **changed):
    return loader(*make(num, **changed)), loader(*make(num_valid, seed=1, **changed), shuffle=False)


def flipped(y, share, classes=3, seed=9):
    g = make_generator(seed, "flipped")
    chosen = torch.rand(len(y), generator=g) < share
    return torch.where(chosen, torch.randint(classes, (len(y),), generator=g), y)


def noisy(make, share, *, both):
    (x, y), (xv, yv) = make(768), make(512, seed=1)
    labels = flipped(yv, share, seed=4) if both else yv
    return loader(x, flipped(y, share)), loader(xv, labels, shuffle=False)


def ring(num, seed=0):
    """Inside or outside: no line tells."""
    x = torch.randn(num, 2, generator=make_generator(seed, "ring"))
    return x, (x.norm(dim=1) > 1.18).long()


def line(num, seed=0, noise=0.0, size=1.0):
    g = make_generator(seed, "line")
    x = torch.randn(num, 6, generator=g)
    return x, size * (x @ torch.ones(6, 1) + noise * torch.randn(num, 1, generator=g))


def marked(num, seed=0):
    """Noise, and a bright corner that gives the class away."""
    g = make_generator(seed, "marked")
    y = torch.randint(2, (num,), generator=g)
    x = 0.5 * torch.randn(num, 1, 8, 8, generator=g)
    x[:, 0, 0, 0] += 4.0 * y
    return x, y


def telling(num, seed=0):
    """One of six columns decides."""
    g = make_generator(seed, "telling")
    x = torch.randn(num, 6, generator=g)
    return x, (x[:, 3] > 0).long()


def healthy(name):
    if name == "mlp":
        return trained(mlp, *split(blobs), epochs=10, optimizer=adam(3e-3))
    if name == "cnn":
        return trained(cnn, *split(pictures), epochs=6, optimizer=adam(3e-3))
    if name == "attention":
        return trained(Attending, *split(words), epochs=8, optimizer=adam(3e-3))
    if name == "bag":
        return trained(Bag, *split(words), epochs=20, optimizer=adam(3e-2))
    if name == "lstm":
        return trained(Recurrent, *split(sequences), epochs=20, optimizer=adam(1e-2))
    if name == "ring":
        return trained(lambda: mlp(2, 2), *split(ring, 512), epochs=15, optimizer=adam(1e-2))
    if name == "pure noise":
        (x, y), (xv, yv) = blobs(512), blobs(256, seed=1)
        train = loader(x, flipped(y, 1.0))
        return trained(lambda: nn.Linear(8, 3), train, loader(xv, flipped(yv, 1.0, seed=4), shuffle=False), epochs=6)
    if name == "overlapping classes":
        return trained(lambda: nn.Linear(8, 3), *split(blobs, 512, spread=8.0), epochs=10, optimizer=adam(1e-2))
    if name == "noisy numbers":
        train, valid = split(line, noise=4.0)
        return trained(lambda: nn.Linear(6, 1), train, valid, epochs=20, loss=nn.MSELoss(), optimizer=adam(3e-2))
    if name == "large numbers":
        train, valid = split(line, size=1e4)
        rate = adam(3e3)
        return trained(lambda: nn.Linear(6, 1), train, valid, epochs=20, loss=nn.MSELoss(), optimizer=rate)
    if name == "tiny data":
        (x, y), (xv, yv) = blobs(32), blobs(24, seed=1)
        return trained(mlp, loader(x, y, batch_size=8), loader(xv, yv), epochs=30, optimizer=adam(3e-3))
    if name == "tiny data, learnt by heart":
        (x, y), (xv, yv) = blobs(40, features=64, spread=6.0), blobs(40, seed=1, features=64, spread=6.0)
        return trained(lambda: mlp(64), loader(x, y, batch_size=8), loader(xv, yv), epochs=30, optimizer=adam(3e-3))
    if name == "rare class, recognised":
        (x, y), (xv, yv) = blobs(600), blobs(400, seed=1)
        few, some = (y > 0) | (torch.arange(600) < 60), (yv > 0) | (torch.arange(400) < 40)
        train, valid = loader(x[few], y[few]), loader(xv[some], yv[some], shuffle=False)
        return trained(mlp, train, valid, epochs=15, optimizer=adam(1e-2))
    if name == "10 % label noise":
        return trained(lambda: nn.Linear(8, 3), *noisy(blobs, 0.1, both=True), epochs=8, optimizer=adam(3e-2))
    raise AssertionError(name)


HEALTHY = [
    "mlp",
    "cnn",
    "attention",
    "bag",
    "lstm",
    "ring",
    "pure noise",
    "overlapping classes",
    "noisy numbers",
    "large numbers",
    "tiny data",
    "tiny data, learnt by heart",
    "rare class, recognised",
    "10 % label noise",
]
BURDENS = {"10 % label noise": {("label_noise", "moderate")}}  # true of the data, and said


@pytest.mark.parametrize("name", HEALTHY)
def test_healthy_and_odd_but_fine_setups_have_nothing_worth_mentioning(name):
    case = healthy(name)
    skipped = {"more_data", "split_mismatch", "shortcut"}  # slow; tested below
    assert told(case, *(set(AFTER) - skipped)) <= BURDENS.get(name, set())


@pytest.mark.parametrize("name", ["mlp", "cnn", "bag"])
def test_parts_drawn_from_one_pool_are_no_mismatch_and_many_telling_inputs_no_shortcut(name):
    assert told(healthy(name), "split_mismatch", "shortcut") == set()


UNDERFITTED = {
    "a line on a ring": lambda: trained(lambda: nn.Linear(2, 2), *split(ring, 512), epochs=10, optimizer=adam(1e-2)),
    "one unit": lambda: trained(lambda: mlp(width=1), *split(blobs), epochs=10, optimizer=adam(1e-2)),
    "constant numbers": lambda: trained(
        lambda: mlp(6, 1, width=1), *split(line), epochs=3, loss=nn.MSELoss(), optimizer=adam(1e-4)
    ),
}


@pytest.mark.parametrize("name", sorted(UNDERFITTED))
def test_a_network_that_cannot_learn_what_simple_models_learn_is_underfitting(name):
    case = UNDERFITTED[name]()
    (finding,) = found(AFTER["underfitting"], case)
    assert finding.level == "severe"
    assert finding.evidence["value"] > finding.evidence["threshold"]


def test_without_a_stated_length_only_a_training_that_has_levelled_off_has_ended():
    short = trained(Bag, *split(words), epochs=1, optimizer=adam(1e-3))
    unsaid = Case(setup=replace(short.setup, epochs=None), outcome=short.outcome, trace=None)
    unsaid.trace = short.ask(_trace)
    assert has_ended(short)
    assert not has_ended(unsaid)
    assert told(unsaid, "below_baseline", "underfitting", "stopped_early") == set()


def _trace(case):
    from whet.diagnosis.probes.training import training

    return case.ask(training).trace


@pytest.mark.parametrize(
    ("net", "data", "epochs"),
    [(mlp, blobs, 2), (Attending, words, 2), (cnn, pictures, 1)],
    ids=["mlp", "attention", "cnn"],
)
def test_a_training_of_too_few_epochs_was_stopped_early_and_a_longer_one_was_not(net, data, epochs):
    short = trained(net, *split(data, 512), epochs=epochs)
    assert [f.symptom for f in found(AFTER["stopped_early"], short)] == ["stopped_early"]
    assert told(trained(net, *split(data, 512), epochs=12, optimizer=adam(3e-3)), "stopped_early") == set()


def test_a_large_network_on_few_noisy_examples_overfits():
    (x, y), valid = blobs(96), loader(*blobs(256, seed=1), shuffle=False)
    case = trained(lambda: mlp(width=128), loader(x, flipped(y, 0.5)), valid, epochs=60, optimizer=adam(3e-3))
    (finding,) = found(AFTER["overfitting"], case)
    assert finding.level in ("moderate", "severe")
    assert found(AFTER["overconfidence"], case)


@pytest.mark.parametrize("both", [True, False])
@pytest.mark.parametrize(("net", "data"), [(mlp, blobs), (cnn, pictures), (Bag, words)], ids=["mlp", "cnn", "bag"])
def test_wrong_labels_are_told_from_hard_examples(net, data, both):
    case = trained(net, *noisy(data, 0.4, both=both), epochs=6, optimizer=adam(1e-2))
    (finding,) = found(AFTER["label_noise"], case)
    assert finding.level == "moderate"
    assert finding.evidence.get("half", finding.evidence["value"]) > 0.05


def test_a_rare_class_that_is_never_said_is_an_imbalance():
    (x, y), (xv, yv) = blobs(600, spread=2.0), blobs(400, seed=1, spread=2.0)
    few, some = (y > 0) | (torch.arange(600) < 30), (yv > 0) | (torch.arange(400) < 60)
    case = trained(mlp, loader(x[few], y[few]), loader(xv[some], yv[some], shuffle=False), epochs=8)
    (finding,) = found(AFTER["imbalance"], case)
    assert finding.where == "class '0'"


MISMATCHED = {
    "another scale": (mlp, blobs, lambda x: 10 * x),
    "shifted": (mlp, blobs, lambda x: x + 3),
    "pixels not divided": (cnn, pictures, lambda x: 255 * x),
    "other words": (Bag, words, lambda x: x // 2),
}


@pytest.mark.parametrize("name", sorted(MISMATCHED))
def test_validation_inputs_that_were_prepared_differently_are_a_mismatch(name):
    net, data, change = MISMATCHED[name]
    (x, y), (xv, yv) = data(256), data(256, seed=1)
    case = trained(net, loader(x, y), loader(change(xv), yv, shuffle=False), epochs=6, optimizer=adam(1e-2))
    (finding,) = found(AFTER["split_mismatch"], case)
    assert finding.evidence["value"] > finding.evidence["threshold"]
    gap = case.outcome.train_score - case.outcome.valid_score
    assert finding.level == "severe" or gap < 0.3


class Augmented(Dataset):
    """Training examples with fresh noise every time they are read."""

    def __init__(self, x, y):
        self.x, self.y = x, y

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i] + 1.5 * torch.randn(self.x[i].shape), self.y[i]


def test_augmented_training_inputs_differ_on_purpose():
    train = DataLoader(Augmented(*blobs(256)), batch_size=32, shuffle=True, generator=make_generator(0, "order"))
    case = trained(mlp, train, loader(*blobs(256, seed=1), shuffle=False), epochs=4, optimizer=adam(1e-2))
    state = torch.get_rng_state()
    assert told(case, "split_mismatch") == set()
    assert torch.equal(state, torch.get_rng_state())


def test_sorted_validation_examples_of_which_only_the_first_are_read_are_no_mismatch():
    x, y = blobs(1200, seed=1)
    order = y.argsort()
    case = trained(mlp, loader(*blobs(256)), loader(x[order], y[order], shuffle=False, batch_size=32), epochs=2)
    assert told(case, "split_mismatch") == set()


def test_other_shares_of_classes_are_a_mismatch():
    (x, y), (xv, yv) = blobs(400), blobs(600, seed=1)
    kept = (yv != 2) | (torch.arange(600) % 12 == 0)
    case = trained(mlp, loader(x, y), loader(xv[kept], yv[kept], batch_size=64), epochs=6, optimizer=adam(1e-2))
    assert {symptom for symptom, _ in told(case, "split_mismatch")} == {"split_mismatch"}


def rare(num, seed=0):
    """Two classes, one of twelve the second."""
    g = make_generator(seed, "rare")
    y = (torch.rand(num, generator=g) < 1 / 12).long()
    return torch.randn(num, 8, generator=g) + 1.5 * y[:, None], y


def balancing(x, y):
    """A loader whose sampler draws both classes as often."""
    weights = 1.0 / torch.bincount(y)[y].double()
    sampler = WeightedRandomSampler(weights, len(y), generator=make_generator(0, "sampler"))
    return DataLoader(TensorDataset(x, y), 32, sampler=sampler)


def test_classes_that_a_sampler_balances_on_purpose_are_no_mismatch():
    (x, y), (xv, yv) = rare(1200), rare(500, seed=1)
    case = trained(lambda: mlp(8, 2), balancing(x, y), loader(xv, yv, shuffle=False), epochs=4, optimizer=adam(1e-2))
    assert told(case, "split_mismatch") == set()


def test_inputs_that_differ_beside_balanced_classes_are_a_mismatch():
    (x, y), (xv, yv) = rare(1200), rare(500, seed=1)
    elsewhere = loader(xv + torch.tensor([2.0, -2.0] * 4), yv, shuffle=False)
    case = trained(lambda: mlp(8, 2), balancing(x, y), elsewhere, epochs=4, optimizer=adam(1e-2))
    assert {symptom for symptom, _ in told(case, "split_mismatch")} == {"split_mismatch"}


@pytest.mark.parametrize(
    ("net", "data", "where"),
    [(cnn, marked, "rows 0-1, columns 0-1"), (lambda: mlp(6, 2), telling, "column 3")],
    ids=["picture", "table"],
)
def test_a_part_of_the_input_that_alone_decides_is_named_and_never_severe(net, data, where):
    case = trained(net, *split(data), epochs=10, optimizer=adam(1e-2))
    (finding,) = found(AFTER["shortcut"], case)
    assert finding.where == where
    assert finding.level == "moderate"


def test_few_examples_of_a_hard_task_would_gain_from_more():
    (x, y), (xv, yv) = blobs(64, features=40, spread=5.0), blobs(1024, seed=1, features=40, spread=5.0)
    valid = loader(xv, yv, shuffle=False, batch_size=64)
    case = trained(lambda: mlp(40), loader(x, y, batch_size=8), valid, epochs=12, optimizer=adam(3e-3))
    (finding,) = found(AFTER["more_data"], case)
    assert finding.level in ("slight", "moderate")


@pytest.mark.parametrize("name", sorted(AFTER))
def test_the_users_parts_are_left_as_they_are(name):
    case = healthy("tiny data")
    before = {k: v.clone() for k, v in case.setup.model.state_dict().items()}
    found(AFTER[name], case)
    assert all(torch.equal(v, before[k]) for k, v in case.setup.model.state_dict().items())


def test_training_labels_that_are_mixed_up_are_found_beside_clean_validation_labels():
    (x, y), (xv, yv) = blobs(600, spread=1.0), blobs(400, seed=1, spread=1.0)
    mixed = torch.where(torch.rand(600, generator=torch.Generator().manual_seed(0)) < 0.4, y.roll(7), y)
    case = trained(mlp, loader(x, mixed), loader(xv, yv, shuffle=False, batch_size=64), epochs=8, optimizer=adam(1e-2))
    (finding,) = found(AFTER["label_noise"], case)
    assert finding.where == "training labels"
    assert finding.severity >= 0.5
    clean = trained(mlp, loader(x, y), loader(xv, yv, shuffle=False, batch_size=64), epochs=8, optimizer=adam(1e-2))
    assert not found(AFTER["label_noise"], clean)


def test_a_training_that_would_go_on_gaining_is_told_apart_from_one_that_has_ended():
    (x, y), (xv, yv) = blobs(600), blobs(300, seed=1)
    valid = loader(xv, yv, shuffle=False, batch_size=64)
    brief = trained(mlp, loader(x, y), valid, epochs=1, optimizer=adam(1e-3))
    (finding,) = found(AFTER["stopped_early"], brief)
    assert "epochs more" in finding.statement
    assert finding.evidence["fewer_errors"] > 0.15
    assert not found(AFTER["stopped_early"], trained(mlp, loader(x, y), valid, epochs=30, optimizer=adam(1e-3)))


def shifted_codes(y):
    return (y + 1) % 3


def test_validation_labels_that_are_coded_otherwise_are_told():
    (x, y), (xv, yv) = blobs(400), blobs(300, seed=1)
    valid = loader(xv, shifted_codes(yv), shuffle=False, batch_size=64)
    (finding,) = found(AFTER["split_mismatch"], trained(mlp, loader(x, y), valid, epochs=8, optimizer=adam(1e-2)))
    assert finding.where == "targets of the validation loader"
    assert finding.level == "severe"


def test_classes_that_training_never_had_are_told():
    (x, y), (xv, yv) = blobs(400), blobs(300, seed=1)
    kept = y != 2
    valid = loader(xv, yv, shuffle=False, batch_size=64)
    (finding,) = found(
        AFTER["split_mismatch"], trained(mlp, loader(x[kept], y[kept]), valid, epochs=6, optimizer=adam(1e-2))
    )
    assert "such as 2" in finding.statement


@pytest.mark.parametrize(("factor", "silent"), [(1.0, True), (100.0, False)])
def test_validation_numbers_on_another_scale_are_told(factor, silent):
    x = torch.randn(400, 5, generator=torch.Generator().manual_seed(0))
    y = x[:, :1] + 0.5 * x[:, 1:2]
    parts = loader(x[:250], y[:250]), loader(x[250:], factor * y[250:], shuffle=False, batch_size=64)
    case = trained(lambda: nn.Sequential(nn.Linear(5, 16), nn.ReLU(), nn.Linear(16, 1)), *parts, loss=nn.MSELoss(),
                   epochs=6, optimizer=adam(1e-2))  # fmt: skip
    assert (not found(AFTER["split_mismatch"], case)) == silent


def test_training_labels_without_any_tie_to_the_inputs_are_told_from_a_task_of_pure_noise():
    (x, y), (xv, yv) = blobs(500, spread=1.0), blobs(400, seed=1, spread=1.0)
    mixed = y[torch.randperm(500, generator=torch.Generator().manual_seed(1))]
    valid = loader(xv, yv, shuffle=False, batch_size=64)
    (finding,) = found(AFTER["label_noise"], trained(mlp, loader(x, mixed), valid, epochs=4, optimizer=adam(1e-2)))
    assert "do not belong together" in finding.statement
    noise = loader(
        xv, yv[torch.randperm(400, generator=torch.Generator().manual_seed(2))], shuffle=False, batch_size=64
    )
    assert not found(AFTER["label_noise"], trained(mlp, loader(x, mixed), noise, epochs=4, optimizer=adam(1e-2)))


def test_a_training_with_several_optimisers_is_not_repeated_with_another_one():
    train, valid = split(marked)
    case = trained(cnn, train, valid, epochs=3, optimizer=adam(3e-3), optimizer_is_ours=True)
    watched = Case(setup=case.setup, outcome=case.outcome, trace=case.ask(training).trace)
    with pytest.raises(CannotJudgeError, match="several optimisers"):
        list(AFTER["shortcut"].check(watched))
