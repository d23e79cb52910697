import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).parent / "cures"))
from curing_scripts import (
    Recurrent,
    blobs,
    cnn,
    mlp,
    numbers,
    pictures,
    script,
    state_of,
    waves,
)

from whet.diagnosis.case import Case
from whet.diagnosis.cures.cure import cures
from whet.diagnosis.ordinary_loop import train_stretch
from whet.diagnosis.proving import prove, random_cure
from whet.diagnosis.scoring import compare, score
from whet.diagnosis.verdict import Verdict
from whet.finding import Finding
from whet.rng import make_generator
from whet.watching.trace import Trace


def verdict(symptom, *names, severity=0.9, **evidence):
    return Verdict(root=Finding(symptom=symptom, severity=severity, statement="", cures=names, evidence=evidence))


def proved(setup, *verdicts, seconds=30.0, **case):
    return prove(Case(setup=setup, **case), verdicts, until=time.monotonic() + seconds)


def slow_mlp(lr=1e-6, **more):
    model = mlp()
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9)
    return script(model, blobs(), blobs(seed=1), optimizer=optimizer, epochs=4, **more)


def test_a_right_cure_is_proved_with_as_many_steps_and_nothing_of_the_users_changes():
    setup = slow_mlp()
    before = state_of(setup)
    (proof,) = proved(setup, verdict("learning_rate_too_low", "raise_rate", "train_longer", better_rate=0.05))
    assert state_of(setup) == before
    assert proof.worked
    assert (proof.cure, proof.metric, proof.on) == ("raise_rate", "accuracy", "validation")
    assert proof.steps == 4 * 15
    assert 0 < proof.low <= proof.gain <= proof.high
    assert proof.after == pytest.approx(proof.before + proof.gain)
    assert "lr=0.05" in proof.advice


def test_a_wrong_cure_does_not_work_and_the_next_one_is_tried():
    setup = script(cnn(), pictures(), pictures(seed=1), epochs=6, batch_size=16)
    with torch.no_grad():
        for parameter in setup.model.parameters():
            parameter.zero_()
    proofs = proved(setup, verdict("symmetric_start", "drop_clipping", "constant_rate", "reinitialise"))
    assert [p.worked for p in proofs] == [False, False, True]
    assert proofs[0].note


def test_first_cures_of_all_verdicts_come_before_second_ones():
    setup = slow_mlp()
    one, two = verdict("a", "drop_clipping", "unfreeze"), verdict("b", "shuffle", "lower_momentum")
    assert [p.cure for p in proved(setup, one, two)] == ["drop_clipping", "shuffle", "unfreeze", "lower_momentum"]


def test_a_script_that_cannot_even_be_trained():
    (x, y), (xv, yv) = blobs(), blobs(seed=1)
    setup = script(mlp(), (x, y + 1), (xv, yv + 1), epochs=3)
    (proof,) = proved(setup, verdict("bad_labels", "relabel_range"))
    assert proof.worked
    assert proof.before is None
    assert proof.after > 0.85
    assert "error" in proof.note


class Steps(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed, self.rnn, self.head = nn.Embedding(7, 12), nn.GRU(12, 24, batch_first=True), nn.Linear(24, 7)

    def forward(self, x):
        return self.head(self.rnn(self.embed(x))[0]).transpose(1, 2)


def test_a_cure_that_changes_the_targets_is_measured_on_the_changed_ones():
    counting = [
        (torch.randint(7, (160, 1), generator=make_generator(s, "start")) + torch.arange(9)) % 7 for s in (0, 1)
    ]
    setup = script(Steps(), *((x, x) for x in counting), epochs=10, lr=0.5)  # each word is its own target
    (proof,) = proved(setup, verdict("shifted_targets", "shift_targets", value=0, threshold=1))
    assert proof.before < 0.3  # perfect on its own words, useless for the next ones
    assert proof.worked
    assert proof.after > proof.before + 0.3


def test_with_several_optimisers_a_copy_is_not_trained_by_another_one():
    setup = replace(slow_mlp(), optimizer_is_ours=True)
    (proof,) = proved(setup, verdict("flat_loss", "raise_rate"), trace=Trace(steps=()))
    assert not proof.worked
    assert proof.after is None
    assert "several optimisers" in proof.note


def test_a_cure_whose_training_fails_says_why():
    class Breaking(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = mlp()

        def forward(self, x):
            if any(isinstance(m, nn.GroupNorm) for m in self.modules()):
                raise RuntimeError("no group norms here")
            return self.net(x)

    model = Breaking()
    model.net = nn.Sequential(nn.Linear(8, 8), nn.BatchNorm1d(8), nn.Linear(8, 3))
    (proof,) = proved(script(model, blobs(), blobs(seed=1), epochs=1), verdict("normalisation_gap", "group_norm"))
    assert not proof.worked
    assert "no group norms here" in proof.note


def test_numbers_keep_their_unit_and_the_gain_is_also_relative():
    (x, y), (xv, yv) = (numbers(scale=1000.0, mean=20_000.0, seed=s) for s in (0, 1))
    setup = script(mlp(6, 1), (x, y[:, None]), (xv, yv[:, None]), loss=nn.MSELoss(), epochs=6)
    (proof,) = proved(setup, verdict("initial_loss", "standardise_targets"))
    assert proof.worked
    assert proof.metric == "rmse"
    assert proof.before > 15_000
    assert proof.after < 1000
    assert 0.9 < proof.relative < 1


def test_a_training_that_ends_in_nan_is_beaten():
    model = mlp()
    optimizer = torch.optim.SGD(model.parameters(), lr=1e6)
    setup = script(model, blobs(), blobs(seed=1), optimizer=optimizer, epochs=4)
    (proof,) = proved(setup, verdict("non_finite", "lower_rate", better_rate=0.1))
    assert proof.worked
    assert "NaN" in proof.note


def test_without_validation_examples_training_ones_are_scored_and_it_says_so():
    setup = script(Recurrent(), waves(), epochs=8, lr=1e-7)
    (proof,) = proved(setup, verdict("learning_rate_too_low", "raise_rate", better_rate=0.02))
    assert proof.on == "training"
    assert proof.worked


def test_a_loss_of_the_users_own_is_compared_by_its_value():
    def loss(outputs, targets):
        return (outputs.logsumexp(1) - outputs[torch.arange(len(targets)), targets]).mean()

    (proof,) = proved(slow_mlp(loss=loss), verdict("learning_rate_too_low", "raise_rate", better_rate=0.05))
    assert proof.metric == "loss"
    assert proof.after < proof.before
    assert proof.worked


def test_a_cure_of_the_loop_is_compared_with_what_the_users_loop_made():
    from whet.diagnosis.probes.batches import batches
    from whet.diagnosis.probes.examining import examine
    from whet.diagnosis.probes.goal import goal

    setup = script(mlp(), blobs(), blobs(seed=1), epochs=4)
    case = Case(setup=setup)
    outcome = examine(setup.copy(), case.ask(goal), case.ask(batches), train_stretch(script(mlp(), blobs()), steps=1))
    step = type("Step", (), {})()
    trace = Trace(steps=(step,) * 60)
    (proof,) = proved(setup, verdict("gradients_not_zeroed", "ordinary_loop"), trace=trace, outcome=outcome)
    assert proof.before == pytest.approx(outcome.valid_score)
    assert proof.worked


def test_time_ends_the_trying():
    proofs = proved(slow_mlp(), verdict("a", "drop_clipping", "unfreeze", "shuffle"), seconds=-1.0)
    assert len(proofs) == 1


def test_no_change_is_no_gain():
    setup = script(mlp(), blobs(), blobs(seed=1), epochs=2)
    first, second = setup.copy(), setup.copy()
    for each in (first, second):
        train_stretch(each, steps=30)
    found = compare(score(first), score(second), seed=0)
    assert (found.gain, found.low, found.high, found.is_better) == (0, 0, 0, False)


def test_a_random_cure_applies_and_every_one_can_come():
    x, y = blobs()
    setup = script(mlp(), (100 * x, y), shuffle=False, batch_size=16)
    generator = make_generator(0, "random cure")
    case = Case(setup=setup)
    before = state_of(setup)
    drawn = {random_cure(case, generator=generator) for _ in range(60)}
    assert {"shuffle", "standardise_inputs", "lower_rate", "raise_rate", "reinitialise"} <= drawn
    assert not {"unfreeze", "group_norm", "batch_first", "match_shapes"} & drawn
    assert all(cures[name].applies(case) for name in drawn)
    assert state_of(setup) == before


def test_every_cure_answers_on_every_kind_of_script_without_an_error():
    tokens = torch.randint(0, 30, (64, 6), generator=make_generator(0, "tokens"))
    bag = nn.Sequential(nn.EmbeddingBag(30, 8, sparse=True), nn.Linear(8, 2))
    optimizers = [torch.optim.SGD(bag.parameters(), lr=0.1)]
    scripts = [
        script(bag, (tokens, torch.randint(0, 2, (64,))), optimizer=optimizers[0]),
        script(cnn(), pictures(64), pictures(64, seed=1)),
        script(Recurrent(), waves(64)),
        script(mlp(6, 1), numbers(64), loss=lambda outputs, targets: (outputs[:, 0] - targets).abs().mean()),
        script(
            nn.Sequential(nn.Flatten(), nn.Identity(), nn.Linear(8, 3)), list(zip(*[t.split(8) for t in blobs(64)]))
        ),
    ]
    for setup in scripts:
        case, before = Case(setup=setup), state_of(setup)
        able = [name for name, cure in cures.items() if cure.applies(case)]
        for name in able:
            changed = cures[name].apply(case, None)
            train_stretch(changed, steps=2)
            assert cures[name].advice(case, None)
        assert state_of(setup) == before
        assert len(able) >= 3
    assert not any(cure.applies(Case()) for _, cure in cures.items())
