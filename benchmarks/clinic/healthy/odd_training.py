"""Healthy: ways of training that look unusual."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from benchmarks.clinic import nets, tasks
from benchmarks.clinic.collecting import healthy
from benchmarks.clinic.healthy.plain import made
from benchmarks.clinic.script import Script, evaluate, loader, ordinary, passing, stepwise


@healthy(seen_by="watch")
def tiny_warm_up_rate() -> Script:
    """The first steps go at a thousandth of the rate, as warm-up."""
    script = made(tasks.keywords(), nets.TextTransformer(50, 4, length=16), rate=3e-3, batch=32)
    script.scheduler = torch.optim.lr_scheduler.LambdaLR(script.optimizer, lambda s: min(1.0, 0.001 + s / 60))
    script.loop = stepwise
    script.told = {"schedule_every": "step"}
    return script


@healthy()
def warm_up_told_to_diagnose() -> Script:
    """The same warm-up, seen before any training: the rate that the optimiser holds is 3e-6."""
    return tiny_warm_up_rate()


@healthy()
def backbone_frozen_on_purpose() -> Script:
    """A backbone that was trained before is frozen; the new head alone learns."""
    (x, y), (xv, yv) = tasks.digits()
    model = nets.SmallCNN(1, 10)
    ordinary(made(tasks.digits(seed=1), model, rate=3e-3, epochs=4))
    model.head = nn.Linear(model.head.in_features, 2)
    for name, p in model.named_parameters():
        p.requires_grad = name.startswith("head")
    optimizer = torch.optim.Adam(model.head.parameters(), lr=3e-3)
    return made(((x, y % 2), (xv, yv % 2)), model, optimizer=optimizer, epochs=10)


@healthy()
def batch_size_one() -> Script:
    """One example at a time, SGD at a small rate."""
    model = nets.mlp(13, 16, 3)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    return made(tasks.table("wine"), model, optimizer=optimizer, batch=1, epochs=12)


@healthy()
def imbalanced_but_learnt() -> Script:
    """One class of 5 %, well apart: its recall is high."""
    (x, y), (xv, yv) = tasks.blobs(3000, classes=2, features=10, spread=0.5)
    keep, keep_v = (torch.rand(len(y)) < 0.08) | (y == 0), (torch.rand(len(yv)) < 0.08) | (yv == 0)
    return made(((x[keep], y[keep]), (xv[keep_v], yv[keep_v])), nets.mlp(10, 32, 2), epochs=8)


@healthy()
def label_noise_of_five_percent() -> Script:
    """A few wrong labels, as in every real data set."""
    return made(tasks.blobs(2000, noise=0.05, spread=0.6), nets.mlp(10, 32, 5), epochs=8)


@healthy()
def already_trained() -> Script:
    """The model comes trained: the loss starts low and hardly falls."""
    model = nets.mlp(64, 64, 10)
    script = made(tasks.table("digits"), model, rate=1e-3, epochs=8)
    ordinary(script)
    script.optimizer = torch.optim.Adam(model.parameters(), lr=3e-4)
    script.epochs = 4
    return script


@healthy()
def tiny_data_set() -> Script:
    """40 rows for training, a small network that copes."""
    (x, y), (xv, yv) = tasks.table("iris")
    return made(((x[:40], y[:40]), (xv, yv)), nets.mlp(4, 8, 3), batch=8, rate=1e-2, epochs=25)


@healthy()
def hard_noisy_task() -> Script:
    """Nothing beats the linear model: the classes overlap by nature."""
    return made(tasks.blobs(2500, classes=2, features=4, spread=2.5), nets.mlp(4, 16, 2), epochs=5)


@healthy()
def sorted_but_shuffled() -> Script:
    """The data set is sorted by class, the loader shuffles."""
    (x, y), valid = tasks.digits()
    by_class = torch.argsort(y)
    return made(((x[by_class], y[by_class]), valid), nets.SmallCNN(1, 10), epochs=6, rate=3e-3)


@healthy()
def unshuffled_but_mixed() -> Script:
    """shuffle=False over rows that are in random order anyway."""
    script = made(tasks.table("digits"), nets.mlp(64, 64, 10))
    train, _ = tasks.table("digits")
    script.train = loader(train, 32)
    return script


@healthy(seen_by="watch")
def cosine_to_zero() -> Script:
    """CosineAnnealingLR: the last steps are almost 0 on purpose."""
    script = made(tasks.digits(), nets.SmallCNN(1, 10), rate=3e-3, epochs=8)
    script.scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(script.optimizer, T_max=8)
    return script


@healthy(seen_by="watch")
def one_cycle_by_step() -> Script:
    """OneCycleLR stepped after every batch, as it should be."""
    model = nets.mlp(64, 64, 10)
    script = made(tasks.table("digits"), model, optimizer=torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9))
    script.scheduler = torch.optim.lr_scheduler.OneCycleLR(
        script.optimizer, max_lr=0.1, total_steps=script.epochs * len(script.train)
    )  # type: ignore[arg-type]
    script.loop, script.told = stepwise, {"schedule_every": "step"}
    return script


@healthy(seen_by="watch")
def accumulation_done_right() -> Script:
    """Four batches of 8, each loss divided by 4."""

    def loop(script: Script) -> float:
        for _ in range(script.epochs):
            script.model.train()
            script.optimizer.zero_grad()
            for i, batch in enumerate(script.train, start=1):
                outputs, targets = passing(script, batch)
                (script.loss(outputs, targets) / 4).backward()
                if i % 4 == 0:
                    script.optimizer.step()
                    script.optimizer.zero_grad()
        return evaluate(script)

    model = nets.mlp(64, 64, 10)
    script = made(tasks.table("digits"), model, batch=8, optimizer=torch.optim.SGD(model.parameters(), lr=0.1))
    script.loop, script.told = loop, {"accumulate": 4}
    return script


def clipped(script: Script) -> float:
    """clip_grad_norm_ at 1."""
    for _ in range(script.epochs):
        script.model.train()
        for batch in script.train:
            script.optimizer.zero_grad(set_to_none=True)
            outputs, targets = passing(script, batch)
            script.loss(outputs, targets).backward()
            nn.utils.clip_grad_norm_(script.model.parameters(), 1.0)
            script.optimizer.step()
    return evaluate(script)


@healthy(seen_by="watch")
def clipped_at_one() -> Script:
    """The usual clipping of a recurrent network."""
    script = made(tasks.sums(), nets.Recurrent(2, 1), loss=nn.MSELoss(), metric="r2", rate=5e-3, epochs=15)
    script.loop, script.told = clipped, {"clip_norm": 1.0}
    return script


@healthy(seen_by="watch")
def plain_loop_watched() -> Script:
    """Nothing at all is odd."""
    return made(tasks.table("digits"), nets.mlp(64, 64, 10))


@healthy(seen_by="watch")
def batch_norm_watched() -> Script:
    """train() and eval() in their places around BatchNorm and dropout."""
    return made(tasks.shapes(), nets.SmallCNN(1, 4, norm=True, dropout=0.3), rate=3e-3, epochs=8)


@healthy()
def dropout_of_a_half() -> Script:
    """Dropout(0.5) before the head."""
    return made(tasks.digits(), nets.SmallCNN(1, 10, dropout=0.5), rate=2e-3, epochs=8)


@healthy()
def adam_at_3e_4() -> Script:
    """Karpathy's rate, long enough."""
    return made(tasks.table("digits"), nets.mlp(64, 128, 10), rate=3e-4, epochs=15)


@healthy()
def large_targets_with_a_fitting_bias() -> Script:
    """Prices in dollars: the output bias starts at the mean and outputs are scaled by the deviation."""

    class Net(nn.Module):
        def __init__(self, mean: float, std: float) -> None:
            super().__init__()
            self.body = nets.mlp(8, 64, 1)
            self.mean, self.std = mean, std

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.mean + self.std * self.body(x)

    parts = tasks.houses()
    y = parts[0][1]
    model = Net(float(y.mean()), float(y.std()))
    return made(parts, model, loss=nn.L1Loss(), metric="r2", rate=3e-3, epochs=12)


@healthy(held=True, seen_by="watch")
def autocast_in_bfloat16() -> Script:
    """Mixed precision on the processor."""

    def loop(script: Script) -> float:
        for _ in range(script.epochs):
            script.model.train()
            for batch in script.train:
                script.optimizer.zero_grad()
                with torch.autocast("cpu", dtype=torch.bfloat16):
                    outputs, targets = passing(script, batch)
                    loss = script.loss(outputs, targets)
                loss.backward()
                script.optimizer.step()
        return evaluate(script)

    script = made(tasks.table("digits"), nets.mlp(64, 64, 10))
    script.loop = loop
    return script


@healthy(held=True, seen_by="watch")
def plateau_scheduler() -> Script:
    """ReduceLROnPlateau stepped with the validation score."""

    def loop(script: Script) -> float:
        last = 0.0
        for _ in range(script.epochs):
            script.model.train()
            for batch in script.train:
                script.optimizer.zero_grad()
                outputs, targets = passing(script, batch)
                script.loss(outputs, targets).backward()
                script.optimizer.step()
            last = evaluate(script)
            script.scheduler.step(last)
        return last

    script = made(tasks.waves(), nets.WaveCNN(1, 3), rate=5e-3, epochs=10)
    script.scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(script.optimizer, mode="max", patience=3)
    script.loop = loop
    return script


@healthy(held=True)
def groups_with_rates_of_their_own() -> Script:
    """The body learns at a tenth of the head's rate."""
    model = nets.SmallCNN(1, 10)
    body = [p for n, p in model.named_parameters() if not n.startswith("head")]
    groups = [{"params": body, "lr": 1e-3}, {"params": model.head.parameters(), "lr": 1e-2}]
    return made(tasks.digits(), model, optimizer=torch.optim.Adam(groups), epochs=6)


@healthy(held=True)
def no_decay_for_biases() -> Script:
    """AdamW with weight decay 0.1 on matrices alone."""
    model = nets.mlp(64, 64, 64, 10)
    matrices, rest = [p for p in model.parameters() if p.ndim > 1], [p for p in model.parameters() if p.ndim == 1]
    optimizer = torch.optim.AdamW(
        [{"params": matrices, "weight_decay": 0.1}, {"params": rest, "weight_decay": 0}], 2e-3
    )
    return made(tasks.table("digits"), model, optimizer=optimizer)


@healthy(held=True)
def augmented_pictures() -> Script:
    """Random shifts by a pixel, which keep the label."""

    class Shifted(torch.utils.data.Dataset[tuple[torch.Tensor, torch.Tensor]]):
        def __len__(self) -> int:
            return len(train[0])

        def __getitem__(self, i: int) -> tuple[torch.Tensor, torch.Tensor]:
            shift = [int(s) for s in torch.randint(-1, 2, (2,))]
            return train[0][i].roll(shift, dims=(1, 2)), train[1][i]

    train, _ = tasks.shapes()
    script = made(tasks.shapes(), nets.SmallCNN(1, 4), rate=3e-3, epochs=8)
    script.train = torch.utils.data.DataLoader(Shifted(), batch_size=32, shuffle=True)
    return script


@healthy(held=True)
def weighted_sampler() -> Script:
    """A sampler draws the rare class more often."""
    script = made(tasks.blobs(1500, spread=0.7), nets.mlp(10, 32, 5), epochs=8)
    train, _ = tasks.blobs(1500, spread=0.7)
    weights = torch.where(train[1] == 0, 2.0, 1.0)
    sampler = torch.utils.data.WeightedRandomSampler(weights, len(weights))
    script.train = loader(train, 32, sampler=sampler)
    return script


@healthy(held=True)
def batches_from_a_list() -> Script:
    """No DataLoader: a list of batches."""
    script = made(tasks.table("digits"), nets.mlp(64, 64, 10))
    (x, y), (xv, yv) = tasks.table("digits")
    script.train = list(zip(x.split(32), y.split(32), strict=True))
    script.valid = [(xv, yv)]
    return script


@healthy(held=True)
def batch_of_everything() -> Script:
    """Full-batch training: one step an epoch."""
    (x, y), valid = tasks.table("wine")
    return made(((x, y), valid), nets.mlp(13, 32, 3), batch=len(x), rate=1e-2, epochs=60)


@healthy(held=True)
def strong_but_fitting_decay() -> Script:
    """AdamW(weight_decay=0.3) at a small rate is ordinary."""
    model = nets.mlp(64, 64, 10)
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.3)
    return made(tasks.table("digits"), model, optimizer=optimizer)


@healthy(held=True)
def memorised_by_intent() -> Script:
    """Validation and training come from one easy source and both reach 1.0."""
    return made(tasks.blobs(800, spread=0.1), nets.mlp(10, 64, 5), rate=5e-3, epochs=6)


@healthy(held=True)
def rare_classes_by_nature() -> Script:
    """Class sizes fall like 1/k, and all are learnt."""
    rng = np.random.default_rng(4)
    (x, y), valid = tasks.blobs(3000, classes=8, spread=0.4)
    keep = torch.from_numpy(rng.random(len(y))) < 1 / (1 + y)
    return made(((x[keep], y[keep]), valid), nets.mlp(10, 64, 8), rate=3e-3, epochs=15)


@healthy(held=True)
def pure_chance() -> Script:
    """Coin flips: nothing can be learnt, and five short epochs of a small network do no harm."""
    x, y = torch.randn(1500, 6), torch.randint(2, (1500,))
    parts = (x[:1000], y[:1000]), (x[1000:], y[1000:])
    return made(parts, nets.mlp(6, 4, 2), rate=5e-4, epochs=3)


@healthy(held=True)
def fine_tuned_at_a_tiny_rate() -> Script:
    """A trained transformer goes on at 2e-5, as fine-tuning recipes say."""
    model = nets.TextTransformer(50, 4, length=16)
    script = made(tasks.keywords(), model, rate=2e-3, epochs=6, batch=64)
    ordinary(script)
    script.optimizer = torch.optim.AdamW(model.parameters(), lr=2e-5)
    script.epochs = 3
    return script


@healthy(held=True, seen_by="watch")
def validated_before_the_first_epoch() -> Script:
    """A sanity check of the validation loop comes first, and eval/train are set right."""

    def loop(script: Script) -> float:
        evaluate(script)
        return ordinary(script)

    script = made(tasks.keywords(), nets.Recurrent(16, 4, vocab=50, kind=nn.GRU), rate=5e-3)
    script.loop = loop
    return script


@healthy(held=True, seen_by="watch")
def zeroed_after_the_step() -> Script:
    """zero_grad stands at the end of the loop's body; the first step starts clean anyway."""

    def loop(script: Script) -> float:
        for _ in range(script.epochs):
            script.model.train()
            for batch in script.train:
                outputs, targets = passing(script, batch)
                script.loss(outputs, targets).backward()
                script.optimizer.step()
                script.optimizer.zero_grad()
        return evaluate(script)

    script = made(tasks.shapes(), nets.SmallCNN(1, 4), rate=3e-3, epochs=6)
    script.loop = loop
    return script
