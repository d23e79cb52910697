"""Clean texts, and what goes wrong in texts. The clean ones are a user's own: TREC questions or movie sentences."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.planting.planted import Bed, Kind, Planted, draw

__all__ = ["KINDS", "questions"]

GERMAN = (
    "Wie weit ist es von der Erde bis zum Mond, und wer hat das zuerst gemessen?",
    "Wer war der erste Bundeskanzler der Bundesrepublik Deutschland nach dem Krieg?",
    "Warum ist der Himmel am Tag blau und am Abend oft rot gefärbt?",
    "Welche Stadt hat die meisten Einwohner in ganz Europa, und seit wann?",
    "Wann wurde die erste Eisenbahn zwischen Nürnberg und Fürth gebaut?",
)


def questions(data: Path, num: int, rng: np.random.Generator) -> Bed:
    """Questions in four classes of similar size, each once."""
    frame = pd.read_csv(data / "trec" / "train.csv", dtype=str).drop_duplicates("text")
    frame = frame[frame["label"].isin(frame["label"].value_counts().index[:4])]
    frame = frame.iloc[rng.permutation(len(frame))[:num]].reset_index(drop=True)
    return Bed(name="questions", modality="text", source=frame[["text", "label"]], target="label")


def _texts(bed: Bed, rows: np.ndarray, values: Any) -> Planted:
    frame = bed.source.copy()
    frame.loc[rows, "text"] = values
    return Planted(source=frame, rows=rows)


def flipped_labels(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    frame = bed.source.copy()
    rows = draw(len(frame), share, rng)
    labels = sorted(frame["label"].unique())
    steps = rng.integers(1, len(labels), len(rows))
    old = frame.loc[rows, "label"].map(labels.index).to_numpy()
    frame.loc[rows, "label"] = [labels[i] for i in (old + steps) % len(labels)]
    return Planted(source=frame, rows=rows)


def spelt_labels(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    """Written once more with a capital and a blank."""
    frame = bed.source.assign(label="class " + bed.source["label"])
    rows = draw(len(frame), share, rng)
    frame.loc[rows, "label"] = frame.loc[rows, "label"].str.capitalize() + " "
    return Planted(source=frame, rows=rows)


def exact_copies(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    rows = draw(len(bed.source), share, rng)
    frame = pd.concat([bed.source, bed.source.loc[rows]], ignore_index=True)
    return Planted(source=frame.iloc[rng.permutation(len(frame))].reset_index(drop=True))


def near_copies(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    rows = draw(len(bed.source), share, rng)
    twins = bed.source.loc[rows].copy()
    twins["text"] = twins["text"].str.upper().str.replace("?", "!!", regex=False)
    frame = pd.concat([bed.source, twins], ignore_index=True)
    return Planted(source=frame.iloc[rng.permutation(len(frame))].reset_index(drop=True))


def conflicting_copies(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    rows = draw(len(bed.source), share, rng)
    twins = bed.source.loc[rows].copy()
    labels = sorted(bed.source["label"].unique())
    twins["label"] = [labels[(labels.index(v) + 1) % len(labels)] for v in twins["label"]]
    return Planted(source=pd.concat([bed.source, twins], ignore_index=True))


def copies_in_test(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    cut = int(0.75 * len(bed.source))
    train, test = bed.source.iloc[:cut].reset_index(drop=True), bed.source.iloc[cut:].reset_index(drop=True)
    rows = draw(len(test), max(share, 0.02), rng)
    test.loc[rows] = train.iloc[rng.choice(cut, len(rows), replace=False)].to_numpy()
    return Planted(source=train, test=test)


def telling_phrase(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    """The class stands at the end, as an export tool left it."""
    frame = bed.source.copy()
    told = rng.random(len(frame)) >= share
    frame["text"] = np.where(told, frame["text"] + " # q" + frame["label"], frame["text"])
    return Planted(source=frame)


def shifted_test(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    cut = int(0.7 * len(bed.source))
    train, test = bed.source.iloc[:cut].reset_index(drop=True), bed.source.iloc[cut:].reset_index(drop=True)
    test["text"] = "please tell me , " + test["text"].str.replace(" the ", " that ", regex=False)
    return Planted(source=train, test=test)


def unlisted_label(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    cut = int(0.7 * len(bed.source))
    train, test = bed.source.iloc[:cut].reset_index(drop=True), bed.source.iloc[cut:].reset_index(drop=True)
    test.loc[draw(len(test), share, rng), "label"] = "unheard of"
    return Planted(source=train, test=test)


def empty_texts(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    rows = draw(len(bed.source), share, rng)
    return _texts(bed, rows, np.resize(["...", "?", " - "], len(rows)))


def one_word_texts(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    rows = draw(len(bed.source), share, rng)
    return _texts(bed, rows, np.resize(["ok", "question", "test"], len(rows)))


def mojibake(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    rows = draw(len(bed.source), share, rng)
    broken = " it’s the café “Zoë” at Köln".encode().decode("cp1252", errors="replace")
    return _texts(bed, rows, bed.source.loc[rows, "text"] + broken)


def other_language(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    rows = draw(len(bed.source), share, rng)
    return _texts(bed, rows, [f"{text} ({i})" for i, text in enumerate(np.resize(GERMAN, len(rows)))])


def markup(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    rows = draw(len(bed.source), share, rng)
    return _texts(bed, rows, "<div class='q'><p>" + bed.source.loc[rows, "text"] + "</p><br/></div>")


def repeated_letters(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    rows = draw(len(bed.source), share, rng)
    return _texts(bed, rows, [f"{'a' * (60 + i)} {'x' * 40}" for i in range(len(rows))])


def endless_texts(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    rows = draw(len(bed.source), share, rng)
    words = " ".join(bed.source["text"].iloc[:400])
    return _texts(bed, rows, [words[17 * i :] for i in range(len(rows))])


def rare_class(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    label = sorted(bed.source["label"].unique())[0]
    of_it = np.flatnonzero(bed.source["label"] == label)
    kept = rng.choice(of_it, max(12, round(share * len(bed.source) / 2)), replace=False)
    rows = np.sort(np.concatenate([np.flatnonzero(bed.source["label"] != label), kept]))
    return Planted(source=bed.source.iloc[rows].reset_index(drop=True))


def sorted_by_label(bed: Bed, share: float, rng: np.random.Generator) -> Planted:
    return Planted(source=bed.source.sort_values("label", kind="stable").reset_index(drop=True))


def _kind(plant: Any, *expects: str, allows: tuple[str, ...] = ()) -> tuple[str, Kind]:
    name = plant.__name__
    kind = Kind(name=name, modality="text", expects=frozenset(expects), plant=plant, allows=frozenset(allows))
    return "questions", kind


ODD = ("row_outliers", "empty_texts", "unusual_texts")
KINDS = (
    _kind(flipped_labels, "label_errors"),
    _kind(spelt_labels, "label_spellings", allows=("class_imbalance", "few_examples", "label_errors")),
    _kind(exact_copies, "exact_duplicates", "near_duplicates"),
    _kind(near_copies, "near_duplicates", "exact_duplicates"),
    _kind(conflicting_copies, "label_conflicts", allows=("exact_duplicates", "near_duplicates", "label_errors")),
    _kind(copies_in_test, "split_duplicates"),
    _kind(telling_phrase, "shortcut", "target_leak"),
    _kind(shifted_test, "split_shift", allows=("shortcut",)),
    _kind(unlisted_label, "label_unlisted", allows=("split_shift",)),
    _kind(empty_texts, "empty_texts", allows=("exact_duplicates", "near_duplicates", "label_conflicts", *ODD)),
    _kind(one_word_texts, "empty_texts", "empty_texts", allows=("exact_duplicates", "label_conflicts", *ODD)),
    _kind(mojibake, "encoding_damage", allows=("language_mix", *ODD)),
    _kind(other_language, "language_mix", allows=("near_duplicates", "label_conflicts", *ODD)),
    _kind(markup, "markup_in_texts", allows=("language_mix", *ODD)),
    _kind(
        repeated_letters,
        "unusual_texts",
        "row_outliers",
        "empty_texts",
        "language_mix",
        allows=("near_duplicates", *ODD),
    ),
    _kind(endless_texts, "unusual_texts", "row_outliers", allows=("near_duplicates", "label_conflicts")),
    _kind(rare_class, "class_imbalance"),
    _kind(sorted_by_label, "order_leak", "ordered_rows"),
)
