import numpy as np
import pytest
from sklearn.preprocessing import QuantileTransformer

from whet.data.columns import CategoryColumn, DateColumn, NumberColumn, TextColumn
from whet.data.dataset import Dataset
from whet.data.encoders.table import TableEncoder
from whet.data.encoders.table_crosses import Crosses
from whet.data.encoders.table_dates import DATE_PARTS, date_numbers
from whet.data.encoders.table_numbers import NumberScaler
from whet.data.kinds import Kind, Modality
from whet.data.schema import Column, Schema
from whet.errors import ConfigError, DataError
from whet.state import State

RNG = np.random.default_rng


def text_column(texts):
    raw = [t.encode() for t in texts]
    return TextColumn(
        np.frombuffer(b"".join(raw), np.uint8), np.cumsum([0, *map(len, raw)]), np.arange(len(raw), dtype=np.int64)
    )


def table(n=300, seed=0):
    """One column of each kind, with holes; the target is a number."""
    rng = RNG(seed)
    size, age = rng.lognormal(size=n), rng.normal(40, 10, n)
    age[rng.random(n) < 0.1] = np.nan
    codes = rng.choice([-2, -1, 0, 1, 2], n, p=[0.02, 0.08, 0.5, 0.38, 0.02]).astype(np.int32)
    texts = [" ".join(rng.choice(["red", "green", "blue", "old", "new"], 3)) for _ in range(n)]
    when = rng.uniform(0, 1.6e9, n)
    kinds = {
        "size": Kind.NUMBER,
        "age": Kind.NUMBER,
        "when": Kind.DATE,
        "note": Kind.TEXT,
        "shop": Kind.CATEGORY,
    }
    columns = {
        "size": NumberColumn(size),
        "age": NumberColumn(age),
        "when": DateColumn(when),
        "note": text_column(texts),
        "shop": CategoryColumn(codes, ("a", "b", "c")),
    }
    schema = Schema(
        modality=Modality.TABLE,
        features=tuple(Column(name=k, kind=v) for k, v in kinds.items()),
        target="y",
        target_is_number=True,
    )
    return Dataset(
        schema=schema, columns=columns, target=size + rng.normal(size=n), rows=np.arange(n), fingerprint="f", origin="t"
    )


def arrays(encoder, dataset, **options):
    return {k: p.gather(np.arange(len(dataset))).numpy() for k, p in encoder.encode(dataset, **options).parts.items()}


@pytest.mark.parametrize("transform", ["quantile", "standard", "robust_clip"])
def test_parts_have_the_sizes_that_the_spec_says_and_hold_no_nan(transform):
    data = table()
    encoder = TableEncoder.fit(data, {"number_transform": transform}, seed=0)
    parts = arrays(encoder, data)
    assert parts["numbers"].shape == (300, encoder.spec.num_numbers)
    assert parts["numbers"].dtype == np.float32
    assert parts["categories"].dtype == np.int64
    assert np.isfinite(parts["numbers"]).all()
    assert (parts["categories"].max(axis=0) < encoder.spec.cardinalities).all()
    assert parts["categories"].min() == 0


@pytest.mark.parametrize("transform", ["quantile", "standard", "robust_clip"])
def test_values_far_outside_of_training_stay_finite(transform):
    data = table()
    encoder = TableEncoder.fit(data, {"number_transform": transform}, seed=0)
    strange = table(4, seed=1)
    strange.columns["size"].values[:] = [1e30, -1e30, np.inf, np.nan]
    assert np.isfinite(arrays(encoder, strange)["numbers"]).all()


def test_a_saved_encoder_is_equal_bit_for_bit():
    data = table()
    encoder = TableEncoder.fit(data, {"crosses": 4}, seed=0)
    state = encoder.state()
    again = TableEncoder.from_state(State(dict(state.config), {k: v.copy() for k, v in state.arrays.items()}))
    other = table(50, seed=7)
    for name, values in arrays(encoder, other).items():
        assert np.array_equal(values, arrays(again, other)[name]), name
    assert again.spec == encoder.spec


def test_a_state_config_survives_json_and_its_arrays_survive_safetensors():
    import json

    from safetensors.numpy import load, save

    encoder = TableEncoder.fit(table(), {}, seed=0)
    state = encoder.state()
    packed = load(save({k: np.ascontiguousarray(v) for k, v in state.arrays.items()}))
    again = TableEncoder.from_state(State(json.loads(json.dumps(state.config)), packed))
    assert np.array_equal(arrays(encoder, table(9))["numbers"], arrays(again, table(9))["numbers"])


def test_a_row_is_encoded_the_same_whatever_its_companions():
    data = table()
    encoder = TableEncoder.fit(data, {}, seed=0)
    whole, alone = arrays(encoder, data), arrays(encoder, data.take(np.array([17])))
    assert np.array_equal(whole["numbers"][17], alone["numbers"][0])
    assert np.array_equal(whole["categories"][17], alone["categories"][0])


def test_the_same_seed_learns_the_same_encoder():
    one, two = (TableEncoder.fit(table(), {}, seed=3).state().arrays for _ in range(2))
    assert all(np.array_equal(one[k], two[k]) for k in one)


def test_a_column_with_holes_gets_an_indicator_and_one_without_gets_none():
    data = table()
    encoder = TableEncoder.fit(data, {"number_transform": "standard", "text_components": 0, "crosses": 0}, seed=0)
    numbers = arrays(encoder, data)["numbers"]
    assert encoder.spec.num_numbers == 2 + len(DATE_PARTS) + 1
    assert np.array_equal(numbers[:, -1] == 1, np.isnan(data.columns["age"].values))


def test_missing_and_unknown_values_are_id_zero_and_rare_ones_share_an_id():
    data = table()
    encoder = TableEncoder.fit(data, {"rare": 20}, seed=0)
    codes, ids = data.columns["shop"].codes, arrays(encoder, data)["categories"][:, 0]
    assert set(ids[codes < 0]) == {0}
    assert set(ids[codes == 2]) == {1}
    assert set(ids[codes == 0]) == {2}


def test_the_quantile_transform_agrees_with_sklearns():
    values = RNG(0).lognormal(size=(3000, 2))
    scaler = NumberScaler.fit(values, "quantile", num_plain=2, seed=0)
    theirs = QuantileTransformer(n_quantiles=100, output_distribution="normal").fit(values).transform(values)
    assert np.abs(scaler.apply(values) - theirs)[np.abs(theirs) < 2.5].max() < 0.05


def test_a_constant_column_becomes_zero():
    values = np.full((50, 1), 7.0)
    for transform in ("quantile", "standard", "robust_clip"):
        assert (NumberScaler.fit(values, transform, num_plain=1, seed=0).apply(values) == 0).all()


def test_a_column_without_any_value_becomes_zero_and_an_indicator():
    scaler = NumberScaler.fit(np.full((50, 1), np.nan), "quantile", num_plain=1, seed=0)
    assert scaler.apply(np.array([[np.nan], [3.0]])).tolist() == [[0.0, 1.0], [0.0, 0.0]]


def test_robust_clip_keeps_everything_within_three():
    values = RNG(0).standard_cauchy((500, 1))
    assert np.abs(NumberScaler.fit(values, "robust_clip", num_plain=1, seed=0).apply(values * 1e6)).max() <= 3.0


def test_a_date_keeps_the_year_and_a_missing_one_is_nan():
    parts = date_numbers(np.array([np.nan, np.datetime64("2024-02-29T12:00", "s").astype(float), -86_400.0]))
    assert np.isnan(parts[0]).all()
    assert parts[1:, 1].tolist() == [2024.0, 1969.0]
    assert parts[1, 6:] == pytest.approx([0.0, -1.0], abs=1e-9)  # noon


def test_a_planted_ratio_is_found_and_beats_columns_that_say_nothing():
    rng = RNG(0)
    numbers = rng.uniform(1, 2, (4000, 4))
    target = numbers[:, 2] / numbers[:, 3]
    made = Crosses.fit(numbers, np.zeros((4000, 0), np.int64), target, count=1, seed=0)
    assert sorted(made.pairs[0].tolist()) == [2, 3]


def test_crosses_of_missing_values_are_missing_and_a_ratio_by_zero_has_no_value():
    made = Crosses(np.array([[0, 1], [0, 1]]), np.array([0.0, 45.0]), np.zeros(2), np.ones(2))
    out = made.apply(np.array([[1.0, 0.0], [np.nan, 1.0]]))
    assert np.isnan(out).tolist() == [[True, False], [True, True]]
    assert out[0, 1] == pytest.approx(np.sqrt(0.5))


def test_a_table_without_numbers_or_without_categories_is_encoded():
    data = table()
    for kept in ("shop", "size"):
        schema = Schema(
            modality=Modality.TABLE,
            features=tuple(c for c in data.schema.features if c.name == kept),
            target_is_number=True,
        )
        small = Dataset(
            schema=schema, columns=data.columns, target=data.target, rows=data.rows, fingerprint="f", origin="t"
        )
        parts = arrays(TableEncoder.fit(small, {}, seed=0), small)
        assert [p.shape[1] for p in parts.values()] == ([0, 1] if kept == "shop" else [1, 0])


def test_a_large_table_goes_to_the_scratch_folder(tmp_path, monkeypatch):
    monkeypatch.setattr("whet.data.encoders.table._IN_MEMORY_BYTES", 100)
    monkeypatch.setattr("whet.data.encoders.table._BLOCK", 64)
    data = table()
    encoder = TableEncoder.fit(data, {}, seed=0)
    inputs = encoder.encode(data, scratch=tmp_path)
    assert isinstance(inputs.parts["numbers"].values, np.memmap)
    assert np.array_equal(inputs.batch(np.arange(300))["numbers"].numpy(), arrays(encoder, data)["numbers"])


def test_unknown_and_wrong_settings_are_reported_together():
    with pytest.raises(ConfigError, match=r"rares.*Did you mean 'rare'"):
        TableEncoder.fit(table(), {"rares": 3}, seed=0)
    with pytest.raises(ConfigError, match=r"rare must be at least 1; got 0.*crosses must be 0 or more; got -1"):
        TableEncoder.fit(table(), {"rare": 0, "crosses": -1}, seed=0)


def test_a_column_that_tables_cannot_read_is_named():
    schema = Schema(modality=Modality.TABLE, features=(Column(name="photo", kind=Kind.IMAGE),))
    data = Dataset(schema=schema, columns={}, rows=np.arange(3), fingerprint="f", origin="t.csv")
    with pytest.raises(DataError, match=r"t.csv.*'photo' \(image\).*ignored"):
        TableEncoder.fit(data, {}, seed=0)
