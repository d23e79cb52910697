"""Sound pictures, series and recordings, and faults put into them: shared by the tests of checks on media."""

import numpy as np
import pandas as pd
from PIL import Image
from scipy.ndimage import gaussian_filter
from soundfile import write

from whet.auditing.opening import open_inspection

RATE = 8000


def pictures(num=300, side=32, seed=0):
    """(num, side, side, 3) uint8: smooth landscapes with sharp-edged boxes, in colour."""
    rng = np.random.default_rng(seed)
    ground = gaussian_filter(rng.normal(size=(num, side, side, 3)), (0, side / 8, side / 8, 0))
    ground = 120 + 40 * ground / ground.std(axis=(1, 2), keepdims=True)
    for picture in ground:
        for _ in range(6):
            top, left = rng.integers(0, side - 8, 2)
            height, width = rng.integers(4, 12, 2)
            picture[top : top + height, left : left + width] += rng.normal(0, 60, 3)
    return np.clip(ground + rng.normal(0, 1, ground.shape), 0, 255).astype(np.uint8)


def series(num=300, steps=120, channels=2, seed=0):
    """(num, channels, steps) float32: waves of about three periods with a little noise."""
    rng = np.random.default_rng(seed)
    pace = 3 * rng.normal(1, 0.05, (num, 1, 1)) * np.arange(steps) / steps
    waves = np.sin(2 * np.pi * (pace + rng.random((num, channels, 1)))) * rng.lognormal(0, 0.2, (num, 1, 1))
    return (waves + 0.05 * rng.normal(size=waves.shape)).astype(np.float32)


def recordings(num=200, seed=0):
    """A list of (samples,) float64: a few tones that swell and fade over a faint hiss, half a second at 8 kHz."""
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(num):
        time = np.arange(int(RATE * rng.uniform(0.4, 0.7))) / RATE
        tones = sum(np.sin(2 * np.pi * rng.uniform(150, 1500) * time + rng.uniform(0, 6)) for _ in range(4))
        swell = np.exp(-(((time - time.mean()) / (0.25 * time[-1])) ** 2) * 2)
        made.append(0.1 * tones * swell + 0.002 * rng.normal(size=len(time)))
    return made


def labels(num, kinds=3):
    return np.array(["abcdefgh"[i % kinds] for i in range(num)])


def rows_of(num, share=0.05, seed=1):
    return np.sort(np.random.default_rng(seed).choice(num, max(2, round(share * num)), replace=False))


def changed(examples, rows, change):
    """A copy in which ``change`` was applied to the examples at ``rows``."""
    copy = examples.copy()
    for row in rows:
        copy[row] = change(copy[row])
    return copy


def opened(examples, target=None, **kwargs):
    return open_inspection((examples, labels(len(examples)) if target is None else target), **kwargs)


def opened_files(folder, made):
    """Pictures (arrays) saved in class folders; the source row is the place in the sorted list of files."""
    for number, (picture, label) in enumerate(zip(made, labels(len(made), 2), strict=True)):
        (folder / label).mkdir(exist_ok=True)
        Image.fromarray(picture).save(folder / label / f"{number:04}.png")
    return open_inspection(folder)


def opened_sounds(folder, waves, rates=None, target=None):
    rates = [RATE] * len(waves) if rates is None else rates
    for number, (wave, rate) in enumerate(zip(waves, rates, strict=True)):
        write(folder / f"{number:04}.wav", wave, rate, subtype="PCM_16")
    names = [f"{number:04}.wav" for number in range(len(waves))]
    table = pd.DataFrame({"file": names, "kind": labels(len(waves)) if target is None else target})
    table.to_csv(folder / "sounds.csv", index=False)
    return open_inspection(folder / "sounds.csv", target="kind")


def found(check, inspection):
    return list(check.check(inspection))


def assert_only(findings, rows, least=0.9):
    """One finding whose rows are the planted ones, at least ``least`` of them and nothing else."""
    (finding,) = findings
    assert set(finding.rows) <= set(rows.tolist())
    assert len(finding.rows) >= least * len(rows)
    assert finding.count == len(finding.rows)
    assert finding.level != "severe"
    assert 0 < len(finding.examples) <= 24
    assert finding.examples[0].row == finding.rows[0]
    return finding
