"""Every registered encoder passes the same contract."""

from __future__ import annotations

import json

import numpy as np
import pytest
from contract_data import own, same, tiny

from whet.data.encoders.encoder import encoders
from whet.data.kinds import Modality
from whet.errors import ConfigError
from whet.state import State

NAMES = [name for name, _ in own(encoders)]


@pytest.mark.parametrize("name", NAMES)
def test_an_encoder_made_from_its_state_gives_the_same_batch_bit_for_bit(name):
    train, test = tiny(Modality(name)), tiny(Modality(name), n=20, seed=1)
    encoder = encoders[name].fit(train, {}, seed=0)
    state = encoder.state()
    stored = State(json.loads(json.dumps(dict(state.config))), {n: a.copy() for n, a in state.arrays.items()})
    again = encoders[name].from_state(stored)
    assert again.spec == encoder.spec
    assert encoder.spec.modality == Modality(name)
    assert same(again.encode(test).batch(np.arange(20)), encoder.encode(test).batch(np.arange(20)))


@pytest.mark.parametrize("name", NAMES)
def test_a_view_of_the_inputs_gathers_the_same_examples(name):
    dataset = tiny(Modality(name))
    inputs = encoders[name].fit(dataset, {}, seed=0).encode(dataset)
    index = np.array([7, 3, 11])
    assert len(inputs) == len(dataset)
    assert same(inputs.take(index).batch(np.arange(3)), inputs.batch(index))


@pytest.mark.parametrize("name", NAMES)
def test_an_unknown_setting_is_refused(name):
    with pytest.raises(ConfigError):
        encoders[name].fit(tiny(Modality(name)), {"colour_of_paint": 1}, seed=0)
