import io

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from whet.data.clusters import near_duplicate_clusters
from whet.data.columns import CategoryColumn, ImageColumn, NumberColumn, SeriesColumn, TextColumn
from whet.data.dataset import Dataset
from whet.data.kinds import Kind, Modality
from whet.data.schema import Column, Schema

PLANTED = 40


def dataset(modality, columns, *, groups=None):
    num = len(
        next(iter(columns.values()))
        .take(slice(None))
        .__dict__.get("rows", next(iter(vars(next(iter(columns.values()))).values())))
    )
    schema = Schema(modality=modality, features=tuple(Column(name=n, kind=Kind.NUMBER) for n in columns))
    return Dataset(schema=schema, columns=columns, rows=np.arange(num), fingerprint="f", origin="o", groups=groups)


def found_and_false(clusters, num):
    """Share of the planted pairs (i, num + i) found, and of the originals wrongly joined to another original."""
    found = np.mean(clusters[:PLANTED] == clusters[num : num + PLANTED])
    return found, 1 - len(np.unique(clusters[:num])) / num


def scenes(num, side=32):
    """Pictures with smooth and fine structure, like photographs and unlike noise."""
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, (num, 5, 5, 3), dtype=np.uint8)
    return np.stack(
        [
            np.clip(
                np.asarray(Image.fromarray(c).resize((side, side), Image.Resampling.BICUBIC))
                + rng.normal(0, 6, (side, side, 1)),
                0,
                255,
            )
            for c in coarse
        ]
    ).astype(np.uint8)


def jpeg(pixels):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=60)
    return np.asarray(Image.open(buffer))


CHANGES = {
    "nothing": lambda p: p,
    "saved as jpeg": jpeg,
    "brighter": lambda p: np.clip(p * 0.9 + 20, 0, 255).astype(np.uint8),
    "rescaled": lambda p: np.asarray(Image.fromarray(p).resize((24, 24)).resize((32, 32))),
}


@pytest.mark.parametrize("change", CHANGES)
def test_planted_copies_of_pictures_are_found_and_strangers_left_apart(change):
    pictures = scenes(400)
    planted = np.stack([CHANGES[change](p) for p in pictures[:PLANTED]])
    pixels = np.concatenate([pictures, planted])
    clusters = near_duplicate_clusters(dataset(Modality.IMAGE, {"image": ImageColumn(pixels, np.arange(len(pixels)))}))
    found, false = found_and_false(clusters, 400)
    assert found >= 0.95
    assert false <= 0.01


def text_column(texts):
    blobs = [t.encode() for t in texts]
    offsets = np.cumsum([0, *map(len, blobs)]).astype(np.int64)
    return TextColumn(np.frombuffer(b"".join(blobs), np.uint8), offsets, np.arange(len(texts)))


def prose(num, words):
    rng = np.random.default_rng(1)
    return [" ".join(f"w{w}" for w in rng.zipf(1.3, words) % 5000) for _ in range(num)]


@pytest.mark.parametrize("change", [str, str.upper, lambda t: t.replace(" ", ",  ") + "!", lambda t: t + " indeed"])
def test_planted_copies_of_texts_are_found_and_strangers_left_apart(change):
    texts = prose(400, 40)
    clusters = near_duplicate_clusters(
        dataset(Modality.TEXT, {"t": text_column(texts + [change(t) for t in texts[:PLANTED]])})
    )
    found, false = found_and_false(clusters, 400)
    assert found >= 0.95
    assert false <= 0.01


def test_short_answers_repeat_by_nature_and_are_not_joined():
    clusters = near_duplicate_clusters(dataset(Modality.TEXT, {"t": text_column(["ok", "thanks", ""] * 20)}))
    assert len(np.unique(clusters)) == 60


def test_planted_copies_of_informative_rows_are_found():
    rng = np.random.default_rng(2)
    numbers = rng.normal(size=(300, 4))
    numbers[5, 2] = np.nan
    values = np.concatenate([numbers, numbers[:PLANTED] * (1 + 1e-12)])
    columns = {f"x{i}": NumberColumn(values[:, i]) for i in range(4)}
    found, false = found_and_false(near_duplicate_clusters(dataset(Modality.TABLE, columns)), 300)
    assert found == 1.0
    assert false == 0.0


def test_equal_rows_of_few_coarse_columns_are_no_copies():
    rng = np.random.default_rng(3)
    columns = {f"c{i}": CategoryColumn(rng.integers(0, 3, 500).astype(np.int32), ("a", "b", "c")) for i in range(4)}
    assert len(np.unique(near_duplicate_clusters(dataset(Modality.TABLE, columns)))) == 500


def test_columns_that_repeat_each_other_do_not_make_everything_a_copy():
    code = np.random.default_rng(4).integers(0, 60, 500).astype(np.float64)
    columns = {f"x{i}": NumberColumn(code * (i + 1)) for i in range(8)}
    assert len(np.unique(near_duplicate_clusters(dataset(Modality.TABLE, columns)))) == 500


def test_planted_copies_of_series_are_found_and_strangers_left_apart():
    rng = np.random.default_rng(5)
    series = np.cumsum(rng.normal(size=(300, 2, 50)), axis=2).astype(np.float32)
    series[7, :, 40:] = np.nan
    planted = series[:PLANTED] * 3 + 1 + rng.normal(0, 1e-4, (PLANTED, 2, 50)).astype(np.float32)
    values = np.concatenate([series, planted])
    column = SeriesColumn(values, np.arange(len(values)))
    found, false = found_and_false(near_duplicate_clusters(dataset(Modality.SERIES, {"series": column})), 300)
    assert found >= 0.95
    assert false == 0.0


def test_members_of_one_group_share_a_cluster_and_missing_groups_share_none():
    groups = np.array(["p", "q", "p", None, None, "q"], dtype=object)
    columns = {"x": NumberColumn(np.arange(6.0))}
    assert near_duplicate_clusters(dataset(Modality.TABLE, columns, groups=groups)).tolist() == [0, 1, 0, 2, 3, 1]


def test_the_order_of_rows_does_not_change_who_belongs_together():
    texts = prose(100, 30)
    texts += texts[:30]
    order = np.random.default_rng(6).permutation(len(texts))
    plain = near_duplicate_clusters(dataset(Modality.TEXT, {"t": text_column(texts)}))
    shuffled = near_duplicate_clusters(dataset(Modality.TEXT, {"t": text_column([texts[i] for i in order])}))
    pairs = pd.DataFrame({"a": plain[order], "b": shuffled}).drop_duplicates()
    assert len(pairs) == pairs.a.nunique() == pairs.b.nunique()
