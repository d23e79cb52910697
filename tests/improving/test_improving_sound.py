"""Sounds can be read and audited; what would train on them says so at once."""

import numpy as np
import pytest
import soundfile

import whet
from whet.errors import ConfigError


def test_improving_sounds_is_refused_with_what_to_do_and_leaves_nothing_behind(tmp_path):
    for name in ("lark", "owl"):
        (tmp_path / "calls" / name).mkdir(parents=True)
        for i in range(4):
            wave = 0.1 * np.random.default_rng(i).normal(size=900)
            soundfile.write(tmp_path / "calls" / name / f"{i}.wav", wave, 8000)
    with pytest.raises(ConfigError, match=r"sound can be audited, but not trained on yet\. Run whet audit"):
        whet.improve(tmp_path / "calls", budget=None, epochs=1, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()
