"""A clean table, and what goes wrong in tables."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from benchmarks.planting.planted import Bed, Kind, Planted, draw

__all__ = ["KINDS", "customers", "prices"]

CITIES = ("Berlin", "Hamburg", "Munich", "Cologne", "Frankfurt", "Leipzig", "Dresden", "Bremen")


def customers(num: int, rng: np.random.Generator) -> Bed:
    """Customers who stay or leave; every column honest, rows in random order."""
    frame = _columns(num, rng)
    logit = (
        0.08 * (frame["age"] - 45)
        - 0.9 * frame["visits"] / 4
        + 0.0006 * (frame["spend"] - 500)
        + 0.8 * (frame["plan"] == "basic")
    )
    left = rng.random(num) < 1 / (1 + np.exp(-1.3 * (logit - logit.mean())))
    frame["left"] = np.where(left, "yes", "no")
    return Bed(name="customers", modality="table", source=frame, target="left")


def prices(num: int, rng: np.random.Generator) -> Bed:
    """The same columns and a number to predict."""
    frame = _columns(num, rng)
    frame["price"] = (
        20 + 0.7 * frame["age"] + 3 * frame["visits"] + 0.02 * frame["spend"] + 8 * (frame["plan"] == "premium")
    ) * np.exp(0.08 * rng.standard_normal(num))
    frame["price"] = frame["price"].round(2)
    return Bed(name="prices", modality="table", source=frame, target="price")


def _columns(num: int, rng: np.random.Generator) -> pd.DataFrame:
    age = np.clip(rng.normal(45, 14, num), 18, 90).round().astype(int)
    since = pd.Timestamp("2015-01-01") + pd.to_timedelta(rng.integers(0, 2500, num), unit="D")
    return pd.DataFrame(
        {
            "age": age,
            "height_cm": rng.normal(172, 9, num).round(1),
            "visits": rng.poisson(4, num),
            "spend": rng.gamma(4.0, 120.0, num).round(2),
            "rating": rng.normal(3.5, 0.6, num).clip(1, 5).round(2),
            "city": rng.choice(CITIES, num, p=[0.22, 0.17, 0.15, 0.13, 0.1, 0.09, 0.08, 0.06]),
            "plan": rng.choice(["basic", "plus", "premium"], num, p=[0.5, 0.3, 0.2]),
            "since": since.strftime("%Y-%m-%d"),
            "last_seen": (since + pd.to_timedelta(rng.integers(30, 900, num), unit="D")).strftime("%Y-%m-%d"),
        }
    )


def _set(bed: Bed, column: str, rows: np.ndarray, values: Any, **options: Any) -> Planted:
    frame = bed.source.copy()
    frame[column] = frame[column].astype(object)
    frame.loc[rows, column] = values
    return Planted(source=frame, rows=rows, options=options)


def flipped_labels(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    """On a target that a model can learn well: noise in a target that is half noise cannot be told apart."""
    frame = bed.source.copy()
    score = 0.1 * (frame["age"] - 45) + frame["visits"] - 4 + 2.0 * (frame["plan"] == "basic")
    frame["left"] = np.where(score > 0.6, "yes", "no")
    rows = draw(len(frame), share, rng)
    frame.loc[rows, "left"] = np.where(frame.loc[rows, "left"] == "yes", "no", "yes")
    return Planted(source=frame, rows=rows)


def spelt_labels(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    rows = np.intersect1d(draw(len(bed.source), 2 * share, rng), np.flatnonzero(bed.source["left"] == "yes"))
    return _set(bed, "left", rows, "Yes")


def wild_targets(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    rows = draw(len(bed.source), share, rng)
    return _set(bed, "price", rows, (bed.source.loc[rows, "price"] * 100).tolist())


def exact_copies(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    rows = draw(len(bed.source), share, rng)
    frame = pd.concat([bed.source, bed.source.loc[rows]], ignore_index=True)
    order = rng.permutation(len(frame))
    return Planted(source=frame.iloc[order].reset_index(drop=True))


def copies_in_test(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    cut = int(0.75 * len(bed.source))
    train, test = bed.source.iloc[:cut], bed.source.iloc[cut:]
    rows = draw(len(test), max(share, 0.02), rng)
    test = test.reset_index(drop=True)
    test.loc[rows] = train.iloc[rng.choice(cut, len(rows), replace=False)].to_numpy()
    return Planted(source=train.reset_index(drop=True), test=test)


def leaking_column(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    frame = bed.source.copy()
    told = frame["left"] == "yes"
    wrong = rng.random(len(frame)) < share / 5
    frame["refund"] = np.where(told ^ wrong, rng.gamma(2, 20, len(frame)).round(2) + 5, 0.0)
    return Planted(source=frame)


def telling_id(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    """Customers were numbered after they had left or stayed."""
    frame = bed.source.sort_values("left", kind="stable").reset_index(drop=True)
    frame.insert(0, "customer_no", 100_000 + 7 * np.arange(len(frame)) + rng.integers(0, 5, len(frame)))
    order = rng.permutation(len(frame))
    return Planted(source=frame.iloc[order].reset_index(drop=True))


def rows_sorted_by_label(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    return Planted(source=bed.source.sort_values("left", kind="stable").reset_index(drop=True))


def shifted_test(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    cut = int(0.7 * len(bed.source))
    train, test = (part.reset_index(drop=True) for part in (bed.source.iloc[:cut], bed.source.iloc[cut:].copy()))
    test["spend"] = (test["spend"] * 2.2).round(2)
    test["age"] = test["age"] + 12
    return Planted(source=train, test=test)


def unlisted_label(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    cut = int(0.7 * len(bed.source))
    train, test = (part.reset_index(drop=True) for part in (bed.source.iloc[:cut], bed.source.iloc[cut:].copy()))
    test.loc[draw(len(test), share, rng), "left"] = "paused"
    return Planted(source=train, test=test)


def groups_across(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    """Several rows per household, alike in everything and in the outcome; the test shares the households."""
    homes = len(bed.source) // 6
    frame = bed.source.iloc[np.repeat(np.arange(homes), 6)].reset_index(drop=True)
    frame["household"] = np.repeat([f"H{n:04d}" for n in range(homes)], 6)
    frame["spend"] = (frame["spend"] * np.exp(0.02 * rng.standard_normal(len(frame)))).round(2)
    frame["height_cm"] = (frame["height_cm"] + rng.normal(0, 0.2, len(frame))).round(1)
    frame["left"] = np.repeat(rng.permutation(np.resize(["yes", "no"], homes)), 6)  # the outcome is the household's own
    order = rng.permutation(len(frame))
    frame = frame.iloc[order].reset_index(drop=True)
    cut = int(0.7 * len(frame))
    return Planted(source=frame.iloc[:cut], test=frame.iloc[cut:].reset_index(drop=True))


def missing_for_a_reason(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    yes = np.flatnonzero(bed.source["left"] == "yes")
    rows = np.sort(rng.choice(yes, min(len(yes), max(20, round(2 * share * len(bed.source)))), replace=False))
    return _set(bed, "rating", rows, None)


def missing_at_random(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    return _set(bed, "spend", draw(len(bed.source), share, rng), None)


def placeholder_numbers(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    return _set(bed, "age", draw(len(bed.source), share, rng), -999)


def placeholder_words(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    return _set(bed, "city", draw(len(bed.source), share, rng), "unknown")


def words_among_numbers(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    frame = bed.source.astype({"spend": str})
    rows = draw(len(frame), share, rng)
    frame.loc[rows, "spend"] = "see note"
    return Planted(source=frame, rows=rows)


def currency_signs(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    frame = bed.source.astype({"spend": str})
    rows = draw(len(frame), share, rng)
    frame.loc[rows, "spend"] = "$" + frame.loc[rows, "spend"]
    return Planted(source=frame, rows=rows)


def other_unit(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    rows = draw(len(bed.source), share, rng)
    return _set(bed, "height_cm", rows, (bed.source.loc[rows, "height_cm"] / 100).round(3).tolist())


def impossible_numbers(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    rows = draw(len(bed.source), share, rng)
    return _set(bed, "age", rows, (-bed.source.loc[rows, "age"]).tolist())


def impossible_dates(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    return _set(bed, "since", draw(len(bed.source), share, rng), "2019-02-31")


def dates_reversed(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    rows = draw(len(bed.source), share, rng)
    frame = bed.source.copy()
    frame.loc[rows, ["since", "last_seen"]] = frame.loc[rows, ["last_seen", "since"]].to_numpy()
    return Planted(source=frame, rows=rows)


def dates_far_away(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    return _set(bed, "last_seen", draw(len(bed.source), share, rng), "2199-12-31")


def constant_column(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    return Planted(source=bed.source.assign(version="v2"))


def nearly_constant_column(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    flag = np.full(len(bed.source), "off", dtype=object)
    flag[:2] = "on"
    return Planted(source=bed.source.assign(flag=flag))


def rare_cities(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    rows = draw(len(bed.source), share, rng, least=12)
    return _set(bed, "city", rows, [f"Village {i}" for i in range(len(rows))])


def spelt_cities(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    rows = np.intersect1d(draw(len(bed.source), 4 * share, rng), np.flatnonzero(bed.source["city"] == "Hamburg"))
    return _set(bed, "city", rows, np.resize(["hamburg", "Hambrug", "Hamburg "], len(rows)).tolist())


def skewed_column(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    return Planted(source=bed.source.assign(revenue=np.exp(rng.normal(8, 2.2, len(bed.source))).round(2)))


def outlying_values(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    rows = draw(len(bed.source), share, rng)
    return _set(bed, "rating", rows, rng.uniform(40, 90, len(rows)).round(2).tolist())


def mojibake(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    frame = bed.source.assign(city=bed.source["city"].replace({"Cologne": "Köln", "Munich": "München"}))
    rows = np.flatnonzero(frame["city"].isin(["Köln", "München"]))
    rows = np.sort(rng.choice(rows, max(3, round(share * len(frame))), replace=False))
    frame.loc[rows, "city"] = [c.encode().decode("latin-1") for c in frame.loc[rows, "city"]]
    return Planted(source=frame, rows=rows)


def rare_class(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    yes = np.flatnonzero(bed.source["left"] == "yes")
    kept = rng.choice(yes, max(25, round(share * len(bed.source))), replace=False)
    rows = np.sort(np.concatenate([np.flatnonzero(bed.source["left"] == "no"), kept]))
    return Planted(source=bed.source.iloc[rows].reset_index(drop=True))


def few_of_a_class(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    return _set(bed, "left", draw(len(bed.source), 0, rng, least=6), "paused")


def weak_slice(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    """In one city the outcome is a coin flip, elsewhere it can be told."""
    frame = bed.source.copy()
    score = 0.1 * (frame["age"] - 45) + frame["visits"] - 4 + 2.0 * (frame["plan"] == "basic")
    frame["left"] = np.where(score > 0.6, "yes", "no")
    rows = np.flatnonzero(frame["city"] == "Munich")
    frame.loc[rows, "left"] = rng.choice(["yes", "no"], len(rows))
    return Planted(source=frame)


def gap_between_groups(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    frame = bed.source.copy()
    score = 0.1 * (frame["age"] - 45) + frame["visits"] - 4 + 2.0 * (frame["plan"] == "basic")
    frame["left"] = np.where(score > 0.6, "yes", "no")
    frame["sex"] = rng.choice(["f", "m"], len(frame), p=[0.3, 0.7])
    rows = np.flatnonzero(frame["sex"] == "f")
    flipped = rng.choice(rows, int(0.3 * len(rows)), replace=False)
    frame.loc[flipped, "left"] = np.where(frame.loc[flipped, "left"] == "yes", "no", "yes")
    return Planted(source=frame, options={"sensitive": ("sex",)})


def drift_over_the_file(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    frame = bed.source.copy()
    frame["spend"] = (frame["spend"] * np.linspace(0.5, 2.0, len(frame))).round(2)
    return Planted(source=frame)


def no_label(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    return _set(bed, "left", draw(len(bed.source), max(share, 0.02), rng), None)


def _kind(plant: Any, *expects: str, allows: tuple[str, ...] = (), bed: str = "customers") -> tuple[str, Kind]:
    name = plant.__name__
    kind = Kind(name=name, modality="table", expects=frozenset(expects), plant=plant, allows=frozenset(allows))
    return bed, kind


KINDS = (
    _kind(flipped_labels, "label_errors"),
    _kind(spelt_labels, "label_spellings", allows=("class_imbalance", "few_examples", "label_errors")),
    _kind(wild_targets, "target_outliers", bed="prices"),
    _kind(exact_copies, "exact_duplicates", "near_duplicates"),
    _kind(copies_in_test, "split_duplicates"),
    _kind(leaking_column, "target_leak", allows=("skewed_columns",)),
    _kind(telling_id, "target_leak", "order_leak", "id_columns"),
    _kind(rows_sorted_by_label, "order_leak", "ordered_rows"),
    _kind(shifted_test, "split_shift"),
    _kind(unlisted_label, "label_unlisted", allows=("split_shift",)),
    _kind(groups_across, "group_leak", allows=("id_columns", "split_duplicates", "near_duplicates", "rare_categories")),
    _kind(missing_for_a_reason, "missing_values"),
    _kind(missing_at_random, "missing_values"),
    _kind(placeholder_numbers, "placeholder_values", allows=("impossible_values", "column_outliers", "row_outliers")),
    _kind(placeholder_words, "placeholder_values", allows=("missing_values",)),
    _kind(words_among_numbers, "mixed_types", "placeholder_values", allows=("missing_values",)),
    _kind(currency_signs, "mixed_types", "mixed_units", allows=("missing_values",)),
    _kind(other_unit, "mixed_units", "column_outliers", allows=("row_outliers",)),
    _kind(impossible_numbers, "impossible_values", "column_outliers", allows=("row_outliers",)),
    _kind(impossible_dates, "impossible_dates", allows=("mixed_types", "missing_values", "placeholder_values")),
    _kind(dates_reversed, "impossible_dates"),
    _kind(dates_far_away, "impossible_dates", "placeholder_values", allows=("column_outliers", "row_outliers")),
    _kind(constant_column, "constant_columns"),
    _kind(nearly_constant_column, "constant_columns", allows=("rare_categories",)),
    _kind(rare_cities, "rare_categories"),
    _kind(spelt_cities, "category_spellings", allows=("rare_categories",)),
    _kind(skewed_column, "skewed_columns", allows=("column_outliers", "row_outliers")),
    _kind(outlying_values, "column_outliers", "impossible_values", allows=("row_outliers", "skewed_columns")),
    _kind(mojibake, "encoding_damage", allows=("rare_categories", "category_spellings")),
    _kind(rare_class, "class_imbalance"),
    _kind(few_of_a_class, "few_examples", "class_imbalance", allows=("class_imbalance", "few_examples")),
    _kind(weak_slice, "weak_slices"),
    _kind(gap_between_groups, "sensitive_gaps", allows=("weak_slices", "label_errors")),
    _kind(drift_over_the_file, "ordered_rows"),
    _kind(no_label, "set_aside", "missing_values"),
)
