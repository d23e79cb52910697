"""Texts in another language than the others: a model of the one hardly learns from the other.

Languages are told by py3langid on a sample. Fewer than 20 letters cannot be judged: names and loan-words decide then.
Measured on English questions and film reviews with 20 letters and more: no false alarm among 5,600 at this certainty.
Source: Lui and Baldwin, "langid.py: An Off-the-shelf Language Identification Tool", ACL 2012.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from whet.auditing.check import checks
from whet.auditing.columns.cells import flag_cells
from whet.auditing.columns.text_arrays import text_columns, texts_of
from whet.auditing.inspection import Inspection
from whet.auditing.media.flagging import by_share
from whet.data.kinds import Modality
from whet.errors import CannotJudgeError
from whet.finding import Edit, Finding

__all__ = ["LanguageMix"]

LONG_ENOUGH = 2_000  # characters: a page tells its language


@dataclass(frozen=True, kw_only=True)
class LanguageMix:
    """Looks at (a sample of) the texts that are long enough."""

    certainty: float = 0.9  # of the other language
    fewest_letters: int = 20
    least_main: float = 0.6  # share of the main language; with less the texts are meant to be of several
    fewest: int = 3  # texts of other languages
    most: int = 4_000  # texts looked at; 0.3 milliseconds each

    title: str = "texts in other languages"
    effort: int = 1

    def check(self, inspection: Inspection) -> Iterable[Finding]:
        """See ``Check.check``."""
        short = []
        for name in text_columns(inspection):
            texts = texts_of(inspection, name)
            num_letters = np.asarray(pc.count_substring_regex(texts, pattern=r"\pL").to_numpy())
            sample = inspection.sample(self.most, "languages", name)
            judged = sample[num_letters[sample] >= self.fewest_letters]
            if len(judged) < 0.2 * len(sample) or len(judged) < 10:
                short.append(name)
                continue
            yield from self._look(inspection, name, texts, judged)
        if short and len(short) == len(text_columns(inspection)):
            raise CannotJudgeError(
                f"the texts in {', '.join(map(repr, short))} have fewer than {self.fewest_letters} letters, too few to "
                "tell a language from"
            )

    def _look(
        self, inspection: Inspection, name: str, texts: pa.LargeStringArray, judged: np.ndarray
    ) -> Iterable[Finding]:
        languages = _languages(texts.take(pa.array(judged)).to_pylist(), self.certainty)
        named = Counter(language for language in languages if language)
        if not named:
            return
        main, times = named.most_common(1)[0]
        other = np.array([language not in ("", main) for language in languages])
        if times < self.least_main * named.total() or other.sum() < self.fewest:
            return
        positions = judged[other]
        spoken = dict(zip(judged.tolist(), languages))
        shown = ", ".join(f"{language} {count:,}" for language, count in named.most_common(6)[1:])
        rows = tuple(inspection.data.rows[positions].tolist())
        yield flag_cells(
            inspection,
            positions,
            symptom="language_mix",
            title=self.title,
            column=name,
            severity=by_share(len(positions), len(judged), base=0.3 if other.mean() >= 0.005 else 0.2, slope=1.0),
            statement=f"{len(positions):,} of {len(judged):,} texts in {name!r} are not in the language of the others, "
            f"{main!r} ({shown}).",
            evidence={"rule": "another language", "value": float(other.mean()), "threshold": self.certainty},
            advice="Leave them out, translate them, or collect enough for a model of several languages.",
            remedy=f"leaves {len(positions):,} examples out of training",
            confidence=0.9,
            total=len(judged),
            what=lambda p: f"{spoken[p]}: {texts[p].as_py()[:100]!r}",
            edits=(Edit(action="drop_rows", rows=rows),) if inspection.modality is Modality.TEXT else (),
        )


def _languages(texts: list[str], certainty: float) -> list[str]:
    """The language of each text as an ISO code; "" where it is not certain."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identify: Any = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    told = (identify.classify(text[:LONG_ENOUGH]) for text in texts)
    return [str(language) if float(sure) >= certainty else "" for language, sure in told]


checks.register("language_mix")(LanguageMix())
