"""A sound table and sound texts, and faults put into them: shared by the tests of checks on tables and texts."""

import numpy as np
import pandas as pd

from whet.auditing.opening import open_inspection

WORDS = np.array(
    [
        "the",
        "a",
        "service",
        "delivery",
        "phone",
        "was",
        "not",
        "very",
        "quick",
        "slow",
        "good",
        "bad",
        "order",
        "support",
        "price",
        "again",
        "box",
    ]
)
SENTENCE = "The delivery of this order was quick and the people on the phone were very friendly about it"


def sound_table(num=1000, seed=0):
    """Numbers of several shapes, a category, two dates in order, a target that follows from some of them."""
    draws = np.random.default_rng(seed)
    begin = pd.Timestamp("2015-01-01") + pd.to_timedelta(draws.integers(0, 2_000, num), "D")
    table = pd.DataFrame(
        {
            "age": draws.integers(18, 90, num),
            "income": draws.lognormal(10, 0.5, num).round(2),
            "height": draws.normal(170, 9, num).round(1),
            "city": draws.choice(["Berlin", "Hamburg", "Munich", "Cologne"], num),
            "begin": begin.strftime("%Y-%m-%d"),
            "end": (begin + pd.to_timedelta(draws.integers(1, 700, num), "D")).strftime("%Y-%m-%d"),
        }
    )
    table["label"] = np.where(table["age"] / 40 + draws.normal(0, 0.5, num) > 1.3, "yes", "no")
    return table


def sound_texts(num=400, seed=0):
    """Texts of 6 to 25 words."""
    draws = np.random.default_rng(seed)
    texts = [" ".join(draws.choice(WORDS, draws.integers(6, 26))) for _ in range(num)]
    return pd.DataFrame({"text": texts, "label": draws.choice(["good", "bad"], num)})


def rows_of(num, share=0.01, seed=1):
    """Where a fault goes: sorted rows, ``share`` of them."""
    return np.sort(np.random.default_rng(seed).choice(num, max(1, int(share * num)), replace=False))


def with_values(table, column, rows, make):
    """A copy with ``make(old value)`` in these rows; the column becomes text, as in a file."""
    changed = table.copy()
    values = changed[column].astype(str).to_numpy(dtype=object)
    values[rows] = [make(value) for value in values[rows]]
    changed[column] = values
    return changed


def found(check, table, *, target="label", column=None):
    """The findings on a table given as strings, as a file gives it; only those about ``column`` where one is named."""
    written = table.astype(object).where(table.notna(), None)
    written = written.apply(lambda values: values.map(lambda v: None if v is None else str(v)))
    findings = list(check.check(open_inspection(written, target=target)))
    return findings if column is None else [f for f in findings if f.column == column]


def assert_only(findings, rows):
    """One finding, about exactly these rows, told and shown."""
    assert len(findings) == 1, [f.statement for f in findings]
    (finding,) = findings
    assert sorted(finding.rows) == rows.tolist()
    assert finding.count == len(rows) <= finding.total
    assert finding.examples[0].row in finding.rows
    assert finding.statement.endswith(".")
    assert all((finding.title, finding.evidence["rule"]))
    return finding
