"""A diagnosis as a user asks for it: the verdict first, nothing of the user's changed, never a traceback."""

import copy
import json
import math
import random
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch import nn

import whet
from whet.diagnosis.api import diagnose, diagnose_setup
from whet.diagnosis.checklist import checklist
from whet.diagnosis.diagnosis import Diagnosis
from whet.diagnosis.judging import COSTLY, FIRST, USED_UP, Judged, judge
from whet.diagnosis.opening import open_setup
from whet.diagnosis.verdict import join
from whet.errors import CannotJudgeError, ConfigError, RunError
from whet.finding import Finding, Line, Plot
from whet.rng import make_generator

QUICK = ["double_softmax", "input_scale", "non_finite", "overfitting"]


def blobs(num=96, seed=0):
    generator = make_generator(seed, "blobs")
    y = torch.arange(num) % 3
    x = torch.randn(num, 4, generator=generator) + 3 * nn.functional.one_hot(y, 4).float()
    return torch.utils.data.TensorDataset(x, y)


def loaders(seed=0):
    own = make_generator(seed, "order")
    train = torch.utils.data.DataLoader(blobs(seed=seed), batch_size=16, shuffle=True, generator=own)
    return train, torch.utils.data.DataLoader(blobs(48, seed=seed + 1), batch_size=16)


def network(*, softmax=False, seed=0):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        last = [nn.Softmax(dim=1)] if softmax else []
        return nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.1), nn.Linear(8, 3), *last)


def parts(**changed):
    model = network(**changed)
    return model, *loaders(), torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)


def look(model, train, valid, optimizer, **changed):
    given = {"loss": nn.CrossEntropyLoss(), "optimizer": optimizer, "epochs": 2, "budget": "20s", "prove": False}
    return diagnose(model, train, valid, **{**given, "strict": True, **changed})


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A rule that hands the case to a function of the test."""

    ask: object
    stage: str = "before"
    title: str = "asked"
    explains: frozenset = frozenset()

    def check(self, case):
        return self.ask(case)


def found(symptom="flat_loss", severity=0.8, **changed):
    return Finding(**{"symptom": symptom, "severity": severity, "statement": f"{symptom} it is.", **changed})


def report_of(*findings, **changed):
    given = {"findings": findings, "verdicts": tuple(join(findings, {})), "model": "Net", "seconds": 3.0}
    return Diagnosis(**{**given, **changed})


@pytest.fixture(scope="module")
def softmax_report():
    return look(*parts(softmax=True), rules=QUICK)


def test_the_verdict_of_a_faulty_script_is_named_with_evidence_and_a_change(softmax_report):
    report = softmax_report
    assert report.verdict.root.symptom == "double_softmax"
    assert not report.is_healthy
    assert report.is_severe
    said = str(report)
    assert said.index("VERDICT") < said.index("evidence:") < said.index("change:") < said.index("Checklist:")
    failed = [step.name for step in report.checklist if step.status == "failed"]
    assert failed == ["skeleton"]
    assert set(report.timings) >= {*QUICK, "training"}
    assert report.layers
    assert report.curves


def test_its_clean_twin_is_healthy():
    report = look(*parts(), rules=QUICK)
    assert report.is_healthy
    assert report.verdict is None
    assert not report.not_judged
    assert sorted(report.clean) == sorted(QUICK)
    assert "nothing is wrong" in str(report)


def test_nothing_of_the_user_changes():
    model, train, valid, optimizer = parts(softmax=True)
    for x, y in train:  # moments and running means that are not those of a fresh start
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
    model[1].eval()
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 1)

    def state():
        return (
            {k: v.clone() for k, v in model.state_dict().items()},
            [p.grad.clone() for p in model.parameters()],
            copy.deepcopy(optimizer.state_dict()),
            copy.deepcopy(scheduler.state_dict()),
            [m.training for m in model.modules()],
            [len(m._forward_hooks) + len(m._forward_pre_hooks) for m in model.modules()],
            [torch.get_rng_state(), train.generator.get_state()],
            [random.getstate(), np.random.get_state()[1].tolist()],  # noqa: NPY002
        )

    before = state()
    look(model, train, valid, optimizer, scheduler=scheduler, rules=QUICK)
    torch.testing.assert_close(state(), before, rtol=0, atol=0)


def test_the_same_seed_gives_the_same_findings():
    first, second = (look(*parts(softmax=True), rules=QUICK) for _ in range(2))
    assert [f.statement for f in first.findings] == [f.statement for f in second.findings]


def test_a_rule_that_cannot_say_or_crashes_is_told_and_strictly_it_is_raised():
    def shy(case):
        raise CannotJudgeError("needs 200 examples; there are 31")

    def broken(case):
        raise KeyError("oh\nno")

    judged = Judged()
    rules = {"shy": Asked(ask=shy), "broken": Asked(ask=broken), "good": Asked(ask=lambda case: [found()])}
    judge(None, rules, "before", judged)
    assert judged.not_judged["shy"] == "needs 200 examples; there are 31"
    assert judged.not_judged["broken"].startswith("the rule itself failed: KeyError")
    assert "\n" not in judged.not_judged["broken"]
    assert [f.symptom for f in judged.findings] == ["flat_loss"]
    with pytest.raises(KeyError):
        judge(None, rules, "before", Judged(strict=True))


def test_costly_rules_wait_for_the_others_and_are_left_out_without_time():
    class Late:
        def left_s(self):
            return 0.0

    judged = Judged()
    judge(Late(), {COSTLY[0]: Asked(ask=lambda case: [found()]), "cheap": Asked(ask=lambda case: [])}, "before", judged)
    assert judged.not_judged == {COSTLY[0]: USED_UP}
    assert judged.clean == ["cheap"]
    assert next(iter(whet.diagnosis.judging.chosen_rules())) not in COSTLY


def test_what_undoes_an_odd_setting_is_asked_before_trials_of_ordinary_ones():
    names = list(whet.diagnosis.judging.chosen_rules())
    assert set(names[: len(FIRST)]) == set(FIRST)
    assert not set(FIRST) & set(COSTLY)


def test_without_validation_batches_rules_about_the_outcome_are_not_judged():
    model, train, _, optimizer = parts()
    report = look(model, train, None, optimizer, rules=["overfitting"])
    assert report.clean == ()
    assert "valid=" in report.not_judged["overfitting"]


def test_a_model_that_raises_in_training_is_told_in_one_sentence():
    class Moody(nn.Module):
        def __init__(self):
            super().__init__()
            self.body, self.calls = nn.Linear(4, 3), 0

        def forward(self, x):
            self.calls += 1
            if self.calls > 4:
                raise RuntimeError("enough")
            return self.body(x)

    model = Moody()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    report = look(model, *loaders(), optimizer, rules=["non_finite", "overfitting"], strict=False)
    assert "RuntimeError: enough" in report.not_judged["training"]
    assert not report.clean
    assert "Traceback" not in str(report)
    with pytest.raises(RuntimeError, match="enough"):
        look(model, *loaders(), optimizer, rules=["non_finite"])


def test_nothing_is_said_of_predictions_that_are_not_numbers():
    model, train, valid, optimizer = parts()
    optimizer.param_groups[0]["lr"] = 1e30
    report = look(model, train, valid, optimizer, rules=["non_finite", "overfitting"])
    assert [f.symptom for f in report.findings] == ["non_finite"]
    assert "NaN or infinite outputs" in report.not_judged["overfitting"]


def trained_under_watch(model, train, optimizer, epochs=2):
    with whet.watch(model, optimizer, loader=train) as w:
        for _ in range(epochs):
            for x, y in train:
                optimizer.zero_grad()
                nn.functional.cross_entropy(model(x), y).backward()
                optimizer.step()
    return w


def test_a_watched_loop_is_what_is_judged_from_the_weights_that_it_began_with():
    model, train, valid, optimizer = parts()
    began = {k: v.clone() for k, v in model.state_dict().items()}
    w = trained_under_watch(model, train, optimizer)
    seen = {}

    def before(case):
        seen["weights"] = {k: v.clone() for k, v in case.setup.model.state_dict().items()}
        seen["moments"] = len(case.setup.optimizer.state)
        return []

    def after(case):
        seen["trace"], seen["outcome"] = case.trace, case.outcome
        return []

    setup = open_setup(model, train, valid, loss=nn.CrossEntropyLoss(), optimizer=optimizer)
    wanted = {"first": Asked(ask=before), "last": Asked(ask=after, stage="after")}
    diagnose_setup(setup, watched=w, wanted=wanted, prove=False, strict=True)
    torch.testing.assert_close(seen["weights"], began, rtol=0, atol=0)
    assert seen["moments"] == 0
    assert len(seen["trace"].steps) == 12
    x, y = valid.dataset.tensors
    model.eval()
    accuracy = (model(x).argmax(1) == y).float().mean().item()
    assert seen["outcome"].valid_score == pytest.approx(accuracy)
    assert optimizer.state


def test_watching_alone_gives_a_report_during_and_after_the_block():
    model, train, _, optimizer = parts()
    with whet.watch(model, optimizer) as w:
        for x, y in train:
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(x), y).backward()
            optimizer.step()
        first = w.report
        assert first is w.report
    assert isinstance(first, Diagnosis)
    assert "seen 6 steps" in str(w.report)


def test_a_mistake_of_the_watched_loop_is_found_and_our_own_loop_does_not_hide_it():
    model, train, valid, optimizer = parts()
    with whet.watch(model, optimizer) as w:
        for x, y in [*train, *train]:
            nn.functional.cross_entropy(model(x), y).backward()
            optimizer.step()
    assert w.report.verdict.root.symptom == "gradients_not_zeroed"
    rules = [*QUICK, "gradients_not_zeroed"]
    assert look(model, train, valid, optimizer, rules=rules, watched=w).verdict.root.symptom == "gradients_not_zeroed"
    assert look(model, train, valid, optimizer, rules=rules).is_healthy


def test_a_cure_is_tried_with_the_time_that_is_left():
    report = look(*parts(softmax=True), rules=QUICK, prove=True)
    assert [p.symptom for p in report.proofs] == ["double_softmax"] * len(report.proofs)
    assert report.proofs[0].cure == report.verdict.root.cures[0]
    assert "tried:" in str(report)
    assert report.proofs[0].title.lower() in report.html.lower()
    assert json.loads(report.to_json())["proofs"][0]["cure"] == report.proofs[0].cure


def test_rules_without_time_are_counted_in_the_verdict():
    said = str(report_of(not_judged={"more_data": USED_UP, "shortcut": USED_UP, "a": "b"}))
    assert "2 rules had no time left" in " ".join(said.split())


def test_the_text_is_short_and_shows_strings_as_they_are_however_much_was_found():
    many = [
        found(
            f"rule_{i}",
            0.9,
            where="layer\x1b[2J 'a'",
            advice="do this " * 200,
            evidence={"value": 1, "note": "x" * 999},
        )
        for i in range(30)
    ]
    report = report_of(
        *many,
        not_judged={f"r{i}": f"reason {i} " * 50 for i in range(30)},
        checklist=checklist([], clean=[], not_judged={}),
        facts=tuple((f"name{i}", "value" * 9) for i in range(30)),
    )
    lines = str(report).splitlines()
    assert len(lines) <= 40
    assert max(map(len, lines)) <= 100
    assert "\x1b" not in str(report)
    assert "and 25 more" in str(report)


def test_json_is_complete_and_strict():
    plot = Plot(title="t", x="x", y="y", lines=(Line(name="", x=(0, 1), y=(math.nan, math.inf)),))
    root = found(
        evidence={"value": np.float32(0.5), "rates": np.arange(2), "worst": math.inf, "shape": (1, 2)}, plot=plot
    )
    report = report_of(root, found("dead_units", 0.4, where="\ud800"), clean=("input_scale",), not_judged={"a": "b"})

    def refuse(name):
        raise AssertionError(name)

    told = json.loads(report.to_json(), parse_constant=refuse)
    report.to_json().encode()
    assert told["version"] == 1
    assert told["findings"][told["verdicts"][0]["root"]]["rule"] == "flat_loss"
    assert told["findings"][0]["evidence"] == {"value": 0.5, "rates": [0, 1], "worst": None, "shape": [1, 2]}
    assert told["findings"][0]["plot"]["lines"][0]["y"] == [None, None]
    assert (told["severe"], told["healthy"]) == (True, False)
    assert set(told) == {
        *("version", "model", "facts", "healthy", "severe", "verdicts", "findings", "proofs", "checklist", "clean"),
        *("not_judged", "layers", "timings", "seconds", "seed"),
    }


@pytest.mark.parametrize(
    ("severity", "healthy", "severe"), [(0.29, True, False), (0.3, False, False), (0.7, False, True)]
)
def test_healthy_and_severe_follow_the_levels(severity, healthy, severe):
    report = report_of(found(severity=severity))
    assert (report.is_healthy, report.is_severe) == (healthy, severe)
    assert ("nothing that matters" in str(report)) == healthy


def test_the_page_is_saved_as_a_file_or_with_its_json(softmax_report, tmp_path):
    page = softmax_report.save(tmp_path / "page.html")
    assert page.read_text(encoding="utf-8") == softmax_report.html
    folder = softmax_report.save(tmp_path / "new" / "folder").parent
    assert sorted(p.name for p in folder.iterdir()) == ["diagnosis.html", "diagnosis.json"]
    (tmp_path / "a file").write_text("")
    with pytest.raises(RunError, match="Choose another place"):
        softmax_report.save(tmp_path / "a file")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"rules": ["double_sofmax"]}, "Did you mean 'double_softmax'"),
        ({"settings": {"input_scale": {"no": 1}}}, "has no setting 'no'"),
        ({"rules": ["input_scale"], "settings": {"double_softmax": {}}}, "which does not run"),
        ({"budget": 0}, "budget must be above 0"),
        ({"budget": "soon"}, "is not a duration"),
        ({"watched": "w"}, "whet.watch"),
    ],
)
def test_a_wish_that_cannot_be_met_is_told_before_anything_runs(changed, said):
    with pytest.raises(ConfigError, match=said):
        look(*parts(), **changed)


def test_a_folder_with_other_things_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("kept")
    with pytest.raises(RunError, match="nothing was written"):
        look(*parts(), out=tmp_path)


def test_watch_says_what_it_takes():
    model, _, _, optimizer = parts()
    for wrong, said in [
        ((optimizer, model), "takes the model first"),
        ((model, [optimizer, None]), "takes the optimizer second"),
        ((model, []), "an empty list"),
    ]:
        with pytest.raises(ConfigError, match=said):
            whet.watch(*wrong)
    with pytest.raises(ConfigError, match="share must be in"):
        whet.watch(model, optimizer, share=0)
    unused = whet.watch(model, optimizer)
    with pytest.raises(ConfigError, match="nothing has been watched yet"):
        unused.report
    with pytest.raises(ConfigError, match="another model"):
        look(*parts(), watched=unused)
