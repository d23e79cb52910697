"""A small finished run, as values."""

from dataclasses import replace

import numpy as np
import pytest

from whet.report.data import Mistake, ReportData, ScoreLine

PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ"
    "AAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def make_row(id=1, stage="confirm", verdict="adopted", change="dropout 0 -> 0.15", **values):
    row = {
        "id": id,
        "registered_at": "2026-01-01T00:00:00Z",
        "decided_at": "2026-01-01T00:00:01Z",
        "stage": stage,
        "remedy": "dropout",
        "change": change,
        "because": "training 0.99, validation 0.90",
        "expected_gain": 0.01,
        "visible_gain": 0.02,
        "alpha": 0.0083,
        "seeds": 3,
        "recipe": "ab",
        "incumbent": "cd",
        "expected_seconds": 1.0,
        "verdict": verdict,
        "reason": "every gate held",
        "before": 0.9,
        "after": 0.93,
        "gain": 0.03,
        "low": 0.01,
        "high": 0.05,
        "p": 0.001,
        "num_examples": 40,
        "num_seeds": 3,
        "seconds": 2.0,
        "cause": "",
        "details": {},
    }
    return {**row, **values}


def make_scores(num, num_classes, seed=0):
    draws = np.random.default_rng(seed)
    truth = draws.integers(0, num_classes, num)
    scores = draws.random((num, num_classes)) + 2 * (np.arange(num_classes) == truth[:, None])
    return truth.astype(float).tolist(), (scores / scores.sum(axis=1, keepdims=True)).tolist()


def make_data(num=40, num_classes=3, **values):
    truth, scores = make_scores(num, num_classes)
    point = {"epoch": 1.0, "seconds": 1.0, "lr": 0.1, "train_loss": 1.0, "valid_loss": 1.1, "valid_score": 0.8}
    data = ReportData(
        title="flowers.csv",
        task="table_classification",
        modality="table",
        target_kind="classes",
        labels=tuple(f"class{i}" for i in range(num_classes)),
        metric="accuracy",
        metric_title="accuracy",
        higher_is_better=True,
        unit="fraction",
        num_examples={"train": 120, "valid": 40, "test": num},
        schema=[{"name": "petal", "kind": "number", "why": "all values parse as numbers"}],
        before=ScoreLine(name="baseline: logistic regression", score=0.93, low=0.9, high=0.95, n=num),
        default=ScoreLine(name="residual MLP, default recipe", score=0.95, low=0.92, high=0.97, n=num),
        after=ScoreLine(name="what was handed over", score=0.98, low=0.96, high=0.99, n=num),
        gain=(0.051, 0.029, 0.073),
        deep_wins=True,
        test_openings=1,
        ledger=[
            make_row(1, "baseline", "measured", "logistic regression", before=None, gain=None, low=None, high=None),
            make_row(2, "default", "measured", "residual MLP, default recipe", gain=None, low=None, high=None),
            make_row(3),
        ],
        findings=[{"symptom": "overfitting", "severity": 0.7, "statement": "A wide gap.", "advice": "More data."}],
        curves={"residual MLP": [point, {**point, "epoch": 2.0, "train_loss": 0.5, "train_score": 0.9}], "none": []},
        test_truth=truth,
        test_scores=scores,
        scores_table={"before": {"accuracy": 0.93, "log_loss": 0.3}, "after": {"accuracy": 0.98, "log_loss": 0.1}},
        mistakes=[
            Mistake(where="row 17", truth="a", predicted="b", confidence=0.98, text="petal=1", thumbnail=PIXEL),
            Mistake(where="row 3", truth="a", predicted="b", confidence=0.9, series=(0.0, 1.0, 0.5)),
        ],
        timings=[("baselines", 1.5), ("report", 0.0)],
        problems=["flowers.csv row 4: no target"],
        next_steps=["Collect more of class0."],
        command="whet improve flowers.csv --target species",
        seed=0,
        budget_seconds=60.0,
        seconds=42.0,
        environment={"whet": "0.1.0", "device": "cpu"},
        speed={
            "precision": "float32",
            "channels_last": True,
            "num_threads": 1,
            "table": [{"precision": "float32", "channels_last": True, "num_threads": 1, "step_s": 0.01}],
        },
        members=[{"title": "residual MLP", "weight": 1.0, "parameters": 1234, "valid_score": 0.97}],
        notes=["one note"],
    )
    return replace(data, **values)


def make_number_data(**values):
    truth = np.linspace(1000.0, 90000.0, 30)
    return make_data(
        **{
            "target_kind": "number",
            "labels": (),
            "metric": "rmse",
            "metric_title": "RMSE",
            "higher_is_better": False,
            "unit": "target",
            "before": ScoreLine(name="baseline: boosted trees", score=48210.0, low=45000.0, high=51000.0, n=30),
            "default": None,
            "after": ScoreLine(name="what was handed over", score=44003.0, low=41000.0, high=47000.0, n=30),
            "gain": (4207.0, 2900.0, 5600.0),
            "test_truth": truth.tolist(),
            "test_scores": (truth[:, None] * 1.02).tolist(),
            "scores_table": {"before": {"rmse": 48210.0}, "after": {"rmse": 44003.0}},
            **values,
        }
    )


@pytest.fixture(scope="session")
def data():
    return make_data()


@pytest.fixture(scope="session")
def number_data():
    return make_number_data()


@pytest.fixture(scope="session")
def row():
    return make_row


@pytest.fixture(scope="session")
def scores_of():
    return make_scores


@pytest.fixture(scope="session")
def data_with():
    return make_data
