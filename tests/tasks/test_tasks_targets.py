import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from whet.data.kinds import Modality
from whet.data.schema import Schema
from whet.errors import DataError, LabelError
from whet.tasks.classes import ClassTarget
from whet.tasks.number import NumberTarget
from whet.tasks.target import target_from_dict
from whet.tasks.task import task_for, tasks


@given(st.lists(st.text(min_size=1, max_size=5), min_size=2, max_size=20))
def test_labels_survive_encoding_and_decoding(labels):
    values = np.array(labels, dtype=object)
    target = ClassTarget.fit(values)
    codes = target.encode(values)
    assert target.decode(np.eye(target.num_outputs)[codes]).tolist() == labels


def test_numeric_labels_keep_their_order():
    assert ClassTarget.fit(np.array(["10", "9", "2"], dtype=object)).labels == ("2", "9", "10")


def test_an_unknown_label_names_the_nearest():
    target = ClassTarget(("setosa", "virginica"))
    with pytest.raises(LabelError, match="Did you mean 'setosa'"):
        target.encode(np.array(["setossa"], dtype=object))


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=30))
def test_numbers_come_back_in_their_own_units(values):
    array = np.array(values)
    target = NumberTarget.fit(array)
    encoded = torch.from_numpy(target.encode(array)).reshape(-1, 1)
    scale = max(1.0, float(np.abs(array).max()))
    assert np.allclose(target.decode(target.scores(encoded).numpy()), array, atol=1e-5 * scale)


@pytest.mark.parametrize("target", [ClassTarget(("a", "b")), NumberTarget(1.0, 2.0, 0.0, 3.0)])
def test_a_target_round_trips(target):
    assert target_from_dict(target.to_dict()) == target


def test_soft_targets_cost_the_same_as_hard_ones():
    target = ClassTarget(("a", "b", "c"))
    outputs, codes = torch.randn(6, 3, generator=torch.Generator().manual_seed(0)), torch.tensor([0, 1, 2, 0, 1, 2])
    assert torch.allclose(target.losses(outputs, codes), target.losses(outputs, target.soften(codes)))


def test_every_combination_that_the_issue_names_has_a_task():
    assert set(tasks) == {
        "image_classification",
        "series_classification",
        "table_classification",
        "table_regression",
        "text_classification",
        "text_regression",
    }


def test_what_cannot_be_done_says_so():
    schema = Schema(modality=Modality.IMAGE, features=(), target="x", target_is_number=True)
    with pytest.raises(DataError, match="--task classification"):
        task_for(schema)
