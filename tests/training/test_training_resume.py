"""A training that was stopped and continued equals, bit for bit, one that never stopped."""

from __future__ import annotations

from dataclasses import asdict, replace

import pytest
import torch
from training_world import SETTING, class_target, numbers_dataset, recipe

from whet.errors import RunError
from whet.recipe import AugmentStep, Length, Optimiser, Regularisation, Schedule
from whet.training.checkpoint import Checkpoint
from whet.training.fit import fit
from whet.training.interrupted import Interrupted

TRAIN, VALID = numbers_dataset(80), numbers_dataset(40, seed=1)
TARGET = class_target()
NOISE = (AugmentStep(name="test_training_noise"),)

KINDS = {
    "plain": {},
    "dropout": {"settings": {"dropout": 0.4}},
    "mixup": {"regularisation": Regularisation(mixup=0.4)},
    "ema": {"regularisation": Regularisation(ema=0.9, weight_decay=0.1)},
    "swa": {"regularisation": Regularisation(swa=0.6)},
    "muon": {"optimiser": Optimiser(name="muon", lr=0.02)},
    "sgd": {"optimiser": Optimiser(name="sgd", lr=0.1)},
    "convolutions": {"architecture": "test_training_conv", "optimiser": Optimiser(name="muon", lr=0.02)},
    "early stopping": {"regularisation": Regularisation(early_stopping=3), "optimiser": Optimiser(lr=0.05)},
    "plateau": {"schedule": Schedule(name="plateau", patience=1), "optimiser": Optimiser(lr=0.1)},
    "everything": {
        "settings": {"dropout": 0.4, "members": 2},
        "augment": NOISE,
        "balance": "balanced_sampling",
        "optimiser": Optimiser(name="muon", lr=0.02),
        "regularisation": Regularisation(mixup=0.4, ema=0.9, l1=1e-3, grad_clip=1.0, label_smoothing=0.1),
    },
}


def stop_after(polls):
    count = iter(range(10**9))
    return lambda: next(count) >= polls


@pytest.mark.parametrize("kind", KINDS)
def test_stopping_in_the_middle_of_an_epoch_changes_no_bit(kind, tmp_path):
    wanted = recipe(length=Length(epochs=6), **KINDS[kind])
    straight = fit(wanted, TARGET, TRAIN, VALID, setting=SETTING)
    setting = replace(SETTING, checkpoint=tmp_path / "here")
    for polls in (7, 6):  # twice, at steps 7 and 13
        with pytest.raises(Interrupted):
            fit(wanted, TARGET, TRAIN, VALID, setting=replace(setting, should_stop=stop_after(polls)))
    continued = fit(wanted, TARGET, TRAIN, VALID, setting=setting)
    assert continued.notes == ("continued from a checkpoint at step 13",)
    one, two = straight.fitted.state().arrays, continued.fitted.state().arrays
    assert all(one[name].tobytes() == two[name].tobytes() for name in one)
    assert straight.valid_scores.tobytes() == continued.valid_scores.tobytes()
    assert [_untimed(p) for p in straight.curve] == [_untimed(p) for p in continued.curve]


def _untimed(point):
    return {k: v for k, v in asdict(point).items() if k != "seconds"}


def test_checkpoints_are_written_as_the_training_goes(tmp_path, monkeypatch):
    saves, save = [], Checkpoint.save
    monkeypatch.setattr(Checkpoint, "save", lambda self, *given: saves.append(1) or save(self, *given))
    fit(recipe(), TARGET, TRAIN, None, setting=replace(SETTING, checkpoint=tmp_path, checkpoint_every_s=0.0))
    assert len(saves) == 15


def test_a_finished_training_continues_at_its_end(tmp_path):
    setting = replace(SETTING, checkpoint=tmp_path, checkpoint_every_s=0.0)
    one, two = (fit(recipe(), TARGET, TRAIN, VALID, setting=setting) for _ in range(2))
    assert two.steps == one.steps
    assert two.valid_scores.tolist() == one.valid_scores.tolist()


def test_another_recipes_checkpoint_is_left_alone(tmp_path):
    setting = replace(SETTING, checkpoint=tmp_path, checkpoint_every_s=0.0)
    fit(recipe(), TARGET, TRAIN, VALID, setting=setting)
    other = fit(recipe(seed=1), TARGET, TRAIN, VALID, setting=setting)
    assert other.notes == ()


def test_other_examples_start_afresh(tmp_path):
    setting = replace(SETTING, checkpoint=tmp_path, checkpoint_every_s=0.0)
    fit(recipe(), TARGET, TRAIN, VALID, setting=setting)
    assert fit(recipe(), TARGET, numbers_dataset(80, seed=3), VALID, setting=setting).notes == ()


def test_a_damaged_checkpoint_says_what_to_do(tmp_path):
    (tmp_path / "training.safetensors").write_bytes(b"nonsense")
    with pytest.raises(RunError, match="Delete it to train from the beginning"):
        fit(recipe(), TARGET, TRAIN, VALID, setting=replace(SETTING, checkpoint=tmp_path))


def test_stopping_without_a_checkpoint_folder_still_stops():
    with pytest.raises(Interrupted):
        fit(recipe(), TARGET, TRAIN, VALID, setting=replace(SETTING, should_stop=lambda: True))


def test_a_checkpoint_survives_its_file(tmp_path):
    tensors = {"a": torch.randn(2, 3).T, "scalar": torch.tensor(3)}
    Checkpoint(tmp_path, "id").save(tensors, {"step": 4})
    loaded, position = Checkpoint(tmp_path, "id").load()
    assert position == {"step": 4}
    assert all(torch.equal(loaded[n], t) and loaded[n].shape == t.shape for n, t in tensors.items())
    assert Checkpoint(tmp_path, "other").load() is None
    assert [p.name for p in tmp_path.iterdir()] == ["training.safetensors"]
