"""What ``explain`` chooses, gives back, refuses and leaves out."""

import json

import numpy as np
import pytest

from whet.data.kinds import Modality
from whet.errors import ConfigError, DataError
from whet.explaining import Explanation, explain
from whet.improving.explaining import chosen_examples
from whet.testing.examples import target_of, tiny

CHOSEN = {
    ("text_cnn",): "integrated_gradients",
    ("embedding_bag",): "occlusion",
    ("convnet",): "grad_cam",
    ("tcn",): "grad_cam",
    ("series_recurrent",): "integrated_gradients",
    ("mlp",): "occlusion",
}


def of_names(names, network_of, model_of, weights=None):
    from whet.models.architecture import architectures

    data = tiny(architectures[names[0]].modality)
    return model_of(data, [network_of(n, data, seed=i) for i, n in enumerate(names)], weights), data


@pytest.mark.parametrize("names", CHOSEN)
def test_auto_takes_what_suits_and_survives_json(names, network_of, model_of):
    model, data = of_names(names, network_of, model_of)
    found = explain(model, data, rows=[2, 0])
    assert [e.method for e in found] == [CHOSEN[names]] * 2
    assert [e.where for e in found] == ["row 2", "row 0"]
    assert [e.truth for e in found] == [str(data.target[2]), str(data.target[0])]
    scores = model.scores(data)
    assert found[0].prediction == model.labels[scores[2].argmax()]
    assert found[0].probability == pytest.approx(scores[2].max(), abs=1e-6)
    for each in found:
        assert Explanation.from_dict(json.loads(json.dumps(each.to_dict(), allow_nan=False))) == each


def test_members_are_averaged_by_weight(network_of, model_of):
    data = tiny(Modality.TEXT)
    networks = [network_of("text_cnn", data, seed=s) for s in (0, 1)]
    answer = {}
    for weights in ((1.0, 0.0), (0.0, 1.0), (0.75, 0.25)):
        model = model_of(data, networks, list(weights))
        predicted = explain(model, data, rows=range(4), method="integrated_gradients")
        answer[weights] = predicted
    same = [
        i for i, e in enumerate(answer[0.75, 0.25])
        if e.prediction == answer[1.0, 0.0][i].prediction == answer[0.0, 1.0][i].prediction
    ]  # fmt: skip
    assert same
    a, b, mixed = (
        np.array([w for _, w in answer[key][same[0]].words]) for key in ((1.0, 0.0), (0.0, 1.0), (0.75, 0.25))
    )
    assert np.allclose(mixed, 0.75 * a + 0.25 * b, atol=1e-4)
    assert answer[0.75, 0.25][0].scope == "the mean of all 2 members"


def test_a_method_that_can_ask_less_than_half_of_the_model_is_not_chosen(network_of, model_of):
    names = ["text_cnn", "embedding_bag"]
    model, data = of_names(names, network_of, model_of, [0.3, 0.7])
    assert explain(model, data, rows=[0])[0].method == "occlusion"
    asked = explain(model, data, rows=[0], method="integrated_gradients")[0]
    assert asked.scope == "1 of 2 members, with 30% of the weight"


def test_numbers_have_no_probability(network_of, model_of):
    data = tiny(Modality.SERIES, "number")
    model = model_of(data, [network_of("series_recurrent", data)])
    (found,) = explain(model, data, rows=[1])
    assert (found.probability, found.unit) == (None, "target")
    assert float(found.prediction) == pytest.approx(model.scores(data)[1, 0], rel=1e-4)


def test_time_is_kept(knowing):
    data, ticks = tiny(Modality.TABLE), iter(range(1000))
    model = knowing(data, lambda d: np.full((len(d), 3), 1 / 3))
    assert explain(model, data, rows=range(10), seconds=0.0) == []
    some = explain(model, data, rows=range(10), seconds=8.0, now=lambda: float(next(ticks)))
    assert [e.where for e in some] == ["row 0", "row 1", "row 2"]


def test_the_same_seed_gives_the_same_answer(knowing):
    data = tiny(Modality.TABLE, "number")
    model = knowing(data, lambda d: d.columns["size"].values[:, None])
    assert explain(model, data, rows=[3], seed=5) == explain(model, data, rows=[3], seed=5)
    assert explain(model, data, rows=[3], seed=5) != explain(model, data, rows=[3], seed=6)


def test_mistaken_calls_are_told_what_to_do(knowing):
    data = tiny(Modality.TABLE)
    model = knowing(data, lambda d: np.full((len(d), 3), 1 / 3))
    with pytest.raises(DataError, match="no example at position 48; rows must be from 0 to 47"):
        explain(model, data, rows=[0, 48])
    with pytest.raises(ConfigError, match="Did you mean 'grad_cam'"):
        explain(model, data, rows=[], method="gradcam")
    with pytest.raises(DataError, match="cannot be read"):
        Explanation.from_dict({"where": "row 0", "colour": "red"})


def test_examples_of_the_report_begin_with_the_most_confident_mistakes():
    data = tiny(Modality.TABLE)
    truth = target_of(data).encode(data.target)
    scores = np.eye(3)[truth] * 0.5 + 0.1
    wrong = {4: 0.7, 9: 0.9, 20: 0.8, 30: 0.65}
    for i, sureness in wrong.items():
        scores[i] = 0.05
        scores[i, (truth[i] + 1) % 3] = sureness
    rows = chosen_examples(target_of(data), truth, scores, seed=0)
    assert rows[:3] == [9, 20, 4]
    assert len(rows) == 6
    assert not {*rows[3:]} & {*wrong}
    assert rows == chosen_examples(target_of(data), truth, scores, seed=0)
