"""The audit at the start of a run also takes pictures, series and tables that came as arrays, without their files."""

import numpy as np
import pytest

from whet.auditing.audit import run_checks
from whet.auditing.inspection import Half, Inspection
from whet.data.load import load_with_raw

COMPARING = 1  # effort of the checks that a run counted in epochs asks for


@pytest.mark.parametrize("source", ["sklearn:digits", "sklearn:wine"])
def test_checks_look_at_what_a_run_keeps_of_its_source(source):
    none = dict.fromkeys(("target", "task", "group", "time", "image_size", "cache"))
    raw, data = load_with_raw(source, types={}, **none)
    kept = data.take(np.arange(0, len(data), 2))
    inspection = Inspection(train=Half(raw=raw.only(kept.rows), data=kept), seed=0)
    audit = run_checks(inspection, most_effort=COMPARING)
    assert not [f for f in audit.findings if f.level == "severe"]
    assert "colour_mix" in audit.clean
