"""What a trace says of ordinary trainings is what happened in them."""

import dataclasses
import math
import time

import pytest
import torch
import torch.nn.functional as F
import watching_world as world
from torch import nn
from torch.optim import lr_scheduler

from whet.errors import CannotJudgeError
from whet.rng import drawing_globally, make_generator
from whet.watching.recorder import Recorder
from whet.watching.trace import Step
from whet.watching.weights import Weights


@pytest.fixture(autouse=True)
def draws():
    with drawing_globally(0, "recorder tests"):
        yield


def watched(name="mlp", **settings):
    make, optimizer_of, train = world.ALL[name]
    model = make()
    optimizer = optimizer_of(model)
    with Recorder(model, optimizer, **settings) as recorder:
        train(model, optimizer)
    assert not recorder.trouble
    return recorder.trace()


def loop(model, optimizer, *, steps=5, loss=F.cross_entropy, zero=True, inputs=(8, 6), each=lambda i: None):
    """An ordinary loop, whose losses are returned."""
    losses = []
    for i in range(steps):
        if zero:
            optimizer.zero_grad()
        value = loss(model(torch.randn(*inputs)), torch.randint(0, 3, inputs[:1]))
        value.backward()
        optimizer.step()
        losses.append(value.item())
        each(i)
    return losses


@pytest.mark.parametrize("given", [F.cross_entropy, nn.CrossEntropyLoss(), lambda o, t: -o.log_softmax(1)[:, 0].mean()])
def test_the_value_of_every_loss_is_seen_at_every_step(given):
    model = world.mlp()
    opt = world.sgd(model)
    with Recorder(model, opt) as recorder:
        losses = loop(model, opt, steps=40, loss=given)
    assert recorder.trace().losses().tolist() == losses


def test_steps_know_their_rate_batch_and_mode():
    model = nn.Sequential(nn.Linear(6, 3), nn.Dropout(0.5), nn.Dropout(0.0))
    opt = torch.optim.SGD([{"params": [model[0].weight], "lr": 0.5}, {"params": [model[0].bias], "lr": 0.25}])
    with Recorder(model, opt) as recorder:
        loop(model, opt, steps=2, each=lambda i: model.eval())
    first, second = recorder.trace().steps
    assert first.rates == (0.5, 0.25)
    assert first.num_examples == 8
    assert (first.is_training, second.is_training) == (True, False)
    assert (first.in_eval, second.in_eval) == ((), ("1",))
    assert first.wait_s >= 0
    assert first.compute_s > 0


@pytest.mark.parametrize("work", ["refresh", "before", "after"])  # before the first step, in a step, at its end
def test_what_the_watching_does_is_neither_waiting_nor_computing(monkeypatch, work):
    monkeypatch.setattr(Weights, work, slowed(getattr(Weights, work), seconds=0.1))
    model = nn.Sequential(nn.Linear(6, 3), nn.Dropout(0.5))
    opt = world.sgd(model)
    with Recorder(model, opt, whole=True) as recorder:
        loop(model, opt, steps=2, each=lambda i: time.sleep(0.02))
    first, second = recorder.trace().steps
    assert 0 < first.compute_s < 0.1
    assert 0 < second.compute_s < 0.1
    assert 0.02 <= second.wait_s < 0.1


def slowed(function, *, seconds):
    def slow(*args, **kwargs):
        time.sleep(seconds)
        return function(*args, **kwargs)

    return slow


def test_a_recorded_step_has_every_field():
    fields = {field.name for field in dataclasses.fields(Step)}
    assert all(vars(step).keys() == fields for step in watched("mlp").steps)


def test_gradient_weight_and_update_are_the_norms_they_say():
    model = nn.Linear(6, 3)
    before = model.weight.detach().clone()
    opt = torch.optim.SGD(model.parameters(), lr=0.1)
    with Recorder(model, opt) as recorder:
        loop(model, opt, steps=1)
    step = recorder.trace().steps[0]
    seen = step.parameters["weight"]
    assert seen.weight == pytest.approx(before.norm().item())
    assert seen.gradient == pytest.approx(model.weight.grad.norm().item())
    assert seen.update == pytest.approx((model.weight.detach() - before).norm().item(), rel=1e-4)
    assert step.gradient == pytest.approx(math.hypot(seen.gradient, step.parameters["bias"].gradient))


@pytest.mark.parametrize("to_none", [True, False])
def test_gradients_that_are_zeroed_begin_clean(to_none):
    model = world.mlp()
    opt = world.sgd(model)
    with Recorder(model, opt) as recorder:
        for _ in range(4):
            F.cross_entropy(model(torch.randn(8, 6)), torch.zeros(8, dtype=torch.long)).backward()
            opt.step()
            model.zero_grad(set_to_none=to_none)
    assert [s.starts_clean for s in recorder.trace().steps] == [True] * 4


def test_gradients_that_are_not_zeroed_are_seen():
    model = world.mlp()
    opt = world.sgd(model)
    with Recorder(model, opt) as recorder:
        loop(model, opt, zero=False)
    assert [s.starts_clean for s in recorder.trace().steps] == [True, False, False, False, False]


def test_accumulation_counts_its_backward_passes_and_adds_their_losses():
    trace = watched("accumulation")
    assert [s.num_backward for s in trace.steps] == [3] * 10
    assert all(s.starts_clean for s in trace.steps)
    assert all(s.loss == pytest.approx(s.loss_call.value, rel=0.5) for s in trace.steps)
    assert trace.num_backward == 30


def test_a_scaled_loss_is_seen_without_its_factor():
    trace = watched("gradient scaler", whole=True)
    assert all(s.loss == pytest.approx(s.loss_call.value) for s in trace.steps)
    assert all(s.gradient < 10 for s in trace.steps)  # 1,024 times as much with the factor


def test_steps_that_a_scaler_leaves_out_leave_no_trace_in_the_next():
    model = world.mlp()
    opt = world.sgd(model)
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**127)
    with Recorder(model, opt, whole=True) as recorder:
        for _ in range(30):
            opt.zero_grad()
            scaler.scale(F.cross_entropy(4 * model(torch.randn(8, 6)), torch.randint(0, 3, (8,)))).backward()
            scaler.step(opt)
            scaler.update()
    steps = recorder.trace().steps
    assert 0 < len(steps) < 30
    assert all(s.num_backward == 1 and s.starts_clean and not s.first_broken for s in steps)
    assert all(s.loss == pytest.approx(s.loss_call.value) for s in steps)


def test_fused_optimisers_show_gradients_without_the_factor():
    model = world.mlp()
    opt = torch.optim.Adam(model.parameters(), lr=0.01, fused=True)
    with Recorder(model, opt, whole=True) as recorder:
        world.scaled(model, opt)
    assert all(s.gradient < 10 and not s.first_broken for s in recorder.trace().steps)


def test_a_closure_that_runs_several_times_is_one_backward_pass_of_its_first_loss():
    trace = watched("closures")
    assert len(trace.steps) == 3
    assert [s.num_backward for s in trace.steps] == [1, 1, 1]
    assert trace.steps[0].loss > trace.steps[1].loss > trace.steps[2].loss
    assert all(s.gradient > 0 and s.parameters["0.weight"].update > 0 for s in trace.steps)


@pytest.mark.parametrize("name", ["mlp", "cnn", "lstm", "transformer", "embedding bag", "shared, several in and out"])
def test_layers_come_in_forward_order_and_all_parameters_move(name):
    trace = watched(name)
    step = trace.steps[0]
    assert next(iter(step.layers)) in {"0", "first", "body", "body.layers.0.self_attn", "bag"}
    assert step.num_examples == 8
    assert not trace.never_moved + trace.unheld + trace.frozen
    assert all(layer.broken == 0 and layer.std > 0 for layer in step.layers.values())
    assert {p for p in step.parameters if step.parameters[p].gradient is not None} == set(step.parameters)


def test_two_optimisers_of_two_models_each_begin_clean():
    made, judge = nn.Sequential(nn.Linear(4, 6)), nn.Sequential(nn.Linear(6, 1))
    opts = [torch.optim.Adam(m.parameters(), lr=0.01) for m in (made, judge)]
    with Recorder(nn.ModuleList([made, judge]), opts, whole=True) as recorder:
        for _ in range(6):
            fake = made(torch.randn(8, 4))
            opts[1].zero_grad()
            F.softplus(-judge(torch.randn(8, 6))).mean().backward()
            F.softplus(judge(fake.detach())).mean().backward()
            opts[1].step()
            opts[0].zero_grad()
            F.softplus(-judge(fake)).mean().backward()
            opts[0].step()
    steps = recorder.trace().steps
    assert [s.num_backward for s in steps] == [2, 1] * 6
    assert all(s.starts_clean for s in steps)
    assert [next(iter(s.parameters)) for s in steps[:2]] == ["1.0.weight", "0.0.weight"]
    assert recorder.trace().num_forward_only == 0
    assert not recorder.trace().unheld


def test_two_optimisers_of_one_backward_pass_share_its_loss():
    model = nn.Sequential(nn.Linear(6, 8), nn.Linear(8, 3))
    opts = [torch.optim.SGD(m.parameters(), lr=0.1) for m in model]
    with Recorder(model, opts) as recorder:
        for _ in range(3):
            model.zero_grad()
            F.cross_entropy(model(torch.randn(8, 6)), torch.randint(0, 3, (8,))).backward()
            for opt in opts:
                opt.step()
    steps = recorder.trace().steps
    assert [s.num_backward for s in steps] == [1] * 6
    assert steps[0].loss == steps[1].loss
    assert all(s.starts_clean for s in steps)


def test_evaluations_are_counted_and_those_in_training_mode_told_apart():
    model = world.mlp()
    opt = world.sgd(model)

    def evaluate(i):
        with torch.no_grad():
            model(torch.randn(4, 6))

    with Recorder(model, opt) as recorder:
        loop(model, opt, each=evaluate)
    trace = recorder.trace()
    assert trace.num_forward_only == trace.passes_in_training_mode == 5
    assert trace.evaluates_in_training_mode
    assert not watched("mlp").evaluates_in_training_mode
    assert watched("mlp").num_forward_only == 2


def test_evaluations_that_forgot_no_grad_are_counted_by_their_number():
    model = world.mlp()
    opt = world.sgd(model)
    with Recorder(model, opt) as recorder:
        loop(model, opt, steps=9, each=lambda i: [model(torch.randn(4, 6)) for _ in range(20 if i == 4 else 0)])
    assert recorder.trace().num_forward_only == 20


def test_who_holds_what():
    model = nn.Sequential(nn.Linear(6, 8), nn.Linear(8, 8), nn.Linear(8, 3))
    model[0].requires_grad_(False)
    stranger = nn.Parameter(torch.ones(3))
    opt = torch.optim.SGD([*model[2].parameters(), stranger], lr=0.1)
    with Recorder(model, opt) as recorder:
        loop(model, opt)
    trace = recorder.trace()
    assert trace.frozen == ("0.weight", "0.bias")
    assert trace.unheld == ("1.weight", "1.bias")
    assert trace.foreign == 1
    assert not trace.never_moved


def test_parameters_of_the_loss_are_not_foreign_and_thawed_ones_not_frozen():
    class Scaled(nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = nn.Parameter(torch.ones(()))

        def forward(self, out, target):
            return (out * self.scale - F.one_hot(target, 3)).pow(2).mean()

    model, loss = nn.Sequential(nn.Linear(6, 8), nn.Linear(8, 3)), Scaled()
    model[0].requires_grad_(False)
    opt = torch.optim.SGD(model[1].parameters(), lr=0.1)
    opt.add_param_group({"params": loss.parameters()})

    def thaw(i):
        if i == 2:
            model[0].requires_grad_(True)
            opt.add_param_group({"params": model[0].parameters()})

    with Recorder(model, opt, loss=loss) as recorder:
        loop(model, opt, loss=loss, each=thaw, steps=8)
    trace = recorder.trace()
    assert (trace.foreign, trace.frozen, trace.unheld, trace.never_moved) == (0, (), (), ())
    assert trace.steps[0].loss_call.function == "Scaled"
    assert trace.steps[0].loss_call.outputs == (8, 3)


def test_parameters_that_never_move_are_named():
    class Idle(nn.Module):
        def __init__(self):
            super().__init__()
            self.used, self.idle = nn.Linear(6, 3), nn.Linear(6, 3)

        def forward(self, x):
            return self.used(x)

    model = Idle()
    opt = torch.optim.SGD(model.parameters(), lr=0.1)
    with Recorder(model, opt) as recorder:
        loop(model, opt)
    assert recorder.trace().never_moved == ("idle.weight", "idle.bias")
    assert recorder.trace().steps[0].parameters["idle.weight"].gradient is None


def test_schedulers_are_found_and_their_steps_counted():
    model = world.mlp()
    opt = torch.optim.SGD(model.parameters(), lr=1.0)
    scheduler = lr_scheduler.SequentialLR(
        opt, [lr_scheduler.LinearLR(opt), lr_scheduler.ExponentialLR(opt, 0.9)], milestones=[3]
    )
    with Recorder(model, opt) as recorder:
        loop(model, opt, each=lambda i: scheduler.step())
    assert recorder.trace().scheduler_steps == 5
    with Recorder(model, opt) as recorder:
        lr_scheduler.StepLR(opt, 10)
        loop(model, opt)
    assert recorder.trace().scheduler_steps == 0


def test_without_a_scheduler_none_is_counted():
    assert watched("mlp").scheduler_steps is None
    model = world.mlp()
    opt, other = world.sgd(model), world.sgd(world.mlp())
    elsewhere = lr_scheduler.StepLR(other, 1)
    with Recorder(model, opt) as recorder:
        loop(model, opt)
        other.step()
        elsewhere.step()
    assert recorder.trace().scheduler_steps is None


def test_a_scheduler_by_loss_and_one_of_the_users_own_are_counted():
    class Halving:
        def __init__(self, optimizer):
            self.group = optimizer.param_groups[0]

        def step(self):
            self.group["lr"] /= 2

    model = world.mlp()
    opt = torch.optim.SGD(model.parameters(), lr=1.0)
    own = Halving(opt)
    with Recorder(model, opt, scheduler=own, loader=range(2)) as recorder:
        loop(model, opt, steps=6, each=lambda i: own.step() if i % 2 else None)
    trace = recorder.trace()
    assert trace.scheduler_steps == 3
    assert trace.rates_by_epoch == (1.0, 0.5, 0.25)
    assert trace.steps_per_epoch == 2
    assert "step" not in vars(own)
    plateau = lr_scheduler.ReduceLROnPlateau(opt)
    with Recorder(model, opt) as recorder:
        loop(model, opt, each=lambda i: plateau.step(1.0))
    assert recorder.trace().scheduler_steps == 5


def test_methods_of_a_model_can_be_called_instead_of_the_model():
    model = nn.Module()
    model.body, model.head = nn.Linear(6, 4), nn.Linear(4, 3)
    opt = torch.optim.SGD(model.parameters(), lr=0.1)
    with Recorder(model, opt) as recorder:
        for _ in range(4):
            opt.zero_grad()
            F.cross_entropy(model.head(model.body(torch.randn(8, 6))), torch.randint(0, 3, (8,))).backward()
            opt.step()
    steps = recorder.trace().steps
    assert all(s.loss > 0 and s.num_backward == 1 for s in steps)
    assert [len(s.layers) for s in steps] == [0, 2, 2, 2]
    assert steps[-1].num_examples == 8
    assert recorder.trace().num_forward_only == 0
    assert "__call__" not in vars(nn.Linear)


def test_a_block_without_steps_and_one_without_backward():
    model = world.mlp()
    opt = world.sgd(model)
    with Recorder(model, opt) as recorder:
        for _ in range(4):
            F.cross_entropy(model(torch.randn(8, 6)), torch.randint(0, 3, (8,))).backward()
    trace = recorder.trace()
    assert (trace.steps, trace.num_backward, trace.never_moved) == ((), 4, ())
    with Recorder(model, opt) as recorder:
        for _ in range(3):
            opt.zero_grad()
            F.cross_entropy(model(torch.randn(8, 6)).detach(), torch.randint(0, 3, (8,)))
            opt.step()
    trace = recorder.trace()
    assert [s.num_backward for s in trace.steps] == [0, 0, 0]
    assert [s.gradient for s in trace.steps] == [None] * 3
    assert all(s.loss_call.is_detached for s in trace.steps)
    assert "0.weight" in trace.never_moved


def test_a_compiled_model_is_watched_without_its_layers():
    model = world.mlp()
    compiled = torch.compile(model, backend="eager")
    opt = world.sgd(model)
    with Recorder(compiled, opt) as recorder:
        loop(compiled, opt)
    trace = recorder.trace()
    assert not recorder.trouble
    assert [s.num_examples for s in trace.steps] == [8] * 5
    assert "0.weight" in trace.steps[0].parameters
    assert not trace.steps[0].layers
    assert not trace.unheld + trace.never_moved


@pytest.mark.parametrize("inside", [True, False])
def test_the_plain_model_may_be_watched_while_its_compiled_self_trains(inside):
    def forward(x, y):
        return F.cross_entropy(model(x), y)

    model = world.mlp()
    opt = world.sgd(model)
    compiled = None if inside else torch.compile(forward, backend="eager")
    with Recorder(model, opt) as recorder:
        compiled = compiled or torch.compile(forward, backend="eager")
        for _ in range(4):
            opt.zero_grad()
            compiled(torch.randn(8, 6), torch.randint(0, 3, (8,))).backward()
            opt.step()
    assert not recorder.trouble
    assert all(s.loss > 0 for s in recorder.trace().steps)


def test_losses_inside_function_transforms_do_not_end_the_watching():
    model = nn.Linear(6, 3)
    opt = world.sgd(model)
    params = {n: p.detach() for n, p in model.named_parameters()}

    def loss_of(params, x, y):
        return F.cross_entropy(torch.func.functional_call(model, params, (x[None],)), y[None])

    with Recorder(model, opt) as recorder:
        each = torch.func.vmap(torch.func.grad(loss_of), in_dims=(None, 0, 0))
        found = each(params, torch.randn(8, 6), torch.randint(0, 3, (8,)))
        for name, param in model.named_parameters():
            param.grad = found[name].mean(0)
        opt.step()
    assert not recorder.trouble
    assert recorder.trace().steps[0].gradient > 0


def test_large_parameters_are_measured_by_some_of_their_rows(monkeypatch):
    monkeypatch.setattr("whet.watching.weights.MOST_COPIED", 100)
    model = nn.Linear(50, 40)
    opt = torch.optim.SGD(model.parameters(), lr=0.1)
    before = model.weight.detach().clone()
    with Recorder(model, opt) as recorder:
        model(torch.randn(8, 50)).pow(2).mean().backward()
        opt.step()
    update = (model.weight.detach() - before).norm().item()
    assert recorder.trace().steps[0].parameters["weight"].update == pytest.approx(update, rel=0.5)


def test_lazy_layers_get_their_parameters_on_the_way():
    model = nn.Sequential(nn.LazyLinear(4), nn.Linear(4, 3))
    opt = torch.optim.SGD(model.parameters(), lr=0.1)
    with Recorder(model, opt) as recorder:
        loop(model, opt)
    assert not recorder.trouble
    assert not recorder.trace().unheld + recorder.trace().never_moved


def test_a_trace_can_be_read_inside_the_block_and_is_fixed_at_its_end():
    model = world.mlp()
    opt = world.sgd(model)
    with Recorder(model, opt) as recorder:
        loop(model, opt, steps=2)
        assert len(recorder.trace().steps) == 2
        loop(model, opt, steps=2)
    model.requires_grad_(False)
    opt.step()
    trace = recorder.trace()
    assert len(trace.steps) == 4
    assert not trace.frozen
    assert 0 < trace.overhead_s < trace.seconds


@pytest.mark.parametrize(
    ("model", "optimizer", "words"),
    [
        ("net", None, "model of type str"),
        (nn.Linear(2, 2), "sgd", "optimizer of type str"),
        (nn.Linear(2, 2), [3], "optimizer of type int"),
    ],
)
def test_what_cannot_be_watched_is_named(model, optimizer, words):
    with pytest.raises(CannotJudgeError, match=words):
        Recorder(model, optimizer)


def test_a_recorder_watches_one_block():
    model = nn.Linear(2, 2)
    recorder = Recorder(model, torch.optim.SGD(model.parameters(), lr=0.1))
    with recorder:
        pass
    with pytest.raises(CannotJudgeError, match="one block"):
        recorder.__enter__()


def test_long_trainings_are_looked_at_all_along_within_the_share():
    model = nn.Sequential(nn.Linear(200, 400), nn.ReLU(), nn.Linear(400, 3))
    opt = world.sgd(model)
    x = torch.randn(256, 200, generator=make_generator(0, "x"))
    y = torch.zeros(256, dtype=torch.long)
    with Recorder(model, opt) as recorder:
        for _ in range(400):
            opt.zero_grad()
            F.cross_entropy(model(x), y).backward()
            opt.step()
    looked = [s.index for s in recorder.trace().looked_at]
    assert looked[:10] == list(range(10))
    assert len(looked) < 200
    assert looked[-1] > 150
