"""Integrated gradients: complete, equal to what can be worked out by hand, and harmless to the model."""

import numpy as np
import pytest
import torch

from whet.data.kinds import Modality
from whet.explaining import explain
from whet.explaining.evidence import evidence_of_outputs, evidence_of_scores
from whet.explaining.integrated_gradients import integrated_gradients
from whet.explaining.members import batch_of
from whet.models.architecture import architectures
from whet.testing.examples import target_of, tiny

READABLE = {"image", "series", "numbers", "categories", "tokens"}


def readable():
    import whet.models  # noqa: F401

    return [
        name
        for name, cls in architectures.items()
        if cls.__module__.startswith("whet.") and not cls.needs_backbone and set(cls.parts) <= READABLE
    ]


@pytest.mark.parametrize("name", readable())
def test_the_weights_add_up_to_the_change_of_evidence(name, network_of):
    data = tiny(architectures[name].modality)
    fitted = network_of(name, data)
    found = integrated_gradients(fitted.model, fitted.target, batch_of(fitted, data), 1)
    assert found is not None
    size = sum(float(part.abs().sum()) for part in found.parts.values())
    assert size > 0
    assert abs(found.total() - found.change) <= 0.01 * max(abs(found.change), 0.1 * size)


@pytest.mark.parametrize("name", ["text_cnn", "tabm", "convnet"])
def test_the_change_ends_at_what_the_model_predicts(name, network_of):
    data = tiny(architectures[name].modality)
    fitted = network_of(name, data)
    batch = batch_of(fitted, data)
    with torch.no_grad():
        evidence = evidence_of_outputs(fitted.target, fitted.model(batch), 2)
    expected = evidence_of_scores(fitted.scores(data.take(np.array([0]))), 2)
    assert float(evidence) == pytest.approx(float(expected[0]), abs=1e-4)


def test_of_a_linear_network_they_are_input_times_weight(network_of):
    data = tiny(Modality.TABLE, "number")
    fitted = network_of("mlp", data, depth=1, embedding="none", dropout=0.0)
    linear = torch.nn.Linear(fitted.encoder.spec.num_numbers, 1)

    class Linear(torch.nn.Module):
        def forward(self, batch):
            return linear(batch["numbers"])

    batch = batch_of(fitted, data)
    found = integrated_gradients(Linear(), fitted.target, batch, None)
    expected = batch["numbers"][0] * linear.weight[0].detach() * fitted.target.std
    assert torch.allclose(found.parts["numbers"].float(), expected, atol=1e-5)
    assert found.change == pytest.approx(float(expected.sum()), abs=1e-4)


def test_of_a_bag_of_embeddings_each_word_gets_its_own_embedding(network_of):
    data = tiny(Modality.TEXT, "number")
    fitted = network_of("text_cnn", data)
    table, places = torch.nn.Embedding(fitted.encoder.spec.vocab_size, 1), torch.nn.Embedding(64, 1)

    class Sum(torch.nn.Module):
        def forward(self, batch):
            tokens = batch["tokens"]
            return (table(tokens) + places(torch.arange(tokens.shape[1]))).sum(dim=1)

    batch = batch_of(fitted, data)
    found = integrated_gradients(Sum(), fitted.target, batch, None)
    expected = table(batch["tokens"])[0, :, 0].detach() * fitted.target.std  # places are the same without any word
    assert torch.allclose(found.parts["tokens"].float(), expected, atol=1e-5)


def test_padding_and_the_words_order_of_pieces_give_back_the_text(network_of, model_of):
    data = tiny(Modality.TEXT)
    model = model_of(data, [network_of("text_cnn", data)])
    (found,) = explain(model, data, rows=[4], method="integrated_gradients")
    assert "".join(text for text, _ in found.words) == data.columns["text"].texts()[4]
    assert found.is_signed
    assert found.unit == "log-odds"


def test_categories_and_numbers_return_to_their_columns(network_of, model_of):
    data = tiny(Modality.TABLE)
    fitted = network_of("mlp", data)
    (found,) = explain(model_of(data, [fitted]), data, rows=[0], method="integrated_gradients")
    batch = batch_of(fitted, data)
    parts = integrated_gradients(
        fitted.model, fitted.target, batch, target_of(data).labels.index(found.prediction)
    ).parts
    # size, noise, then the 0/1 number that says whether noise is missing
    assert found.columns[0][2] == pytest.approx(float(parts["numbers"][0]), rel=1e-3)
    assert found.columns[1][2] == pytest.approx(float(parts["numbers"][1] + parts["numbers"][2]), rel=1e-3)
    assert found.columns[2][2] == pytest.approx(float(parts["categories"][0]), rel=1e-3, abs=1e-6)


def test_the_model_is_left_as_it_was(network_of):
    data = tiny(Modality.TEXT)
    fitted = network_of("text_transformer", data)
    before, keys = fitted.scores(data), set(fitted.model.__dict__)
    integrated_gradients(fitted.model, fitted.target, batch_of(fitted, data), 0)
    assert np.array_equal(fitted.scores(data), before)
    assert set(fitted.model.__dict__) == keys
    assert all(p.grad is None and not p.requires_grad for p in fitted.model.parameters())
