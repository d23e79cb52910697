import torch
from curing_scripts import applies, blobs, cured, finding, mlp, script, trained_score

from whet.diagnosis.case import Case
from whet.diagnosis.cures.cure import cures
from whet.diagnosis.setup import LoopSettings
from whet.watching.trace import Trace


def test_a_watched_loop_is_exchanged_for_an_ordinary_one():
    setup = script(mlp(), blobs(), blobs(seed=1))
    changed = cured("ordinary_loop", setup, finding("gradients_not_zeroed"), trace=Trace(steps=()))
    assert trained_score(changed) > 0.85


def test_as_many_batches_are_accumulated_as_the_loop_had_and_now_averaged():
    setup = script(mlp(), blobs(), blobs(seed=1))
    found = finding("accumulation_not_averaged", passes=8)
    changed = cured("ordinary_loop", setup, found, trace=Trace(steps=()))
    assert changed.loop.accumulate == 8
    assert cured("ordinary_loop", setup, trace=Trace(steps=())).loop.accumulate == 1


def test_each_finding_names_its_own_line():
    case = Case(setup=script(mlp(), blobs()), trace=Trace(steps=()))
    lines = {s: cures["ordinary_loop"].advice(case, finding(s)) for s in ("gradients_not_zeroed", "eval_mode_training")}
    assert "zero_grad" in lines["gradients_not_zeroed"]
    assert "model.train()" in lines["eval_mode_training"]


def test_a_one_cycle_schedule_moves_after_every_step():
    model = mlp()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.5, total_steps=70)
    setup = script(model, blobs(), blobs(seed=1), optimizer=optimizer, scheduler=scheduler, epochs=4)
    changed = cured("ordinary_loop", setup, finding("scheduler_misused"))
    assert changed.loop.schedule_every == "step"
    assert trained_score(changed) > 0.85


def test_a_cosine_over_the_epochs_moves_once_per_epoch():
    model = mlp()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.3)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 10)
    plain = script(model, blobs(), optimizer=optimizer, scheduler=scheduler, epochs=4)
    assert not applies("ordinary_loop", plain)
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=4)
    loop = LoopSettings(schedule_every="step")
    setup = script(model, blobs(), optimizer=optimizer, scheduler=cosine, epochs=4, loop=loop)
    assert cured("ordinary_loop", setup).loop.schedule_every == "epoch"
